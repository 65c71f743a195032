package meta

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
)

const keyColumns = `id, project_id, kind, name, created_at, revoked_at, expires_at, rate_per_second, rate_burst`

func scanKey(r scanner) (v project.Key, err error) {
	return v, r.Scan(&v.ID, &v.ProjectID, &v.Kind, &v.Name, intoTime(&v.CreatedAt), intoTime(&v.RevokedAt), intoTime(&v.ExpiresAt),
		&v.Rate.PerSecond, &v.Rate.Burst)
}

// Key returns one key, revoked or not, or project.ErrNotFound.
func (s *Store) Key(ctx context.Context, id string) (project.Key, error) {
	return one(ctx, s.read, "key", scanKey, `SELECT `+keyColumns+` FROM project_keys WHERE id = $1`, clean(id))
}

// Keys returns the keys of a project, newest first.
func (s *Store) Keys(ctx context.Context, projectID uint32) ([]project.Key, error) {
	return list(ctx, s.read, "keys", scanKey,
		`SELECT `+keyColumns+` FROM project_keys WHERE project_id = $1 ORDER BY created_at DESC, id`, projectID)
}

// CreateKey adds a key. project.ErrExists if its id is taken.
func (s *Store) CreateKey(ctx context.Context, k project.Key) error {
	return s.insertKey(ctx, s.write, k)
}

func (s *Store) insertKey(ctx context.Context, q querier, k project.Key) error {
	_, err := exec(ctx, q, "add key", `INSERT INTO project_keys (`+keyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		k.ID, k.ProjectID, k.Kind, clean(k.Name), micros(k.CreatedAt), micros(k.RevokedAt), micros(k.ExpiresAt), k.Rate.PerSecond, k.Rate.Burst)
	if s.dialect.unique(err) {
		return fmt.Errorf("key %s: %w", k.ID, project.ErrExists)
	}
	return err
}

// RevokeKey makes a key of a project invalid and returns it; a second call
// changes nothing. project.ErrNotFound if the project has no such key.
func (s *Store) RevokeKey(ctx context.Context, projectID uint32, id string, at time.Time) (project.Key, error) {
	return one(ctx, s.write, "key "+id, scanKey, `UPDATE project_keys SET revoked_at = CASE WHEN revoked_at = 0 THEN $3 ELSE revoked_at END
		WHERE project_id = $1 AND id = $2 RETURNING `+keyColumns, projectID, clean(id), micros(at))
}

// SetKeyRate changes what a key may send, and returns it. project.ErrNotFound if the
// project has no such key.
func (s *Store) SetKeyRate(ctx context.Context, projectID uint32, id string, r project.Rate) (project.Key, error) {
	return one(ctx, s.write, "key "+id, scanKey, `UPDATE project_keys SET rate_per_second = $3, rate_burst = $4
		WHERE project_id = $1 AND id = $2 RETURNING `+keyColumns, projectID, clean(id), r.PerSecond, r.Burst)
}

// LimitedKeys returns the JWT keys that are valid and have a rate of their own.
func (s *Store) LimitedKeys(ctx context.Context, at time.Time) ([]project.Key, error) {
	return list(ctx, s.read, "keys with a rate", scanKey, `SELECT `+keyColumns+` FROM project_keys
		WHERE kind = $1 AND rate_per_second > 0 AND revoked_at = 0 AND (expires_at = 0 OR expires_at > $2) ORDER BY id`, project.KeyJWT, micros(at))
}

// RevokedKeys returns the ids of the JWT keys that are revoked and would be
// valid otherwise.
func (s *Store) RevokedKeys(ctx context.Context, at time.Time) ([]string, error) {
	return list(ctx, s.read, "revoked keys", scanText, `SELECT id FROM project_keys
		WHERE kind = $1 AND revoked_at <> 0 AND (expires_at = 0 OR expires_at > $2) ORDER BY id`, project.KeyJWT, micros(at))
}
