package meta

import (
	"cmp"
	"context"

	"github.com/faultline-dev/faultline/internal/issue"
)

func insertActivity(ctx context.Context, tx transaction, a issue.Activity) error {
	return insertActivities(ctx, tx, []issue.Activity{a})
}

func insertActivities(ctx context.Context, tx transaction, all []issue.Activity) error {
	var args []any
	for _, a := range all {
		at := a.Time
		if at.IsZero() {
			at = now()
		}
		args = append(args, cmp.Or(a.ID, newID()), a.IssueID.ProjectID, a.IssueID.Fingerprint.String(), micros(at), clean(a.Actor), a.Kind, clean(a.Detail))
	}
	_, err := exec(ctx, tx, "write history", `INSERT INTO issue_activities (id, project_id, fingerprint, at, actor, kind, detail) VALUES `+tuples(len(all), 7), args...)
	return err
}

// Activities returns the history of an issue, newest first.
func (s *Store) Activities(ctx context.Context, id issue.ID, limit, offset int) ([]issue.Activity, error) {
	return list(ctx, s.read, "history of issue "+id.String(), func(r scanner) (v issue.Activity, err error) {
		v.IssueID = id
		return v, r.Scan(&v.ID, intoTime(&v.Time), &v.Actor, &v.Kind, &v.Detail)
	}, `SELECT id, at, actor, kind, detail FROM issue_activities WHERE project_id = $1 AND fingerprint = $2
		ORDER BY at DESC, id DESC LIMIT $3 OFFSET $4`, id.ProjectID, id.Fingerprint.String(), limit, offset)
}
