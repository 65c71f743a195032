package health_test

import (
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/health"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheNextRun(t *testing.T) {
	t.Parallel()
	f := func(schedule, zone, after string, want ...string) {
		t.Helper()
		s, err := health.ParseSchedule(schedule, zone)
		if err != nil {
			t.Errorf("%s: %v", schedule, err)
			return
		}
		v := at(t, after)
		for _, w := range want {
			if v = s.Next(v); v.Format(time.RFC3339) != w {
				t.Errorf("%s %s: %s, want %s", schedule, zone, v.Format(time.RFC3339), w)
			}
		}
	}
	f("* * * * *", "", "2026-03-10T11:59:30Z", "2026-03-10T12:00:00Z", "2026-03-10T12:01:00Z")
	f("*/15 * * * *", "", "2026-03-10T23:50:00Z", "2026-03-11T00:00:00Z", "2026-03-11T00:15:00Z")
	f("7/20 * * * *", "", "2026-03-10T23:10:00Z", "2026-03-10T23:27:00Z", "2026-03-10T23:47:00Z", "2026-03-11T00:07:00Z")
	f("0 3 * * *", "", "2026-12-31T03:00:00Z", "2027-01-01T03:00:00Z")
	f("30 9-17/4 * * mon-fri", "", "2026-03-13T17:30:00Z", "2026-03-16T09:30:00Z", "2026-03-16T13:30:00Z")
	f("0 0 * * 7", "", "2026-03-10T00:00:00Z", "2026-03-15T00:00:00Z")
	f("0 0 ? * SUN", "", "2026-03-10T00:00:00Z", "2026-03-15T00:00:00Z")
	f("0 0 13 * 5", "", "2026-03-10T00:00:00Z", "2026-03-13T00:00:00Z", "2026-03-20T00:00:00Z") // either
	f("0 0 */2 * 5", "", "2026-03-10T00:00:00Z", "2026-03-13T00:00:00Z", "2026-03-27T00:00:00Z")
	f("0 0 31 * *", "", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z")
	f("0 0 29 2 *", "", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z")
	f("0 0 1 jan,JUL *", "", "2026-03-10T00:00:00Z", "2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z")
	f("@hourly", "", "2026-03-10T00:10:00Z", "2026-03-10T01:00:00Z")
	f("@weekly", "", "2026-03-10T00:10:00Z", "2026-03-15T00:00:00Z")
	f("0 3 * * *", "Asia/Tokyo", "2026-03-10T12:00:00Z", "2026-03-11T03:00:00+09:00")

	// The night in which clocks jump from 02:00 to 03:00: a time that is not shown comes
	// with the jump, an hour that is not shown is no hour.
	f("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00")
	f("30 * * * *", "Europe/Berlin", "2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00")
	f("*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T02:00:00+02:00")
	// The night in which they go back from 03:00 to 02:00: a time is there once, an hour
	// twice.
	f("30 2 * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00")
	f("30 * * * *", "Europe/Berlin", "2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00")
	// Clocks that jump at midnight, by half an hour, or at a quarter to.
	f("0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00")
	f("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00")
	f("*/5 3 * * *", "Pacific/Chatham", "2026-09-27T02:44:00+12:45", "2026-09-27T03:45:00+13:45", "2026-09-27T03:50:00+13:45")

	f("every 10 minute", "", "2026-03-10T11:59:30Z", "2026-03-10T12:09:30Z")
	f("every 2 hours", "", "2026-03-10T11:59:30Z", "2026-03-10T13:59:30Z")
	f("every 1 day", "Europe/Berlin", "2026-03-28T03:00:00+01:00", "2026-03-29T03:00:00+02:00")
	f("every 2 week", "", "2026-03-10T12:00:00Z", "2026-03-24T12:00:00Z")
	f("every 1 month", "", "2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z")
	f("every 1 year", "", "2028-02-29T12:00:00Z", "2029-02-28T12:00:00Z")
}

func TestSchedulesThatAreNone(t *testing.T) {
	t.Parallel()
	f := func(schedule, zone, want string) {
		t.Helper()
		if _, err := health.ParseSchedule(schedule, zone); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q %q: %v", schedule, zone, err)
		}
	}
	f("", "", "five fields")
	f("0 3 * *", "", "this one has 4")
	f("0 0 3 * * *", "", "this one has 6")
	f("@reboot", "", "this one has 1")
	f("60 * * * *", "", `"60" is not between 0 and 59`)
	f("-1 * * * *", "", `the minute "-1"`)
	f("+1 * * * *", "", "not between")
	f("5-1 * * * *", "", "ends before it begins")
	f("*/0 * * * *", "", "no step")
	f("*/99999999999999999999 * * * *", "", "no step")
	f("1,,2 * * * *", "", "not between")
	f("0 0 l * *", "", "the day of the month")
	f("0 0 * * mon#2", "", "the day of the week")
	f("0 0 30 2 *", "", "no day is day 30 of month 2")
	f("* * * * *", "Mars/Olympus", "no time zone")
	f("* * * * *", "Local", "no time zone")
	f("every", "", "five fields")
	f("every x hour", "", "no number")
	f("every 0 hour", "", "no number")
	f("every 101 year", "", "longer than a century")
	f("every 1000000 weeks", "", "longer than a century")
	f("every 1 fortnight", "", "an interval is in")
}

func TestASchedulesWords(t *testing.T) {
	t.Parallel()
	f := func(schedule, zone, want string) {
		t.Helper()
		s, err := health.ParseSchedule(schedule, zone)
		if got := s.String(); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", schedule, got, err, want)
		}
	}
	f("every 1 day", "Europe/Berlin", "every day")
	f("every 10 minute", "", "every 10 minutes")
	f("* * * * *", "UTC", "every minute")
	f("*/5 * * * *", "", "every 5 minutes")
	f("*/7 * * * *", "", "*/7 * * * *")
	f("0 * * * *", "", "every hour")
	f("15 * * * *", "", "every hour at :15")
	f("0 */6 * * *", "", "every 6 hours")
	f("5 */6 * * *", "", "every 6 hours at :05")
	f("0 */5 * * *", "", "0 */5 * * *")
	f("0 3 * * *", "Europe/Berlin", "every day at 03:00, Europe/Berlin")
	f("@daily", "", "every day at 00:00")
	f("0,30 9,17 * * *", "", "every day at 09:00, 09:30, 17:00 and 17:30")
	f("0 1-9 * * *", "", "0 1-9 * * *")
	f("0 9 * * 1-5", "", "on weekdays at 09:00")
	f("0 9 * * SAT,sun", "", "on weekends at 09:00")
	f("0 9 * * 1,4", "", "on Monday and Thursday at 09:00")
	f("0 0 1 * *", "", "on day 1 of the month at 00:00")
	f("0 0 1 1,7 *", "", "on day 1 of the month in January and July at 00:00")
	f("*/5 * * * 1-5", "", "every 5 minutes on weekdays")
	f("*/5 9-17 * * *", "", "*/5 9-17 * * *")
	f("0 0 13 * 5", "", "0 0 13 * 5")
	f("0 0 */2 * *", "", "0 0 */2 * *")
}

// FuzzSchedule must not crash or hang, and the next run is always later.
func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"* * * * *", "*/5 1-3,7 L * 7", "0 0 29 2 *", "@daily", "every 3 month"} {
		f.Add(s, "Europe/Berlin", int64(1_774_743_000))
	}
	f.Fuzz(func(t *testing.T, text, zone string, unix int64) {
		s, err := health.ParseSchedule(text, zone)
		if err != nil {
			return
		}
		if s.String() == "" {
			t.Error("it has no words")
		}
		// Years of four digits.
		ran := time.Unix(unix%250_000_000_000, 0)
		if ran.Year() < 1990 || ran.Year() > 2200 {
			return
		}
		for range 3 {
			next := s.Next(ran)
			if !next.After(ran) {
				t.Fatalf("%q %q: %v after %v", text, zone, next, ran)
			}
			ran = next
		}
	})
}
