package issue

import (
	"errors"
	"fmt"
	"time"
)

// ErrStatus is returned for a status that nobody can choose.
var ErrStatus = errors.New("the status of an issue is unresolved, resolved or archived")

// newFor is how long an issue counts as new.
const newFor = 7 * 24 * time.Hour

// Command is what a person asks of an issue. Its methods are pure: they take the record as
// it is and return it as it shall be, with what to write down; an issue that is
// already as asked comes back unchanged and without activities.
type Command struct {
	Actor string    // who asks
	Now   time.Time // when
}

// SetStatus moves an issue to a status by Resolve, Archive or Unresolve.
// The release is only used by Resolve.
func (c Command) SetStatus(r Record, to Status, release string) (Record, []Activity, error) {
	switch to {
	case Resolved:
		r, a := c.Resolve(r, release)
		return r, a, nil
	case Archived:
		r, a := c.Archive(r)
		return r, a, nil
	case Unresolved:
		r, a := c.Unresolve(r)
		return r, a, nil
	}
	return r, nil, fmt.Errorf("%w, not %q", ErrStatus, to)
}

// Resolve marks an issue as done. Later events make it a regression, but not
// those of the release, the newest that was seen, which does not have the fix yet.
func (c Command) Resolve(r Record, release string) (Record, []Activity) {
	if r.State.Status == Resolved {
		return r, nil
	}
	r.State = State{Status: Resolved, Reason: ReasonByUser, Since: c.Now, Release: release}
	return c.changed(r, ActivityResolved, release)
}

// Archive sets an issue aside; later events change nothing.
func (c Command) Archive(r Record) (Record, []Activity) {
	if r.State.Status == Archived {
		return r, nil
	}
	r.State = State{Status: Archived, Reason: ReasonByUser, Since: c.Now}
	return c.changed(r, ActivityArchived, "")
}

// Unresolve opens an issue again.
func (c Command) Unresolve(r Record) (Record, []Activity) {
	if r.State.Status == Unresolved {
		return r, nil
	}
	r.State = State{Status: Unresolved, Substatus: SubOngoing, Reason: ReasonByUser, Since: c.Now}
	if c.Now.Sub(r.FirstSeen) < newFor {
		r.State.Substatus = SubNew
	}
	return c.changed(r, ActivityUnresolved, "")
}

// Assign gives an issue to a member, by e-mail; an empty one gives it to nobody.
func (c Command) Assign(r Record, email string) (Record, []Activity) {
	switch before := r.Assignee; {
	case before == email:
		return r, nil
	case email == "":
		r.Assignee = ""
		return c.changed(r, ActivityUnassigned, before)
	}
	r.Assignee = email
	return c.changed(r, ActivityAssigned, email)
}

func (c Command) changed(r Record, kind ActivityKind, detail string) (Record, []Activity) {
	r.UpdatedAt = c.Now
	return r, []Activity{{IssueID: r.ID, Time: c.Now, Actor: c.Actor, Kind: kind, Detail: detail}}
}
