package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// sparklineDays is what a sparkline shows if no range is asked for.
const sparklineDays = 14

// The columns by which a list is ordered.
var sortColumns = map[view.Sort]string{
	"":               "t.last_seen",
	view.ByLastSeen:  "t.last_seen",
	view.ByFirstSeen: "t.first_seen",
	view.ByEvents:    "c.events",
	view.ByUsers:     "c.users",
}

// rowColumns are what a row of a list needs of totals AS t and states AS s.
const rowColumns = `toString(t.issue), arrayMap(x -> toString(x), arrayFilter(x -> x != t.issue, t.members)), t.first_seen, t.last_seen, t.handled, t.latest.1, t.latest.2, t.latest.3, t.latest.4, t.first_release, t.last_release,
  s.number, ` + statusExpr + `, ` + substatusExpr + `, s.reason, s.since, s.release, s.assignee, s.updated_at, s.version`

// Issues lists the issues of a project that have matching events within the range, in one
// statement. Without a word about events it is answered from the roll-ups alone, whose
// counts are by hour: a range then reaches to the hours in which it begins and ends. more
// tells that the list goes on behind the limit.
func (s *Store) Issues(ctx context.Context, r view.IssuesRequest) (list []view.IssueRow, more bool, err error) {
	m, err := s.moves(ctx, r.Projects...)
	if err != nil {
		return nil, false, err
	}
	st, sql, g, err := issuesSQL(r, m, time.Now())
	if err != nil {
		return nil, false, err
	}
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return nil, false, explain("list issues", err)
	}
	defer rows.Close()
	for rows.Next() {
		var row issueRow
		var project uint32
		if err := rows.Scan(append(row.targets(), &project)...); err != nil {
			return nil, false, explain("list issues", err)
		}
		one, err := row.row(project, g)
		if err != nil {
			return nil, false, wrap("list issues", err)
		}
		list = append(list, one)
	}
	if err := rows.Err(); err != nil {
		return nil, false, explain("list issues", err)
	}
	if len(list) > r.Limit {
		return list[:r.Limit], true, nil
	}
	return list, false, nil
}

// issuesSQL is the statement behind Issues.
func issuesSQL(r view.IssuesRequest, m moves, now time.Time) (*statement, string, grid, error) {
	order, ok := sortColumns[r.Sort]
	if !ok {
		return nil, "", grid{}, fmt.Errorf("issues cannot be sorted by %q", r.Sort)
	}
	if !r.Range.End.IsZero() && !r.Range.Start.Before(r.Range.End) {
		return nil, "", grid{}, errRange
	}
	st, p := &statement{}, projects(r.Projects)
	w := &where{st: st, projects: r.Projects, moves: m, now: now}
	g := sparkline(r.Range, r.Buckets, now)
	tables := issueTables(st, r.Projects, m)
	ofIssue, ofEvent := split(r.Query.Root)
	counts, err := issueCounts(w, r, ofEvent, g)
	if err != nil {
		return nil, "", grid{}, err
	}
	conds := []string{}
	for _, n := range ofIssue {
		cond, err := w.issue(n)
		if err != nil {
			return nil, "", grid{}, err
		}
		conds = append(conds, cond)
	}
	sql := with(tables, counts) + `SELECT
  ` + rowColumns + `,
  c.events, c.users, c.parts, c.sums, ` + p.of(st, "c") + `
FROM counts AS c
INNER JOIN totals AS t ON ` + p.on("t", "c", "issue") + `
LEFT JOIN states AS s ON ` + p.on("s", "c", "issue") + `
WHERE ` + conditions(conds) + `
ORDER BY ` + order + ` DESC, ` + p.keys("c.issue") + `
LIMIT ` + st.number(uint64(r.Limit)+1) + ` OFFSET ` + st.number(uint64(r.Offset))
	return st, sql, g, nil
}

// sparkline is the grid of a range; without a beginning it shows the last days.
func sparkline(r view.Range, buckets int, now time.Time) grid {
	if buckets <= 0 {
		return grid{}
	}
	if r.End.IsZero() {
		r.End = now
	}
	if r.Start.IsZero() {
		r.Start = r.End.Add(-sparklineDays * 24 * time.Hour)
	}
	return newGrid(r, buckets, time.Hour)
}

// issueCounts is the common table expression of counts within the range: of events if
// something is asked of them, else of the hours.
func issueCounts(w *where, r view.IssuesRequest, ofEvent []search.Node, g grid) (string, error) {
	source, err := hourCounts(w, r, g), error(nil)
	if len(ofEvent) > 0 {
		source, err = eventCounts(w, r, ofEvent, g)
	}
	if err != nil {
		return "", err
	}
	return `counts AS (
  SELECT ` + w.projects.with("r", issueOf("r")) + ` AS issue, sum(r.events) AS events, uniqCombined64IfMerge(12)(r.users) AS users, sumMap(r.series) AS series, series.1 AS parts, series.2 AS sums
  FROM (
` + indent(source, "    ") + `
  ) AS r
  LEFT JOIN merges AS m ON ` + w.projects.on("m", "r", "fingerprint") + `
  GROUP BY ` + w.projects.keys("issue") + `
)`, nil
}

