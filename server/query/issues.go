package query

import (
	"context"
	"fmt"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
)

// The parts of a sparkline.
const (
	defaultSparkline = 24
	maxSparkline     = 120
)

// Issue is an issue with its project's slug.
type Issue struct {
	view.IssueRow
	ProjectSlug string
}

// ShortID is the name for people, empty until triage has numbered the issue.
func (i Issue) ShortID() string {
	if i.Record.Number == 0 {
		return ""
	}
	return issue.ShortID(i.ProjectSlug, i.Record.Number)
}

// IssuesRequest asks for the issues of a project that have events matching a
// query within a time range.
type IssuesRequest struct {
	ProjectID   uint32
	Query       string
	Sort        view.Sort // empty: by last seen
	Range       view.Range
	Environment string
	Sparkline   int // parts; 0: 24
	Page        Page
}

// ListIssues returns one page of issues and the token of the next, empty at the
// end.
func (s *Service) ListIssues(ctx context.Context, a project.Access, r IssuesRequest) ([]Issue, string, error) {
	p, err := s.project(ctx, a, r.ProjectID, project.ScopeEventRead)
	if err != nil {
		return nil, "", err
	}
	size, err := r.Page.size()
	if err != nil {
		return nil, "", err
	}
	if r.Sort, err = sorting(r.Sort); err != nil {
		return nil, "", err
	}
	if r.Sparkline == 0 {
		r.Sparkline = defaultSparkline
	}
	if r.Sparkline < 0 || r.Sparkline > maxSparkline {
		return nil, "", invalid("sparkline is %d; give at most %d parts", r.Sparkline, maxSparkline)
	}
	q, err := s.parse(ctx, a, p, r.Query)
	if err != nil {
		return nil, "", err
	}
	asked := question("issues", r.ProjectID, r.Query, r.Sort, r.Environment, r.Range.Start, r.Range.End)
	pos, next, err := r.Page.position(asked)
	if err != nil {
		return nil, "", err
	}
	if next {
		r.Range.End = pos.end
	}
	rng, err := s.span(r.Range, defaultSpan)
	if err != nil {
		return nil, "", err
	}
	rows, more, err := s.Events.Issues(ctx, view.IssuesRequest{
		ProjectID: p.ID, Query: q, Environment: r.Environment, Range: rng, Sort: r.Sort,
		Buckets: r.Sparkline, Limit: size, Offset: pos.offset,
	})
	if err != nil {
		return nil, "", fmt.Errorf("list the issues of project %d: %w", p.ID, err)
	}
	issues, err := s.withNumbers(ctx, p, rows)
	if err != nil || !more {
		return issues, "", err
	}
	return issues, position{end: rng.End, offset: pos.offset + len(rows)}.token(asked), nil
}

func sorting(by view.Sort) (view.Sort, error) {
	switch by {
	case "":
		return view.ByLastSeen, nil
	case view.ByLastSeen, view.ByFirstSeen, view.ByEvents, view.ByUsers:
		return by, nil
	}
	return "", invalid("sort is %q; give %s, %s, %s or %s", by, view.ByLastSeen, view.ByFirstSeen, view.ByEvents, view.ByUsers)
}

// withNumbers asks the workflow about issues that the list does not have a
// number for, because the mirror lags behind.
func (s *Service) withNumbers(ctx context.Context, p project.Project, rows []view.IssueRow) ([]Issue, error) {
	issues := make([]Issue, len(rows))
	var missing []issue.ID
	for i := range rows {
		issues[i] = Issue{rows[i], p.Slug}
		if rows[i].Record.Number == 0 {
			missing = append(missing, rows[i].Record.ID)
		}
	}
	if len(missing) == 0 {
		return issues, nil
	}
	known, err := s.Issues.Issues(ctx, missing)
	if err != nil {
		return nil, fmt.Errorf("read the workflow of issues: %w", err)
	}
	for i := range issues {
		if rec, found := known[issues[i].Record.ID]; found && issues[i].Record.Number == 0 {
			issues[i].Record = rec
		}
	}
	return issues, nil
}
