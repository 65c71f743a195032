// Package rule holds the words of alerting: when somebody is told of what, and
// what became of each notification. Whether to notify is a pure function of
// state, observation and time; sending is elsewhere.
package rule

import (
	"errors"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

// Trigger is what a rule waits for.
type Trigger string

// The triggers.
const (
	OnNewIssue   Trigger = "new_issue"  // a fingerprint was seen for the first time
	OnRegression Trigger = "regression" // a resolved issue came back
	OnEvent      Trigger = "event"      // every event that matches: a critical event
)

// Rule says when somebody is told of what.
type Rule struct {
	ID        string
	ProjectID uint32
	Name      string
	Enabled   bool
	Triggers  []Trigger
	Query     string   // search language; empty matches everything
	Emails    []string // who is told
	Throttle  time.Duration
	CreatedAt time.Time
}

// ErrInvalid is wrapped by every error about a rule's fields.
var ErrInvalid = errors.New("invalid rule")

// Status is what became of a delivery.
type Status string

// The states of a delivery.
const (
	Pending    Status = "pending"
	Sent       Status = "sent"
	Failed     Status = "failed"     // will be tried again
	GaveUp     Status = "gave_up"    // will not be tried again
	Suppressed Status = "suppressed" // not sent on purpose; Reason says why
)

// Delivery is one notification to one receiver.
type Delivery struct {
	ID              string // deterministic from rule, cause and receiver: one alert for one cause
	ProjectID       uint32
	RuleID          string
	RuleName        string
	IssueID         issue.ID
	ShortID         string
	Trigger         Trigger
	Event           event.Summary // the event that caused it
	Channel         string        // email
	Recipient       string
	Status          Status
	Reason          string // named reason: throttled, smtp_error, resend_error, ...
	Error           string // what the other side said, without secrets
	Attempts        int
	CreatedAt       time.Time // when the rule matched
	AttemptedAt     time.Time
	NextAttemptAt   time.Time
	EventReceivedAt time.Time
	SentAt          time.Time
}

// DeliveryFilter selects deliveries of one project; an empty field selects all.
type DeliveryFilter struct {
	ProjectID uint32
	RuleID    string
	IssueID   issue.ID
	Status    Status
	Before    string // id of a delivery: only older ones
}
