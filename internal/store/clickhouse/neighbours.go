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
	m, err := s.moves(ctx, id.ProjectID)
	if err != nil {
		return view.Neighbours{}, err
	}
	var members [][16]byte
	var seen history
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		members, err = s.members(both, id)
		return err
	})
	group.Go(func() (err error) {
		seen, err = s.history(both, id.ProjectID, [][16]byte{id.Fingerprint}, m)
		return err
	})
	err = group.Wait()
	if err == nil && (len(members) > 1 || members[0] != id.Fingerprint) {
		seen, err = s.history(ctx, id.ProjectID, members, m)
	}
	if err != nil {
		return view.Neighbours{}, err
	}
	if seen.events > onePass {
		st, sql := nearSQL(id, members, m, at, seen)
		found, err := s.neighbours(ctx, st, sql)
		if err != nil || isWhole(found, at) {
			return found, err
		}
	}
	st, sql := neighboursSQL(id, members, m, at)
	return s.neighbours(ctx, st, sql)
}

// onePass is up to how many events all of an issue's are looked at.
const onePass = 100_000

// isWhole reports whether neighbours that were looked for near by are all there are. At an
// end of the issue there is none beyond the event itself.
func isWhole(n view.Neighbours, at view.Cursor) bool {
	if n.Oldest.IsZero() || n.Latest.IsZero() {
		return false
	}
	return at.EventID.IsZero() || (!n.Previous.IsZero() || n.Oldest == at.EventID) && (!n.Next.IsZero() || n.Latest == at.EventID)
}

// neighbours runs what neighboursSQL or nearSQL made.
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

// neighboursSQL looks at all events once.
func neighboursSQL(id issue.ID, members [][16]byte, m moves, at view.Cursor) (*statement, string) {
	st := &statement{}
	own := ofMembers(st, id, members, m)
	cursor := "(" + st.moment(at.Timestamp) + ", " + st.uuid([16]byte(at.EventID)) + ")"
	return st, foundSQL(own, "at < "+cursor, "at > "+cursor, "1", "1")
}

// nearSQL looks at about so many events before and after one and at either end of a large
// issue, if they came evenly. What it does not find may still be there.
func nearSQL(id issue.ID, members [][16]byte, m moves, at view.Cursor, seen history) (*statement, string) {
	st := &statement{}
	own := ofMembers(st, id, members, m)
	when, width := at.Timestamp, seen.width(nearEvents)
	cursor := "(" + st.moment(when) + ", " + st.uuid([16]byte(at.EventID)) + ")"
	from, to := "at.1 >= "+st.moment(when.Add(-width)), "at.1 <= "+st.moment(when.Add(width))
	begin, end := "at.1 <= "+st.moment(seen.first.Add(width)), "at.1 >= "+st.moment(seen.last.Add(-width))
	near := strings.ReplaceAll("("+from+" AND "+to+" OR "+begin+" OR "+end+")", "at.1", "timestamp")
	return st, foundSQL(own+" AND "+near, "at < "+cursor+" AND "+from, "at > "+cursor+" AND "+to, begin, end)
}

// nearEvents is how many events are looked at in each direction of a large issue.
const nearEvents = 2000

func ofMembers(st *statement, id issue.ID, members [][16]byte, m moves) string {
	return "project_id = " + st.project(id.ProjectID) + " AND " + m.of(st, members)
}

// foundSQL finds the last event before, the first one after, the oldest and the latest
// among those that meet the condition for each.
func foundSQL(of, before, after, begin, end string) string {
	return `SELECT found.1 AS which, toString(found.2) AS id
FROM (
  SELECT arrayJoin([
    ('previous', maxIf(at, ` + before + `).2), ('next', minIf(at, ` + after + `).2), ('oldest', minIf(at, ` + begin + `).2), ('latest', maxIf(at, ` + end + `).2)
  ]) AS found
  FROM (SELECT (timestamp, event_id) AS at FROM events WHERE ` + of + `)
)
WHERE NOT empty(found.2)`
}
