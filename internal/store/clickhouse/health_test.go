package clickhouse

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/health"
	"github.com/faultline-dev/faultline/internal/view"
)

func TestSessionsAreCountedOnce(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	at := noon.Truncate(time.Hour)
	row := func(release string, change func(*health.Row)) health.Row {
		r := health.Row{ProjectID: 1, Hour: at, Release: release, Environment: "production"}
		change(&r)
		return r
	}
	span := view.Range{Start: at.Add(-time.Hour), End: at.Add(3 * time.Hour)}
	if got, err := s.Releases(t.Context(), 1, span, "", 10); err != nil || got.Reported || got.Sessions != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	began := []health.Row{
		row("2.0", func(r *health.Row) { r.Session, r.User, r.Started = 1, 10, 1 }),
		row("2.0", func(r *health.Row) { r.Session, r.User, r.Started = 2, 20, 1 }),
		row("2.0", func(r *health.Row) { r.Session, r.User, r.Started = 3, 20, 1 }),
		row("2.0", func(r *health.Row) { r.Session, r.User, r.Started, r.Hour = 4, 30, 1, at.Add(time.Hour) }),
		row("1.0", func(r *health.Row) { r.Started, r.Errored, r.Crashed, r.Abnormal = 100, 5, 2, 1 }),
		row("1.0", func(r *health.Row) { r.Started, r.Crashed, r.User = 1, 1, 10 }),
	}
	ended := []health.Row{
		row("2.0", func(r *health.Row) { r.Session, r.User, r.Status = 1, 10, health.Errored }),
		row("2.0", func(r *health.Row) { r.Session, r.User, r.Status = 2, 20, health.Errored }),
		row("2.0", func(r *health.Row) { r.Session, r.User, r.Status = 2, 20, health.Crashed }),
		row("2.0", func(r *health.Row) { r.Session, r.Status, r.Environment = 9, health.Abnormal, "dev" }),
	}
	put := func(token string, rows []health.Row) {
		t.Helper()
		if err := s.InsertSessions(t.Context(), token, rows); err != nil {
			t.Fatal(err)
		}
	}
	put("a", began)
	put("a", began)
	put("b", ended)
	put("c", ended)
	put("other", []health.Row{{ProjectID: 2, Hour: at, Started: 7}})
	f := func(environment string, limit int, want health.Report) {
		t.Helper()
		got, err := s.Releases(t.Context(), 1, span, environment, limit)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	one := health.Release{Name: "1.0", Sessions: 101, Errored: 5, Crashed: 3, Abnormal: 1, Users: 1, CrashedUsers: 1, First: at, Last: at}
	two := health.Release{Name: "2.0", Sessions: 4, Errored: 1, Crashed: 1, Abnormal: 1, Users: 3, CrashedUsers: 1, First: at, Last: at.Add(time.Hour)}
	f("", 10, health.Report{Releases: []health.Release{one, two}, Sessions: 105, Users: 3, Reported: true, Environments: []string{"dev", "production"}})
	f("", 1, health.Report{Releases: []health.Release{one}, Sessions: 105, Users: 3, Reported: true, Environments: []string{"dev", "production"}})
	f("dev", 10, health.Report{Releases: []health.Release{{Name: "2.0", Sessions: 1, Abnormal: 1, First: at, Last: at}}, Sessions: 1, Reported: true, Environments: []string{"dev", "production"}})
	span = view.Range{Start: at.Add(-9 * time.Hour), End: at}
	f("", 10, health.Report{Reported: true, Environments: []string{}})
}

func TestTheLastWordOfAMonitor(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	run := func(n byte, status string, ago, took time.Duration) health.CheckIn {
		return health.CheckIn{ProjectID: 1, Monitor: "nightly", Environment: "production", ID: [16]byte{n}, Status: status, At: now.Add(-ago), Duration: took, Schedule: "0 3 * * *", Timezone: "Europe/Berlin", Margin: time.Minute, MaxRuntime: time.Hour}
	}
	list := []health.CheckIn{
		run(1, health.RunError, 30*time.Hour, time.Second), run(2, health.RunInProgress, 6*time.Minute, 0), run(2, health.RunOK, 5*time.Minute, 1500*time.Millisecond),
		run(3, health.RunInProgress, time.Minute, 0), {ProjectID: 1, Monitor: "hourly", ID: [16]byte{4}, Status: health.RunError, At: now}, {ProjectID: 2, Monitor: "x", At: now},
	}
	for range 2 {
		if err := s.InsertCheckIns(t.Context(), "a", list); err != nil {
			t.Fatal(err)
		}
	}
	hourly := health.Monitor{Slug: "hourly", Status: health.RunError, At: now, Began: now, LastError: now, Error24: 1}
	nightly := health.Monitor{
		Slug: "nightly", Environment: "production", Status: health.RunInProgress, At: now.Add(-time.Minute), Began: now.Add(-time.Minute), Duration: 1500 * time.Millisecond,
		Schedule: "0 3 * * *", Timezone: "Europe/Berlin", Margin: time.Minute, MaxRuntime: time.Hour, LastOK: now.Add(-5 * time.Minute), LastError: now.Add(-30 * time.Hour), OK24: 1,
	}
	f := func(q health.MonitorQuery, more bool, want ...health.Monitor) {
		t.Helper()
		q.ProjectID = 1
		got, err := s.Monitors(t.Context(), q, now)
		if diff := cmp.Diff(health.Monitors{Monitors: want, More: more, Environments: []string{"", "production"}}, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	f(health.MonitorQuery{Limit: 2}, false, hourly, nightly)
	f(health.MonitorQuery{Limit: 1}, true, hourly)
	f(health.MonitorQuery{Limit: 2, Environment: "production"}, false, nightly)
	f(health.MonitorQuery{Limit: 2, Name: "OUR"}, false, hourly)
	f(health.MonitorQuery{Limit: 2, Name: "%"}, false)

	// The run ends: it began when it was first heard of.
	if err := s.InsertCheckIns(t.Context(), "b", []health.CheckIn{{ProjectID: 1, Monitor: "nightly", Environment: "production", ID: [16]byte{3}, Status: health.RunOK, At: now, Duration: time.Minute}}); err != nil {
		t.Fatal(err)
	}
	nightly.Status, nightly.At, nightly.Duration, nightly.LastOK, nightly.OK24 = health.RunOK, now, time.Minute, now, 2
	f(health.MonitorQuery{Limit: 2}, false, hourly, nightly)
}

func TestStatementsOfHealth(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 12, 30, 0, 0, time.UTC)
	span := view.Range{Start: at.Add(-24 * time.Hour), End: at}
	var text string
	f := func(name string, st *statement, sql string) {
		text += "-- " + name + "\n" + sql + ";" + st.comment() + "\n\n"
	}
	st, sql := releasesSQL(7, span, "production", 50)
	f("releases", st, sql)
	st, sql = sessionsSQL(7, span, "")
	f("all sessions", st, sql)
	st, sql = monitorsSQL(health.MonitorQuery{ProjectID: 7, Limit: 1000}, at)
	f("monitors", st, sql)
	st, sql = monitorsSQL(health.MonitorQuery{ProjectID: 7, Environment: "production", Name: "back", Limit: 1000}, at)
	f("some monitors", st, sql)
	st, sql = monitorEnvironmentsSQL(7)
	f("environments of monitors", st, sql)
	golden(t, "health.sql", text)
}
