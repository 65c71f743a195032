// Package filter refuses events that a project does not want, before anything
// is spent on them. It is pure, changes nothing in the event, and gives every
// refusal a named reason.
package filter

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
)

// The reasons for a refusal, as they are counted and shown.
const (
	ByRelease     outcome.Reason = "filter_release"
	ByEnvironment outcome.Reason = "filter_environment"
	ByMessage     outcome.Reason = "filter_message"
)

// Event reports whether the project's filters refuse an event, and why.
func Event(e *event.Event, s *project.Settings) (reason outcome.Reason, refused bool) {
	if matchAny(s.FilterReleases, e.Release) {
		return ByRelease, true
	}
	if matchAny(s.FilterEnvironments, e.Environment) {
		return ByEnvironment, true
	}
	if len(s.FilterMessages) > 0 {
		if matchAny(s.FilterMessages, e.Message.Text()) {
			return ByMessage, true
		}
		for i := range e.Exceptions {
			x := &e.Exceptions[i]
			if matchAny(s.FilterMessages, x.Type+": "+x.Value) || matchAny(s.FilterMessages, x.Value) {
				return ByMessage, true
			}
		}
	}
	return outcome.None, false
}

func matchAny(patterns []string, s string) bool {
	for _, p := range patterns {
		if Match(p, s) {
			return true
		}
	}
	return false
}

// Match reports whether a text matches a pattern in which * stands for any run
// of characters, and everything else for itself without regard to ASCII case. An empty text
// matches nothing, so that a pattern * does not refuse events without the field.
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

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
