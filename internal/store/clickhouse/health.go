package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/faultline-dev/faultline/internal/health"
	"github.com/faultline-dev/faultline/internal/view"
)

// InsertSessions adds sessions to the roll-up. The token names the block, as with Insert.
func (s *Store) InsertSessions(ctx context.Context, token string, rows []health.Row) error {
	if len(rows) == 0 {
		return nil
	}
	var project proto.ColUInt32
	var hour proto.ColDateTime
	var release, environment text
	var session, user, started, errored, crashed, abnormal proto.ColUInt64
	var status proto.ColUInt8
	hour.Location = time.UTC
	for i := range rows {
		r := &rows[i]
		project.Append(r.ProjectID)
		hour.Append(r.Hour.Truncate(time.Hour))
		release.Append(r.Release)
		environment.Append(r.Environment)
		session.Append(r.Session)
		user.Append(r.User)
		started.Append(r.Started)
		errored.Append(r.Errored)
		crashed.Append(r.Crashed)
		abnormal.Append(r.Abnormal)
		status.Append(uint8(r.Status))
	}
	return s.send(ctx, "session_rows", token, []proto.InputColumn{
		{Name: "project_id", Data: &project}, {Name: "hour", Data: &hour}, {Name: "release", Data: &release}, {Name: "environment", Data: &environment},
		{Name: "session", Data: &session}, {Name: "user", Data: &user}, {Name: "started", Data: &started}, {Name: "errored", Data: &errored},
		{Name: "crashed", Data: &crashed}, {Name: "abnormal", Data: &abnormal}, {Name: "status", Data: &status},
	}, new(proto.Buffer))
}

// InsertCheckIns stores what scheduled jobs said. The token names the block, as with Insert.
func (s *Store) InsertCheckIns(ctx context.Context, token string, list []health.CheckIn) error {
	if len(list) == 0 {
		return nil
	}
	var project proto.ColUInt32
	var monitor text
	var id proto.ColUUID
	var duration proto.ColUInt64
	environment, status, schedule := newDictionary(), newDictionary(), newDictionary()
	at := new(proto.ColDateTime64).WithPrecision(proto.PrecisionMilli).WithLocation(time.UTC)
	for i := range list {
		c := &list[i]
		project.Append(c.ProjectID)
		monitor.Append(c.Monitor)
		environment.Append(c.Environment)
		at.Append(c.At)
		id.Append(c.ID)
		status.Append(c.Status)
		duration.Append(uint64(max(c.Duration, 0) / time.Millisecond))
		schedule.Append(c.Schedule)
	}
	return s.send(ctx, "check_ins", token, []proto.InputColumn{
		{Name: "project_id", Data: &project}, {Name: "monitor", Data: &monitor}, {Name: "environment", Data: environment}, {Name: "at", Data: at},
		{Name: "id", Data: &id}, {Name: "status", Data: status}, {Name: "duration_ms", Data: &duration}, {Name: "schedule", Data: schedule},
	}, new(proto.Buffer))
}

// sessionSums add up a roll-up, read as h. A session that crashed or was abnormal is not
// errored as well, and one that nobody said began began all the same.
const sessionSums = `sum(h.crashed) + (uniqCombined64IfMerge(14)(h.crashed_ones) AS crashed_told) AS crashed_all,
  sum(h.abnormal) + (uniqCombined64IfMerge(14)(h.abnormal_ones) AS abnormal_told) AS abnormal_all,
  sum(h.errored) + toUInt64(greatest(uniqCombined64IfMerge(14)(h.troubled_ones), crashed_told + abnormal_told) - crashed_told - abnormal_told) AS errored_all,
  greatest(sum(h.started), crashed_all + abnormal_all + errored_all) AS sessions,
  uniqCombined64IfMerge(12)(h.users) AS users_all`

