package attach_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/disk"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/server/attach"
)

// folder is a disk store whose files are only read. It may be full.
type folder struct {
	*disk.Store
	full *atomic.Bool
}

func (f folder) Put(ctx context.Context, name string, content io.Reader) (int64, error) {
	if f.full.Load() {
		return 0, errors.New("no space left on device")
	}
	return f.Store.Put(ctx, name, content)
}

func (f folder) Open(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	return f.Store.Open(ctx, name)
}

// month is a project that keeps its events for 30 days.
type month struct{}

func (month) Project(_ context.Context, id uint32) (project.Project, error) {
	if id != 7 {
		return project.Project{}, project.ErrNotFound
	}
	return project.Project{ID: id, Settings: project.DefaultSettings()}, nil
}

func open(t *testing.T, cfg attach.Config) (*attach.Service, folder) {
	t.Helper()
	index, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { index.Close() })
	if err := index.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	files := folder{disk.New(t.TempDir()), new(atomic.Bool)}
	s, err := attach.New(cfg, attach.Parts{Index: index, Content: files, Projects: month{}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s, files
}

func file(name, content string) attachment.Incoming {
	return attachment.Incoming{Name: name, ContentType: "text/plain", Content: content}
}

func TestFilesAreKeptWithinLimits(t *testing.T) {
	t.Parallel()
	s, _ := open(t, attach.Config{ItemBytes: 4, EventBytes: 6, EventFiles: 4, ProjectDayBytes: 8})
	now := time.Now()
	first, second, third := event.NewID(), event.NewID(), event.NewID()
	f := func(id event.ID, want attachment.Reason, in attachment.Incoming) {
		t.Helper()
		if got := s.Keep(t.Context(), 7, id, []attachment.Incoming{in}, now); got[0] != want {
			t.Errorf("%s: %q, want %q", in.Name, got[0], want)
		}
	}
	f(first, attachment.ItemBytes, file("five", "12345"))
	f(first, "", file("four", "1234"))
	f(first, "", file("four", "1234"))
	f(first, attachment.EventBytes, file("three", "123"))
	f(first, "", file("empty", ""))
	f(first, attachment.EventFiles, file("another", ""))
	f(second, "", file("again", "123"))
	f(third, attachment.DayBytes, file("late", "ab"))
	f(third, "", file("small", "1"))
	if got := s.Keep(t.Context(), 8, third, []attachment.Incoming{file("x", "")}, now); got[0] != attachment.Failed {
		t.Errorf("of no project: %q", got[0])
	}
	files, err := s.List(t.Context(), 7, first)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Name+" "+string(f.LeftOut))
	}
	if want := []string{"five attachment_item_bytes", "four ", "three attachment_event_bytes", "empty "}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if _, err := s.Open(t.Context(), files[0]); !errors.Is(err, project.ErrNotFound) {
		t.Error(err)
	}
	c, err := s.Open(t.Context(), files[1])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if text, err := io.ReadAll(c); string(text) != "1234" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

func TestFilesThatCannotBeWrittenAreListedAndTriedAgain(t *testing.T) {
	t.Parallel()
	s, folder := open(t, attach.Config{ItemBytes: 4, EventBytes: 8, EventFiles: 3, ProjectDayBytes: 8})
	id := event.NewID()
	f := func(want ...string) {
		t.Helper()
		s.Keep(t.Context(), 7, id, []attachment.Incoming{file("a", "1234"), file("b", "5678")}, time.Now())
		files, err := s.List(t.Context(), 7, id)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			got = append(got, f.Name+" "+string(f.LeftOut))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	folder.full.Store(true)
	f("a attachment_store_failed", "b attachment_store_failed")
	f("a attachment_store_failed", "b attachment_store_failed")
	folder.full.Store(false)
	f("a ", "b ") // what could not be written did not count among the day's bytes
	f("a ", "b ")
}

func TestExpiredFilesAreDeletedWithTheirBytes(t *testing.T) {
	t.Parallel()
	s, bytes := open(t, attach.DefaultConfig())
	now := time.Now()
	old, young := event.NewID(), event.NewID()
	month := 30 * 24 * time.Hour
	both, one := file("both", "both"), file("one", strings.Repeat("one", 1000))
	for id, at := range map[event.ID]time.Time{old: now.Add(-month), young: now} {
		list := []attachment.Incoming{both}
		if id == old {
			list = append(list, one)
		}
		for _, reason := range s.Keep(t.Context(), 7, id, list, at) {
			if reason != "" {
				t.Fatal(reason)
			}
		}
	}
	left := func() (n int) {
		t.Helper()
		if err := bytes.Each(t.Context(), func(string, int64, time.Time) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := s.Prune(t.Context(), now); err != nil || left() != 2 {
		t.Fatalf("%d contents after the first hour, %v", left(), err)
	}
	if err := s.Prune(t.Context(), now.Add(2*time.Hour)); err != nil || left() != 1 {
		t.Fatalf("%d contents, %v", left(), err)
	}
	for id, want := range map[event.ID]int{old: 0, young: 1} {
		if files, err := s.List(t.Context(), 7, id); len(files) != want || err != nil {
			t.Errorf("%d files, want %d, %v", len(files), want, err)
		}
	}
}
