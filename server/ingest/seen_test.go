package ingest

import (
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

// occurrences are so many events with ids of their own.
func occurrences(n int) []*event.Occurrence {
	list := make([]*event.Occurrence, n)
	for i := range list {
		list[i] = &event.Occurrence{ProjectID: 1, Event: &event.Event{ID: event.NewID()}}
	}
	return list
}

func TestMoreUnderWayThanAreRememberedIsNotGoneThroughForEachEvent(t *testing.T) {
	t.Parallel()
	const each = 1000
	s, turns := newSeen(each), 0
	for range 50 { // fifty times what is remembered, and nothing lands
		for _, o := range occurrences(each) {
			before := s.turned
			s.claim(newFlight(), 1, []*event.Occurrence{o})
			if s.turned == before {
				continue
			}
			if turns++; turns > 100 {
				t.Fatal("all that is under way is gone through again and again")
			}
		}
	}
}

func TestWhatIsUnderWayIsNeverForgotten(t *testing.T) {
	t.Parallel()
	s, f, events := newSeen(100), newFlight(), occurrences(500)
	if others := s.claim(f, 1, events); others != nil {
		t.Fatal("new events count as known")
	}
	for _, other := range s.claim(newFlight(), 1, events) {
		if other != f {
			t.Fatal("an event under way is forgotten")
		}
	}
	f.land(outcome.Result{Kind: outcome.Stored})
	for range 20 {
		g := newFlight()
		s.claim(g, 1, occurrences(100))
		g.land(outcome.Result{Kind: outcome.Stored})
	}
	if n := len(s.young) + len(s.old); n > 1000 || len(s.flights) > 20 {
		t.Fatalf("%d events and %d flights are remembered after those under way have landed", n, len(s.flights))
	}
}

func TestWhatFailedIsToldFromWhatIsStored(t *testing.T) {
	t.Parallel()
	s := newSeen(1000)
	lost, refused := occurrences(10), occurrences(10)
	for _, c := range []struct {
		events []*event.Occurrence
		reason outcome.Reason
	}{{lost, outcome.StoreFailed}, {refused, outcome.Shutdown}} {
		f := newFlight()
		s.claim(f, 1, c.events)
		f.land(outcome.Result{Kind: outcome.Lost, Reason: c.reason})
	}
	for range 2 { // the second time they lie in the older half
		doubt, sure := newFlight(), newFlight()
		if s.claim(doubt, 1, lost[:1]) != nil || s.claim(sure, 1, refused[:1]) != nil {
			t.Fatal("events that were not stored count as duplicates")
		}
		if !doubt.doubt || sure.doubt {
			t.Fatal("what may be stored is not told from what is not")
		}
		lost, refused = lost[1:], refused[1:]
		turned := s.turned
		for s.turned == turned {
			f := newFlight()
			s.claim(f, 1, occurrences(50))
			f.land(outcome.Result{Kind: outcome.Stored})
		}
	}
}
