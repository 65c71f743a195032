package health

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are known whatever the machine has
)

// Schedule is when a job should run: by the lines of a crontab, or so long after it ran.
type Schedule struct {
	zone  *time.Location
	cron  *crontab
	every int
	unit  string
}

// units of intervals, each with how many make about a century: what is longer is a mistake, and
// its next run would be in a year that has no date on the wire.
var units = []struct {
	name string
	most int
}{{"minute", 60 * 24 * 36525}, {"hour", 24 * 36525}, {"day", 36525}, {"week", 5218}, {"month", 1200}, {"year", 100}}

// ParseSchedule reads a schedule as it is stored, "0 3 * * *" or "every 10 minute", and
// the name of a time zone, of which none is UTC.
func ParseSchedule(text, zone string) (Schedule, error) {
	s := Schedule{zone: time.UTC}
	if zone != "" {
		var err error
		if s.zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
			return Schedule{}, fmt.Errorf("no time zone is called %q", zone)
		}
	}
	if rest, ok := strings.CutPrefix(text, "every "); ok {
		return s.interval(rest)
	}
	c, err := parseCrontab(text)
	if err != nil {
		return Schedule{}, err
	}
	s.cron = &c
	return s, nil
}

// interval reads "10 minute".
func (s Schedule) interval(text string) (Schedule, error) {
	number, unit, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return Schedule{}, fmt.Errorf("%q is no number of units", number)
	}
	unit = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(unit)), "s")
	for _, known := range units {
		if unit != known.name {
			continue
		}
		if n > known.most {
			return Schedule{}, fmt.Errorf("every %d %ss is longer than a century", n, unit)
		}
		s.every, s.unit = n, unit
		return s, nil
	}
	return Schedule{}, errors.New("an interval is in minutes, hours, days, weeks, months or years")
}

// Next is when a job that ran at a time should run again. Days and longer are days of the
// calendar, so that the job keeps its time of the day.
func (s Schedule) Next(ran time.Time) time.Time {
	if s.cron != nil {
		return s.cron.next(ran, s.zone)
	}
	ran = ran.In(s.zone)
	switch s.unit {
	case "minute":
		return ran.Add(time.Duration(s.every) * time.Minute)
	case "hour":
		return ran.Add(time.Duration(s.every) * time.Hour)
	case "day":
		return ran.AddDate(0, 0, s.every)
	case "week":
		return ran.AddDate(0, 0, 7*s.every)
	case "month":
		return addMonths(ran, s.every)
	}
	return addMonths(ran, 12*s.every)
}

// addMonths keeps to the month that is meant: a month after 31 January is the last day of
// February.
func addMonths(t time.Time, n int) time.Time {
	last := time.Date(t.Year(), t.Month()+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return t.AddDate(0, n, min(t.Day(), last.Day())-t.Day())
}

// early is how long before its time a run of a crontab may begin and still count as that
// run: clocks of machines differ.
const early = 10 * time.Second

// after is the next run that is waited for once a run has begun.
func (s Schedule) after(began time.Time) time.Time {
	if s.cron != nil {
		began = began.Add(early)
	}
	return s.Next(began)
}
