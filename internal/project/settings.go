package project

import "strings"

// Rate is an allowance of events: so many a second on average, and as many more at once
// as Burst says. A rate of 0 is no limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Settings are what a project's owner decides about its events. In patterns, *
// stands for any run of characters; see Match.
type Settings struct {
	RetentionDays uint16  // how long events are kept
	RatePerSecond float64 // accepted events a second, averaged; 0: no limit
	RateBurst     int     // events accepted at once beyond the rate

	ScrubDefaults bool     // remove what looks like a secret
	ScrubKeys     []string // patterns of further keys whose values are removed
	SafeKeys      []string // patterns of keys whose values are never removed
	ScrubIPs      bool     // remove the addresses of users and of those who sent requests

	FilterReleases       []string // patterns; events of these releases are refused
	FilterEnvironments   []string // patterns
	FilterMessages       []string // patterns; matched against "type: value", the value, and the message
	FilterTypes          []string // patterns of exception types
	FilterLegacyBrowsers bool     // refuse events of browsers that nobody fixes errors for
	FilterExtensions     bool     // refuse errors that browser extensions make
	FilterCrawlers       bool     // refuse events of web crawlers and monitors
	FilterLocalhost      bool     // refuse events of pages and servers on localhost
	FilterHealthChecks   bool     // refuse events of requests that only ask whether a server is well
	AllowedOrigins       []string // where browsers' events may come from; empty: from everywhere

	FingerprintRules string // which events are one issue; docs/grouping.md has the language
	StackRules       string // which frames are the program's own, and which count
}

// DefaultSettings are those of a new project: 30 days, no rate limit, default
// scrubbing, and no filter but that of crawlers, which Sentry has on as well: their
// errors are nobody's.
func DefaultSettings() Settings {
	return Settings{RetentionDays: 30, ScrubDefaults: true, FilterCrawlers: true}
}

// Match reports whether a text matches a pattern in which * stands for any run
// of characters, and everything else for itself without regard to ASCII case. An empty text
// matches nothing, so that a pattern * does not mean events without the field.
func Match(pattern, s string) bool {
	if s == "" {
		return false
	}
	p, i := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && lower(pattern[p]) == lower(s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// MatchAny reports whether a text matches one of several patterns.
func MatchAny(patterns []string, s string) bool {
	for _, p := range patterns {
		if Match(p, s) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
