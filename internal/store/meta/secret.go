package meta

import (
	"context"
)

// Secret returns the installation's secret of a name. The first call for a name
// stores the candidate; every later one, in any process, gets that.
func (s *Store) Secret(ctx context.Context, name, candidate string) (string, error) {
	if _, err := exec(ctx, s.write, "store secret "+name,
		`INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, candidate); err != nil {
		return "", err
	}
	return one(ctx, s.write, "secret "+name, scanText, `SELECT value FROM secrets WHERE name = $1`, name)
}
