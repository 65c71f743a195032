package clickhouse

import (
	"context"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/view"
)

// Neighbours finds the events of an issue before and after one, and its ends.
func (s *Store) Neighbours(ctx context.Context, id issue.ID, at view.Cursor) (view.Neighbours, error) {
	members, err := s.members(ctx, id)
	if err != nil {
		return view.Neighbours{}, err
	}
	st, sql := neighboursSQL(id, members, at)
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

// neighboursSQL asks four times for one event at the edge of a part of the table that is
// in order, so that each reads a few granules.
func neighboursSQL(id issue.ID, members [][16]byte, at view.Cursor) (*statement, string) {
	st := &statement{}
	own := "project_id = " + st.project(id.ProjectID) + " AND " + st.oneOf("fingerprint", members)
	when, which := st.moment(at.Timestamp), st.uuid([16]byte(at.EventID))
	before := " AND timestamp <= " + when + " AND (timestamp, event_id) < (" + when + ", " + which + ")"
	after := " AND timestamp >= " + when + " AND (timestamp, event_id) > (" + when + ", " + which + ")"
	one := func(name, cond, order string) string {
		return "SELECT '" + name + "' AS which, toString(id) AS id FROM (SELECT event_id AS id FROM events WHERE " + own + cond +
			" ORDER BY timestamp " + order + ", event_id " + order + " LIMIT 1)"
	}
	return st, strings.Join([]string{
		one("previous", before, "DESC"), one("next", after, "ASC"), one("oldest", "", "ASC"), one("latest", "", "DESC"),
	}, "\nUNION ALL\n")
}
