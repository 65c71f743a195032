package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// Explore counts events or users over time and by one field. An event with several values
// of the field counts in the group of each.
func (s *Store) Explore(ctx context.Context, r view.ExploreRequest) (view.Exploration, error) {
	m, err := s.moves(ctx, r.ProjectID)
	if err != nil {
		return view.Exploration{}, err
	}
	st, sql, g, err := exploreSQL(r, m, time.Now())
	if err != nil {
		return view.Exploration{}, err
	}
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return view.Exploration{}, explain("explore", err)
	}
	defer rows.Close()
	out := view.Exploration{Times: g.times(), SQL: sql + st.comment()}
	for rows.Next() {
		var one view.Series
		var parts []uint32
		var counts []uint64
		if err := rows.Scan(&one.Group, &one.Total, &parts, &counts); err != nil {
			return view.Exploration{}, explain("explore", err)
		}
		if one.Group, err = groupName(r, one.Group); err != nil {
			return view.Exploration{}, wrap("explore", err)
		}
		one.Values = g.spread(parts, counts)
		out.Series = append(out.Series, one)
	}
	return out, explain("explore", rows.Err())
}

// exploreSQL is the statement behind Explore: counts by group and part, then by group.
func exploreSQL(r view.ExploreRequest, m moves, now time.Time) (*statement, string, grid, error) {
	if r.Range.Start.IsZero() || !r.Range.Start.Before(r.Range.End) {
		return nil, "", grid{}, errRange
	}
	st := &statement{}
	w := &where{st: st, projects: projects{r.ProjectID}, moves: m, now: now}
	group, join, err := groupExpr(w, r.GroupBy)
	if err != nil {
		return nil, "", grid{}, err
	}
	g, part := grid{}, "toUInt32(0)"
	if r.Buckets > 0 {
		g = newGrid(r.Range, r.Buckets, time.Millisecond)
		part = g.ofTimes(st, "timestamp")
	}
	f := eventFilter{environment: r.Environment, span: r.Range}
	if r.Query.Root != nil {
		f.query = []search.Node{r.Query.Root}
	}
	conds, err := filterEvents(w, f)
	if err != nil {
		return nil, "", grid{}, err
	}
	source := "events"
	if join != "" && m.any() {
		source = "(SELECT *, " + m.owner(st) + " AS own FROM events) AS events"
	}
	measure, total, count := "count() AS counted", "sum(counted)", "counted"
	switch r.Measure {
	case view.CountEvents, "":
	case view.CountUsers:
		measure = "uniqCombined64IfState(12)(user_hash, user_hash != 0) AS counted"
		total, count = "uniqCombined64IfMerge(12)(counted)", "finalizeAggregation(counted)"
	default:
		return nil, "", grid{}, fmt.Errorf("%q cannot be counted; count and users can", r.Measure)
	}
	tables := ""
	if w.issues || join != "" {
		tables = issueTables(st, projects{r.ProjectID}, m)
	}
	return st, with(tables) + `SELECT group_name, ` + total + ` AS total, groupArray(part) AS parts, groupArray(` + count + `) AS counts
FROM (
  SELECT ` + group + ` AS group_name, ` + part + ` AS part, ` + measure + `
  FROM ` + source + join + `
  WHERE ` + conditions(conds) + `
  GROUP BY group_name, part
)
GROUP BY group_name
ORDER BY total DESC, group_name
LIMIT ` + st.number(uint64(max(r.Limit, 1))), g, nil
}

// groupExpr is what events are grouped by, as text, and the join it needs.
func groupExpr(w *where, field string) (expr, join string, err error) {
	if field == "" {
		return "''", "", nil
	}
	k, err := search.ParseKey(field)
	if err != nil {
		return "", "", err
	}
	if k.Field == search.Issue {
		if w.moves.any() {
			return "toString(if(empty(m.merged_into), events.own, m.merged_into))", "\n  LEFT JOIN merges AS m ON m.fingerprint = events.own", nil
		}
		return "toString(" + issueOf("events") + ")", "\n  LEFT JOIN merges AS m ON m.fingerprint = events.fingerprint", nil
	}
	if isIssueKey(k) || k.Field == search.Timestamp {
		return "", "", fmt.Errorf("events cannot be grouped by %s", field)
	}
	c, err := eventColumn(w.st, k)
	if err != nil {
		return "", "", err
	}
	switch {
	case k.Field == search.User:
		return "multiIf(user_id != '', user_id, user_email != '', user_email, user_username != '', user_username, user_name != '', user_name, user_ip)", "", nil
	case k.Field == search.Trace:
		return "lower(hex(trace_id))", "", nil
	case c.many:
		return "toString(arrayJoin(arrayDistinct(" + c.expr + ")))", "", nil
	}
	return "toString(" + c.expr + ")", "", nil
}

// groupName turns what the statement grouped by into the words of the query language.
func groupName(r view.ExploreRequest, text string) (string, error) {
	if r.GroupBy == "" {
		return "", nil
	}
	k, err := search.ParseKey(r.GroupBy)
	if err != nil {
		return "", err
	}
	switch k.Field {
	case search.Level:
		for l := event.LevelUnknown; l <= event.LevelFatal; l++ {
			if text == fmt.Sprint(uint8(l)) {
				return l.String(), nil
			}
		}
	case search.Handled:
		if text == "0" {
			return "false", nil
		}
		return "true", nil
	case search.ID:
		id, err := event.ParseID(text)
		return id.String(), err
	case search.Issue:
		f, err := event.ParseFingerprint(text)
		return issue.ID{ProjectID: r.ProjectID, Fingerprint: f}.String(), err
	}
	return text, nil
}
