package clickhouse

import (
	"context"
	"time"

	"github.com/faultline-dev/faultline/internal/health"
)

// Monitors returns what scheduled jobs of a project said last, as of a time.
func (s *Store) Monitors(ctx context.Context, q health.MonitorQuery, now time.Time) (health.Monitors, error) {
	const tried = "read monitors"
	var found health.Monitors
	st, sql := monitorsSQL(q, now)
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return found, explain(tried, err)
	}
	defer rows.Close()
	for rows.Next() {
		var m health.Monitor
		var duration uint64
		var margin, runtime uint32
		if err := rows.Scan(&m.Slug, &m.Environment, &m.Status, &m.At, &m.Began, &duration, &m.Schedule, &m.Timezone, &margin, &runtime, &m.LastOK, &m.LastError, &m.OK24, &m.Error24); err != nil {
			return found, explain(tried, err)
		}
		m.Duration = time.Duration(duration) * time.Millisecond
		m.Margin, m.MaxRuntime = time.Duration(margin)*time.Second, time.Duration(runtime)*time.Second
		m.LastOK, m.LastError = known(m.LastOK), known(m.LastError)
		found.Monitors = append(found.Monitors, m)
	}
	if err := rows.Err(); err != nil {
		return found, explain(tried, err)
	}
	if found.More = len(found.Monitors) > q.Limit; found.More {
		found.Monitors = found.Monitors[:q.Limit]
	}
	st, sql = monitorEnvironmentsSQL(q.ProjectID)
	return found, explain(tried, s.conn.QueryRow(s.limited(ctx), sql, st.args...).Scan(&found.Environments))
}

// known is a time, or none for the beginning of 1970.
func known(t time.Time) time.Time {
	if t.Unix() == 0 {
		return time.Time{}
	}
	return t
}

// monitorsSQL is the statement behind Monitors; it finds one more than the limit. A run
// begins with its first check-in: that it is in progress, or that it is over.
func monitorsSQL(q health.MonitorQuery, now time.Time) (*statement, string) {
	st := &statement{}
	list := []string{"c.project_id = " + st.project(q.ProjectID)}
	if q.Environment != "" {
		list = append(list, "c.environment = "+st.text(q.Environment))
	}
	if q.Name != "" {
		list = append(list, "positionCaseInsensitiveUTF8(c.monitor, "+st.text(q.Name)+") > 0")
	}
	day := func() string { return "c.at >= " + st.second(now.Add(-24*time.Hour)) }
	return st, `SELECT
  c.monitor,
  c.environment,
  argMax(c.status, (c.at, c.status != 'in_progress')),
  max(c.at),
  if(argMax(c.id, (c.at, c.status != 'in_progress')) = argMaxIf(c.id, c.at, c.status = 'in_progress'), maxIf(c.at, c.status = 'in_progress'), max(c.at)),
  argMaxIf(c.duration_ms, c.at, c.status != 'in_progress'),
  argMaxIf(c.schedule, c.at, c.schedule != ''),
  argMaxIf(c.timezone, c.at, c.schedule != ''),
  argMaxIf(c.margin_s, c.at, c.schedule != ''),
  argMaxIf(c.max_runtime_s, c.at, c.schedule != ''),
  maxIf(c.at, c.status = 'ok'),
  maxIf(c.at, c.status = 'error'),
  uniqExactIf(c.id, c.status = 'ok' AND ` + day() + `),
  uniqExactIf(c.id, c.status = 'error' AND ` + day() + `)
FROM check_ins AS c
WHERE ` + conditions(list) + `
GROUP BY c.monitor, c.environment
ORDER BY c.monitor, c.environment
LIMIT ` + st.number(uint64(q.Limit)+1)
}

// monitorEnvironmentsSQL lists the environments of all monitors.
func monitorEnvironmentsSQL(projectID uint32) (*statement, string) {
	st := &statement{}
	return st, `SELECT arraySort(groupUniqArray(1000)(c.environment))
FROM check_ins AS c
WHERE c.project_id = ` + st.project(projectID)
}
