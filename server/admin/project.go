package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/credential"
)

// maxProjects bounds the projects of an organization.
const maxProjects = 5000

// NewProject describes a project that is to be made.
type NewProject struct {
	Name     string
	Slug     string // empty: made from the name
	Platform string
}

// ListProjects returns a page of the projects that the caller can see, by name,
// and the token of the next page.
func (s *Service) ListProjects(ctx context.Context, a project.Access, size int, token string) ([]project.Project, string, error) {
	if err := may(a, project.ScopeProjectRead); err != nil {
		return nil, "", err
	}
	limit, err := pageSize(size)
	if err != nil {
		return nil, "", err
	}
	all, err := s.cfg.Store.Projects(ctx, a.OrganizationID)
	if err != nil {
		return nil, "", fmt.Errorf("list projects: %w", err)
	}
	start := 0
	if token != "" {
		for start < len(all) && projectToken(all[start]) != token {
			start++
		}
		if start == len(all) {
			return nil, "", errPageToken
		}
		start++
	}
	page, more := all[start:], false
	if more = len(page) > limit; more {
		page = page[:limit]
		return page, projectToken(page[limit-1]), nil
	}
	return page, "", nil
}

func projectToken(p project.Project) string { return strconv.FormatUint(uint64(p.ID), 10) }

// The sizes of a page.
const (
	defaultPage = 50
	maxPage     = 200
)

var errPageToken = invalid("page_token is not one that this list gave; start again without it")

func pageSize(n int) (int, error) {
	switch {
	case n < 0:
		return 0, invalid("page_size is %d; give 1 to %d", n, maxPage)
	case n == 0:
		return defaultPage, nil
	}
	return min(n, maxPage), nil
}

// GetProject returns one project.
func (s *Service) GetProject(ctx context.Context, a project.Access, id uint32) (project.Project, error) {
	return s.project(ctx, a, id, project.ScopeProjectRead)
}

// CreateProject makes a project with a first DSN key and the default alert
// rules. project.ErrExists if the slug was given and is taken; one that is made
// from the name gets a number.
func (s *Service) CreateProject(ctx context.Context, a project.Access, n NewProject) (project.Project, error) {
	if err := may(a, project.ScopeProjectWrite); err != nil {
		return project.Project{}, err
	}
	p := project.Project{OrganizationID: a.OrganizationID, Platform: n.Platform, CreatedAt: s.now(), Settings: project.DefaultSettings()}
	var err error
	if p.Name, err = name(n.Name); err != nil {
		return project.Project{}, wrong(err)
	}
	if err := platform(p.Platform); err != nil {
		return project.Project{}, err
	}
	if n.Slug != "" {
		if err := slug(n.Slug); err != nil {
			return project.Project{}, wrong(err)
		}
	}
	existing, err := s.cfg.Store.Projects(ctx, a.OrganizationID)
	if err != nil {
		return project.Project{}, fmt.Errorf("list projects: %w", err)
	}
	if len(existing) >= maxProjects {
		return project.Project{}, invalid("an organization has at most %d projects", maxProjects)
	}
	rules, err := s.defaultRules(ctx, a.OrganizationID)
	if err != nil {
		return project.Project{}, err
	}
	keys := []project.Key{{ID: credential.NewPublicKey(), Kind: project.KeyDSN, Name: "Default", CreatedAt: p.CreatedAt}}

	taken := make(map[string]bool, len(existing))
	for _, other := range existing {
		taken[other.Slug] = true
	}
	for {
		p.Slug = n.Slug
		if n.Slug == "" {
			p.Slug = freeSlug(slugOf(p.Name), taken)
		}
		made, err := s.cfg.Store.SetUpProject(ctx, p, keys, rules)
		switch {
		case err == nil:
			s.changed(ctx, made.ID)
			return made, nil
		case errors.Is(err, project.ErrExists) && n.Slug == "" && !taken[p.Slug]:
			taken[p.Slug] = true // somebody was quicker
		case errors.Is(err, project.ErrExists):
			return project.Project{}, fmt.Errorf("a project with the slug %q %w", n.Slug, project.ErrExists)
		default:
			return project.Project{}, fmt.Errorf("make project: %w", err)
		}
	}
}

func freeSlug(wish string, taken map[string]bool) string {
	free := wish
	for n := 2; taken[free]; n++ {
		free = wish + "-" + strconv.Itoa(n)
	}
	return free
}
