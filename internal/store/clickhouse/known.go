package clickhouse

import (
	"context"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/view"
)

// lookup is how many fingerprints one statement asks for, and manyIDs how many ids of events:
// to look for these all of the project's are read, however many they are.
const (
	lookup  = 2000
	manyIDs = 20_000
)

// fewIDs is for how many ids an index tells where they may be. Of one in a thousand granules
// it errs, and asking it costs more than reading the ids, so for many it is of no use.
const fewIDs = 50

// Existing tells which of some event ids a project has.
func (s *Store) Existing(ctx context.Context, projectID uint32, ids []event.ID) (map[event.ID]struct{}, error) {
	found := map[event.ID]struct{}{}
	for part := range slices.Chunk(ids, manyIDs) {
		st := &statement{}
		sql := existingSQL(st, projectID, part)
		err := s.uuids(ctx, "look up event ids", st, sql, func(id [16]byte) { found[id] = struct{}{} })
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// existingSQL is the statement behind Existing.
func existingSQL(st *statement, projectID uint32, ids []event.ID) string {
	sql := "SELECT toString(event_id) FROM events WHERE project_id = " + st.project(projectID) + " AND " + st.oneOf("event_id", bytesOf(ids))
	if len(ids) > fewIDs {
		sql += " SETTINGS use_skip_indexes = 0"
	}
	return sql
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
	projects, fingerprints := apart(ids)
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

// Young returns the fingerprints, of any project, whose first event arrived since then; the
// oldest first.
func (s *Store) Young(ctx context.Context, since time.Time, limit int) ([]view.Young, error) {
	const tried = "find young issues"
	st := &statement{}
	rows, err := s.conn.Query(s.limited(ctx), youngSQL(st, since, limit), st.args...)
	if err != nil {
		return nil, explain(tried, err)
	}
	defer rows.Close()
	var list []view.Young
	for rows.Next() {
		var one view.Young
		var text string
		if err := rows.Scan(&one.ID.ProjectID, &text, &one.Received); err != nil {
			return nil, explain(tried, err)
		}
		if one.ID.Fingerprint, err = event.ParseFingerprint(text); err != nil {
			return nil, wrap(tried, err)
		}
		one.Received = one.Received.UTC()
		list = append(list, one)
	}
	return list, explain(tried, rows.Err())
}

// youngSQL is the statement behind Young. It is asked all day long, so it reads
// no more than it must.
func youngSQL(st *statement, since time.Time, limit int) string {
	return `SELECT project_id, toString(fingerprint), min(first_received) AS first
FROM issue_totals
GROUP BY project_id, fingerprint
HAVING first >= ` + st.moment(since) + `
ORDER BY first, project_id, fingerprint
LIMIT ` + st.number(uint64(limit))
}

// FirstEvents returns the first event that arrived of each of some fingerprints, the oldest
// first. A fingerprint whose first event is not kept any more has none.
func (s *Store) FirstEvents(ctx context.Context, ids []issue.ID) ([]event.Summary, error) {
	var all []event.Summary
	for part := range slices.Chunk(ids, lookup) {
		st := &statement{}
		list, err := s.summaries(ctx, "read first events", st, firstEventsSQL(st, part))
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if slices.Contains(part, issue.ID{ProjectID: e.ProjectID, Fingerprint: e.Fingerprint}) {
				all = append(all, e)
			}
		}
	}
	return all, nil
}

// firstEventsSQL is the statement behind FirstEvents. An event sent twice is listed once;
// another project's issue with the same fingerprint may be listed too.
func firstEventsSQL(st *statement, ids []issue.ID) string {
	projects, fingerprints := apart(ids)
	return `WITH firsts AS (
  SELECT project_id AS p, fingerprint AS f, argMinMerge(first_event) AS first
  FROM issue_totals
  WHERE project_id IN ` + st.bind("Array(UInt32)", projects) + ` AND ` + st.oneOf("fingerprint", fingerprints) + `
  GROUP BY p, f
)
SELECT
  ` + summaryColumns("fingerprint") + `
FROM events
WHERE (project_id, fingerprint, timestamp, event_id) IN (SELECT p, f, first.2, first.1 FROM firsts)
ORDER BY received_at, project_id, fingerprint
LIMIT 1 BY project_id, fingerprint`
}

// apart lists the projects and the fingerprints of some issues.
func apart(ids []issue.ID) (projects []uint32, fingerprints [][16]byte) {
	fingerprints = make([][16]byte, len(ids))
	for i, id := range ids {
		fingerprints[i] = id.Fingerprint
		if !slices.Contains(projects, id.ProjectID) {
			projects = append(projects, id.ProjectID)
		}
	}
	return projects, fingerprints
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
