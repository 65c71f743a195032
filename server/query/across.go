package query

import (
	"cmp"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// The bounds of a list over projects: how many there may be, and of how many the
// store is asked at the same time.
const (
	maxProjects     = 200
	projectsAtATime = 4
)

// ProjectError is why a list over several projects fails: one of them did not
// answer. A list without its issues would look complete.
type ProjectError struct {
	Slug string
	Err  error
}

// Error names the project.
func (e *ProjectError) Error() string {
	return "list the issues of project " + e.Slug + ": " + e.Err.Error()
}

// Unwrap is the cause.
func (e *ProjectError) Unwrap() error { return e.Err }

// issueList is what a page needs of one project.
type issueList struct {
	project project.Project
	query   search.Query
	shown   int             // on the pages so far
	rows    []view.IssueRow // that come next
	more    bool            // behind rows
}

// lists are those of the projects that still have something to show and that the
// caller still reaches.
func (s *Service) lists(ctx context.Context, a project.Access, projects []project.Project, read progress, r IssuesRequest) ([]*issueList, error) {
	q, err := search.Parse(r.Query)
	if err != nil {
		return nil, err
	}
	reached := make(map[uint32]project.Project, len(projects))
	for _, p := range projects {
		reached[p.ID] = p
	}
	var lists []*issueList
	for _, of := range read.rows {
		p, still := reached[of.project]
		if !still {
			continue
		}
		l := &issueList{project: p, shown: of.issues}
		if l.query, err = s.mean(ctx, a, p, q); err != nil {
			return nil, fmt.Errorf("read the query in project %s: %w", p.Slug, err)
		}
		lists = append(lists, l)
	}
	return lists, nil
}

// readAll reads the next rows of every list, as many as the whole page holds: they
// may all be of one project.
func (s *Service) readAll(ctx context.Context, lists []*issueList, r IssuesRequest, size int) error {
	read := func(ctx context.Context, l *issueList) (err error) {
		l.rows, l.more, err = s.Events.Issues(ctx, view.IssuesRequest{
			ProjectID: l.project.ID, Query: l.query, Environment: r.Environment, Range: r.Range, Sort: r.Sort,
			Buckets: r.Sparkline, Limit: size, Offset: l.shown,
		})
		if err != nil {
			return &ProjectError{Slug: l.project.Slug, Err: err}
		}
		return nil
	}
	if len(lists) == 1 {
		return read(ctx, lists[0])
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(projectsAtATime)
	for _, l := range lists {
		work.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err // another project failed, and the list with it
			}
			return read(ctx, l)
		})
	}
	return work.Wait()
}

// interleave takes the first rows out of all lists together. Each list keeps its
// order, which the store made total; of rows that are equal, that of the project with
// the smaller id is first. So pages one after another are the whole list.
func interleave(lists []*issueList, by view.Sort, size int) []view.IssueRow {
	var page []view.IssueRow
	for len(page) < size {
		var first *issueList
		for _, l := range lists {
			if len(l.rows) > 0 && (first == nil || goesBefore(l.rows[0], first.rows[0], by)) {
				first = l
			}
		}
		if first == nil {
			break
		}
		page = append(page, first.rows[0])
		first.rows = first.rows[1:]
		first.shown++
	}
	return page
}

// goesBefore reports whether a row stands before one of another project.
func goesBefore(a, b view.IssueRow, by view.Sort) bool {
	order := 0
	switch by {
	case view.ByFirstSeen:
		order = b.FirstSeen.Compare(a.FirstSeen)
	case view.ByEvents:
		order = cmp.Compare(b.Events, a.Events)
	case view.ByUsers:
		order = cmp.Compare(b.Users, a.Users)
	default:
		order = b.LastSeen.Compare(a.LastSeen)
	}
	return cmp.Or(order, cmp.Compare(a.Record.ID.ProjectID, b.Record.ID.ProjectID)) < 0
}
