package clickhouse

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/view"
)

func TestEventsAreChosenAndReadForGrouping(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	events := typicalEvents(600, 7)
	if err := s.Insert(t.Context(), "one", events); err != nil {
		t.Fatal(err)
	}
	project := events[0].ProjectID
	since := time.Time{}.Add(time.Hour)
	for _, o := range events {
		if since.IsZero() || o.Event.Timestamp.Before(since) || since.Year() == 1 {
			since = o.Event.Timestamp
		}
	}
	want := map[event.Fingerprint]uint64{}
	byID := map[event.ID]*event.Occurrence{}
	for _, o := range events {
		if o.ProjectID == project {
			want[o.Fingerprint]++
			byID[o.Event.ID] = o
		}
	}
	choice, err := s.Choose(t.Context(), project, since, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for f, n := range want {
		if choice.Events[f] != n {
			t.Fatalf("%v has %d events, want %d", f, choice.Events[f], n)
		}
	}
	if len(choice.Chosen) != len(byID) {
		t.Fatalf("%d of %d events chosen", len(choice.Chosen), len(byID))
	}
	read := 0
	packed := map[event.ID]*event.Occurrence{}
	err = s.Read(t.Context(), project, since, choice.Chosen, func(o *event.Occurrence) error {
		read++
		packed[o.Event.ID] = o
		was := byID[o.Event.ID]
		if was == nil || o.Fingerprint != was.Fingerprint || o.Event.Platform != was.Event.Platform || len(o.Event.Exceptions) != len(was.Event.Exceptions) {
			t.Fatalf("%v is not as it was stored", o.Event.ID)
		}
		return nil
	})
	if err != nil || read != len(byID) {
		t.Fatal(read, err)
	}

	// A packed row says the same as a whole one, as far as it goes.
	for _, c := range choice.Chosen[:min(50, len(choice.Chosen))] {
		whole, found, err := s.Event(t.Context(), project, c.EventID)
		if err != nil || !found || !c.Timestamp.Equal(whole.Event.Timestamp) {
			t.Fatal(c, found, err)
		}
		e := whole.Event
		whole.Parts, e.Breadcrumbs, e.Contexts, e.Extra, e.ServerName = nil, nil, nil, "", ""
		e.User.ID, e.User.Email, e.User.Username, e.User.Name, e.User.IP = "", "", "", "", ""
		e.Request.Method, e.Request.URL = "", ""
		for i := range e.Exceptions {
			for k := range e.Exceptions[i].Stack.Frames {
				e.Exceptions[i].Stack.Frames[k].Vars = ""
			}
		}
		if diff := cmp.Diff(whole, packed[c.EventID], cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	}

	// A small limit takes the newest of each.
	few, err := s.Choose(t.Context(), project, since, len(want))
	if err != nil || len(few.Chosen) != len(want) {
		t.Fatal(len(few.Chosen), err)
	}
	for _, c := range few.Chosen {
		for _, o := range byID {
			if o.Fingerprint == c.Fingerprint && o.Event.Timestamp.After(byID[c.EventID].Event.Timestamp) {
				t.Fatalf("%v is newer than what was chosen", o.Event.ID)
			}
		}
	}
	stop := errors.New("enough")
	if err := s.Read(t.Context(), project, since, few.Chosen, func(*event.Occurrence) error { return stop }); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if c, err := s.Choose(t.Context(), project+1000, since, 10); err != nil || len(c.Chosen) != 0 {
		t.Fatal(c, err)
	}
	if !slices.IsSortedFunc(choice.Chosen, func(a, b view.Chosen) int {
		return int(choice.Events[b.Fingerprint]) - int(choice.Events[a.Fingerprint])
	}) {
		t.Fatal("fingerprints with many events do not come first")
	}
}

func TestWhatRareIssuesLeaveIsShared(t *testing.T) {
	t.Parallel()
	f := func(limit, want int, counts ...uint64) {
		t.Helper()
		if got := share(counts, limit); got != want {
			t.Errorf("of %v within %d: %d each, want %d", counts, limit, got, want)
		}
	}
	f(10, 10, 10)
	f(10, 8, 12, 1, 1)
	f(10, 4, 12, 12, 1)
	f(100, 12, 12, 12, 1)
	f(2, 1, 5, 5, 5)
}

func FuzzUnpackRow(f *testing.F) {
	f.Add("\x01a\x02\x01b\x01c\x07\x01\x00\x00\x00")
	f.Add("\xff\xff\xff\xff\xff\x01")
	f.Fuzz(func(t *testing.T, row string) {
		var one string
		var texts []string
		var small []uint8
		var number uint32
		var numbers []uint16
		var at time.Time
		if unpackRow(row, []any{&one, &texts, &small, &number, &numbers, &at}) != nil {
			return
		}
		if len(one)+len(texts)+len(small)+2*len(numbers) > len(row) {
			t.Fatalf("%d bytes hold more than they can", len(row))
		}
	})
}
