package health_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/health"
)

func TestHowAMonitorStands(t *testing.T) {
	t.Parallel()
	began := at(t, "2026-03-10T03:00:02Z")
	nightly := health.Monitor{Status: health.RunOK, Began: began, At: began, Schedule: "0 3 * * *"}
	with := func(m health.Monitor, change func(*health.Monitor)) health.Monitor {
		change(&m)
		return m
	}
	f := func(name string, m health.Monitor, now string, want health.Standing) {
		t.Helper()
		if diff := cmp.Diff(want, m.Standing(at(t, now))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	tomorrow, after := at(t, "2026-03-11T03:00:00Z"), at(t, "2026-03-12T03:00:00Z")
	const words = "every day at 03:00"
	f("in time", nightly, "2026-03-11T02:59:00Z", health.Standing{State: "ok", Expected: tomorrow, Next: tomorrow, Schedule: words})
	f("within the margin", nightly, "2026-03-11T03:01:00Z", health.Standing{State: "ok", Expected: tomorrow, Late: time.Minute, Next: after, Schedule: words})
	f("beyond it", nightly, "2026-03-11T03:01:01Z", health.Standing{State: "missed", Expected: tomorrow, Late: 61 * time.Second, Missed: 1, Next: after, Schedule: words})
	f("a day later", nightly, "2026-03-12T03:00:30Z",
		health.Standing{State: "missed", Expected: tomorrow, Late: 24*time.Hour + 30*time.Second, Missed: 1, Next: after.AddDate(0, 0, 1), Schedule: words})
	f("a margin of its own", with(nightly, func(m *health.Monitor) { m.Margin = time.Hour }), "2026-03-11T04:00:00Z",
		health.Standing{State: "ok", Expected: tomorrow, Late: time.Hour, Next: after, Schedule: words})
	f("an error stays until the next run is missed", with(nightly, func(m *health.Monitor) { m.Status = health.RunError }), "2026-03-10T12:00:00Z",
		health.Standing{State: "error", Expected: tomorrow, Next: tomorrow, Schedule: words})
	f("a clock that is fast", with(nightly, func(m *health.Monitor) { m.Began = at(t, "2026-03-10T02:59:55Z") }), "2026-03-10T12:00:00Z",
		health.Standing{State: "ok", Expected: tomorrow, Next: tomorrow, Schedule: words})

	f("no schedule", health.Monitor{Status: health.RunOK, Began: began}, "2027-01-01T00:00:00Z", health.Standing{State: "ok"})
	f("no schedule, and running", health.Monitor{Status: health.RunInProgress, Began: began}, "2027-01-01T00:00:00Z", health.Standing{State: "in_progress"})
	f("a schedule that is not understood", with(nightly, func(m *health.Monitor) { m.Schedule = "0 0 L * *" }), "2027-01-01T00:00:00Z",
		health.Standing{State: "ok", Problem: `the day of the month "L": "L" is not between 1 and 31`})

	running := with(nightly, func(m *health.Monitor) { m.Status = health.RunInProgress })
	f("it runs", running, "2026-03-10T03:30:02Z", health.Standing{State: "in_progress", Expected: tomorrow, Next: tomorrow, Schedule: words})
	end := began.Add(30 * time.Minute)
	f("too long", running, "2026-03-10T03:30:03Z", health.Standing{State: "timeout", Expected: tomorrow, Next: tomorrow, TimedOut: end, Schedule: words})
	f("as long as it may", with(running, func(m *health.Monitor) { m.MaxRuntime = 5 * time.Hour }), "2026-03-10T08:00:02Z",
		health.Standing{State: "in_progress", Expected: tomorrow, Next: tomorrow, Schedule: words})
	f("too long, and then nothing", running, "2026-03-11T04:00:00Z",
		health.Standing{State: "missed", Expected: tomorrow, Late: time.Hour, Missed: 1, Next: after, TimedOut: end, Schedule: words})
	f("two days too long", with(running, func(m *health.Monitor) { m.MaxRuntime = 25 * time.Hour }), "2026-03-11T05:00:00Z",
		health.Standing{State: "timeout", Expected: tomorrow, Late: 2 * time.Hour, Missed: 1, Next: after, TimedOut: began.Add(25 * time.Hour), Schedule: words})

	interval := with(nightly, func(m *health.Monitor) { m.Schedule = "every 10 minute" })
	f("an interval", interval, "2026-03-10T03:31:02Z", health.Standing{
		State: "missed", Expected: began.Add(10 * time.Minute), Late: 21 * time.Minute, Missed: 2, Next: began.Add(40 * time.Minute), Schedule: "every 10 minutes",
	})
	minutely := with(nightly, func(m *health.Monitor) { m.Schedule = "every 1 minute" })
	f("more than is counted", minutely, "2026-04-10T03:31:00Z", health.Standing{
		State: "missed", Expected: began.Add(time.Minute), Late: at(t, "2026-04-10T03:31:00Z").Sub(began.Add(time.Minute)), Missed: health.MostMissed,
		Next: at(t, "2026-04-10T03:31:02Z"), Schedule: "every minute",
	})

	// A client may give a margin of a year and name every minute: what that costs is bounded.
	patient := health.Monitor{Status: health.RunOK, Began: began, Schedule: "0-59 0-23 * * *", Margin: 365 * 24 * time.Hour}
	first, now := at(t, "2026-03-10T03:01:00Z"), at(t, "2027-03-10T03:00:30Z")
	f("a margin of a year", patient, "2027-03-10T03:00:30Z",
		health.Standing{State: "ok", Expected: first, Late: now.Sub(first), Next: at(t, "2027-03-10T03:01:00Z"), Schedule: "0-59 0-23 * * *"})

	// The night of Berlin's summer time: the run of 02:30 is awaited at 03:00, and one that
	// came then is not awaited twice.
	night := health.Monitor{Status: health.RunOK, Began: at(t, "2026-03-28T02:30:00+01:00"), Schedule: "30 2 * * *", Timezone: "Europe/Berlin", Margin: 5 * time.Minute}
	jump, monday := at(t, "2026-03-29T03:00:00+02:00"), at(t, "2026-03-30T02:30:00+02:00")
	const berlin = "every day at 02:30, Europe/Berlin"
	f("before the jump", night, "2026-03-29T01:59:00+01:00", health.Standing{State: "ok", Expected: jump, Next: jump, Schedule: berlin})
	f("after it", night, "2026-03-29T03:06:00+02:00", health.Standing{State: "missed", Expected: jump, Late: 6 * time.Minute, Missed: 1, Next: monday, Schedule: berlin})
	f("it came", with(night, func(m *health.Monitor) { m.Began = jump.Add(time.Second) }), "2026-03-29T12:00:00+02:00",
		health.Standing{State: "ok", Expected: monday, Next: monday, Schedule: berlin})
}
