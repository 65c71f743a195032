package bus

import (
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

// Observed says that ingest saw an event that triage should know of.
type Observed struct {
	Event event.Summary
	First bool // its fingerprint was never seen before; else it is on the watch list
}

// Changed says that an issue changed.
type Changed struct {
	Project     uint32
	Fingerprint event.Fingerprint
	ShortID     string // empty where the project's slug was not known
	From        issue.Status
	To          issue.Status
	Reason      issue.Reason
	Version     uint64
	Time        time.Time
	Event       *event.Summary // that caused it, if one did
}

// IssueID is the issue that changed.
func (c Changed) IssueID() issue.ID {
	return issue.ID{ProjectID: c.Project, Fingerprint: c.Fingerprint}
}

// Critical says that an event matches alert rules that wait for events.
type Critical struct {
	Event   event.Summary
	RuleIDs []string // empty: nobody has looked which
}

// Notification says that a delivery is to be attempted now.
type Notification struct {
	DeliveryID string
	ProjectID  uint32
	Channel    string
	Recipient  string
}

// DeadLetter is a message that was given up.
type DeadLetter struct {
	Subject    string
	Stream     string
	Data       []byte
	Error      string
	Deliveries uint32
	Time       time.Time
}
