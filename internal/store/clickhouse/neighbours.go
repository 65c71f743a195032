package clickhouse

import (
	"context"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/view"
)

// Neighbours finds the events of an issue before and after one, and its ends.
func (s *Store) Neighbours(ctx context.Context, id issue.ID, at view.Cursor) (view.Neighbours, error) {
	var members [][16]byte
	var events uint64
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		members, err = s.members(both, id)
		return err
	})
	group.Go(func() (err error) {
		events, err = s.eventsOf(both, id.ProjectID, [][16]byte{id.Fingerprint})
		return err
	})
	err := group.Wait()
	if err == nil && len(members) > 1 {
		events, err = s.eventsOf(ctx, id.ProjectID, members)
	}
	if err != nil {
		return view.Neighbours{}, err
	}
	st, sql := neighboursSQL(id, members, at, events > onePass)
	return s.neighbours(ctx, st, sql)
}

// eventsOf is how many events some fingerprints have had.
func (s *Store) eventsOf(ctx context.Context, project uint32, members [][16]byte) (events uint64, err error) {
	st := &statement{}
	sql := "SELECT sum(events) FROM issue_totals WHERE project_id = " + st.project(project) + " AND " + st.oneOf("fingerprint", members)
	if err := s.conn.QueryRow(s.limited(ctx), sql, st.args...).Scan(&events); err != nil {
		return 0, explain("count events of issue", err)
	}
	return events, nil
}

// neighbours runs what neighboursSQL made.
func (s *Store) neighbours(ctx context.Context, st *statement, sql string) (view.Neighbours, error) {
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return view.Neighbours{}, explain("find neighbours", err)
	}
	defer rows.Close()
	var out view.Neighbours
	for rows.Next() {
		var which, text string
		if err := rows.Scan(&which, &text); err != nil {
			return view.Neighbours{}, explain("find neighbours", err)
		}
		found, err := event.ParseID(text)
		if err != nil {
			return view.Neighbours{}, wrap("find neighbours", err)
		}
		switch which {
		case "previous":
			out.Previous = found
		case "next":
			out.Next = found
		case "oldest":
			out.Oldest = found
		case "latest":
			out.Latest = found
		}
	}
	return out, explain("find neighbours", rows.Err())
}

// onePass is up to how many events all of an issue's are looked at. Statements have a
// price too: four that stop early are cheaper only where there are many events.
const onePass = 200_000

// neighboursSQL looks at all events once; or, for a large issue, asks four times for one
// event at the edge of a part of the table that is in order.
func neighboursSQL(id issue.ID, members [][16]byte, at view.Cursor, large bool) (*statement, string) {
	st := &statement{}
	own := "project_id = " + st.project(id.ProjectID) + " AND " + st.oneOf("fingerprint", members)
	when, which := st.moment(at.Timestamp), st.uuid([16]byte(at.EventID))
	cursor := "(" + when + ", " + which + ")"
	if !large {
		return st, `SELECT found.1 AS which, toString(found.2) AS id
FROM (
  SELECT arrayJoin([
    ('previous', maxIf(at, at < ` + cursor + `).2), ('next', minIf(at, at > ` + cursor + `).2), ('oldest', min(at).2), ('latest', max(at).2)
  ]) AS found
  FROM (SELECT (timestamp, event_id) AS at FROM events WHERE ` + own + `)
)
WHERE NOT empty(found.2)`
	}
	before := " AND timestamp <= " + when + " AND (timestamp, event_id) < " + cursor
	after := " AND timestamp >= " + when + " AND (timestamp, event_id) > " + cursor
	one := func(name, cond, order string) string {
		return "SELECT '" + name + "' AS which, toString(id) AS id FROM (SELECT event_id AS id FROM events WHERE " + own + cond +
			" ORDER BY timestamp " + order + ", event_id " + order + " LIMIT 1)"
	}
	return st, strings.Join([]string{
		one("previous", before, "DESC"), one("next", after, "ASC"), one("oldest", "", "ASC"), one("latest", "", "DESC"),
	}, "\nUNION ALL\n")
}
