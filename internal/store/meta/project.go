package meta

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
)

const projectColumns = `id, organization_id, slug, name, platform, created_at, first_event_at, settings, version`

func scanProject(r scanner) (project.Project, error) {
	var v project.Project
	err := r.Scan(&v.ID, &v.OrganizationID, &v.Slug, &v.Name, &v.Platform, intoTime(&v.CreatedAt), intoTime(&v.FirstEventAt), intoJSON(&v.Settings), &v.Version)
	return v, err
}

// Project returns one project, or project.ErrNotFound.
func (s *Store) Project(ctx context.Context, id uint32) (project.Project, error) {
	return one(ctx, s.read, fmt.Sprintf("project %d", id), scanProject, `SELECT `+projectColumns+` FROM projects WHERE id = $1`, id)
}

// ProjectBySlug returns one project of an organization, or project.ErrNotFound.
func (s *Store) ProjectBySlug(ctx context.Context, organizationID, slug string) (project.Project, error) {
	return one(ctx, s.read, fmt.Sprintf("project %q", slug), scanProject,
		`SELECT `+projectColumns+` FROM projects WHERE organization_id = $1 AND slug = $2`, organizationID, slug)
}

// Projects returns the projects of an organization, by name.
func (s *Store) Projects(ctx context.Context, organizationID string) ([]project.Project, error) {
	return list(ctx, s.read, "projects", scanProject,
		`SELECT `+projectColumns+` FROM projects WHERE organization_id = $1 ORDER BY name, id`, organizationID)
}

// AllProjects returns the projects of every organization, by id.
func (s *Store) AllProjects(ctx context.Context) ([]project.Project, error) {
	return list(ctx, s.read, "projects", scanProject, `SELECT `+projectColumns+` FROM projects ORDER BY id`)
}

// CreateProject adds a project. An id of 0 gets the next free one.
// project.ErrExists if its id, or its slug in the organization, is taken.
func (s *Store) CreateProject(ctx context.Context, p project.Project) (project.Project, error) {
	return s.SetUpProject(ctx, p, nil, nil)
}

// SetUpProject is CreateProject with the first keys and alert rules, all or
// nothing; they get the project's id.
func (s *Store) SetUpProject(ctx context.Context, p project.Project, keys []project.Key, rules []rule.Rule) (project.Project, error) {
	var made project.Project
	err := s.tx(ctx, func(tx transaction) (err error) {
		made, err = s.setUpProject(ctx, tx, p, keys, rules)
		return err
	})
	if err != nil {
		return project.Project{}, err
	}
	return made, nil
}

func (s *Store) setUpProject(ctx context.Context, tx transaction, p project.Project, keys []project.Key, rules []rule.Rule) (project.Project, error) {
	p, err := s.insertProject(ctx, tx, p)
	if err != nil {
		return p, err
	}
	for _, k := range keys {
		k.ProjectID = p.ID
		if err := s.insertKey(ctx, tx, k); err != nil {
			return p, err
		}
	}
	for _, r := range rules {
		r.ProjectID = p.ID
		if _, err := putRule(ctx, tx, r); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (s *Store) insertProject(ctx context.Context, tx transaction, p project.Project) (project.Project, error) {
	// The organization's row is the lock for giving out ids.
	if err := change(ctx, tx, "organization "+p.OrganizationID, `UPDATE organizations SET name = name WHERE id = $1`, p.OrganizationID); err != nil {
		return p, err
	}
	if p.ID == 0 {
		id, err := one(ctx, tx, "next project id", func(r scanner) (id uint32, err error) { return id, r.Scan(&id) },
			`SELECT COALESCE(MAX(id), 0) + 1 FROM projects`)
		if err != nil {
			return p, err
		}
		p.ID = id
	}
	if p.CreatedAt.IsZero() {
		p.CreatedAt = now()
	}
	p.Version = 1
	settings, err := jsonText(p.Settings)
	if err != nil {
		return p, err
	}
	_, err = exec(ctx, tx, "add project", `INSERT INTO projects (`+projectColumns+`, last_issue_number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`,
		p.ID, p.OrganizationID, p.Slug, p.Name, p.Platform, micros(p.CreatedAt), micros(p.FirstEventAt), settings, p.Version)
	if s.dialect.unique(err) {
		return p, fmt.Errorf("project %d with slug %q: %w", p.ID, p.Slug, project.ErrExists)
	}
	return p, err
}

// UpdateProject writes the name, platform and settings of a project; its id,
// organization and slug stay. project.ErrChanged if its version is no longer the one
// that p has; the project that is returned has the next one.
func (s *Store) UpdateProject(ctx context.Context, p project.Project) (project.Project, error) {
	return updateProject(ctx, s.write, p)
}

func updateProject(ctx context.Context, q querier, p project.Project) (project.Project, error) {
	settings, err := jsonText(p.Settings)
	if err != nil {
		return p, err
	}
	n, err := exec(ctx, q, fmt.Sprintf("change project %d", p.ID),
		`UPDATE projects SET name = $2, platform = $3, settings = $4, version = version + 1 WHERE id = $1 AND version = $5`,
		p.ID, p.Name, p.Platform, settings, p.Version)
	if err != nil {
		return p, err
	}
	if n == 0 {
		if _, err := one(ctx, q, fmt.Sprintf("project %d", p.ID), scanProject, `SELECT `+projectColumns+` FROM projects WHERE id = $1`, p.ID); err != nil {
			return p, err
		}
		return p, fmt.Errorf("change project %d: %w", p.ID, project.ErrChanged)
	}
	p.Version++
	return p, nil
}

// SetFirstEvent writes down when the first event of a project was stored; only
// the first call does anything.
func (s *Store) SetFirstEvent(ctx context.Context, projectID uint32, at time.Time) error {
	_, err := exec(ctx, s.write, "write down the first event",
		`UPDATE projects SET first_event_at = $2 WHERE id = $1 AND first_event_at = 0`, projectID, micros(at))
	return err
}
