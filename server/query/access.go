package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
)

// allowed checks that the caller may do something at all.
func allowed(a project.Access, scope project.Scope) error {
	switch {
	case a.OrganizationID == "":
		return fmt.Errorf("%w: sign in, or send an API token", project.ErrUnauthenticated)
	case !a.Can(scope):
		return fmt.Errorf("%w: this needs the scope %s", project.ErrForbidden, scope)
	}
	return nil
}

// project returns a project that the caller may use; one of another
// organization does not exist.
func (s *Service) project(ctx context.Context, a project.Access, id uint32, scope project.Scope) (project.Project, error) {
	if err := allowed(a, scope); err != nil {
		return project.Project{}, err
	}
	if id == 0 {
		return project.Project{}, invalid("project_id is missing")
	}
	p, err := s.Issues.Project(ctx, id)
	switch {
	case errors.Is(err, project.ErrNotFound):
		return project.Project{}, noProject(id)
	case err != nil:
		return project.Project{}, fmt.Errorf("find project %d: %w", id, err)
	case p.OrganizationID != a.OrganizationID, a.ProjectID != 0 && a.ProjectID != id:
		return project.Project{}, noProject(id)
	}
	return p, nil
}

// reach returns the projects that a question is about, by id: the one that it
// names, or with 0 every one that the caller may use.
func (s *Service) reach(ctx context.Context, a project.Access, id uint32, scope project.Scope) ([]project.Project, error) {
	if err := allowed(a, scope); err != nil {
		return nil, err
	}
	if id == 0 {
		id = a.ProjectID
	}
	if id != 0 {
		p, err := s.project(ctx, a, id, scope)
		return []project.Project{p}, err
	}
	all, err := s.Issues.Projects(ctx, a.OrganizationID)
	if err != nil {
		return nil, fmt.Errorf("list the projects: %w", err)
	}
	slices.SortFunc(all, func(x, y project.Project) int { return cmp.Compare(x.ID, y.ID) })
	return all, nil
}

func noProject(id uint32) error { return fmt.Errorf("project %d: %w", id, project.ErrNotFound) }

func noIssue(name string) error { return fmt.Errorf("issue %s: %w", name, project.ErrNotFound) }

// issue finds what an id or a short id names, in a project that the caller may
// use. A merged issue leads to the one it was merged into.
func (s *Service) issue(ctx context.Context, a project.Access, name string, scope project.Scope) (issue.ID, project.Project, error) {
	if err := allowed(a, scope); err != nil {
		return issue.ID{}, project.Project{}, err
	}
	id, p, err := s.named(ctx, a, name, scope)
	if errors.Is(err, project.ErrNotFound) {
		return issue.ID{}, project.Project{}, noIssue(name)
	}
	if err != nil {
		return issue.ID{}, project.Project{}, err
	}
	target, err := s.targets(ctx, p.ID)
	return target(id), p, err
}

// named finds an issue by its name, whether or not it was merged away.
func (s *Service) named(ctx context.Context, a project.Access, name string, scope project.Scope) (issue.ID, project.Project, error) {
	if id, err := issue.ParseID(name); err == nil {
		p, err := s.project(ctx, a, id.ProjectID, scope)
		return id, p, err
	}
	slug, number, err := issue.ParseShortID(name)
	if err != nil {
		return issue.ID{}, project.Project{}, invalid("%q is neither the id of an issue (32 characters) nor a short id such as WEB-42", name)
	}
	p, err := s.Issues.ProjectBySlug(ctx, a.OrganizationID, slug)
	if err != nil {
		return issue.ID{}, project.Project{}, fmt.Errorf("find project %s: %w", slug, err)
	}
	if p, err = s.project(ctx, a, p.ID, scope); err != nil {
		return issue.ID{}, project.Project{}, err
	}
	rec, err := s.Issues.IssueByNumber(ctx, p.ID, number)
	return rec.ID, p, err
}

// targets returns the function that leads from an issue to the one it was
// merged into, or to itself.
func (s *Service) targets(ctx context.Context, projectID uint32) (func(issue.ID) issue.ID, error) {
	merges, err := s.Issues.Merges(ctx, projectID)
	if err != nil {
		return func(id issue.ID) issue.ID { return id }, fmt.Errorf("read the merges of project %d: %w", projectID, err)
	}
	into := make(map[issue.ID]issue.ID, len(merges))
	for _, m := range merges {
		if !m.Undone {
			into[m.From] = m.Into
		}
	}
	return func(id issue.ID) issue.ID {
		if target, merged := into[id]; merged {
			return target
		}
		return id
	}, nil
}

// invalid makes an error about a field of the request; its text is shown.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", project.ErrInvalid, fmt.Sprintf(format, args...))
}
