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

// causesSize bounds how many events are remembered. Beyond it the older half is forgotten, and
// looked up.
const causesSize = 10_000

// causes remembers the events that are changing issues, so that whoever is told of the change
// learns what caused it. A change is known by the issue and the time written into its record.
type causes struct {
	mu         sync.Mutex
	young, old map[causeKey]event.Summary
}

type causeKey struct {
	issue issue.ID
	at    int64 // microseconds, the resolution of the meta store
}

func (c *causes) put(id issue.ID, at time.Time, e event.Summary) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young == nil || len(c.young) >= causesSize/2 {
		c.old, c.young = c.young, make(map[causeKey]event.Summary)
	}
	c.young[causeKey{id, at.UnixMicro()}] = e
}

func (c *causes) get(id issue.ID, at time.Time) (event.Summary, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := causeKey{id, at.UnixMicro()}
	e, ok := c.young[key]
	if !ok {
		e, ok = c.old[key]
	}
	return e, ok
}

// forget lets go of an event that changed nothing, or whose change is told.
func (c *causes) forget(id issue.ID, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := causeKey{id, at.UnixMicro()}
	delete(c.young, key)
	delete(c.old, key)
}

// causedByEvent reports whether an event made a change, rather than a person or time.
func causedByEvent(c issue.Change) bool {
	return c.From == "" || c.Record.State.Reason == issue.ReasonRegressed && c.From == issue.Resolved
}

// lookForCauses finds events to show for changes when the process that had those that caused
// them is gone, or had too many: of new issues the first, in one question for all, else the
// issue's newest.
func (s *Service) lookForCauses(ctx context.Context, rows []issue.OutboxRow) (map[issue.ID]event.Summary, error) {
	found := make(map[issue.ID]event.Summary, len(rows))
	var fresh []issue.ID
	for _, row := range rows {
		if row.Change.From == "" {
			fresh = append(fresh, row.Change.Record.ID)
		}
	}
	if len(fresh) > 0 {
		firsts, err := s.Stored.FirstEvents(ctx, fresh)
		if err != nil {
			return nil, fmt.Errorf("look for the events that made %d issues: %w", len(fresh), err)
		}
		for _, e := range firsts {
			found[issueOf(e)] = e
		}
	}
	for _, row := range rows {
		id := row.Change.Record.ID
		if _, known := found[id]; known {
			continue
		}
		stored, err := s.Stored.Events(ctx, view.EventsRequest{ProjectID: id.ProjectID, Issue: &id.Fingerprint, Limit: 1})
		if err != nil {
			return nil, fmt.Errorf("look for the event that changed issue %s: %w", id, err)
		}
		if len(stored) > 0 {
			found[id] = stored[0]
		}
	}
	return found, nil
}
