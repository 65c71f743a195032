package search

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/faultline-dev/faultline/internal/event"
)

// checkIdentity is what holds for every text: an error with a column inside
// the text, or a query that survives printing.
func checkIdentity(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) {
	t.Helper()
	q, err := Parse(text)
	if err != nil {
		var s *SyntaxError
		if !errors.As(err, &s) || s.Column < 1 || s.Column > len(text)+1 || s.Expected == "" {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		return
	}
	printed := q.String()
	again, err := Parse(printed)
	if err != nil {
		t.Fatalf("Parse(%q) prints %q: %v", text, printed, err)
	}
	if diff := cmp.Diff(q, again); diff != "" {
		t.Fatalf("Parse(%q) prints %q: %s", text, printed, diff)
	}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	o := &event.Occurrence{Event: &event.Event{Timestamp: now, Level: event.LevelError}}
	if q.Match(OfOccurrence(o), now) != again.Match(OfOccurrence(o), now) {
		t.Fatalf("%q and %q match differently", text, printed)
	}
}

func FuzzParse(f *testing.F) {
	for _, field := range Fields() {
		f.Add(field.Example)
	}
	f.Add(`(a OR !b) AND "c \"d" tag[x\]]:[y, "z*"] has:user age:-24h timestamp:2026-01-02T03:04:05.6+01:00`)
	f.Add("std::io https://x TypeError: x OR OR ()")
	f.Fuzz(func(t *testing.T, text string) { checkIdentity(t, text) })
}

func FuzzParseKey(f *testing.F) {
	f.Add("release")
	f.Add(`tag[a\]b]`)
	f.Fuzz(func(t *testing.T, text string) {
		k, err := ParseKey(text)
		if err != nil {
			return
		}
		if again, err := ParseKey(k.String()); err != nil || again != k {
			t.Fatalf("ParseKey(%q) prints %q, read as %v, %v", text, k, again, err)
		}
	})
}

func TestPrintingIsTheInverseOfParsing(t *testing.T) {
	t.Parallel()
	pieces := []string{
		" ", " ", "(", ")", "!", "OR", "AND", "\"", "*", "\\", ":", ",", "[", "]", ">", "<=", "word", "é", "\n",
		"level:", "error", "is:", "new", "assigned:", "none", "release:", "tag[", "has:", "user", "timestamp:",
		"2026-01-02", "T03:04:05.67Z", "-24h", "+7d", "age:", "times_seen:", "42", "id:", "fc6d8c0c43fc4630ad850ee518f1b9d0", "issue:", "WEB-42", "x:",
	}
	for _, f := range Fields() {
		pieces = append(pieces, f.Example)
	}
	rapid.Check(t, func(t *rapid.T) {
		checkIdentity(t, strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "pieces"), ""))
	})
}

func FuzzPattern(f *testing.F) {
	f.Add("a*b", "axxb")
	f.Add("**", "")
	f.Add("A*", "a")
	f.Fuzz(func(t *testing.T, pattern, value string) {
		p := NewPattern(strings.Split(pattern, "*")...)
		if got, want := p.Match(value), globs(fold(pattern), fold(value)); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, value, got, want)
		}
	})
}

// globs is the plain definition of a match, a table of prefixes.
func globs(pattern, value string) bool {
	row := make([]bool, len(value)+1)
	row[0] = true
	for i := 0; i < len(pattern); i++ {
		next := make([]bool, len(value)+1)
		next[0] = row[0] && pattern[i] == '*'
		for j := 0; j < len(value); j++ {
			if pattern[i] == '*' {
				next[j+1] = row[j+1] || next[j]
			} else {
				next[j+1] = row[j] && pattern[i] == value[j]
			}
		}
		row = next
	}
	return row[len(value)]
}
