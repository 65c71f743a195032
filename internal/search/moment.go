package search

import (
	"strconv"
	"strings"
	"time"
)

// The years that a time may name, and the longest span.
const (
	firstYear = 1970
	lastYear  = 2200
	longest   = 100 * 365 * 24 * time.Hour
)

var units = []struct {
	letter byte
	length time.Duration
}{
	{'w', 7 * 24 * time.Hour},
	{'d', 24 * time.Hour},
	{'h', time.Hour},
	{'m', time.Minute},
	{'s', time.Second},
}

// layouts are the forms of a moment, from the least to the most exact, with
// the length of time that each names.
var layouts = []struct {
	layout string
	length time.Duration
}{
	{"2006-01-02", 24 * time.Hour},
	{"2006-01-02T15:04Z07:00", time.Minute},
	{"2006-01-02T15:04", time.Minute},
	{"2006-01-02T15:04:05Z07:00", time.Second},
	{"2006-01-02T15:04:05", time.Second},
}

// parseTime reads a moment, -24h (at or after that long before now) or +24h
// (at or before it).
func parseTime(text string) (Value, Op, bool) {
	switch {
	case strings.HasPrefix(text, "-"):
		ago, ok := span(text[1:])
		return Value{Ago: ago}, GreaterOrEqual, ok
	case strings.HasPrefix(text, "+"):
		ago, ok := span(text[1:])
		return Value{Ago: ago}, LessOrEqual, ok
	}
	for _, l := range layouts {
		t, err := time.Parse(l.layout, text)
		if err != nil {
			continue
		}
		length := l.length
		if length == time.Second && strings.ContainsAny(text, ".,") {
			length = time.Millisecond // time.Parse takes a fraction after any layout's seconds
		}
		t = t.UTC().Truncate(time.Millisecond)
		if t.Year() < firstYear || t.Year() > lastYear {
			return Value{}, Equal, false
		}
		return Value{Time: t, End: t.Add(length)}, Equal, true
	}
	return Value{}, Equal, false
}

// span reads a number with a unit: 30s, 15m, 24h, 7d, 2w.
func span(text string) (time.Duration, bool) {
	if len(text) < 2 || len(text) > 12 {
		return 0, false
	}
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 63)
	if err != nil || n == 0 {
		return 0, false
	}
	for _, u := range units {
		if u.letter == text[len(text)-1] && n <= uint64(longest/u.length) {
			return time.Duration(n) * u.length, true
		}
	}
	return 0, false
}

func printSpan(d time.Duration) string {
	for _, u := range units {
		if d%u.length == 0 {
			return strconv.FormatInt(int64(d/u.length), 10) + string(u.letter)
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}

func printMoment(v Value) string {
	length := v.End.Sub(v.Time)
	midnight := v.Time.Equal(v.Time.Truncate(24 * time.Hour))
	switch {
	case length == 24*time.Hour, v.End.IsZero() && midnight:
		return v.Time.Format("2006-01-02")
	case length == time.Minute:
		return v.Time.Format("2006-01-02T15:04Z")
	case length == time.Second, v.End.IsZero() && v.Time.Nanosecond() == 0:
		return v.Time.Format("2006-01-02T15:04:05Z")
	}
	return v.Time.Format("2006-01-02T15:04:05.000Z")
}
