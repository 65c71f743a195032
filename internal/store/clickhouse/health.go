package clickhouse

import (
	"context"
	"math"
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
	release, environment := newText(), newText()
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
		{Name: "project_id", Data: &project}, {Name: "hour", Data: &hour}, {Name: "release", Data: release}, {Name: "environment", Data: environment},
		{Name: "session", Data: &session}, {Name: "user", Data: &user}, {Name: "started", Data: &started}, {Name: "errored", Data: &errored},
		{Name: "crashed", Data: &crashed}, {Name: "abnormal", Data: &abnormal}, {Name: "status", Data: &status},
	})
}

// InsertCheckIns stores what scheduled jobs said. The token names the block, as with Insert.
func (s *Store) InsertCheckIns(ctx context.Context, token string, list []health.CheckIn) error {
	if len(list) == 0 {
		return nil
	}
	var project proto.ColUInt32
	monitor := newText()
	var id proto.ColUUID
	var duration proto.ColUInt64
	var margin, runtime proto.ColUInt32
	environment, status, schedule, timezone := newDictionary(), newDictionary(), newDictionary(), newDictionary()
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
		timezone.Append(c.Timezone)
		margin.Append(seconds(c.Margin))
		runtime.Append(seconds(c.MaxRuntime))
	}
	return s.send(ctx, "check_ins", token, []proto.InputColumn{
		{Name: "project_id", Data: &project}, {Name: "monitor", Data: monitor}, {Name: "environment", Data: environment}, {Name: "at", Data: at},
		{Name: "id", Data: &id}, {Name: "status", Data: status}, {Name: "duration_ms", Data: &duration}, {Name: "schedule", Data: schedule},
		{Name: "timezone", Data: timezone}, {Name: "margin_s", Data: &margin}, {Name: "max_runtime_s", Data: &runtime},
	})
}

// seconds are those of a length of time, as many as a column takes.
func seconds(d time.Duration) uint32 {
	return uint32(min(max(d/time.Second, 0), math.MaxUint32))
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
	if err := s.conn.QueryRow(s.limited(ctx), sql, st.args...).Scan(&crashed, &abnormal, &errored, &report.Sessions, &report.Users, &report.Reported, &report.Environments); err != nil {
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

// sessionsSQL adds up all releases, and tells whether there is any session at all and of
// which environments those of the range are.
func sessionsSQL(projectID uint32, r view.Range, environment string) (*statement, string) {
	st := &statement{}
	return st, `SELECT
  ` + sessionSums + `,
  count() > 0 OR (SELECT count() FROM (SELECT 1 FROM session_hours WHERE project_id = ` + st.project(projectID) + ` LIMIT 1)) > 0,
  (SELECT arraySort(groupUniqArray(1000)(h.environment)) FROM session_hours AS h WHERE ` + sessionsWhere(st, projectID, r, "") + ` AND h.environment != '')
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
