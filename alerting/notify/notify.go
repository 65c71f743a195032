// Package notify holds the words of a notification: what there is to tell about an alert, in
// terms that every channel can use, and how sending can fail. It sends nothing itself.
package notify

import (
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/rule"
)

// Alert is everything there is to tell one receiver about one cause. What could not be found
// out is left empty, and a channel leaves it out.
type Alert struct {
	DeliveryID string // identity; the same however often the alert is sent
	Recipient  string
	RuleID     string
	RuleName   string
	Trigger    rule.Trigger

	IssueID issue.ID
	ShortID string // "WEB-42"
	State   issue.State
	Project Project
	Event   event.Summary
	Value   string // the whole text of the exception that was thrown, or of the message
	Where   Frame  // the last call in the program's own code

	Totals    Totals
	HasTotals bool
}

// Project is what an alert says of a project.
type Project struct {
	Slug string
	Name string
}

// Frame is a place in the program.
type Frame struct {
	Function string
	File     string
	Line     uint32
	Source   string // the line itself
}

// IsZero reports whether no place is known.
func (f Frame) IsZero() bool { return f == Frame{} }

// Totals are the counts of an issue, of all time.
type Totals struct {
	Events    uint64
	Users     uint64
	FirstSeen time.Time
}

// Failure is why a notification could not be sent.
type Failure struct {
	Reason     string        // named: smtp_error, resend_error, ...
	Permanent  bool          // trying again cannot help
	RetryAfter time.Duration // the other side asked to wait at least this long
	Err        error
}

// Error says what failed, without secrets.
func (f *Failure) Error() string { return fmt.Sprintf("%s: %v", f.Reason, f.Err) }

// Unwrap returns what the other side or the network said.
func (f *Failure) Unwrap() error { return f.Err }
