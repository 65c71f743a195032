package clickhouse

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// Newest returns the tokens of the newest blocks that were inserted under names below
// one, the newest first. Names that begin with the time of their insert make this their
// order. Blocks that arrived more than a day ago are not looked for.
func (s *Store) Newest(ctx context.Context, below string, limit int) ([]string, error) {
	const tried = "look for the newest blocks"
	st := &statement{}
	sql := "SELECT block FROM events WHERE received_at >= " + st.moment(time.Now().Add(-24*time.Hour)) +
		" AND block < " + st.text(below) + " GROUP BY block ORDER BY block DESC LIMIT " + st.number(uint64(limit))
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return nil, explain(tried, err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var token string
		if err := rows.Scan(&token); err != nil {
			return nil, explain(tried, err)
		}
		list = append(list, token)
	}
	return list, explain(tried, rows.Err())
}

// Parts is in how many parts the events of a week are kept at most, on the node that answers. Each insert makes one, and
// merges make fewer of them.
func (s *Store) Parts(ctx context.Context) (int, error) {
	st := &statement{}
	table := "events"
	if s.cfg.Cluster != "" {
		table = "events_local"
	}
	var most uint64
	sql := "SELECT max(parts) FROM (SELECT count() AS parts FROM system.parts WHERE active AND database = currentDatabase() AND table = " + st.text(table) + " GROUP BY partition)"
	err := s.conn.QueryRow(s.limited(ctx), sql, st.args...).Scan(&most)
	return int(most), explain("count parts", err)
}

// Complete feeds those roll-ups with a block that an engine which died while it was
// inserted could not feed any more. The rows are inserted once more under the token they
// came with: the table has them, and so has each roll-up that was reached, and drop them.
// A block of which no row is stored stays away.
func (s *Store) Complete(ctx context.Context, token string) error {
	events, err := s.slim(ctx, token)
	if err != nil {
		return err
	}
	return s.Insert(ctx, token, events)
}

// slim reads what roll-ups look at of the events of a block: whatever is no array.
func (s *Store) slim(ctx context.Context, token string) ([]*event.Occurrence, error) {
	const tried = "read a block"
	var names []string
	var slim []int // the places of those columns among all
	all, _ := new(eventRow).columns()
	for i, name := range all {
		if !bulky.MatchString(name) {
			names, slim = append(names, name), append(slim, i)
		}
	}
	st := &statement{}
	rows, err := s.conn.Query(s.limited(ctx), "SELECT "+strings.Join(names, ", ")+"\nFROM events\nWHERE block = "+st.text(token), st.args...)
	if err != nil {
		return nil, explain(tried, err)
	}
	defer rows.Close()
	var list []*event.Occurrence
	for rows.Next() {
		r := &eventRow{}
		_, to := r.columns()
		targets := make([]any, len(slim))
		for i, at := range slim {
			targets[i] = to[at]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, explain(tried, err)
		}
		o, err := r.occurrence()
		if err != nil {
			return nil, wrap(tried, err)
		}
		list = append(list, o)
	}
	return list, explain(tried, rows.Err())
}

// bulky are columns no roll-up needs. Those of exceptions tell whether one was handled.
var bulky = regexp.MustCompile(`^(frames|crumbs|contexts|parts)\.|tags|^(rest|extra|message|message_template)$`)
