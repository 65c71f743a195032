// Package view holds the questions that can be asked of stored events and the
// shapes of the answers: lists of issues and events, one event, counts. It is
// the contract between the query use-cases and whatever store answers.
package view

import (
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/search"
)

// Range is a half-open span of time. A zero End is now, a zero Start is the
// beginning.
type Range struct {
	Start time.Time
	End   time.Time
}

// Sort orders a list of issues; always descending.
type Sort string

// The orders.
const (
	ByLastSeen  Sort = "last_seen"
	ByFirstSeen Sort = "first_seen"
	ByEvents    Sort = "events"
	ByUsers     Sort = "users"
)

// IssuesRequest selects the issues of one project or of several, as one list: in the order
// that is asked for, of equal ones by project and issue.
type IssuesRequest struct {
	Projects    []uint32 // at least one
	Query       search.Query
	Environment string
	Range       Range
	Sort        Sort
	Buckets     int // parts of each sparkline
	Limit       int
	Offset      int
}

// IssueRow is one issue with its counts within the range.
type IssueRow struct {
	Record       issue.Record // Number is 0 while triage has not seen it; State is then Unresolved/new
	Title        string
	Culprit      string
	Level        event.Level
	Platform     string
	Unhandled    bool
	Events       uint64    // within the range
	Users        uint64    // within the range, estimated
	FirstSeen    time.Time // of all time
	LastSeen     time.Time // of all time
	FirstRelease string
	LastRelease  string
	Sparkline    []uint64
	Merged       []event.Fingerprint // fingerprints merged into this one
}

// IssueCounts are the counts of an issue, of all time.
type IssueCounts struct {
	Events    uint64
	Users     uint64 // estimated
	FirstSeen time.Time
}

// EventsRequest selects events, newest first.
type EventsRequest struct {
	ProjectID   uint32
	Issue       *event.Fingerprint // only of this issue, merged ones included
	Query       search.Query
	Environment string
	Range       Range
	Limit       int
	Before      *Cursor // strictly older than this event
}

// Cursor is a position in a list of events.
type Cursor struct {
	Timestamp time.Time
	EventID   event.ID
}

// Neighbours are the events of the issue around one event, by time; zero at
// the ends.
type Neighbours struct {
	Previous event.ID
	Next     event.ID
	Oldest   event.ID
	Latest   event.ID
}

// Young is a fingerprint as an issue of its own, and when the first of its events arrived.
type Young struct {
	ID       issue.ID
	Received time.Time
}

// TagDistribution is a tag or field and its most frequent values.
type TagDistribution struct {
	Key    string
	Total  uint64 // events that carry it
	Values []ValueCount
}

// ValueCount is a value and the number of events that carry it.
type ValueCount struct {
	Value string
	Count uint64
}

// Measure is what an exploration counts.
type Measure string

// The measures.
const (
	CountEvents Measure = "count"
	CountUsers  Measure = "users"
)

// ExploreRequest asks for counts over time and by one field.
type ExploreRequest struct {
	ProjectID   uint32
	Query       search.Query
	Environment string
	Range       Range // both ends set
	Measure     Measure
	GroupBy     string // field or tag name of the search language; empty: one group
	Buckets     int    // 0: totals only
	Limit       int    // groups
}

// Series is one group of counts.
type Series struct {
	Group  string
	Total  uint64
	Values []uint64 // one a bucket
}

// Exploration is the answer to an ExploreRequest.
type Exploration struct {
	Series []Series
	Times  []time.Time // start of each bucket
	SQL    string      // what ran
}

// OutcomesRequest asks what became of events.
type OutcomesRequest struct {
	ProjectID uint32
	Range     Range
	Buckets   int
}

// OutcomeSeries counts one outcome and reason.
type OutcomeSeries struct {
	Kind   outcome.Kind
	Reason outcome.Reason
	Total  uint64
	Values []uint64
}

// Chosen is an event that was chosen to be grouped anew.
type Chosen struct {
	Fingerprint event.Fingerprint
	EventID     event.ID
	Timestamp   time.Time
}

// Choice is which events were chosen, those of one fingerprint together and the newest first, and how many
// events every fingerprint has.
type Choice struct {
	Chosen []Chosen
	Events map[event.Fingerprint]uint64
}
