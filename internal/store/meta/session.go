package meta

import (
	"context"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
)

// CreateSession adds a session and forgets those that have ended.
func (s *Store) CreateSession(ctx context.Context, v project.Session) error {
	if _, err := exec(ctx, s.write, "remove ended sessions", `DELETE FROM sessions WHERE expires_at <= $1`, micros(v.CreatedAt)); err != nil {
		return err
	}
	_, err := exec(ctx, s.write, "add session", `INSERT INTO sessions (secret_hash, member_id, created_at, expires_at) VALUES ($1, $2, $3, $4)`,
		v.SecretHash, v.MemberID, micros(v.CreatedAt), micros(v.ExpiresAt))
	return err
}

// SessionMember returns who is signed in with the session of a hash at a time,
// or project.ErrNotFound.
func (s *Store) SessionMember(ctx context.Context, secretHash string, at time.Time) (project.Member, error) {
	return one(ctx, s.read, "session", scanMember, `SELECT m.id, m.organization_id, m.email, m.name, m.role, m.password_hash, m.created_at
		FROM sessions s JOIN members m ON m.id = s.member_id WHERE s.secret_hash = $1 AND s.expires_at > $2`, secretHash, micros(at))
}

// DeleteSession ends a session; one that does not exist is no error.
func (s *Store) DeleteSession(ctx context.Context, secretHash string) error {
	_, err := exec(ctx, s.write, "remove session", `DELETE FROM sessions WHERE secret_hash = $1`, secretHash)
	return err
}
