package meta

import (
	"context"
	"errors"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/project"
)

const repairColumns = `id, project_id, release, dist, debug_ids, place, seen, changed, created_at, lease, regrouping`

func scanRepair(r scanner) (v artifact.Repair, err error) {
	return v, r.Scan(&v.ID, &v.ProjectID, &v.Release, &v.Dist, intoJSON(&v.DebugIDs), &v.Place, &v.Seen, &v.Changed, intoTime(&v.CreatedAt), intoTime(&v.Lease), &v.Regrouping)
}

// addRepairs writes down that the past events of an upload are to be explained.
func addRepairs(ctx context.Context, tx transaction, b artifact.Bundle, files []artifact.File) error {
	for _, r := range artifact.Repairs(b, files) {
		r.CreatedAt = b.CreatedAt
		if err := addRepair(ctx, tx, r); err != nil {
			return err
		}
	}
	return nil
}

func addRepair(ctx context.Context, tx transaction, r artifact.Repair) error {
	ids, err := jsonText(r.DebugIDs)
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, "add a repair", `INSERT INTO artifact_repairs (`+repairColumns+`) VALUES (`+placeholders(1, 11)+`)`,
		newID(), r.ProjectID, clean(r.Release), clean(r.Dist), ids, "", 0, 0, micros(r.CreatedAt), 0, r.Regrouping)
	return err
}

// NextRepair takes the oldest repair that nobody works on, until a time; found is false if
// there is none.
func (s *Store) NextRepair(ctx context.Context, now, until time.Time) (r artifact.Repair, found bool, err error) {
	r, err = one(ctx, s.write, "repair", scanRepair, `UPDATE artifact_repairs SET lease = $1
		WHERE lease < $2 AND id = (SELECT id FROM artifact_repairs WHERE lease < $2 ORDER BY created_at, id LIMIT 1) RETURNING `+repairColumns,
		micros(until), micros(now))
	if errors.Is(err, project.ErrNotFound) {
		return r, false, nil
	}
	return r, err == nil, err
}

// KeepRepair writes down how far a repair has come and takes it until a later time.
// project.ErrNotFound if somebody else has taken it meanwhile.
func (s *Store) KeepRepair(ctx context.Context, r artifact.Repair, until time.Time) (artifact.Repair, error) {
	return one(ctx, s.write, "repair "+r.ID, scanRepair, `UPDATE artifact_repairs SET place = $1, seen = $2, changed = $3, lease = $4
		WHERE id = $5 AND lease = $6 RETURNING `+repairColumns, r.Place, r.Seen, r.Changed, micros(until), r.ID, micros(r.Lease))
}

// EndRepair forgets a repair that is done.
func (s *Store) EndRepair(ctx context.Context, id string) error {
	_, err := exec(ctx, s.write, "end repair "+id, `DELETE FROM artifact_repairs WHERE id = $1`, id)
	return err
}

// PendingRepairs counts the repairs that are not done.
func (s *Store) PendingRepairs(ctx context.Context) (int, error) {
	return one(ctx, s.read, "repairs", func(r scanner) (n int, err error) { return n, r.Scan(&n) }, `SELECT count(*) FROM artifact_repairs`)
}
