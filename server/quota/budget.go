package quota

import (
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// Verdict is what a budget says of one event.
type Verdict uint8

// The verdicts.
const (
	Within      Verdict = iota // there is enough for it
	IssueOver                  // there is enough only for issues that had less lately
	ProjectOver                // there is nothing left
)

const (
	// reserveLeast is how many events are kept for rare issues, at least; otherwise as many
	// as a full bucket holds.
	reserveLeast = 20
	// heavy is the part of what a project had accepted lately from which on an issue floods.
	heavy = 0.1
)

// Budget shares what projects may have accepted among the issues of each. As long as a
// project keeps within its rate, every event passes. When it does not, issues give way
// in the order of what they had lately: those that flood may take only what is above a
// reserve, rare ones all there is. In the long run a project gets its rate, and no more.
//
// It reads no clock and is safe for concurrent use. What it remembers is bounded: of most
// projects a number, of those that use up their budget their greatest issues.
type Budget struct {
	mu       sync.Mutex
	most     int
	accounts map[uint32]*account
	swept    time.Time
}

// account is the budget of one project.
type account struct {
	left   float64 // events, with the reserve
	at     time.Time
	rate   Rate
	issues *sketch // what was accepted lately; nil while the budget has not been short
}

// NewBudget makes a budget that remembers at most so many projects.
func NewBudget(most int) *Budget {
	return &Budget{most: max(most, 1), accounts: map[uint32]*account{}}
}

// Spend asks for one event of an issue of a project. If the project has nothing left, it
// also says how long to wait.
func (b *Budget) Spend(projectID uint32, r Rate, issue event.Fingerprint, now time.Time) (Verdict, time.Duration) {
	if !r.limited() {
		return Within, 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[projectID]
	if a == nil {
		b.room(now)
		a = &account{left: r.size() + r.reserve(), at: now, rate: r}
		b.accounts[projectID] = a
	}
	return a.spend(r, issue, now)
}

// reserve is what is kept for rare issues.
func (r Rate) reserve() float64 { return max(reserveLeast, r.size()) }

func (a *account) spend(r Rate, issue event.Fingerprint, now time.Time) (Verdict, time.Duration) {
	a.refill(r, now)
	if a.left < 1 {
		return ProjectOver, seconds((1 - a.left) / r.PerSecond)
	}
	if a.issues != nil && a.left < 1+r.reserve()*kept(a.issues.share(issue, now)) {
		return IssueOver, 0
	}
	a.left--
	if a.issues == nil && a.left < r.reserve()+r.size()/2 {
		a.issues = newSketch(now)
	}
	if a.issues != nil {
		a.issues.add(issue, now)
	}
	return Within, 0
}

// kept is the part of the reserve that is kept from an issue with a part of what was
// accepted: little from rare ones, three fifths from one that floods, and from several
// that do more from those that had more, so that they come to have the same.
func kept(share float64) float64 {
	return 0.6*min(1, share/heavy) + 0.2*share
}

// refill brings the account to a later time, as a bucket's.
func (a *account) refill(r Rate, now time.Time) {
	if passed := now.Sub(a.at); passed > 0 {
		a.left += passed.Seconds() * a.rate.PerSecond
		a.at = now
	}
	a.left, a.rate = min(a.left, r.size()+r.reserve()), r
}

// room makes place for one more. An account that is full again is as good as none; only
// if all are in use does one start afresh.
func (b *Budget) room(now time.Time) {
	if len(b.accounts) < b.most {
		return
	}
	if now.Sub(b.swept) >= time.Second { // going through all of them costs
		b.swept = now
		for id, a := range b.accounts {
			if a.refill(a.rate, now); a.left >= a.rate.size()+a.rate.reserve() {
				delete(b.accounts, id)
			}
		}
	}
	for id := range b.accounts {
		if len(b.accounts) < b.most {
			return
		}
		delete(b.accounts, id)
	}
}
