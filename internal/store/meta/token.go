package meta

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
)

const tokenColumns = `id, organization_id, member_id, name, scopes, secret_hash, created_at, last_used_at, revoked_at, expires_at`

func scanToken(r scanner) (v project.Token, err error) {
	return v, r.Scan(&v.ID, &v.OrganizationID, &v.MemberID, &v.Name, intoJSON(&v.Scopes), &v.SecretHash,
		intoTime(&v.CreatedAt), intoTime(&v.LastUsedAt), intoTime(&v.RevokedAt), intoTime(&v.ExpiresAt))
}

// TokenByHash returns the token whose secret has a hash, revoked or not, or
// project.ErrNotFound.
func (s *Store) TokenByHash(ctx context.Context, secretHash string) (project.Token, error) {
	return one(ctx, s.read, "token", scanToken, `SELECT `+tokenColumns+` FROM tokens WHERE secret_hash = $1`, secretHash)
}

// Tokens returns the tokens of an organization, newest first.
func (s *Store) Tokens(ctx context.Context, organizationID string) ([]project.Token, error) {
	return list(ctx, s.read, "tokens", scanToken,
		`SELECT `+tokenColumns+` FROM tokens WHERE organization_id = $1 ORDER BY created_at DESC, id`, organizationID)
}

// CreateToken adds a token. project.ErrExists if its secret is one already.
func (s *Store) CreateToken(ctx context.Context, t project.Token) error {
	return s.insertToken(ctx, s.write, t)
}

func (s *Store) insertToken(ctx context.Context, q querier, t project.Token) error {
	scopes, err := jsonText(t.Scopes)
	if err != nil {
		return err
	}
	_, err = exec(ctx, q, "add token", `INSERT INTO tokens (`+tokenColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		t.ID, t.OrganizationID, t.MemberID, clean(t.Name), scopes, t.SecretHash,
		micros(t.CreatedAt), micros(t.LastUsedAt), micros(t.RevokedAt), micros(t.ExpiresAt))
	if s.dialect.unique(err) {
		return fmt.Errorf("token %s: %w", t.ID, project.ErrExists)
	}
	return err
}

// RevokeToken makes a token of an organization invalid and returns it; a second
// call changes nothing. project.ErrNotFound if there is no such token.
func (s *Store) RevokeToken(ctx context.Context, organizationID, id string, at time.Time) (project.Token, error) {
	return one(ctx, s.write, "token "+id, scanToken, `UPDATE tokens SET revoked_at = CASE WHEN revoked_at = 0 THEN $3 ELSE revoked_at END
		WHERE organization_id = $1 AND id = $2 RETURNING `+tokenColumns, organizationID, clean(id), micros(at))
}

// TokenUsed writes down when a token was used last.
func (s *Store) TokenUsed(ctx context.Context, id string, at time.Time) error {
	_, err := exec(ctx, s.write, "write down the use of a token",
		`UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2`, id, micros(at))
	return err
}
