package issue

import "time"

// Status is where an issue stands in the workflow.
type Status string

// The states. An issue nobody has written down yet is Unresolved.
const (
	Unresolved Status = "unresolved"
	Resolved   Status = "resolved"
	Archived   Status = "archived"
)

// Substatus refines Unresolved.
type Substatus string

// The refinements.
const (
	SubNone       Substatus = ""
	SubNew        Substatus = "new"        // first seen less than seven days ago
	SubOngoing    Substatus = "ongoing"    // known
	SubRegressed  Substatus = "regressed"  // came back after it was resolved
	SubEscalating Substatus = "escalating" // far more events than usual
)

// Reason names why an issue is in its state; it is stored and shown.
type Reason string

// The reasons.
const (
	ReasonFirstSeen   Reason = "first_seen"  // its first event arrived
	ReasonByUser      Reason = "by_user"     // somebody chose it
	ReasonRegressed   Reason = "regressed"   // an event happened after it was resolved
	ReasonLateEvent   Reason = "late_event"  // an event arrived that happened before it was resolved: nothing changes
	ReasonSameRelease Reason = "old_release" // an event of a release that does not have the fix: nothing changes
	ReasonArchived    Reason = "archived"    // an event of an archived issue: nothing changes
	ReasonOngoing     Reason = "ongoing"     // an event of an open issue: nothing changes
)

// State is where an issue stands, and why.
type State struct {
	Status    Status
	Substatus Substatus
	Reason    Reason
	Since     time.Time // when it came into this state; for Resolved the moment that decides what is a regression
	Release   string    // Resolved: the newest release seen when it was resolved; events of it do not regress, empty: time alone decides
}

// Record is what the workflow knows of one issue.
type Record struct {
	ID           ID
	Number       uint64 // counted up in the project; with its slug the short id
	State        State
	Assignee     string // e-mail of a member, or empty
	Title        string // of the first event
	Culprit      string
	Level        string
	Platform     string
	FirstRelease string
	FirstSeen    time.Time
	Version      uint64 // counted up with every change; orders mirrors and messages
	UpdatedAt    time.Time
}

// ActivityKind says what happened to an issue.
type ActivityKind string

// The kinds of activity.
const (
	ActivityFirstSeen  ActivityKind = "first_seen"
	ActivityResolved   ActivityKind = "resolved"
	ActivityUnresolved ActivityKind = "unresolved"
	ActivityArchived   ActivityKind = "archived"
	ActivityAssigned   ActivityKind = "assigned"
	ActivityUnassigned ActivityKind = "unassigned"
	ActivityRegressed  ActivityKind = "regressed"
	ActivityMerged     ActivityKind = "merged"
	ActivityUnmerged   ActivityKind = "unmerged"
)

// SystemActor is who acts when the state machine does.
const SystemActor = "faultline"

// Activity is one entry of an issue's history.
type Activity struct {
	ID      string
	IssueID ID
	Time    time.Time
	Actor   string // e-mail, or SystemActor
	Kind    ActivityKind
	Detail  string
}

// Change is a record as it became, with the state it had before: what is
// mirrored into ClickHouse and told to alerting.
type Change struct {
	Record Record
	From   Status // empty for a new issue
	Time   time.Time
}

// Merge says that the events of one fingerprint count as another's issue.
type Merge struct {
	From    ID
	Into    ID
	Version uint64
	Undone  bool
}

// OutboxRow is a change that was committed and has not been told to the
// mirrors and the bus yet.
type OutboxRow struct {
	ID     int64
	Change Change
}