// hourCounts are counts by fingerprint from the roll-up.
func hourCounts(w *where, r view.IssuesRequest, g grid) string {
	conds := []string{w.projects.in(w.st, "project_id")}
	if !r.Range.Start.IsZero() {
		conds = append(conds, "hour >= "+w.st.second(r.Range.Start.Truncate(time.Hour)))
	}
	if !r.Range.End.IsZero() {
		conds = append(conds, "hour < "+w.st.second(r.Range.End))
	}
	if r.Environment != "" {
		conds = append(conds, "environment = "+w.st.text(r.Environment))
	}
	return `SELECT ` + w.projects.keys("fingerprint") + `, sum(h.events) AS events, uniqCombined64IfMergeState(12)(h.users) AS users, ` + g.series(w.st, "h.hour", "h.events", g.ofHours) + ` AS series
FROM ` + w.moves.hours(w.st, nil, r.Range.Start, r.Range.End) + ` AS h
WHERE ` + conditions(conds) + `
GROUP BY ` + w.projects.keys("fingerprint")
}

// eventCounts are counts by fingerprint of the events that match.
func eventCounts(w *where, r view.IssuesRequest, ofEvent []search.Node, g grid) (string, error) {
	conds, err := filterEvents(w, eventFilter{query: ofEvent, environment: r.Environment, span: r.Range})
	if err != nil {
		return "", err
	}
	own, counts := w.moves.owner(w.st), `, count() AS events, uniqCombined64IfState(12)(user_hash, user_hash != 0) AS users, `+g.series(w.st, "timestamp", "1", g.ofTimes)+` AS series
FROM events
WHERE `+conditions(conds)+`
GROUP BY `
	if w.moves.any() {
		return "SELECT own AS fingerprint, * EXCEPT own FROM (SELECT " + w.projects.keys(own) + " AS own" + counts + w.projects.keys("own") + ")", nil
	}
	return "SELECT " + w.projects.keys(own) + counts + w.projects.keys(own), nil
}

// series sums up a count by part; nothing where no parts are asked for.
func (g grid) series(st *statement, at, count string, part func(*statement, string) string) string {
	if g.parts == 0 {
		return "([toUInt32(0)], [toUInt64(0)])"
	}
	return "sumMap([" + part(st, at) + "], [toUInt64(" + count + ")])"
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(text, "\n", "\n"+by)
}

// issueRow is a row of rowColumns and the counts.
type issueRow struct {
	issue                                     string
	members                                   []string
	firstSeen, lastSeen                       time.Time
	handled                                   uint8
	title, culprit, platform                  string
	level                                     uint8
	firstRelease, lastRelease                 string
	number, version                           uint64
	status, substatus, reason, release, owner string
	since, updated                            time.Time
	events, users                             uint64
	parts                                     []uint32
	sums                                      []uint64
}

func (r *issueRow) targets() []any {
	return []any{
		&r.issue, &r.members, &r.firstSeen, &r.lastSeen, &r.handled, &r.title, &r.culprit, &r.level, &r.platform, &r.firstRelease, &r.lastRelease,
		&r.number, &r.status, &r.substatus, &r.reason, &r.since, &r.release, &r.owner, &r.updated, &r.version,
		&r.events, &r.users, &r.parts, &r.sums,
	}
}

// row puts the row together.
func (r *issueRow) row(projectID uint32, g grid) (view.IssueRow, error) {
	fingerprint, err := event.ParseFingerprint(r.issue)
	if err != nil {
		return view.IssueRow{}, err
	}
	out := view.IssueRow{
		Title: r.title, Culprit: r.culprit, Level: event.Level(r.level), Platform: r.platform, Unhandled: r.handled == 0,
		Events: r.events, Users: r.users, FirstSeen: r.firstSeen.UTC(), LastSeen: r.lastSeen.UTC(),
		FirstRelease: r.firstRelease, LastRelease: r.lastRelease, Sparkline: g.spread(r.parts, r.sums),
	}
	for _, m := range r.members {
		member, err := event.ParseFingerprint(m)
		if err != nil {
			return view.IssueRow{}, err
		}
		out.Merged = append(out.Merged, member)
	}
	out.Record = issue.Record{
		ID:     issue.ID{ProjectID: projectID, Fingerprint: fingerprint},
		Number: r.number, Assignee: r.owner, Title: r.title, Culprit: r.culprit, Level: out.Level.String(), Platform: r.platform,
		FirstRelease: r.firstRelease, FirstSeen: out.FirstSeen, Version: r.version,
		State: issue.State{
			Status: issue.Status(r.status), Substatus: issue.Substatus(r.substatus), Reason: issue.Reason(r.reason),
			Since: fromNanos(r.since), Release: r.release,
		},
		UpdatedAt: fromNanos(r.updated),
	}
	if r.version == 0 {
		out.Record.State.Reason, out.Record.State.Since = issue.ReasonFirstSeen, out.FirstSeen
	}
	return out, nil
}
