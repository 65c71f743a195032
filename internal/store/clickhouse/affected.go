package clickhouse

import (
	"context"
	"slices"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/view"
)

// needles is how many texts ClickHouse looks for at once.
const needles = 250

// Affected returns events that an upload may explain, whole, in the order of the table.
func (s *Store) Affected(ctx context.Context, r view.AffectedRequest) ([]*event.Occurrence, error) {
	st := &statement{}
	conds := affectedConditions(st, r)
	if p := r.After; p != (view.AffectedPlace{}) {
		f := st.uuid([16]byte(p.Fingerprint))
		conds = append(conds, "fingerprint >= "+f, "(fingerprint, timestamp, event_id) > ("+f+", "+st.moment(p.Timestamp)+", "+st.uuid([16]byte(p.EventID))+")")
	}
	sql := "\nFROM events\nWHERE " + conditions(conds) + "\nORDER BY fingerprint, timestamp, event_id\nLIMIT " + st.number(uint64(r.Limit))
	return s.whole(ctx, "read affected events", st, sql)
}

// AffectedNewest returns the newest affected events of each fingerprint.
func (s *Store) AffectedNewest(ctx context.Context, r view.AffectedRequest, each int) ([]*event.Occurrence, error) {
	st := &statement{}
	sql := `
FROM events
WHERE project_id = ` + st.project(r.ProjectID) + ` AND (fingerprint, timestamp, event_id) IN (
  SELECT fingerprint, timestamp, event_id
  FROM events
  WHERE ` + strings.ReplaceAll(conditions(affectedConditions(st, r)), "\n", "\n  ") + `
  ORDER BY fingerprint, timestamp DESC
  LIMIT ` + st.number(uint64(each)) + ` BY fingerprint
  LIMIT ` + st.number(uint64(r.Limit)) + `
)`
	return s.whole(ctx, "read samples of affected events", st, sql)
}

// affectedConditions are the conditions on the events table. Debug ids stand in the rest
// column as their senders wrote them.
func affectedConditions(st *statement, r view.AffectedRequest) []string {
	var ways []string
	var written []string
	for _, id := range r.DebugIDs {
		if len(id) != 32 {
			continue
		}
		written = append(written, id, id[:8]+"-"+id[8:12]+"-"+id[12:16]+"-"+id[16:20]+"-"+id[20:])
	}
	for part := range slices.Chunk(written, needles) {
		ways = append(ways, "multiSearchAnyCaseInsensitive(rest, "+st.bind("Array(String)", part)+")")
	}
	if r.Release != "" {
		ways = append(ways, "platform IN ('javascript', 'node') AND release = "+st.text(r.Release)+" AND dist = "+st.text(r.Dist))
	}
	if len(ways) == 0 {
		ways = append(ways, "0")
	}
	conds := []string{
		"project_id = " + st.project(r.ProjectID), "timestamp >= " + st.moment(r.Since),
		"(" + strings.Join(ways, " OR ") + ")",
	}
	if !r.Received.IsZero() {
		conds = append(conds, "received_at >= "+st.moment(r.Received))
	}
	return conds
}

// whole reads events as they are stored; the text goes on behind the columns.
func (s *Store) whole(ctx context.Context, tried string, st *statement, sql string) ([]*event.Occurrence, error) {
	names, _ := new(eventRow).columns()
	rows, err := s.conn.Query(s.limited(ctx), "SELECT "+strings.Join(names, ", ")+sql, st.args...)
	if err != nil {
		return nil, explain(tried, err)
	}
	defer rows.Close()
	var list []*event.Occurrence
	for rows.Next() {
		row := &eventRow{}
		_, targets := row.columns()
		if err := rows.Scan(targets...); err != nil {
			return nil, explain(tried, err)
		}
		o, err := row.occurrence()
		if err != nil {
			return nil, wrap(tried, err)
		}
		list = append(list, o)
	}
	return list, explain(tried, rows.Err())
}
