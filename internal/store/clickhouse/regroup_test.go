package clickhouse

import (
	"errors"
	"slices"
	"testing"
	"time"

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
	err = s.Read(t.Context(), project, since, choice.Chosen, func(o *event.Occurrence) error {
		read++
		was := byID[o.Event.ID]
		if was == nil || o.Fingerprint != was.Fingerprint || o.Event.Platform != was.Event.Platform || len(o.Event.Exceptions) != len(was.Event.Exceptions) {
			t.Fatalf("%v is not as it was stored", o.Event.ID)
		}
		return nil
	})
	if err != nil || read != len(byID) {
		t.Fatal(read, err)
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
