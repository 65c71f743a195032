package event

import "time"

// Period is a time from a moment to another, both within. The zero Period is all time.
type Period struct{ From, To time.Time }

// All tells whether the period has no bounds.
func (p Period) All() bool { return p.From.IsZero() && p.To.IsZero() }

// Including is a period that holds two others. What is joined to all time is all time; to
// begin with none, begin with the first.
func (p Period) Including(other Period) Period {
	if p.All() || other.All() {
		return Period{}
	}
	if other.From.Before(p.From) {
		p.From = other.From
	}
	if other.To.After(p.To) {
		p.To = other.To
	}
	return p
}
