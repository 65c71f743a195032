package issue

import (
	"testing"
	"time"
)

const day = 24 * time.Hour

var start = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

// timeline tells the life of one issue, in days after its first event.
type timeline struct {
	t     *testing.T
	state State
}

func (l *timeline) want(at float64, status Status, sub Substatus) {
	l.t.Helper()
	if l.state.Status != status || l.state.Substatus != sub {
		l.t.Fatalf("day %v: %s/%s, want %s/%s", at, l.state.Status, l.state.Substatus, status, sub)
	}
}

func days(n float64) time.Time { return start.Add(time.Duration(n * float64(day))) }

// event says that an event that happened on one day arrived on another, in a release, and what
// is to become of the issue and why.
func (l *timeline) event(happened, arrived float64, release string, why Reason, status Status, sub Substatus) {
	l.t.Helper()
	o := Observation{EventTime: days(happened), ReceivedAt: days(arrived), Release: release}
	next, got, changed := Observe(l.state, o, days(arrived))
	if got != why {
		l.t.Fatalf("day %v: reason %s, want %s", arrived, got, why)
	}
	if changed != (next != l.state) {
		l.t.Fatalf("day %v: changed is %v for %+v to %+v", arrived, changed, l.state, next)
	}
	l.state = next
	l.want(arrived, status, sub)
}

func (l *timeline) command(do func(Command, Record) (Record, []Activity), at float64) {
	r, _ := do(Command{Actor: "ann@example.com", Now: days(at)}, Record{State: l.state, FirstSeen: start})
	l.state = r.State
}

func resolveIn(release string) func(Command, Record) (Record, []Activity) {
	return func(c Command, r Record) (Record, []Activity) { return c.Resolve(r, release) }
}

func TestAnIssueThroughItsLife(t *testing.T) {
	t.Parallel()
	l := &timeline{t, State{Status: Unresolved, Substatus: SubNew, Reason: ReasonFirstSeen, Since: start}}
	l.event(1, 1, "web@1.0.0", ReasonOngoing, Unresolved, SubNew)
	l.event(6.9, 6.9, "web@1.0.0", ReasonOngoing, Unresolved, SubNew)
	l.event(7, 7, "web@1.0.0", ReasonOngoing, Unresolved, SubOngoing)

	l.command(resolveIn("web@1.2.0"), 10)
	l.event(9.9, 11, "web@1.2.0", ReasonLateEvent, Resolved, SubNone)
	l.event(10, 11, "web@2.0.0", ReasonLateEvent, Resolved, SubNone)
	l.event(11, 11, "web@1.2.0", ReasonSameRelease, Resolved, SubNone)
	l.event(11, 11, "web@1.0.0", ReasonSameRelease, Resolved, SubNone)
	l.event(11, 11, "web@1.2.0-beta.1", ReasonSameRelease, Resolved, SubNone)
	l.event(12, 12, "web@1.10.0", ReasonRegressed, Unresolved, SubRegressed)
	l.event(13, 13, "web@1.10.0", ReasonOngoing, Unresolved, SubRegressed)
	l.event(19, 19, "web@1.10.0", ReasonOngoing, Unresolved, SubOngoing)

	l.command(Command.Archive, 20)
	l.event(21, 21, "web@9.0.0", ReasonArchived, Archived, SubNone)
	l.command(Command.Unresolve, 22)
	l.want(22, Unresolved, SubOngoing)

	l.command(resolveIn(""), 23)
	l.event(22, 24, "web@9.0.0", ReasonLateEvent, Resolved, SubNone)
	l.event(24, 24, "web@1.0.0", ReasonRegressed, Unresolved, SubRegressed)
}

func TestClocksThatAreWrongDoNotReopen(t *testing.T) {
	t.Parallel()
	resolved := State{Status: Resolved, Reason: ReasonByUser, Since: days(10)}
	// It says that it happened in a year, but it arrived before the issue was resolved and was
	// handled after it.
	o := Observation{EventTime: days(365), ReceivedAt: days(9.99)}
	if _, why, changed := Observe(resolved, o, days(10.01)); changed || why != ReasonLateEvent {
		t.Fatalf("changed is %v: %s", changed, why)
	}
	// It does not say when it happened.
	o = Observation{ReceivedAt: days(11)}
	if next, why, _ := Observe(resolved, o, days(11)); next.Status != Unresolved || why != ReasonRegressed {
		t.Fatalf("%+v: %s", next, why)
	}
}

func TestReleasesWithoutAnOrderNeedSomebodyWhoKnows(t *testing.T) {
	t.Parallel()
	resolved := State{Status: Resolved, Reason: ReasonByUser, Since: days(10), Release: "c0ffee"}
	f := func(release string, known bool, want Reason) {
		t.Helper()
		o := Observation{EventTime: days(11), ReceivedAt: days(11), Release: release, ReleaseKnownBefore: known}
		if _, why, _ := Observe(resolved, o, days(11)); why != want {
			t.Errorf("release %q, known before: %v: %s, want %s", release, known, why, want)
		}
	}
	f("c0ffee", false, ReasonSameRelease)
	f("beef", true, ReasonSameRelease)
	f("beef", false, ReasonRegressed)
	f("", false, ReasonRegressed)
	f("", true, ReasonRegressed)
}

func TestAnUnwrittenIssueIsOpen(t *testing.T) {
	t.Parallel()
	if next, why, changed := Observe(State{}, Observation{ReceivedAt: start}, start); next != (State{}) || why != ReasonOngoing || changed {
		t.Fatalf("%+v %s %v", next, why, changed)
	}
}

func TestReleaseOrder(t *testing.T) {
	t.Parallel()
	f := func(a, b string, want bool) {
		t.Helper()
		if got := releaseBefore(a, b); got != want {
			t.Errorf("%s before %s: %v", a, b, got)
		}
		if want && releaseBefore(b, a) {
			t.Errorf("%s and %s are before each other", a, b)
		}
	}
	f("web@1.2.3", "app@2.0.0", false)
	f("1.2.3", "web@2.0.0", false)
	f("deadbeef", "1.0.0", false)
	f("1.0.0", "deadbeef", false)
	f("20261101", "20261102", false)
	f("1..2", "1.3", false)
	f("", "", false)
	f("1.2.3", "1.2.3", false)
	f("1.2.3+5", "1.2.3+6", false)
	f("1.2", "1.2.0", false)
	f("1.2.3", "1.2.4", true)
	f("1.9", "1.10", true)
	f("v1.2.3", "1.3.0", true)
	f("@scope/web@1.2.3", "@scope/web@1.2.4", true)
	f("1.0.0-alpha", "1.0.0", true)
	f("1.0.0-alpha", "1.0.0-alpha.1", true)
	f("1.0.0-alpha.1", "1.0.0-alpha.beta", true)
	f("1.0.0-beta.2", "1.0.0-beta.11", true)
	f("1.0.0-rc.1", "1.0.0", true)
	f("1.0.99999999999999999999", "1.0.100000000000000000000", true)
}

func FuzzReleaseBefore(f *testing.F) {
	f.Add("web@1.2.3-rc.1+5", "web@1.2.3")
	f.Fuzz(func(t *testing.T, a, b string) {
		if releaseBefore(a, b) && releaseBefore(b, a) {
			t.Fatalf("%q and %q are before each other", a, b)
		}
		if releaseBefore(a, a) {
			t.Fatalf("%q is before itself", a)
		}
	})
}
