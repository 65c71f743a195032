package meta_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/store/meta"
)

func testAttachments(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	id := event.NewID()
	kept := attachment.File{
		ID: "1", ProjectID: web.ID, EventID: id, Name: "a.png", ContentType: "image/png", Type: attachment.Plain, Size: 5, Checksum: "c1",
		CreatedAt: at, ExpiresAt: at.Add(time.Hour),
	}
	left := attachment.File{ID: "2", ProjectID: web.ID, EventID: id, Name: "b\x00.log", Type: attachment.Plain, Size: 1 << 40, LeftOut: attachment.ItemBytes, CreatedAt: at}
	if err := s.PutAttachments(ctx, []attachment.File{kept, left}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutAttachments(ctx, []attachment.File{{ProjectID: web.ID, EventID: event.NewID(), CreatedAt: at}, {ID: "1"}}); err == nil {
		t.Error("an id came twice")
	}
	left.Name = "b.log"
	tried := left
	tried.LeftOut, tried.Checksum = attachment.Failed, ""
	if err := s.PutAttachments(ctx, []attachment.File{tried}); err != nil {
		t.Fatal(err)
	}
	if files, err := s.EventAttachments(ctx, web.ID, id); err != nil || len(files) != 2 || files[1].LeftOut != attachment.Failed {
		t.Error(files, err)
	}
	if err := s.PutAttachments(ctx, []attachment.File{left}); err != nil {
		t.Fatal(err)
	}
	files, err := s.EventAttachments(ctx, web.ID, id)
	if diff := cmp.Diff([]attachment.File{kept, left}, files); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if files, err := s.EventAttachments(ctx, app.ID, id); len(files) != 0 || err != nil {
		t.Error(files, err)
	}
	if used, err := s.AttachmentsWith(ctx, []string{"c2", "c1"}); !slices.Equal(used, []string{"c1"}) || err != nil {
		t.Error(used, err)
	}
	for _, step := range []struct {
		now  time.Duration
		want int64
	}{{59 * time.Minute, 0}, {time.Hour, 1}, {2 * time.Hour, 0}} {
		if n, err := s.DeleteExpiredAttachments(ctx, at.Add(step.now), 10); n != step.want || err != nil {
			t.Errorf("after %s: %d, %v", step.now, n, err)
		}
	}
	if files, err := s.EventAttachments(ctx, web.ID, id); len(files) != 1 || err != nil {
		t.Error(files, err)
	}
	if used, err := s.AttachmentsWith(ctx, []string{"c1"}); len(used) != 0 || err != nil {
		t.Error(used, err)
	}
}

func testAttachmentDays(t *testing.T, s *meta.Store) {
	f := func(project uint32, at time.Time, bytes int64, want bool) {
		t.Helper()
		if got, err := s.SpendAttachmentBytes(t.Context(), project, at, bytes, 100); got != want || err != nil {
			t.Errorf("%d bytes: %v, %v", bytes, got, err)
		}
	}
	f(web.ID, at, 101, false)
	f(web.ID, at, 60, true)
	f(web.ID, at, 41, false)
	f(web.ID, at, 40, true)
	f(web.ID, at, 1, false)
	f(web.ID, at, -40, true)
	f(web.ID, at, 40, true)
	f(web.ID, at, 1, false)
	f(web.ID, at.Add(24*time.Hour), 100, true)
	f(app.ID, at, 100, true)
}
