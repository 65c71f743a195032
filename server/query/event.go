package query

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
)

// The words that stand for an event's id within an issue.
const (
	Latest = "latest"
	Oldest = "oldest"
)

// EventDetail is a whole event, the issue it counts for, and its neighbours
// there.
type EventDetail struct {
	*event.Occurrence
	IssueID    issue.ID
	Neighbours view.Neighbours
}

// GetEvent returns an event of a project by its id.
func (s *Service) GetEvent(ctx context.Context, a project.Access, projectID uint32, name string) (EventDetail, error) {
	p, err := s.project(ctx, a, projectID, project.ScopeEventRead)
	if err != nil {
		return EventDetail{}, err
	}
	if name == Latest || name == Oldest {
		return EventDetail{}, invalid("event_id %q needs an issue_id", name)
	}
	id, err := eventID(name)
	if err != nil {
		return EventDetail{}, err
	}
	target, err := s.targets(ctx, p.ID)
	if err != nil {
		return EventDetail{}, err
	}
	return s.event(ctx, p.ID, id, target)
}

// GetIssueEvent returns an event of an issue, by its id or by Latest or Oldest.
func (s *Service) GetIssueEvent(ctx context.Context, a project.Access, issueName, name string) (EventDetail, error) {
	in, p, err := s.issue(ctx, a, issueName, project.ScopeEventRead)
	if err != nil {
		return EventDetail{}, err
	}
	var id event.ID
	if name == Latest || name == Oldest {
		around, err := s.Events.Neighbours(ctx, in, view.Cursor{})
		if err != nil {
			return EventDetail{}, fmt.Errorf("find the %s event of issue %s: %w", name, issueName, err)
		}
		if id = around.Latest; name == Oldest {
			id = around.Oldest
		}
		if id.IsZero() {
			return EventDetail{}, fmt.Errorf("%s event of issue %s: %w", name, issueName, project.ErrNotFound)
		}
	} else if id, err = eventID(name); err != nil {
		return EventDetail{}, err
	}
	target, err := s.targets(ctx, p.ID)
	if err != nil {
		return EventDetail{}, err
	}
	d, err := s.event(ctx, p.ID, id, target)
	if err == nil && d.IssueID != in {
		return EventDetail{}, noEvent(id)
	}
	return d, err
}

// event reads an event and looks for its neighbours at the same time.
func (s *Service) event(ctx context.Context, projectID uint32, id event.ID, target func(issue.ID) issue.ID) (EventDetail, error) {
	for range 2 { // the event may be given to another issue between the two steps
		own, at, found, err := s.Events.Locate(ctx, projectID, id)
		if err != nil {
			return EventDetail{}, fmt.Errorf("find event %s: %w", id, err)
		}
		if !found {
			break
		}
		d := EventDetail{IssueID: target(own)}
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() (err error) {
			if d.Occurrence, found, err = s.Events.EventAt(ctx, own, at); err != nil {
				return fmt.Errorf("read event %s: %w", id, err)
			}
			return nil
		})
		group.Go(func() (err error) {
			if d.Neighbours, err = s.Events.Neighbours(ctx, d.IssueID, at); err != nil {
				return fmt.Errorf("find the neighbours of event %s: %w", id, err)
			}
			return nil
		})
		if err := group.Wait(); err != nil {
			return EventDetail{}, err
		}
		if found {
			return d, nil
		}
	}
	return EventDetail{}, noEvent(id)
}

func eventID(name string) (event.ID, error) {
	id, err := event.ParseID(name)
	if err != nil {
		return event.ID{}, invalid("event_id %q: %v", name, err)
	}
	return id, nil
}

func noEvent(id event.ID) error { return fmt.Errorf("event %s: %w", id, project.ErrNotFound) }
