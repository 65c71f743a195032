package meta

import (
	"context"
	"errors"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
)

var errProvisioned = errors.New("the store is not empty")

// Provision fills an empty store, all or nothing, and reports whether it did; the
// rules become those of the project. A store is filled once, however many
// processes try at the same time.
func (s *Store) Provision(ctx context.Context, v project.Provision, rules []rule.Rule) (bool, error) {
	err := s.tx(ctx, func(tx transaction) error {
		// A second process waits here until the first has committed.
		n, err := exec(ctx, tx, "mark the first start",
			`INSERT INTO secrets (name, value) VALUES ('provisioned', $1) ON CONFLICT (name) DO NOTHING`, v.Organization.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return errProvisioned
		}
		if err := insertOrganization(ctx, tx, v.Organization); err != nil {
			return err
		}
		if _, err := s.setUpProject(ctx, tx, v.Project, v.Keys, rules); err != nil {
			return err
		}
		if _, err := s.insertMember(ctx, tx, v.Owner); err != nil {
			return err
		}
		return s.insertToken(ctx, tx, v.Token)
	})
	if errors.Is(err, errProvisioned) {
		return false, nil
	}
	return err == nil, err
}
