// Package filter refuses events that a project does not want, before anything
// is spent on them. It is pure, changes nothing in the event, and gives every
// refusal a named reason.
package filter

import (
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
)

// The reasons for a refusal, as they are counted and shown.
const (
	ByRelease       outcome.Reason = "filter_release"
	ByEnvironment   outcome.Reason = "filter_environment"
	ByOrigin        outcome.Reason = "filter_origin"
	ByLocalhost     outcome.Reason = "filter_localhost"
	ByCrawler       outcome.Reason = "filter_crawler"
	ByLegacyBrowser outcome.Reason = "filter_legacy_browser"
	ByHealthCheck   outcome.Reason = "filter_health_check"
	ByExtension     outcome.Reason = "filter_extension"
	ByType          outcome.Reason = "filter_type"
	ByMessage       outcome.Reason = "filter_message"
)

// Event reports whether the project's filters refuse an event, and why. What costs
// least is asked first; the first filter that refuses gives the reason.
func Event(e *event.Event, s *project.Settings) (reason outcome.Reason, refused bool) {
	switch {
	case project.MatchAny(s.FilterReleases, e.Release):
		return ByRelease, true
	case project.MatchAny(s.FilterEnvironments, e.Environment):
		return ByEnvironment, true
	case len(s.AllowedOrigins) > 0 && foreign(e, s.AllowedOrigins):
		return ByOrigin, true
	case s.FilterLocalhost && local(e):
		return ByLocalhost, true
	case s.FilterHealthChecks && healthCheck(e):
		return ByHealthCheck, true
	case s.FilterExtensions && extension(e):
		return ByExtension, true
	case len(s.FilterTypes) > 0 && ofType(e, s.FilterTypes):
		return ByType, true
	case len(s.FilterMessages) > 0 && says(e, s.FilterMessages):
		return ByMessage, true
	}
	if s.FilterCrawlers || s.FilterLegacyBrowsers {
		agent := header(e, "User-Agent")
		switch {
		case s.FilterCrawlers && crawler(agent):
			return ByCrawler, true
		case s.FilterLegacyBrowsers && legacyBrowser(agent):
			return ByLegacyBrowser, true
		}
	}
	return outcome.None, false
}

// ofType reports whether an exception of the chain has a type of the patterns.
func ofType(e *event.Event, patterns []string) bool {
	for i := range e.Exceptions {
		if project.MatchAny(patterns, e.Exceptions[i].Type) {
			return true
		}
	}
	return false
}

// says reports whether a message or an exception's value matches one of the patterns.
func says(e *event.Event, patterns []string) bool {
	if project.MatchAny(patterns, e.Message.Text()) {
		return true
	}
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		if project.MatchAny(patterns, x.Value) || project.MatchAny(patterns, x.Type+": "+x.Value) {
			return true
		}
	}
	return false
}
