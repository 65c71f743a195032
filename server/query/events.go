package query

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
)

// Event is the short form of an event with the issue that it counts for.
type Event struct {
	event.Summary
	IssueID issue.ID
}

// EventsRequest asks for events, newest first.
type EventsRequest struct {
	Query       string
	Range       view.Range
	Environment string
	Page        Page
}

// ListEvents returns one page of a project's events and the token of the next.
func (s *Service) ListEvents(ctx context.Context, a project.Access, projectID uint32, r EventsRequest) ([]Event, string, error) {
	p, err := s.project(ctx, a, projectID, project.ScopeEventRead)
	if err != nil {
		return nil, "", err
	}
	target, err := s.targets(ctx, p.ID)
	if err != nil {
		return nil, "", err
	}
	q, err := s.parse(ctx, a, p, r.Query)
	if err != nil {
		return nil, "", err
	}
	asked := question("events", p.ID, r.Query, r.Environment, r.Range.Start, r.Range.End)
	return s.events(ctx, view.EventsRequest{ProjectID: p.ID, Query: q}, r, defaultSpan, asked, target)
}

// ListIssueEvents returns one page of an issue's events, of all time unless a
// range is given.
func (s *Service) ListIssueEvents(ctx context.Context, a project.Access, name string, r EventsRequest) ([]Event, string, error) {
	id, p, err := s.issue(ctx, a, name, project.ScopeEventRead)
	if err != nil {
		return nil, "", err
	}
	q, err := s.parse(ctx, a, p, r.Query)
	if err != nil {
		return nil, "", err
	}
	asked := question("issue events", id, r.Query, r.Environment, r.Range.Start, r.Range.End)
	of := func(issue.ID) issue.ID { return id }
	return s.events(ctx, view.EventsRequest{ProjectID: p.ID, Issue: &id.Fingerprint, Query: q}, r, 0, asked, of)
}

// events reads one page, one event more than it holds to see whether there is
// another.
func (s *Service) events(ctx context.Context, v view.EventsRequest, r EventsRequest, back time.Duration, asked string, of func(issue.ID) issue.ID) ([]Event, string, error) {
	size, err := r.Page.size()
	if err != nil {
		return nil, "", err
	}
	pos, next, err := r.Page.position(asked)
	if err != nil {
		return nil, "", err
	}
	if next {
		v.Before, r.Range.End = &pos.before, pos.end
	}
	if v.Range, err = s.span(r.Range, back); err != nil {
		return nil, "", err
	}
	v.Environment, v.Limit = r.Environment, size+1
	found, err := s.Events.Events(ctx, v)
	if err != nil {
		return nil, "", fmt.Errorf("list the events of project %d: %w", v.ProjectID, err)
	}
	token := ""
	if len(found) > size {
		found = found[:size]
		last := found[size-1]
		token = position{end: v.Range.End, before: view.Cursor{Timestamp: last.Timestamp, EventID: last.EventID}}.token(asked)
	}
	events := make([]Event, len(found))
	for i := range found {
		events[i] = Event{found[i], of(issue.ID{ProjectID: v.ProjectID, Fingerprint: found[i].Fingerprint})}
	}
	return events, token, nil
}
