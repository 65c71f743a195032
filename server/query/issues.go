package query

import (
	"context"
	"fmt"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
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

// IssuesRequest asks for the issues of one project, or of all, that have events
// matching a query within a time range.
type IssuesRequest struct {
	ProjectID   uint32 // 0: every project that the caller may read
	Query       string
	Sort        view.Sort // empty: by last seen
	Range       view.Range
	Environment string
	Sparkline   int // parts; 0: 24
	Page        Page
}

// ListIssues returns one page of issues and the token of the next, empty at the
// end. The issues of several projects are one list in the order that is asked for;
// which projects those are stays as it was on the first page.
func (s *Service) ListIssues(ctx context.Context, a project.Access, r IssuesRequest) ([]Issue, string, error) {
	projects, err := s.reach(ctx, a, r.ProjectID, project.ScopeEventRead)
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
	asked := question("issues", a.OrganizationID, a.ProjectID, r.ProjectID, r.Query, r.Sort, r.Environment, r.Range.Start, r.Range.End)
	read, next, err := r.Page.progress(asked)
	if err != nil {
		return nil, "", err
	}
	if next {
		r.Range.End = read.end
	} else if read, err = begin(projects); err != nil {
		return nil, "", err
	}
	if r.Range, err = s.span(r.Range, defaultSpan); err != nil {
		return nil, "", err
	}
	q, err := search.Parse(r.Query)
	if err != nil {
		return nil, "", err
	}
	if projects = read.keep(projects); len(projects) == 0 {
		return nil, "", nil
	}
	if q, err = s.mean(ctx, a, projects, q); err != nil {
		return nil, "", fmt.Errorf("read the query: %w", err)
	}
	v := view.IssuesRequest{
		Query: q, Environment: r.Environment, Range: r.Range, Sort: r.Sort,
		Buckets: r.Sparkline, Limit: size, Offset: read.offset(),
	}
	for _, p := range projects {
		v.Projects = append(v.Projects, p.ID)
	}
	rows, more, err := s.Events.Issues(ctx, v)
	if err != nil {
		return nil, "", fmt.Errorf("list the issues of %d projects: %w", len(projects), err)
	}
	issues, err := s.withNumbers(ctx, projects, rows)
	if err != nil || !more {
		return issues, "", err
	}
	return issues, read.after(rows, r.Range.End).token(asked), nil
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

// withNumbers gives issues the slugs of their projects, and asks the workflow
// about those that the list does not have a number for, because the mirror lags
// behind.
func (s *Service) withNumbers(ctx context.Context, projects []project.Project, rows []view.IssueRow) ([]Issue, error) {
	slugs := make(map[uint32]string, len(projects))
	for _, p := range projects {
		slugs[p.ID] = p.Slug
	}
	issues := make([]Issue, len(rows))
	var missing []issue.ID
	for i := range rows {
		issues[i] = Issue{rows[i], slugs[rows[i].Record.ID.ProjectID]}
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
