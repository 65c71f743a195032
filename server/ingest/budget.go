package ingest

import (
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/quota"
	"github.com/faultline-dev/faultline/server/receive"
)

// budgets bounds how many projects' budgets, and how many keys' rates, are remembered.
const budgets = 10_000

// allow says how many events of a batch its key may send now, and what the others get. It
// comes before all stages: what is beyond a key's rate costs nothing more.
func (p *Pipeline) allow(b *receive.Batch) (allowed int, beyond outcome.Result) {
	allowed, wait := p.keys.Allow(b.KeyID, quota.Rate(b.KeyRate), len(b.Events), b.ReceivedAt)
	return allowed, outcome.Result{Kind: outcome.Limited, Reason: outcome.KeyLimit, Message: "the key's rate is used up", RetryAfter: wait}
}

// spend takes an event out of its project's budget. It comes after grouping, because an
// issue that floods gives way before rare ones do. An event that gives way asks nobody to
// wait: the next one may be of another issue.
func (p *Pipeline) spend(o *event.Occurrence, home *project.Project) (over outcome.Result, refused bool) {
	switch verdict, wait := p.budget.Spend(home.ID, quota.Of(&home.Settings), o.Fingerprint, o.ReceivedAt); verdict {
	case quota.IssueOver:
		return outcome.Result{Kind: outcome.Limited, Reason: outcome.IssueLimit, Message: "the project's rate is used up, and this issue has had most of it"}, true
	case quota.ProjectOver:
		return outcome.Result{Kind: outcome.Limited, Reason: outcome.RateLimit, Message: "the project's rate is used up", RetryAfter: wait}, true
	}
	return outcome.Result{}, false
}
