package ingest

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

// flight is the common fate of the events of one batch.
type flight struct {
	done   chan struct{}
	state  atomic.Int32
	result outcome.Result // for each event; read after done
	doubt  bool           // an event of it was in a flight that crashed

	project uint32 // whose room it has, and how much
	bytes   int64
}

const (
	flying   = iota
	landed   // stored
	crashed  // not known to be stored: what was tried may have happened
	grounded // not stored: nothing was tried
)

func newFlight() *flight { return &flight{done: make(chan struct{})} }

// land ends a flight with what became of its events.
func (f *flight) land(r outcome.Result) {
	f.result = r
	switch {
	case r.Kind == outcome.Stored:
		f.state.Store(landed)
	case f.doubt || r.Kind == outcome.Lost && r.Reason != outcome.Shutdown:
		f.state.Store(crashed)
	default:
		f.state.Store(grounded)
	}
	close(f.done)
}

type eventKey struct {
	project uint32
	id      event.ID
}

// seen remembers which events are under way or were stored lately, so that a
// resend that comes while the first sending is in the buffer is told apart from a
// new event. It forgets the older half of what is stored when it is full; what is
// under way is bounded by the room. The events are most of it, so they hold numbers of
// flights, which the garbage collector need not follow.
type seen struct {
	mu      sync.Mutex
	limit   int
	young   map[eventKey]uint32
	old     map[eventKey]uint32
	full    int                // entries at which young becomes old
	turned  time.Time          // since when young is filled
	since   time.Time          // since when nothing is forgotten
	flights map[uint32]*flight // by number; one that is missing has landed
	number  uint32             // of the latest flight; one that comes round again is long forgotten
	stored  *flight            // stands for all that have landed and are missing
}

func newSeen(limit int) *seen {
	now := time.Now()
	s := &seen{limit: limit/2 + 1, full: limit/2 + 1, young: map[eventKey]uint32{}, turned: now, since: now, flights: map[uint32]*flight{}, stored: newFlight()}
	s.stored.land(outcome.Result{Kind: outcome.Stored})
	return s
}

// claim enters the events of a project under a new flight. The answer has an entry for
// each event: nil where it is now the flight's, else the flight that has it. The flight
// is in doubt if one of its events may be stored by an earlier one that failed.
func (s *seen) claim(f *flight, projectID uint32, events []*event.Occurrence) []*flight {
	var others []*flight
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
	s.flights[s.number] = f
	for i, o := range events {
		k := eventKey{projectID, o.Event.ID}
		if g := s.find(k); g != nil {
			switch g.state.Load() {
			case flying, landed:
				if others == nil {
					others = make([]*flight, len(events))
				}
				others[i] = g
				continue
			case crashed:
				f.doubt = true
			}
		}
		s.put(k)
	}
	return others
}

// horizon is the time since when every event is remembered.
func (s *seen) horizon() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.since
}

func (s *seen) find(k eventKey) *flight {
	n, found := s.young[k]
	if !found {
		if n, found = s.old[k]; !found {
			return nil
		}
	}
	if f := s.flights[n]; f != nil {
		return f
	}
	return s.stored
}

// put enters an event under the latest flight.
func (s *seen) put(k eventKey) {
	if len(s.young) >= s.full {
		s.turn()
	}
	s.young[k] = s.number
}

// turn forgets the older half, but for what is under way. That may be more than half of
// the limit where the room is large; as many new ones fit beside it, so that going
// through all of them stays rare.
func (s *seen) turn() {
	forgotten, flights := s.old, s.flights
	s.old, s.young = s.young, make(map[eventKey]uint32, s.limit)
	s.since, s.turned = s.turned, time.Now()
	s.flights = map[uint32]*flight{s.number: flights[s.number]}
	for k, n := range forgotten {
		if f := flights[n]; f != nil && f.state.Load() == flying {
			s.young[k], s.flights[n] = n, f
		}
	}
	s.full = max(s.limit, 2*len(s.young))
	for _, n := range s.old {
		if f := flights[n]; f != nil && f.state.Load() != landed {
			s.flights[n] = f
		}
	}
}
