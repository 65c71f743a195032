package query

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// defaultSpan is how far back questions about a project look; ahead is how far a
// sender's clock may go before ours, so that a list that ends now holds what was
// stored a moment ago.
const (
	defaultSpan = 14 * 24 * time.Hour
	ahead       = time.Minute
)

// span fills the gaps of a time range: the end is now, the start a span before
// the end; a zero span leaves the start open.
func (s *Service) span(r view.Range, back time.Duration) (view.Range, error) {
	if r.End.IsZero() {
		r.End = s.now().Add(ahead)
	}
	if r.Start.IsZero() && back != 0 {
		r.Start = r.End.Add(-back)
	}
	if !r.Start.IsZero() && !r.Start.Before(r.End) {
		return r, invalid("start is not before end")
	}
	return r, nil
}

// parse reads a query, and gives the words me and WEB-42 their meaning.
func (s *Service) parse(ctx context.Context, a project.Access, p project.Project, text string) (search.Query, error) {
	q, err := search.Parse(text)
	if err != nil {
		return search.Query{}, err
	}
	return s.mean(ctx, a, []project.Project{p}, q)
}

// mean gives the words of a query their meaning in some projects.
func (s *Service) mean(ctx context.Context, a project.Access, projects []project.Project, q search.Query) (search.Query, error) {
	return q.Rewrite(func(c search.Compare) (search.Node, error) {
		switch c.Key.Field {
		case search.Assigned:
			return mine(c, a.Member.Email), nil
		case search.Issue:
			return s.byID(ctx, projects, c)
		}
		return c, nil
	})
}

// mine puts the caller's e-mail in the place of me.
func mine(c search.Compare, email string) search.Node {
	values := make([]search.Value, len(c.Values))
	for i, v := range c.Values {
		if text, exact := v.Pattern.Exact(); exact && text == "me" && email != "" {
			v.Pattern = search.NewPattern(email)
		}
		values[i] = v
	}
	c.Values = values
	return c
}

// byID puts ids in the place of short ids. What does not exist in the projects
// becomes an id that no issue has: one fingerprint may be in several projects.
func (s *Service) byID(ctx context.Context, projects []project.Project, c search.Compare) (search.Node, error) {
	nothing := issue.ID{ProjectID: projects[0].ID}
	values := make([]search.Value, len(c.Values))
	for i, v := range c.Values {
		id, err := issue.ParseID(v.Word)
		if err != nil {
			if id, err = s.byShortID(ctx, projects, v.Word); err != nil {
				return nil, err
			}
		}
		if !slices.ContainsFunc(projects, func(p project.Project) bool { return p.ID == id.ProjectID }) {
			id = nothing
		}
		values[i].Word = id.String()
	}
	c.Values = values
	return c, nil
}

// byShortID finds the issue that a short id names; the zero id if there is none.
func (s *Service) byShortID(ctx context.Context, projects []project.Project, word string) (issue.ID, error) {
	slug, number, err := issue.ParseShortID(word)
	if err != nil {
		return issue.ID{}, nil
	}
	i := slices.IndexFunc(projects, func(p project.Project) bool { return p.Slug == slug })
	if i < 0 {
		return issue.ID{}, nil
	}
	rec, err := s.Issues.IssueByNumber(ctx, projects[i].ID, number)
	if errors.Is(err, project.ErrNotFound) {
		return issue.ID{}, nil
	}
	return rec.ID, err
}
