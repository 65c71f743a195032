package query

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// maxBatch is how many issues are changed at once.
const maxBatch = 1000

// Change is what shall become of issues.
type Change struct {
	Status   issue.Status // empty: stays
	Assignee *string      // e-mail of a member, empty for nobody; nil: stays
}

// UpdateIssue changes one issue. When it returns, lists show the change.
func (s *Service) UpdateIssue(ctx context.Context, a project.Access, name string, c Change) (Issue, error) {
	changed, err := s.UpdateIssues(ctx, a, []string{name}, c)
	if err != nil {
		return Issue{}, err
	}
	return changed[0], nil
}

// UpdateIssues changes up to 1,000 issues, all or none, and returns them in the
// order of their names.
func (s *Service) UpdateIssues(ctx context.Context, a project.Access, names []string, c Change) ([]Issue, error) {
	if err := allowed(a, project.ScopeIssueWrite); err != nil {
		return nil, err
	}
	switch {
	case len(names) == 0:
		return nil, invalid("no issue is named")
	case len(names) > maxBatch:
		return nil, invalid("%d issues are named; at most %d are changed at once", len(names), maxBatch)
	case c.Status == "" && c.Assignee == nil:
		return nil, invalid("nothing to change; give a status or an assignee")
	}
	var err error
	if c.Assignee, err = s.member(ctx, a, c.Assignee); err != nil {
		return nil, err
	}
	issues, err := s.rows(ctx, a, names)
	if err != nil {
		return nil, err
	}
	if err := s.change(ctx, a, issues, c); err != nil {
		return nil, err
	}
	s.mirror(ctx)
	return issues, nil
}

// member finds the member of the caller's organization that has an e-mail, and
// returns the e-mail as the member writes it; nobody stays nobody.
func (s *Service) member(ctx context.Context, a project.Access, email *string) (*string, error) {
	if email == nil || *email == "" {
		return email, nil
	}
	m, err := s.Issues.MemberByEmail(ctx, strings.ToLower(strings.TrimSpace(*email)))
	if errors.Is(err, project.ErrNotFound) || err == nil && m.OrganizationID != a.OrganizationID {
		return nil, invalid("assignee %q is no member of the organization", *email)
	}
	if err != nil {
		return nil, fmt.Errorf("find the assignee: %w", err)
	}
	return &m.Email, nil
}

// change decides and writes, and puts the new records into the rows.
func (s *Service) change(ctx context.Context, a project.Access, issues []Issue, c Change) error {
	ids := make([]issue.ID, len(issues))
	releases := make(map[issue.ID]string, len(issues))
	for i := range issues {
		ids[i] = issues[i].Record.ID
		releases[ids[i]] = issues[i].LastRelease
	}
	command := issue.Command{Actor: a.Actor(), Now: s.now()}
	records, err := s.Issues.ChangeIssues(ctx, ids, func(r issue.Record) (issue.Record, []issue.Activity, error) {
		var activities []issue.Activity
		if c.Status != "" {
			var err error
			if r, activities, err = command.SetStatus(r, c.Status, releases[r.ID]); err != nil {
				return r, nil, err
			}
		}
		if c.Assignee != nil {
			var more []issue.Activity
			r, more = command.Assign(r, *c.Assignee)
			activities = append(activities, more...)
		}
		return r, activities, nil
	})
	if err != nil {
		return fmt.Errorf("change %d issues: %w", len(ids), err)
	}
	for i := range issues {
		issues[i].Record = records[i]
	}
	return nil
}

// mirror makes lists show what was just committed. If that fails the change still
// stands, and is mirrored later.
func (s *Service) mirror(ctx context.Context) {
	if err := s.Flush.Flush(ctx); err != nil {
		s.Log.WarnContext(ctx, "a change of issues is committed but lists will show it later", "error", err)
	}
}

// rows finds issues by their names and makes sure that each is written down.
func (s *Service) rows(ctx context.Context, a project.Access, names []string) ([]Issue, error) {
	l := lookup{service: s, access: a, projects: map[uint32]project.Project{}, target: map[uint32]func(issue.ID) issue.ID{}}
	ids := make([]issue.ID, len(names))
	for i, name := range names {
		id, err := l.find(ctx, name)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	found, err := s.counted(ctx, slices.Sorted(maps.Keys(l.projects)), ids)
	if err != nil {
		return nil, fmt.Errorf("read the events of %d issues: %w", len(ids), err)
	}
	known, err := s.Issues.Issues(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read the workflow of %d issues: %w", len(ids), err)
	}
	issues := make([]Issue, len(ids))
	for i, id := range ids {
		row, counted := found[id]
		rec, written := known[id]
		switch {
		case !counted && !written:
			return nil, noIssue(names[i])
		case !counted:
			row = rowOf(rec)
		case !written:
			if rec, _, err = s.Issues.EnsureIssue(ctx, recordOf(row)); err != nil {
				return nil, fmt.Errorf("write down issue %s: %w", names[i], err)
			}
			known[id] = rec
		}
		row.Record = rec
		issues[i] = Issue{row, l.projects[id.ProjectID].Slug}
	}
	return issues, nil
}

// lookup finds many issues, asking for each project once.
type lookup struct {
	service  *Service
	access   project.Access
	projects map[uint32]project.Project
	target   map[uint32]func(issue.ID) issue.ID
}

func (l *lookup) find(ctx context.Context, name string) (issue.ID, error) {
	id, err := issue.ParseID(name)
	if _, known := l.projects[id.ProjectID]; err != nil || !known {
		var p project.Project
		id, p, err = l.service.named(ctx, l.access, name, project.ScopeIssueWrite)
		if errors.Is(err, project.ErrNotFound) {
			err = noIssue(name)
		}
		if err != nil {
			return issue.ID{}, err
		}
		l.projects[p.ID] = p
	}
	if l.target[id.ProjectID] == nil {
		if l.target[id.ProjectID], err = l.service.targets(ctx, id.ProjectID); err != nil {
			return issue.ID{}, err
		}
	}
	return l.target[id.ProjectID](id), nil
}

// counted reads the rows of issues of some projects that have events.
func (s *Service) counted(ctx context.Context, projects []uint32, ids []issue.ID) (map[issue.ID]view.IssueRow, error) {
	counted := make(map[issue.ID]view.IssueRow, len(ids))
	if len(ids) == 1 {
		row, found, err := s.Events.Issue(ctx, ids[0], 1)
		if found {
			counted[ids[0]] = row
		}
		return counted, err
	}
	these := search.Compare{Key: search.Key{Field: search.Issue}}
	for _, id := range ids {
		these.Values = append(these.Values, search.Value{Word: id.String()})
	}
	rows, _, err := s.Events.Issues(ctx, view.IssuesRequest{
		Projects: projects, Query: search.Query{Root: these}, Sort: view.ByLastSeen, Buckets: 1, Limit: len(ids),
	})
	for _, row := range rows {
		counted[row.Record.ID] = row
	}
	return counted, err
}
