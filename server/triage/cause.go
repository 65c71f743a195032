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

// cause finds the event that caused a change, nil if none did or none is found. After a crash
// it is the issue's newest stored event, which is as good to show.
func (s *Service) cause(ctx context.Context, c issue.Change) (*event.Summary, error) {
	if c.From != "" && c.Record.State.Reason != issue.ReasonRegressed {
		return nil, nil
	}
	if e, ok := s.causes.get(c.Record.ID, c.Record.UpdatedAt); ok {
		return &e, nil
	}
	found, err := s.Stored.Events(ctx, view.EventsRequest{ProjectID: c.Record.ID.ProjectID, Issue: &c.Record.ID.Fingerprint, Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("look for the event that changed issue %s: %w", c.Record.ID, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}
