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
// under way is bounded by the room.
type seen struct {
	mu     sync.Mutex
	limit  int
	young  map[eventKey]*flight
	old    map[eventKey]*flight
	full   int       // entries at which young becomes old
	turned time.Time // since when young is filled
	since  time.Time // since when nothing is forgotten
	stored *flight   // stands for all that have landed, in old
}

func newSeen(limit int) *seen {
	now := time.Now()
	s := &seen{limit: limit/2 + 1, full: limit/2 + 1, young: map[eventKey]*flight{}, turned: now, since: now, stored: newFlight()}
	s.stored.land(outcome.Result{Kind: outcome.Stored})
	return s
}

// claim enters the events of a project under a flight. The answer has an entry for
// each event: nil where it is now the flight's, else the flight that has it. The flight
// is in doubt if one of its events may be stored by an earlier one that failed.
func (s *seen) claim(f *flight, projectID uint32, events []*event.Occurrence) []*flight {
	var others []*flight
	s.mu.Lock()
	defer s.mu.Unlock()
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
		s.put(k, f)
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
	if f := s.young[k]; f != nil {
		return f
	}
	return s.old[k]
}

func (s *seen) put(k eventKey, f *flight) {
	if len(s.young) >= s.full {
		s.turn()
	}
	s.young[k] = f
}

// turn forgets the older half, but for what is under way. That may be more than half of
// the limit where the room is large; as many new ones fit beside it, so that going
// through all of them stays rare.
func (s *seen) turn() {
	forgotten := s.old
	s.old, s.young = s.young, make(map[eventKey]*flight, s.limit)
	s.since, s.turned = s.turned, time.Now()
	for k, f := range forgotten {
		if f.state.Load() == flying {
			s.young[k] = f
		}
	}
	s.full = max(s.limit, 2*len(s.young))
	for k, f := range s.old {
		if f.state.Load() == landed {
			s.old[k] = s.stored // lets the flight go
		}
	}
}
