package health

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// field is the set of values that one field of a crontab allows, one bit each.
type field uint64

func (f field) has(v int) bool { return f&(1<<v) != 0 }

// crontab is the five fields of a line, read as Debian's cron reads them.
type crontab struct {
	minute, hour, day, month, weekday field
	// steady: the hour and the minute are named, so that the job runs once a day at a time
	// even if the clock skips that time or shows it twice.
	steady bool
	// either: a day matches by its date or by its weekday, because both are named.
	either bool
	text   [5]string
}

// macros are the short names of schedules.
var macros = map[string]string{
	"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
	"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}

var (
	monthNames = []string{"", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	dayNames   = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

// parseCrontab reads a line of five fields or a macro.
func parseCrontab(text string) (crontab, error) {
	if line, ok := macros[strings.ToLower(strings.TrimSpace(text))]; ok {
		text = line
	}
	parts := strings.Fields(text)
	if len(parts) != 5 {
		return crontab{}, fmt.Errorf("a crontab has five fields, this one has %d", len(parts))
	}
	var c crontab
	for i, to := range []struct {
		name     string
		set      *field
		low, top int
		names    []string
	}{
		{"minute", &c.minute, 0, 59, nil},
		{"hour", &c.hour, 0, 23, nil},
		{"day of the month", &c.day, 1, 31, nil},
		{"month", &c.month, 1, 12, monthNames},
		{"day of the week", &c.weekday, 0, 7, dayNames},
	} {
		if parts[i] == "?" {
			parts[i] = "*"
		}
		set, err := parseField(parts[i], to.low, to.top, to.names)
		if err != nil {
			return crontab{}, fmt.Errorf("the %s %q: %w", to.name, parts[i], err)
		}
		*to.set = set
		c.text[i] = parts[i]
	}
	if c.weekday.has(7) { // Sunday has two numbers
		c.weekday = c.weekday&^(1<<7) | 1
	}
	star := func(i int) bool { return strings.HasPrefix(c.text[i], "*") }
	c.steady = !star(0) && !star(1)
	c.either = !star(2) && !star(4)
	if c.next(time.Unix(0, 0), time.UTC).IsZero() {
		return crontab{}, fmt.Errorf("no day is day %s of month %s", c.text[2], c.text[3])
	}
	return c, nil
}

// parseField reads a list of values, ranges and steps.
func parseField(text string, low, top int, names []string) (field, error) {
	var set field
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 || n > 1000 {
				return 0, fmt.Errorf("%q is no step", stepText)
			}
			step = n
		}
		from, to := low, top
		if span == "*" {
			to = lastOf(low, top)
		} else {
			fromText, toText, ranged := strings.Cut(span, "-")
			var err error
			if from, err = parseValue(fromText, low, top, names); err != nil {
				return 0, err
			}
			switch {
			case ranged:
				if to, err = parseValue(toText, low, top, names); err != nil {
					return 0, err
				}
				if to < from {
					return 0, fmt.Errorf("%q ends before it begins", span)
				}
			case !stepped:
				to = from
			}
		}
		for v := from; v <= to; v += step {
			set |= 1 << v
		}
	}
	return set, nil
}

// lastOf is the last value that a star stands for: Sunday counts once.
func lastOf(low, top int) int {
	if low == 0 && top == 7 {
		return 6
	}
	return top
}

// parseValue reads a number or a name.
func parseValue(text string, low, top int, names []string) (int, error) {
	for i, name := range names {
		if name != "" && strings.EqualFold(text, name) {
			return i, nil
		}
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < low || v > top || text[0] == '+' {
		return 0, fmt.Errorf("%q is not between %d and %d", text, low, top)
	}
	return v, nil
}

// furthest is how many days ahead a run is looked for: from one 29 February to the next
// over a year that has none although its number can be divided by four.
const furthest = 9 * 366

// next is the first run after a time, by the clock of a zone; zero if there is none.
func (c *crontab) next(after time.Time, zone *time.Location) time.Time {
	y, m, d := after.In(zone).Date()
	for n := range furthest {
		date := time.Date(y, m, d+n, 0, 0, 0, 0, time.UTC)
		if !c.on(date) {
			continue
		}
		at := c.firstOn(date, after, zone)
		if !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

// on tells whether the job runs on a date.
func (c *crontab) on(date time.Time) bool {
	if !c.month.has(int(date.Month())) {
		return false
	}
	byDay, byWeekday := c.day.has(date.Day()), c.weekday.has(int(date.Weekday()))
	if c.either {
		return byDay || byWeekday
	}
	return byDay && byWeekday
}

// firstOn is the first run of a date after a time; zero if there is none.
func (c *crontab) firstOn(date, after time.Time, zone *time.Location) time.Time {
	if c.steady {
		return c.steadyOn(date, after, zone)
	}
	y, m, d := date.Date()
	at, _ := wall(y, m, d, 0, 0, zone)
	if after := after.Truncate(time.Minute).Add(time.Minute); at.Before(after) {
		at = after
	}
	for at = at.In(zone); at.Day() == d; at = at.In(zone) {
		switch {
		case !c.hour.has(at.Hour()):
			// Clocks jump at quarters of an hour.
			at = at.Add(time.Duration(15-at.Minute()%15) * time.Minute)
		case !c.minute.has(at.Minute()):
			at = at.Add(time.Minute)
		default:
			return at
		}
	}
	return time.Time{}
}

// steadyOn is firstOn for a job that has its times of the day. Where the clock skips such
// a time, the job runs when it has jumped; where it shows it twice, the first counts.
func (c *crontab) steadyOn(date, after time.Time, zone *time.Location) time.Time {
	y, m, d := date.Date()
	shown := -1 // the minute of the day that the clock shows already
	if after = after.In(zone); after.Day() == d && after.Month() == m && after.Year() == y {
		shown = 60*after.Hour() + after.Minute()
	}
	for hours := c.hour; hours != 0; hours &= hours - 1 {
		hour := bits.TrailingZeros64(uint64(hours))
		for minutes := c.minute; minutes != 0; minutes &= minutes - 1 {
			minute := bits.TrailingZeros64(uint64(minutes))
			if 60*hour+minute <= shown {
				continue
			}
			// A later time of the day is never shown first before an earlier one.
			if at, _ := wall(y, m, d, hour, minute, zone); at.After(after) {
				return at
			}
		}
	}
	return time.Time{}
}

// wall is when the clock of a zone first shows a time, and whether it does: if it jumps
// over that time, the moment of the jump.
func wall(year int, month time.Month, day, hour, minute int, zone *time.Location) (time.Time, bool) {
	asUTC := time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
	near := time.Date(year, month, day, hour, minute, 0, 0, zone)
	_, before := near.Add(-4 * time.Hour).Zone()
	_, later := near.Add(4 * time.Hour).Zone()
	// The larger offset gives the earlier moment.
	for _, offset := range []int{max(before, later), min(before, later)} {
		at := asUTC.Add(-time.Duration(offset) * time.Second).In(zone)
		if at.Hour() == hour && at.Minute() == minute {
			return at, true
		}
	}
	at := asUTC.Add(-time.Duration(before) * time.Second).In(zone)
	if jump, _ := at.ZoneBounds(); !jump.IsZero() {
		return jump, false
	}
	return at, false
}
