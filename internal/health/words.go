package health

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// String is the schedule as a person would say it, with its zone if that is not UTC; a
// crontab for which there are no short words stays as it is.
func (s Schedule) String() string {
	if s.cron == nil {
		return each(s.every, s.unit)
	}
	words := s.cron.words()
	if s.zone.String() == "UTC" {
		return words
	}
	return words + ", " + s.zone.String()
}

func each(n int, unit string) string {
	if n == 1 {
		return "every " + unit
	}
	return fmt.Sprintf("every %d %ss", n, unit)
}

// words are those of a crontab.
func (c *crontab) words() string {
	times, daily := c.times()
	days, ok := c.days()
	switch {
	case times == "" || !ok:
		return strings.Join(c.text[:], " ")
	case days == "" && daily:
		return "every day " + times
	case days == "":
		return times
	case daily:
		return days + " " + times
	}
	return times + " " + days
}

// timesNamed is how many times of a day are written out.
const timesNamed = 4

// times are the words of minute and hour, and whether they are times of a day; empty if
// there are none.
func (c *crontab) times() (words string, daily bool) {
	minute, hour := c.text[0], c.text[1]
	everyMinute, minuteStep := star(minute)
	everyHour, hourStep := star(hour)
	minutes, hours := values(c.minute), values(c.hour)
	if everyMinute && 60%minuteStep != 0 || everyHour && 24%hourStep != 0 {
		return "", false // the last step is shorter
	}
	switch {
	case everyMinute && everyHour && hourStep == 1:
		return each(minuteStep, "minute"), false
	case everyMinute || len(minutes) > 1 && everyHour:
		return "", false
	case everyHour && hourStep == 1 && minutes[0] == 0:
		return "every hour", false
	case everyHour && hourStep > 1 && minutes[0] == 0:
		return each(hourStep, "hour"), false
	case everyHour:
		return fmt.Sprintf("%s at :%02d", each(hourStep, "hour"), minutes[0]), false
	case len(minutes)*len(hours) > timesNamed:
		return "", false
	}
	var list []string
	for _, h := range hours {
		for _, m := range minutes {
			list = append(list, fmt.Sprintf("%02d:%02d", h, m))
		}
	}
	return "at " + enumerate(list), true
}

// days are the words of day, month and weekday; empty if every day is meant, false if there
// are none.
func (c *crontab) days() (string, bool) {
	if c.either || strings.Contains(c.text[2]+c.text[3]+c.text[4], "*/") {
		return "", false
	}
	var words []string
	switch weekdays := values(c.weekday); {
	case c.text[4] == "*":
	case slices.Equal(weekdays, []int{1, 2, 3, 4, 5}):
		words = append(words, "on weekdays")
	case slices.Equal(weekdays, []int{0, 6}):
		words = append(words, "on weekends")
	default:
		words = append(words, "on "+enumerate(named(weekdays, []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"})))
	}
	if days := values(c.day); c.text[2] != "*" {
		if len(days) > timesNamed {
			return "", false
		}
		list := make([]string, len(days))
		for i, d := range days {
			list[i] = strconv.Itoa(d)
		}
		words = append(words, "on day "+enumerate(list)+" of the month")
	}
	if months := values(c.month); c.text[3] != "*" {
		words = append(words, "in "+enumerate(named(months, []string{
			"", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
		})))
	}
	return strings.Join(words, " "), true
}

// star reads "*" and "*/5".
func star(text string) (ok bool, step int) {
	if text == "*" {
		return true, 1
	}
	if n, found := strings.CutPrefix(text, "*/"); found {
		if step, err := strconv.Atoi(n); err == nil {
			return true, step
		}
	}
	return false, 0
}

func values(f field) []int {
	var list []int
	for ; f != 0; f &= f - 1 {
		list = append(list, bits.TrailingZeros64(uint64(f)))
	}
	return list
}

func named(values []int, names []string) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = names[v]
	}
	return list
}

// enumerate writes "a", "a and b", "a, b and c".
func enumerate(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
