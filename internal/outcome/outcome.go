// Package outcome names what becomes of an event at the edge. Every event that
// arrives gets exactly one outcome; the reasons are the words that users meet
// in the API, on the Outcomes page and in metrics.
package outcome

import (
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// Kind is what became of an event.
type Kind uint8

// The outcomes, with the numbers under which they are stored and sent.
const (
	_         Kind = iota
	Stored         // in the store; the next query finds it
	Filtered       // refused by a filter of the project
	Limited        // refused by a quota, or there was no room
	Invalid        // cannot be understood, or is beyond a limit that trimming cannot meet
	Duplicate      // stored before under the same id
	Lost           // could not be stored, or the client gave it up
)

var kindNames = [...]string{"", "stored", "filtered", "limited", "invalid", "duplicate", "lost"}

// String is the lower-case name.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return ""
	}
	return kindNames[k]
}

// Reason says why an outcome is not Stored.
type Reason string

// The reasons the server gives. Filters add their own, "filter_" and a name;
// clients add theirs for what they dropped, "client_" and a name.
const (
	None            Reason = ""
	EventSize       Reason = "event_size"         // larger than the limit
	BatchEvents     Reason = "batch_events"       // beyond the number of events a batch may hold
	Malformed       Reason = "malformed"          // cannot be decoded
	Empty           Reason = "empty"              // no exception, message or stack
	RateLimit       Reason = "rate_limit"         // the project's rate is used up
	IssueLimit      Reason = "issue_limit"        // the project's rate is short, and the issue floods: rarer ones are kept
	KeyLimit        Reason = "key_limit"          // the key's rate is used up
	Buffer          Reason = "buffer_full"        // the ingester has no room; try again
	StoreFailed     Reason = "store_failed"       // neither ClickHouse nor the spill took it; try again
	Shutdown        Reason = "shutdown"           // the server is stopping; try again
	StageFailed     Reason = "stage_failed"       // a stage failed on this event; it was not stored
	DuplicateInside Reason = "duplicate_in_batch" // the same id stands twice in one batch
)

// Result is the outcome of one event.
type Result struct {
	EventID event.ID
	Kind    Kind
	Reason  Reason
	Message string // for a person; names the limit or field
	Retry   bool   // the same event may be accepted later

	RetryAfter time.Duration // send nothing for this long; 0: no wish
}

// Count is a number of events that had one outcome in one minute.
type Count struct {
	ProjectID   uint32
	KeyID       string
	Minute      time.Time
	Kind        Kind
	Reason      Reason
	Fingerprint event.Fingerprint // zero where not known
	Events      uint64
}
