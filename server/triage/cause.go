package triage

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/view"
)

// causesSize bounds how many events are remembered. Beyond it all are forgotten, and looked up.
const causesSize = 10_000

// causes remembers the events that are changing issues, so that whoever is told of the change
// learns what caused it. A change is known by the issue and the time written into its record.
type causes struct {
	mu sync.Mutex
	of map[causeKey]event.Summary
}

type causeKey struct {
	issue issue.ID
	at    int64 // microseconds, the resolution of the meta store
}

func (c *causes) put(id issue.ID, at time.Time, e event.Summary) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil || len(c.of) >= causesSize {
		c.of = make(map[causeKey]event.Summary)
	}
	c.of[causeKey{id, at.UnixMicro()}] = e
}

func (c *causes) get(id issue.ID, at time.Time) (event.Summary, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.of[causeKey{id, at.UnixMicro()}]
	return e, ok
}

// causedByEvent reports whether an event made a change, rather than a person or time.
func causedByEvent(c issue.Change) bool {
	return c.From == "" || c.Record.State.Reason == issue.ReasonRegressed && c.From == issue.Resolved
}

// lookForCause finds an event to show for a change when the process that had the one that
// caused it is gone: the issue's newest.
func (s *Service) lookForCause(ctx context.Context, c issue.Change) (e event.Summary, found bool, err error) {
	stored, err := s.Stored.Events(ctx, view.EventsRequest{ProjectID: c.Record.ID.ProjectID, Issue: &c.Record.ID.Fingerprint, Limit: 1})
	if err != nil {
		return event.Summary{}, false, fmt.Errorf("look for the event that changed issue %s: %w", c.Record.ID, err)
	}
	if len(stored) == 0 {
		return event.Summary{}, false, nil
	}
	return stored[0], true, nil
}
