package meta

import (
	"context"

	"github.com/faultline-dev/faultline/internal/project"
)

func scanOrganization(r scanner) (v project.Organization, err error) {
	return v, r.Scan(&v.ID, &v.Name)
}

// Organization returns one organization, or project.ErrNotFound.
func (s *Store) Organization(ctx context.Context, id string) (project.Organization, error) {
	return one(ctx, s.read, "organization "+id, scanOrganization, `SELECT id, name FROM organizations WHERE id = $1`, id)
}

// EnsureOrganization adds an organization unless one with its id exists, and
// returns the one that stands.
func (s *Store) EnsureOrganization(ctx context.Context, o project.Organization) (project.Organization, error) {
	if err := insertOrganization(ctx, s.write, o); err != nil {
		return project.Organization{}, err
	}
	return s.Organization(ctx, o.ID)
}

func insertOrganization(ctx context.Context, q querier, o project.Organization) error {
	_, err := exec(ctx, q, "add organization",
		`INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, o.ID, clean(o.Name), micros(now()))
	return err
}
