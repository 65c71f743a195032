package clickhouse

import (
	"context"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

// lookup is how many ids one statement asks for.
const lookup = 2000

// Existing tells which of some event ids a project has.
func (s *Store) Existing(ctx context.Context, projectID uint32, ids []event.ID) (map[event.ID]struct{}, error) {
	found := map[event.ID]struct{}{}
	for part := range slices.Chunk(ids, lookup) {
		st := &statement{}
		sql := "SELECT toString(event_id) FROM events WHERE project_id = " + st.project(projectID) + " AND " + st.oneOf("event_id", bytesOf(part))
		err := s.uuids(ctx, "look up event ids", st, sql, func(id [16]byte) { found[id] = struct{}{} })
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Known tells which of some issues have ever had events, also where none of them is kept
// any more. Merges do not count: an id stands for its own fingerprint.
func (s *Store) Known(ctx context.Context, ids []issue.ID) (map[issue.ID]struct{}, error) {
	asked, found := make(map[issue.ID]struct{}, len(ids)), map[issue.ID]struct{}{}
	for part := range slices.Chunk(ids, lookup) {
		clear(asked)
		for _, id := range part {
			asked[id] = struct{}{}
		}
		if err := s.known(ctx, part, func(id issue.ID) {
			if _, wanted := asked[id]; wanted {
				found[id] = struct{}{}
			}
		}); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// known asks for projects and fingerprints apart, which the order of the table answers
// best. What comes back may hold another project's issue with the same fingerprint.
func (s *Store) known(ctx context.Context, ids []issue.ID, one func(issue.ID)) error {
	const tried = "look up fingerprints"
	projects, fingerprints := []uint32{}, make([][16]byte, len(ids))
	for i, id := range ids {
		fingerprints[i] = id.Fingerprint
		if !slices.Contains(projects, id.ProjectID) {
			projects = append(projects, id.ProjectID)
		}
	}
	st := &statement{}
	sql := "SELECT DISTINCT project_id, toString(fingerprint) FROM issue_totals WHERE project_id IN " +
		st.bind("Array(UInt32)", projects) + " AND " + st.oneOf("fingerprint", fingerprints)
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return explain(tried, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id issue.ID
		var text string
		if err := rows.Scan(&id.ProjectID, &text); err != nil {
			return explain(tried, err)
		}
		if id.Fingerprint, err = event.ParseFingerprint(text); err != nil {
			return wrap(tried, err)
		}
		one(id)
	}
	return explain(tried, rows.Err())
}

// Young returns the first event of each fingerprint, of any project, whose first event
// arrived since then; the oldest first.
func (s *Store) Young(ctx context.Context, since time.Time, limit int) ([]event.Summary, error) {
	st := &statement{}
	return s.summaries(ctx, "find young issues", st, youngSQL(st, since, limit))
}

// youngSQL is the statement behind Young. An event sent twice is listed once.
func youngSQL(st *statement, since time.Time, limit int) string {
	return `WITH young AS (
  SELECT project_id AS p, fingerprint AS f, argMinMerge(first_event) AS first
  FROM issue_totals
  GROUP BY p, f
  HAVING min(first_received) >= ` + st.moment(since) + `
  ORDER BY min(first_received), p, f
  LIMIT ` + st.number(uint64(limit)) + `
)
SELECT
  ` + summaryColumns + `
FROM events
WHERE (project_id, fingerprint, timestamp, event_id) IN (SELECT p, f, first.2, first.1 FROM young)
ORDER BY received_at, project_id, fingerprint
LIMIT 1 BY project_id, fingerprint`
}

// uuids hands every id of a result with one column to a function.
func (s *Store) uuids(ctx context.Context, tried string, st *statement, sql string, one func([16]byte)) error {
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return explain(tried, err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return explain(tried, err)
		}
		id, err := event.ParseID(text)
		if err != nil {
			return wrap(tried, err)
		}
		one(id)
	}
	return explain(tried, rows.Err())
}

func bytesOf[T ~[16]byte](ids []T) [][16]byte {
	out := make([][16]byte, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}
