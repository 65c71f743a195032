package clickhouse

import (
	"context"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

// members are the fingerprints whose events count as an issue's, its own first. The id of
// an issue that was merged stands for the issue it was merged into.
func (s *Store) members(ctx context.Context, id issue.ID) ([][16]byte, error) {
	list, target, err := s.mergesOf(ctx, id)
	if err == nil && target != id.Fingerprint {
		id.Fingerprint = target
		list, _, err = s.mergesOf(ctx, id)
	}
	return list, err
}

// mergesOf lists an issue's own fingerprint and those merged into it. The target is what
// the issue itself is merged into, else its own fingerprint.
func (s *Store) mergesOf(ctx context.Context, id issue.ID) (list [][16]byte, target event.Fingerprint, err error) {
	const tried = "find merged issues"
	st := &statement{}
	rows, err := s.conn.Query(s.limited(ctx), membersSQL(st, id), st.args...)
	if err != nil {
		return nil, target, explain(tried, err)
	}
	defer rows.Close()
	list, target = [][16]byte{id.Fingerprint}, id.Fingerprint
	for rows.Next() {
		var from, into string
		if err := rows.Scan(&from, &into); err != nil {
			return nil, target, explain(tried, err)
		}
		member, err := event.ParseFingerprint(from)
		if err != nil {
			return nil, target, wrap(tried, err)
		}
		if member != id.Fingerprint {
			list = append(list, member)
			continue
		}
		if target, err = event.ParseFingerprint(into); err != nil {
			return nil, target, wrap(tried, err)
		}
	}
	return list, target, explain(tried, rows.Err())
}

// membersSQL finds the merges into an issue, and the one of the issue itself.
func membersSQL(st *statement, id issue.ID) string {
	f := st.uuid([16]byte(id.Fingerprint))
	return `SELECT toString(fingerprint), toString(merged_into)
FROM issue_merges FINAL
WHERE project_id = ` + st.project(id.ProjectID) + ` AND undone = 0 AND (merged_into = ` + f + ` OR fingerprint = ` + f + `)
ORDER BY fingerprint`
}
