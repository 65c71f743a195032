package clickhouse

import (
	"context"
	"slices"
	"time"
)

// moves is how the events of projects are read of which some count under another
// fingerprint than that of their row, because rules were applied to the past. Without regroupings, as in
// nearly all projects, they are read as if there were no moves.
//
// Roll-ups know nothing of moves. Fingerprints that events are moved away from are counted by
// their events instead. All those of a regrouping are written down at once before anybody knows of it, so that no
// statement takes one of them from both.
type moves struct {
	projects    projects     // of which all regroupings are
	regroupings []regrouping // those that count, by project
}

// regrouping is one that moved events of a project.
type regrouping struct {
	project uint32
	name    string
}

// any reports whether events of the projects may have been moved.
func (m moves) any() bool { return len(m.regroupings) > 0 }

// moved are the projects of which events may have been moved.
func (m moves) moved() (list projects) {
	for _, r := range m.regroupings {
		list = append(list, r.project)
	}
	return slices.Compact(list)
}

// standing are the fingerprints and moves that count.
func (m moves) standing(st *statement) string {
	var of []uint32
	var names []string
	for _, r := range m.regroupings {
		of, names = append(of, r.project), append(names, r.name)
	}
	sql := "SELECT " + m.projects.keys("fingerprint") + ", moved FROM issue_moves WHERE "
	if m.projects.single() {
		sql += m.projects.in(st, "project_id") + " AND regrouping IN " + st.bind("Array(String)", names)
	} else {
		sql += "(project_id, regrouping) IN arrayZip(" + st.bind("Array(UInt32)", of) + ", " + st.bind("Array(String)", names) + ")"
	}
	return sql + " AND undone = 0"
}

// origins are the fingerprints of rows that events were moved away from.
func (m moves) origins(st *statement) string {
	return "SELECT " + m.projects.keys("fingerprint") + " FROM (" + m.standing(st) + ")"
}

// owner is the fingerprint under which an event counts.
func (m moves) owner(st *statement) string {
	if !m.any() {
		return "fingerprint"
	}
	return "if((" + m.projects.keys("fingerprint") + ", moved) IN (" + m.standing(st) + "), moved, fingerprint)"
}

// rows is the condition on a fingerprint column under which rows of a single project are that count under some
// fingerprints, and maybe others.
func (m moves) rows(st *statement, column string, members [][16]byte) string {
	if !m.any() {
		return st.oneOf(column, members)
	}
	return column + " IN (SELECT arrayJoin(" + st.uuids(members) + ") UNION ALL SELECT fingerprint FROM (" + m.standing(st) + ") WHERE moved IN " + st.uuids(members) + ")"
}

// of is the condition that events count under some fingerprints.
func (m moves) of(st *statement, members [][16]byte) string {
	if !m.any() {
		return st.oneOf("fingerprint", members)
	}
	return m.rows(st, "fingerprint", members) + " AND " + m.owner(st) + " IN " + st.uuids(members)
}

// own are the events of which some count elsewhere than their rows, as a table with the fingerprint
// that they count under as own; with members, those that count under these.
func (m moves) own(st *statement, members [][16]byte) string {
	sql := "SELECT *, " + m.owner(st) + " AS own FROM events WHERE " + m.moved().in(st, "project_id") + " AND " + m.projects.pair("fingerprint") + " IN (" + m.origins(st) + ")"
	if len(members) > 0 {
		sql += " AND " + m.of(st, members)
	}
	return sql
}

// totals is what is read of issue_totals; with members, of no others.
func (m moves) totals(st *statement, members [][16]byte) string {
	if !m.any() {
		return "issue_totals"
	}
	return `(
    SELECT * FROM issue_totals WHERE ` + m.projects.in(st, "project_id") + ` AND ` + m.projects.pair("fingerprint") + ` NOT IN (` + m.origins(st) + `)
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users,
      min(e.timestamp) AS first_seen,
      max(e.timestamp) AS last_seen,
      min(e.received_at) AS first_received,
      argMinState((e.event_id, e.timestamp), e.received_at) AS first_event,
      min(e.handled) AS handled,
      argMaxState((e.title, toString(e.culprit), e.level, toString(e.platform)), e.timestamp) AS latest,
      argMinIfState(toString(e.release), e.timestamp, e.release != '') AS first_release,
      argMaxIfState(toString(e.release), e.timestamp, e.release != '') AS last_release
    FROM (` + m.own(st, members) + `) AS e
    GROUP BY e.project_id, e.own
  )`
}

