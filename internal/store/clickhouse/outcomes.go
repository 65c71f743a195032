package clickhouse

import (
	"context"
	"time"

	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/view"
)

// Outcomes counts what became of the events of a project, by outcome and reason, in parts
// of whole minutes. The times are the beginnings of the parts.
func (s *Store) Outcomes(ctx context.Context, r view.OutcomesRequest) ([]view.OutcomeSeries, []time.Time, error) {
	st, sql, g, err := outcomesSQL(r, time.Now())
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return nil, nil, explain("count outcomes", err)
	}
	defer rows.Close()
	var list []view.OutcomeSeries
	for rows.Next() {
		var one view.OutcomeSeries
		var kind uint8
		var reason string
		var parts []uint32
		var sums []uint64
		if err := rows.Scan(&kind, &reason, &one.Total, &parts, &sums); err != nil {
			return nil, nil, explain("count outcomes", err)
		}
		one.Kind, one.Reason, one.Values = outcome.Kind(kind), outcome.Reason(reason), g.spread(parts, sums)
		list = append(list, one)
	}
	return list, g.times(), explain("count outcomes", rows.Err())
}

// outcomesSQL is the statement behind Outcomes.
func outcomesSQL(r view.OutcomesRequest, now time.Time) (*statement, string, grid, error) {
	if r.Range.End.IsZero() {
		r.Range.End = now
	}
	if r.Range.Start.IsZero() {
		r.Range.Start = r.Range.End.Add(-sparklineDays * 24 * time.Hour)
	}
	if !r.Range.Start.Before(r.Range.End) {
		return nil, "", grid{}, errRange
	}
	st := &statement{}
	g := grid{}
	if r.Buckets > 0 {
		g = newGrid(r.Range, r.Buckets, time.Minute)
	}
	series := g.series(st, "minute", "o.events", g.ofHours)
	return st, `SELECT kind, reason, sum(o.events) AS total, (` + series + ` AS series).1, series.2
FROM outcomes AS o
WHERE project_id = ` + st.project(r.ProjectID) + `
  AND minute >= ` + st.second(r.Range.Start.Truncate(time.Minute)) + `
  AND minute < ` + st.second(r.Range.End) + `
GROUP BY kind, reason
ORDER BY kind, reason`, g, nil
}
