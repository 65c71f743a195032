package clickhouse

import (
	"context"
	"time"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/view"
)

// Issue returns one issue with its counts of all time and a sparkline of the last days;
// found is false if it has no events. The id of an issue that was merged finds the issue
// it was merged into.
func (s *Store) Issue(ctx context.Context, id issue.ID, buckets int) (row view.IssueRow, found bool, err error) {
	members, err := s.members(ctx, id)
	if err != nil {
		return row, false, err
	}
	id.Fingerprint = members[0]
	m, err := s.moves(ctx, id.ProjectID)
	if err != nil {
		return row, false, err
	}
	st, sql := issueSQL(id, members, m)
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return row, false, explain("read issue", err)
	}
	defer rows.Close()
	if !rows.Next() {
		return row, false, explain("read issue", rows.Err())
	}
	var r issueRow
	if err := rows.Scan(r.targets()...); err != nil {
		return row, false, explain("read issue", err)
	}
	if row, err = r.row(id.ProjectID, grid{}); err != nil {
		return row, false, wrap("read issue", err)
	}
	if buckets > 0 {
		row.Sparkline, err = s.trend(ctx, id, members, view.Range{}, buckets)
	}
	return row, err == nil, err
}

// issueSQL is the statement behind Issue; members are its fingerprints, its own first.
func issueSQL(id issue.ID, members [][16]byte, m moves) (*statement, string) {
	st := &statement{}
	p, own := st.project(id.ProjectID), st.uuid(members[0])
	return st, `WITH totals AS (
  SELECT
    ` + own + ` AS issue,
    groupUniqArray(r.fingerprint) AS members,
` + totalColumns + `
  FROM ` + m.totals(st, members) + ` AS r
  WHERE project_id = ` + p + ` AND ` + st.oneOf("fingerprint", members) + `
  HAVING times_seen > 0
),
states AS (
  SELECT ` + stateColumns + `
  FROM issue_states FINAL WHERE project_id = ` + p + ` AND fingerprint = ` + own + `
)
SELECT
  ` + rowColumns + `,
  t.times_seen, t.users_seen, [toUInt32(0)], [toUInt64(0)]
FROM totals AS t
LEFT JOIN states AS s ON s.issue = t.issue`
}

// IssueCounts counts the events of an issue, which may have been merged into another; found is false if it has none.
// It costs a fraction of Issue.
func (s *Store) IssueCounts(ctx context.Context, id issue.ID) (c view.IssueCounts, found bool, err error) {
	members, err := s.members(ctx, id)
	if err != nil {
		return c, false, err
	}
	m, err := s.moves(ctx, id.ProjectID)
	if err != nil {
		return c, false, err
	}
	st, sql := issueCountsSQL(id, members, m)
	if err := s.conn.QueryRow(s.limited(ctx), sql, st.args...).Scan(&c.Events, &c.Users, &c.FirstSeen); err != nil {
		return view.IssueCounts{}, false, explain("count events of issue", err)
	}
	c.FirstSeen = fromNanos(c.FirstSeen)
	return c, c.Events > 0, nil
}

// issueCountsSQL is the statement behind IssueCounts; members are the issue's fingerprints.
func issueCountsSQL(id issue.ID, members [][16]byte, m moves) (*statement, string) {
	st := &statement{}
	return st, `SELECT sum(r.events), uniqCombined64IfMerge(12)(r.users), min(r.first_seen)
FROM ` + m.totals(st, members) + ` AS r
WHERE project_id = ` + st.project(id.ProjectID) + ` AND ` + st.oneOf("fingerprint", members)
}