// hours is what is read of issue_hours of a range, whose ends may be open; with members, of no others.
func (m moves) hours(st *statement, members [][16]byte, from, to time.Time) string {
	if !m.any() {
		return "issue_hours"
	}
	within := ""
	if !from.IsZero() {
		within += " AND timestamp >= " + st.moment(from.Truncate(time.Hour))
	}
	if !to.IsZero() {
		within += " AND timestamp < " + st.moment(to.Add(time.Hour-1).Truncate(time.Hour))
	}
	return `(
    SELECT * FROM issue_hours WHERE ` + m.projects.in(st, "project_id") + ` AND ` + m.projects.pair("fingerprint") + ` NOT IN (` + m.origins(st) + `)
    UNION ALL
    SELECT
      e.project_id AS project_id,
      e.own AS fingerprint,
      toStartOfHour(toDateTime(e.timestamp, 'UTC')) AS hour,
      e.environment AS environment,
      count() AS events,
      uniqCombined64IfState(12)(e.user_hash, e.user_hash != 0) AS users
    FROM (` + m.own(st, members) + within + `) AS e
    GROUP BY e.project_id, e.own, hour, environment
  )`
}

// movesKept is how long it is remembered which moves count. Until then other processes
// show a project as if a regrouping had not begun, or was not undone. Nobody else writes to
// the embedded engine, so there it is an hour.
const (
	movesKept      = 5 * time.Second
	movesKeptAlone = time.Hour
)

// movedProjects remembers the regroupings of projects that moved events.
type movedProjects struct {
	turn  chan struct{} // holds one token: whoever has it may look at the rest, or ask
	known map[uint32][]string
	until time.Time
}

func newMovedProjects() movedProjects { return movedProjects{turn: make(chan struct{}, 1)} }

// forget makes the next question look again.
func (p *movedProjects) forget() {
	p.turn <- struct{}{}
	p.until = time.Time{}
	<-p.turn
}

// moves says how the events of projects are read now.
func (s *Store) moves(ctx context.Context, of ...uint32) (moves, error) {
	if s.cfg.Cluster != "" {
		return moves{}, nil // nothing is moved there
	}
	p := &s.moved
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done(): // while another asks a store that does not answer
		return moves{}, explain("ask which projects have moved events", context.Cause(ctx))
	}
	if now := time.Now(); !now.Before(p.until) {
		known, err := s.readMoved(ctx)
		if err != nil {
			return moves{}, err
		}
		p.known, p.until = known, now.Add(movesKept)
		if s.cfg.Address != "" {
			p.until = now.Add(movesKeptAlone)
		}
	}
	return movesOf(of, p.known), nil
}

// movesOf are the moves of projects among those that are known.
func movesOf(of projects, known map[uint32][]string) moves {
	m := moves{projects: of}
	for _, id := range of {
		for _, name := range known[id] {
			m.regroupings = append(m.regroupings, regrouping{id, name})
		}
	}
	return m
}

// readMoved asks which regroupings moved events and were not undone.
func (s *Store) readMoved(ctx context.Context) (map[uint32][]string, error) {
	const tried = "ask which projects have moved events"
	rows, err := s.conn.Query(s.limited(ctx), `SELECT project_id, regrouping
FROM issue_moves
GROUP BY project_id, regrouping
HAVING max(undone) = 0
ORDER BY project_id, regrouping`)
	if err != nil {
		return nil, explain(tried, err)
	}
	defer rows.Close()
	known := map[uint32][]string{}
	for rows.Next() {
		var id uint32
		var regrouping string
		if err := rows.Scan(&id, &regrouping); err != nil {
			return nil, explain(tried, err)
		}
		known[id] = append(known[id], regrouping)
	}
	return known, explain(tried, rows.Err())
}
