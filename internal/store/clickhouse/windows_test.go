package clickhouse

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

func TestWindowsAreTheWholeRangeOnceEach(t *testing.T) {
	t.Parallel()
	day := history{events: 1_000_000, first: noon.Add(-24 * time.Hour), last: noon}
	f := func(h history, span view.Range, windows int) {
		t.Helper()
		list := h.cut(span, 1000, mostWindows)
		if len(list) != windows {
			t.Errorf("%d windows, want %d: %v", len(list), windows, list)
		}
		if first := list[0]; !first.End.Equal(span.End) {
			t.Errorf("the newest window ends at %v, want %v", first.End, span.End)
		}
		for i, w := range list[1:] {
			if !w.End.Equal(list[i].Start) || !list[i].Start.Before(h.last.Add(time.Hour)) {
				t.Errorf("a window ends at %v, the newer one begins at %v", w.End, list[i].Start)
			}
		}
		if last := list[len(list)-1]; !last.Start.Equal(span.Start) {
			t.Errorf("the oldest window begins at %v, want %v", last.Start, span.Start)
		}
	}
	f(day, view.Range{}, 4)
	f(day, view.Range{Start: noon.Add(-48 * time.Hour), End: noon.Add(time.Hour)}, 4)
	f(day, view.Range{Start: noon.Add(-time.Hour), End: noon.Add(time.Hour)}, 3)
	f(day, view.Range{Start: noon.Add(-2 * time.Hour), End: noon.Add(-time.Hour)}, 3)
	f(day, view.Range{Start: noon.Add(-time.Minute)}, 1)
	f(day, view.Range{Start: noon.Add(time.Minute)}, 1)
	f(day, view.Range{End: noon.Add(-30 * time.Hour)}, 1)
	f(history{}, view.Range{}, 1)
	f(history{events: 1_000_000, first: noon, last: noon}, view.Range{}, 1)
}

// TestNewestEventsAcrossWindows reads pages that begin, end and go on in other windows than
// their events, over bursts and silence.
func TestNewestEventsAcrossWindows(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	var stored []*event.Occurrence
	for i := range 20_000 {
		at := noon.Add(-time.Duration(i%10) * 24 * time.Hour).Add(-time.Duration(i/10) * time.Millisecond)
		o := stampedEvent(1, byte(i%7), at)
		if i%97 == 0 {
			o.Event.Level = event.LevelFatal
		}
		stored = append(stored, o)
	}
	if err := s.Insert(t.Context(), "a", stored); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(stored, func(a, b *event.Occurrence) int {
		if c := b.Event.Timestamp.Compare(a.Event.Timestamp); c != 0 {
			return c
		}
		return slices.Compare(b.Event.ID[:], a.Event.ID[:])
	})
	f := func(text string, matches func(*event.Occurrence) bool) {
		t.Helper()
		var want, got []string
		for _, o := range stored {
			if matches(o) {
				want = append(want, o.Event.ID.String())
			}
		}
		q, err := search.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		r := view.EventsRequest{ProjectID: 1, Query: q, Range: view.Range{Start: noon.Add(-30 * 24 * time.Hour), End: noon.Add(time.Hour)}, Limit: 900}
		for {
			page, err := s.Events(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				got = append(got, e.EventID.String())
			}
			if len(page) < r.Limit {
				break
			}
			last := page[len(page)-1]
			r.Before = &view.Cursor{Timestamp: last.Timestamp, EventID: last.EventID}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %d events in pages, want %d in order", text, len(got), len(want))
		}
	}
	f("", func(*event.Occurrence) bool { return true })
	f("level:fatal", func(o *event.Occurrence) bool { return o.Event.Level == event.LevelFatal })
	windows, err := s.windows(t.Context(), view.EventsRequest{ProjectID: 1, Limit: 20}, nil, moves{})
	if err != nil || len(windows) < 2 {
		t.Errorf("%d windows are looked at: %v", len(windows), fmt.Sprint(windows, err))
	}
}

func TestOnlyWordsThatAreNeededNarrowTheWindows(t *testing.T) {
	t.Parallel()
	f := func(text string, want bool) {
		t.Helper()
		q, err := search.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := asksForWords(q.Root); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	f("", false)
	f("level:error", false)
	f("refused", true)
	f("level:error refused", true)
	f("level:error OR refused", false)
}