// IssueTrend counts the events of an issue in so many parts of a range: by the hour where
// a part is at least an hour long, exactly where it is shorter.
func (s *Store) IssueTrend(ctx context.Context, id issue.ID, r view.Range, buckets int) ([]uint64, error) {
	members, err := s.members(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.trend(ctx, id, members, r, buckets)
}

// trend counts the events of some fingerprints.
func (s *Store) trend(ctx context.Context, id issue.ID, members [][16]byte, r view.Range, buckets int) ([]uint64, error) {
	m, err := s.moves(ctx, id.ProjectID)
	if err != nil {
		return nil, err
	}
	st, sql, g, err := trendSQL(id, members, m, r, buckets, time.Now())
	if err != nil {
		return nil, err
	}
	var parts []uint32
	var sums []uint64
	if err := s.conn.QueryRow(s.limited(ctx), sql, st.args...).Scan(&parts, &sums); err != nil {
		return nil, explain("count events of issue", err)
	}
	return g.spread(parts, sums), nil
}

// trendSQL is the statement behind IssueTrend.
func trendSQL(id issue.ID, members [][16]byte, m moves, r view.Range, buckets int, now time.Time) (*statement, string, grid, error) {
	if r.End.IsZero() {
		r.End = now
	}
	if r.Start.IsZero() {
		r.Start = r.End.Add(-sparklineDays * 24 * time.Hour)
	}
	if !r.Start.Before(r.End) || buckets < 1 {
		return nil, "", grid{}, errRange
	}
	st := &statement{}
	own := "project_id = " + st.project(id.ProjectID) + "\n  AND "
	if r.End.Sub(r.Start) >= time.Duration(buckets)*time.Hour {
		g := newGrid(r, buckets, time.Hour)
		own += st.oneOf("fingerprint", members)
		return st, "SELECT (" + g.series(st, "hour", "events", g.ofHours) + " AS series).1, series.2\nFROM " + m.hours(st, members, g.start, r.End) + "\nWHERE " + own +
			"\n  AND hour >= " + st.second(g.start) + "\n  AND hour < " + st.second(r.End), g, nil
	}
	g := newGrid(r, buckets, time.Millisecond)
	own += m.of(st, members)
	return st, "SELECT (" + g.series(st, "timestamp", "1", g.ofTimes) + " AS series).1, series.2\nFROM events\nWHERE " + own +
		"\n  AND timestamp >= " + st.moment(r.Start) + "\n  AND timestamp < " + st.moment(r.End), g, nil
}

// What IssueTags returns at most.
const (
	tagKeys   = 60
	tagValues = 10
)

// IssueTags counts the tags of an issue's events, and the fields that are as good as
// tags; the most frequent values of each.
func (s *Store) IssueTags(ctx context.Context, id issue.ID) ([]view.TagDistribution, error) {
	members, err := s.members(ctx, id)
	if err != nil {
		return nil, err
	}
	m, err := s.moves(ctx, id.ProjectID)
	if err != nil {
		return nil, err
	}
	st, sql := tagsSQL(id, members, m)
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return nil, explain("count tags of issue", err)
	}
	defer rows.Close()
	var list []view.TagDistribution
	for rows.Next() {
		var key string
		var value view.ValueCount
		var total uint64
		if err := rows.Scan(&key, &value.Value, &value.Count, &total); err != nil {
			return nil, explain("count tags of issue", err)
		}
		if len(list) == 0 || list[len(list)-1].Key != key {
			if len(list) == tagKeys {
				break
			}
			list = append(list, view.TagDistribution{Key: key, Total: total})
		}
		last := &list[len(list)-1]
		last.Values = append(last.Values, value)
	}
	return list, explain("count tags of issue", rows.Err())
}

// tagsSQL is the statement behind IssueTags. A key that an event has twice counts once.
func tagsSQL(id issue.ID, members [][16]byte, m moves) (*statement, string) {
	st := &statement{}
	return st, `SELECT key, value, events, total
FROM (
  SELECT key, value, events, sum(events) OVER (PARTITION BY key) AS total
  FROM (
    SELECT pair.1 AS key, pair.2 AS value, count() AS events
    FROM (
      SELECT arrayJoin(arrayFilter(x -> x.2 != '', arrayConcat(
        [('environment', toString(environment)), ('release', toString(release)), ('server_name', toString(server_name)), ('transaction', toString(transaction)), ('user', multiIf(user_id != '', user_id, user_email != '', user_email, user_username != '', user_username, user_name != '', user_name, user_ip))],
        arrayMap((k, v) -> (toString(k), v), mapKeys(tags), mapValues(tags))
      ))) AS pair
      FROM events
      WHERE project_id = ` + st.project(id.ProjectID) + ` AND ` + m.of(st, members) + `
    )
    GROUP BY key, value
  )
)
ORDER BY total DESC, key, events DESC, value
LIMIT ` + st.number(tagValues) + ` BY key
LIMIT ` + st.number(tagKeys*tagValues)
}
