package filter

import (
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
)

func TestMatch(t *testing.T) {
	f := func(pattern, s string, want bool) {
		t.Helper()
		if got := Match(pattern, s); got != want {
			t.Errorf("Match(%q, %q) = %v", pattern, s, got)
		}
	}
	f("*", "", false)
	f("", "a", false)
	f("a", "b", false)
	f("a*c", "abd", false)
	f("1.2.*", "1.3.0", false)
	f("*", "a", true)
	f("A", "a", true)
	f("1.2.*", "1.2.0", true)
	f("*loop*exceeded", "ResizeObserver loop limit exceeded", true)
	f("a**b", "aXb", true)
	f("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)
}

func TestEventsAreRefusedWithAReason(t *testing.T) {
	s := &project.Settings{FilterReleases: []string{"0.*"}, FilterEnvironments: []string{"dev"}, FilterMessages: []string{"*ResizeObserver*"}}
	f := func(e event.Event, want outcome.Reason) {
		t.Helper()
		if got, refused := Event(&e, s); got != want || refused != (want != outcome.None) {
			t.Errorf("got %q", got)
		}
	}
	f(event.Event{Release: "0.9"}, ByRelease)
	f(event.Event{Environment: "dev"}, ByEnvironment)
	f(event.Event{Message: event.Message{Formatted: "ResizeObserver loop"}}, ByMessage)
	f(event.Event{Exceptions: []event.Exception{{Value: "x ResizeObserver y"}}}, ByMessage)
	f(event.Event{Release: "1.0", Environment: "production"}, outcome.None)
	f(event.Event{}, outcome.None)
}
