package issue

import (
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// Regrouping is grouping rules that were saved and applied to the past: which issues
// became one. It can be undone.
type Regrouping struct {
	ID        string
	ProjectID uint32
	Name      string
	Actor     string
	CreatedAt time.Time
	Merged    int // issues that became part of others
	Split     int // issues that come apart
	Renamed   int // issues that go on under another fingerprint
	Before    RuleTexts
	After     RuleTexts
	UndoneAt  time.Time // zero while it stands
	UndoneBy  string

	Torn   []event.Fingerprint // those whose events go several ways
	Past   Past                // what becomes of their stored events
	Looked int64               // stored events of theirs that were looked at so far
	Moved  int64               // of these, those that were moved
}

// Past is what becomes of the stored events of issues that come apart.
type Past string

// What becomes of stored events.
const (
	PastStays  Past = ""       // no issue comes apart
	PastMoving Past = "moving" // events are moved to where the rules group them
	PastMoved  Past = "moved"  // all are where the rules group them
	PastPartly Past = "partly" // too many parts: events of the rest stay where they were
	PastLarge  Past = "large"  // they have more stored events than may be moved: these stay where they were
	PastFixed  Past = "fixed"  // stored events cannot be changed here
)

// RuleTexts are the grouping rules of a project as people write them.
type RuleTexts struct {
	Fingerprints string
	Stacks       string
}

// Joining makes issues count as one. Undoing it separates the issues; what new events
// were grouped under stays where it is, because no event in it was ever elsewhere.
type Joining struct {
	Into  ID
	From  []ID                // issues
	Under []event.Fingerprint // fingerprints that rules give to events of these issues from now on
}

// Undone is what undoing a regrouping did.
type Undone struct {
	Regrouping    Regrouping
	Separated     int  // issues that stand on their own again
	RulesRestored bool // the project has the rules of before
}
