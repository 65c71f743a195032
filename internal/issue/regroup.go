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
	Split     int // issues of which new events go apart
	Renamed   int // issues that go on under another fingerprint
	Before    RuleTexts
	After     RuleTexts
	UndoneAt  time.Time // zero while it stands
	UndoneBy  string
}

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
