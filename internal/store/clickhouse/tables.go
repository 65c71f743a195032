package clickhouse

import (
	"fmt"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// totalColumns add up the roll-up of some fingerprints, read as r.
const totalColumns = `    sum(r.events) AS times_seen,
    uniqCombined64IfMerge(12)(r.users) AS users_seen,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    min(r.handled) AS handled,
    argMaxMerge(r.latest) AS latest,
    argMinIfMerge(r.first_release) AS first_release,
    argMaxIfMerge(r.last_release) AS last_release`

// stateColumns are what the mirror says of an issue.
const stateColumns = `fingerprint AS issue, number, status, substatus, reason, since, release, assignee, updated_at, version`

// issueTables are common table expressions over the roll-ups of projects: totals holds
// one row an issue with merged fingerprints added up, states what the workflow says.
func issueTables(st *statement, p projects, m moves) string {
	return `merges AS (
  SELECT ` + p.keys("fingerprint") + `, merged_into FROM issue_merges FINAL WHERE ` + p.in(st, "project_id") + ` AND undone = 0
),
totals AS (
  SELECT
    ` + p.with("r", issueOf("r")) + ` AS issue,
    groupUniqArray(r.fingerprint) AS members,
` + totalColumns + `
  FROM ` + m.totals(st, nil) + ` AS r
  LEFT JOIN merges AS m ON ` + p.on("m", "r", "fingerprint") + `
  WHERE ` + p.in(st, "r.project_id") + `
  GROUP BY ` + p.keys("issue") + `
),
states AS (
  SELECT ` + p.keys(stateColumns) + `
  FROM issue_states FINAL WHERE ` + p.in(st, "project_id") + `
)`
}

// issueOf is the issue of a row that was joined with merges AS m.
func issueOf(table string) string {
	return "if(empty(m.merged_into), " + table + ".fingerprint, m.merged_into)"
}

// eventFilter is what is asked of events, apart from the project.
type eventFilter struct {
	query       []search.Node
	environment string
	span        view.Range
}

// filterEvents gives the conditions on the events table, the project first.
func filterEvents(w *where, f eventFilter) ([]string, error) {
	list := []string{w.projects.in(w.st, "project_id")}
	if !f.span.Start.IsZero() {
		list = append(list, "timestamp >= "+w.st.moment(f.span.Start))
	}
	if !f.span.End.IsZero() {
		list = append(list, "timestamp < "+w.st.moment(f.span.End))
	}
	if f.environment != "" {
		list = append(list, "environment = "+w.st.text(f.environment))
	}
	for _, n := range f.query {
		cond, err := w.event(n)
		if err != nil {
			return nil, err
		}
		list = append(list, cond)
	}
	return list, nil
}

// with puts common table expressions before a statement; empty ones are left out.
func with(tables ...string) string {
	var list []string
	for _, t := range tables {
		if t != "" {
			list = append(list, t)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "WITH " + strings.Join(list, ",\n") + "\n"
}

// grid divides a span of time into equal parts.
type grid struct {
	start time.Time
	width time.Duration
	parts int
}

// newGrid divides a range into so many parts of whole units, the last one ending at or
// after the end.
func newGrid(r view.Range, parts int, unit time.Duration) grid {
	start := r.Start.Truncate(unit)
	width := (r.End.Sub(start) + time.Duration(parts) - 1) / time.Duration(parts)
	width = max(unit, (width+unit-1)/unit*unit)
	return grid{start: start, width: width, parts: parts}
}

// ofHours is the part in which an hour of a roll-up lies.
func (g grid) ofHours(st *statement, expr string) string {
	return fmt.Sprintf("toUInt32(intDiv(greatest(toUnixTimestamp(%s) - %s, 0), %s))", expr,
		st.bind("Int64", g.start.Unix()), st.bind("Int64", int64(g.width/time.Second)))
}

// ofTimes is the part in which a time of an event lies. Times are kept in nanoseconds, so
// that is what costs least to count in.
func (g grid) ofTimes(st *statement, expr string) string {
	return fmt.Sprintf("toUInt32(intDiv(greatest(toUnixTimestamp64Nano(%s) - %s, 0), %s))", expr,
		st.bind("Int64", g.start.UnixNano()), st.bind("Int64", int64(g.width)))
}

// spread puts counts by part into a row; parts beyond the grid count in the last.
func (g grid) spread(parts []uint32, counts []uint64) []uint64 {
	if g.parts == 0 {
		return nil
	}
	out := make([]uint64, g.parts)
	for i, p := range parts {
		out[min(int(p), g.parts-1)] += counts[i]
	}
	return out
}

// times are the beginnings of the parts.
func (g grid) times() []time.Time {
	out := make([]time.Time, g.parts)
	for i := range out {
		out[i] = g.start.Add(time.Duration(i) * g.width).UTC()
	}
	return out
}
