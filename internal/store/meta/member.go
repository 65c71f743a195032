package meta

import (
	"context"
	"fmt"

	"github.com/faultline-dev/faultline/internal/project"
)

const memberColumns = `id, organization_id, email, name, role, password_hash, created_at`

func scanMember(r scanner) (v project.Member, err error) {
	return v, r.Scan(&v.ID, &v.OrganizationID, &v.Email, &v.Name, &v.Role, &v.PasswordHash, intoTime(&v.CreatedAt))
}

// Member returns one member, or project.ErrNotFound.
func (s *Store) Member(ctx context.Context, id string) (project.Member, error) {
	return one(ctx, s.read, "member "+id, scanMember, `SELECT `+memberColumns+` FROM members WHERE id = $1`, id)
}

// MemberByEmail returns the member with an e-mail address in lower case, or
// project.ErrNotFound.
func (s *Store) MemberByEmail(ctx context.Context, email string) (project.Member, error) {
	return one(ctx, s.read, "member", scanMember, `SELECT `+memberColumns+` FROM members WHERE email = $1`, clean(email))
}

// Members returns the members of an organization, by name.
func (s *Store) Members(ctx context.Context, organizationID string) ([]project.Member, error) {
	return list(ctx, s.read, "members", scanMember,
		`SELECT `+memberColumns+` FROM members WHERE organization_id = $1 ORDER BY name, email`, organizationID)
}

// CreateMember adds a member. project.ErrExists if somebody has the address.
func (s *Store) CreateMember(ctx context.Context, m project.Member) (project.Member, error) {
	return s.insertMember(ctx, s.write, m)
}

func (s *Store) insertMember(ctx context.Context, q querier, m project.Member) (project.Member, error) {
	if m.ID == "" {
		m.ID = newID()
	}
	if m.CreatedAt.IsZero() {
		m.CreatedAt = now()
	}
	_, err := exec(ctx, q, "add member", `INSERT INTO members (`+memberColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		m.ID, m.OrganizationID, clean(m.Email), clean(m.Name), m.Role, m.PasswordHash, micros(m.CreatedAt))
	if s.dialect.unique(err) {
		return project.Member{}, fmt.Errorf("member %s: %w", m.Email, project.ErrExists)
	}
	if err != nil {
		return project.Member{}, err
	}
	return m, nil
}
