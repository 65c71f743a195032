// Package evaluate decides who is told of what. It is a pure function of the rules, of what
// happened, of what was told before, and of the time; every decision has a named reason. It
// sends nothing, stores nothing and reads no clock.
//
// One cause brings a person one notification, however many rules match and however many
// messages tell of it: the first event of a new issue, for instance, is a critical event and a
// new issue at once. Of several rules the oldest one speaks; of several messages the one that
// is looked at first.
package evaluate

import (
	"cmp"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/search"
)

// Reason says why somebody is told, or not.
type Reason string

// The reasons.
const (
	Notify           Reason = "notify"             // to be told
	RuleDisabled     Reason = "rule_disabled"      // the rule is switched off
	TriggerNotWanted Reason = "trigger_not_wanted" // the rule waits for something else
	Archived         Reason = "archived"           // the issue was set aside
	InvalidQuery     Reason = "invalid_query"      // the rule's query cannot be read
	NotMatching      Reason = "not_matching"       // the rule's query does not match the event
	Duplicate        Reason = "duplicate"          // told of the same cause already
	Throttled        Reason = "throttled"          // told of this issue a short while ago
)

// sameCause is how long before an event arrived a notification still counts as about the same
// cause.
const sameCause = time.Minute

// Cause is something that happened and that rules may want to tell of.
type Cause struct {
	Trigger rule.Trigger
	Issue   issue.ID
	Status  issue.Status // of the issue, now
	Event   event.Summary
	Subject search.Subject // the event as queries see it

	// Matched are the rules whose query was found to match on the way in; nil if nobody has
	// looked.
	Matched []string
}

// Decision says for one rule, or for one receiver of it, what is to be done.
type Decision struct {
	Rule      rule.Rule
	Recipient string // empty where the reason holds for all
	Reason    Reason
}

// Decide says who is told of a cause. history holds what was told of the issue before; what
// was given up or suppressed must not be in it.
func Decide(rules []rule.Rule, c Cause, history []rule.Delivery, now time.Time) []Decision {
	rules = slices.SortedFunc(slices.Values(rules), func(a, b rule.Rule) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	var out []Decision
	told := make(map[string]bool)
	for _, r := range rules {
		if why := applies(r, c, now); why != Notify {
			out = append(out, Decision{Rule: r, Reason: why})
			continue
		}
		for _, to := range r.Emails {
			why := Duplicate
			if !told[to] {
				why = receives(r, to, c, history, now)
			}
			told[to] = told[to] || why == Notify
			out = append(out, Decision{r, to, why})
		}
	}
	return out
}

// applies decides whether a rule has anything to say about a cause.
func applies(r rule.Rule, c Cause, now time.Time) Reason {
	switch {
	case !r.Enabled:
		return RuleDisabled
	case !r.Wants(c.Trigger):
		return TriggerNotWanted
	case c.Status == issue.Archived:
		return Archived
	case c.Matched != nil:
		if !slices.Contains(c.Matched, r.ID) {
			return NotMatching
		}
		return Notify
	}
	q, err := search.ParseEvents(r.Query)
	switch {
	case err != nil:
		return InvalidQuery
	case !q.Match(c.Subject, now):
		return NotMatching
	}
	return Notify
}

// receives decides whether one person is told, given what the person was told before.
func receives(r rule.Rule, to string, c Cause, history []rule.Delivery, now time.Time) Reason {
	why := Notify
	for _, d := range history {
		switch {
		case d.Recipient != to:
		case same(c, d):
			return Duplicate
		case throttles(r, c, d) && now.Sub(d.CreatedAt) < r.Throttle:
			why = Throttled
		}
	}
	return why
}

// same reports whether a notification was about the same cause: the same event, or any of its
// issue at about the time the event arrived or since. An issue is new once, so whoever was
// told of it at all need not be told that it is new.
func same(c Cause, d rule.Delivery) bool {
	sameEvent := d.Event.EventID == c.Event.EventID && !c.Event.EventID.IsZero()
	return sameEvent || c.Trigger == rule.OnNewIssue || d.CreatedAt.After(c.Event.ReceivedAt.Add(-sameCause))
}

// throttles reports whether a notification counts for a rule's throttle: its own, and those of
// rules that wait for the same. That an issue came back is news even to those who were just
// told of one of its events, so it is throttled only by its like.
func throttles(r rule.Rule, c Cause, d rule.Delivery) bool {
	if (d.Trigger == rule.OnRegression) != (c.Trigger == rule.OnRegression) {
		return false
	}
	return d.RuleID == r.ID || d.Trigger == c.Trigger
}