// Releases counts the sessions of a project by release within whole hours, those with the
// most sessions first.
func (s *Store) Releases(ctx context.Context, projectID uint32, r view.Range, environment string, limit int) (health.Report, error) {
	const tried = "count sessions"
	var report health.Report
	st, sql := releasesSQL(projectID, r, environment, limit)
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return report, explain(tried, err)
	}
	defer rows.Close()
	for rows.Next() {
		var one health.Release
		if err := rows.Scan(&one.Name, &one.Crashed, &one.Abnormal, &one.Errored, &one.Sessions, &one.Users, &one.CrashedUsers, &one.First, &one.Last); err != nil {
			return report, explain(tried, err)
		}
		report.Releases = append(report.Releases, one)
	}
	if err := rows.Err(); err != nil {
		return report, explain(tried, err)
	}
	st, sql = sessionsSQL(projectID, r, environment)
	var crashed, abnormal, errored uint64
	if err := s.conn.QueryRow(s.limited(ctx), sql, st.args...).Scan(&crashed, &abnormal, &errored, &report.Sessions, &report.Users, &report.Reported); err != nil {
		return report, explain(tried, err)
	}
	return report, nil
}

// releasesSQL is the statement behind Releases.
func releasesSQL(projectID uint32, r view.Range, environment string, limit int) (*statement, string) {
	st := &statement{}
	return st, `SELECT
  h.release,
  ` + sessionSums + `,
  uniqCombined64IfMerge(12)(h.crashed_users) AS crashed_users_all,
  min(h.hour),
  max(h.hour)
FROM session_hours AS h
WHERE ` + sessionsWhere(st, projectID, r, environment) + `
GROUP BY h.release
ORDER BY sessions DESC, h.release
LIMIT ` + st.number(uint64(limit))
}

// sessionsSQL adds up all releases, and tells whether there is any session at all.
func sessionsSQL(projectID uint32, r view.Range, environment string) (*statement, string) {
	st := &statement{}
	return st, `SELECT
  ` + sessionSums + `,
  count() > 0 OR (SELECT count() FROM (SELECT 1 FROM session_hours WHERE project_id = ` + st.project(projectID) + ` LIMIT 1)) > 0
FROM session_hours AS h
WHERE ` + sessionsWhere(st, projectID, r, environment)
}

func sessionsWhere(st *statement, projectID uint32, r view.Range, environment string) string {
	list := []string{"h.project_id = " + st.project(projectID), "h.hour >= " + st.second(r.Start.Truncate(time.Hour)), "h.hour < " + st.second(r.End)}
	if environment != "" {
		list = append(list, "h.environment = "+st.text(environment))
	}
	return conditions(list)
}

// Monitors returns what each scheduled job of a project said last, as of a time.
func (s *Store) Monitors(ctx context.Context, projectID uint32, now time.Time) ([]health.Monitor, error) {
	const tried = "read monitors"
	st, sql := monitorsSQL(projectID, now)
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return nil, explain(tried, err)
	}
	defer rows.Close()
	var list []health.Monitor
	for rows.Next() {
		var m health.Monitor
		var duration uint64
		if err := rows.Scan(&m.Slug, &m.Environment, &m.Status, &m.At, &duration, &m.Schedule, &m.LastOK, &m.LastError, &m.OK24, &m.Error24); err != nil {
			return nil, explain(tried, err)
		}
		m.Duration = time.Duration(duration) * time.Millisecond
		m.LastOK, m.LastError = known(m.LastOK), known(m.LastError)
		list = append(list, m)
	}
	return list, explain(tried, rows.Err())
}

// known is a time, or none for the beginning of 1970.
func known(t time.Time) time.Time {
	if t.Unix() == 0 {
		return time.Time{}
	}
	return t
}

// monitorsSQL is the statement behind Monitors.
func monitorsSQL(projectID uint32, now time.Time) (*statement, string) {
	st := &statement{}
	day := func() string { return "c.at >= " + st.second(now.Add(-24*time.Hour)) }
	return st, `SELECT
  c.monitor,
  c.environment,
  argMax(c.status, (c.at, c.status != 'in_progress')),
  max(c.at),
  argMaxIf(c.duration_ms, c.at, c.status != 'in_progress'),
  argMaxIf(c.schedule, c.at, c.schedule != ''),
  maxIf(c.at, c.status = 'ok'),
  maxIf(c.at, c.status = 'error'),
  uniqExactIf(c.id, c.status = 'ok' AND ` + day() + `),
  uniqExactIf(c.id, c.status = 'error' AND ` + day() + `)
FROM check_ins AS c
WHERE c.project_id = ` + st.project(projectID) + `
GROUP BY c.monitor, c.environment
ORDER BY c.monitor, c.environment
LIMIT 1000`
}
