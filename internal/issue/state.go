package issue

import "time"

// Observation is an event as the state machine sees it.
type Observation struct {
	EventTime  time.Time // when it happened, by the sender's clock
	ReceivedAt time.Time // when it arrived, by ours
	Release    string    // empty: not told

	// ReleaseKnownBefore says that the event's release was seen before the issue came into its
	// state, so that it cannot hold a fix made since.
	ReleaseKnownBefore bool
}

// happened is when the event happened. An event cannot have happened after it arrived, whatever
// the sender's clock says.
func (o Observation) happened() time.Time {
	if o.EventTime.IsZero() || o.EventTime.After(o.ReceivedAt) {
		return o.ReceivedAt
	}
	return o.EventTime
}

// Observe is the state machine: what an issue becomes when an event of it is seen. The reason
// is given even where nothing changes, so that it can be shown why an issue stayed as it is.
//
//	unresolved  stays open; after seven days it is no longer new or regressed
//	resolved    regresses if the event happened after it was resolved, in a release that may
//	            hold the fix
//	archived    stays archived
func Observe(s State, o Observation, now time.Time) (next State, why Reason, changed bool) {
	switch s.Status {
	case Archived:
		return s, ReasonArchived, false
	case Resolved:
		return observeResolved(s, o, now)
	}
	next, changed = Age(s, now)
	return next, ReasonOngoing, changed
}

func observeResolved(s State, o Observation, now time.Time) (State, Reason, bool) {
	switch {
	case !o.happened().After(s.Since):
		return s, ReasonLateEvent, false
	case s.Release != "" && predates(o, s.Release):
		return s, ReasonSameRelease, false
	}
	return State{Status: Unresolved, Substatus: SubRegressed, Reason: ReasonRegressed, Since: now}, ReasonRegressed, true
}

// predates reports whether the release of an event was made before the fix, given the newest
// release that was known when the issue was resolved. An event that names no release cannot be
// excused by it.
func predates(o Observation, newest string) bool {
	if o.Release == "" {
		return false
	}
	return o.Release == newest || o.ReleaseKnownBefore || releaseBefore(o.Release, newest)
}

// Ripe is the time before which an issue must have become what it is for Age to change it.
func Ripe(now time.Time) time.Time { return now.Add(-newFor) }

// Age is what time alone makes of a state: an issue is new, or regressed, for seven days.
func Age(s State, now time.Time) (next State, changed bool) {
	if s.Status != Unresolved || now.Sub(s.Since) < newFor {
		return s, false
	}
	if s.Substatus != SubNew && s.Substatus != SubRegressed {
		return s, false
	}
	return State{Status: Unresolved, Substatus: SubOngoing, Reason: ReasonOngoing, Since: now}, true
}
