package regroup

import (
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/group"
)

func TestWhatOthersWereMergedIntoIsAnIssueWithoutEventsOfItsOwn(t *testing.T) {
	t.Parallel()
	root, one, other, fresh := event.Fingerprint{1}, event.Fingerprint{2}, event.Fingerprint{3}, event.Fingerprint{4}
	seen := newSightings()
	today := event.Fingerprint{9}
	seen.add(&event.Occurrence{Fingerprint: one}, today, group.Result{Fingerprint: root})
	seen.add(&event.Occurrence{Fingerprint: other}, today, group.Result{Fingerprint: fresh})
	p := decide(seen, world{
		issueOf: func(f event.Fingerprint) event.Fingerprint {
			if f == one || f == other {
				return root
			}
			return f
		},
		known: func(f event.Fingerprint) bool { return f == one || f == other },
		age:   func(event.Fingerprint) uint64 { return 0 },
	})
	if len(p.merges) != 0 || len(p.splits) != 0 || len(p.renamed) != 1 {
		t.Fatalf("%+v", p)
	}
	if r := p.renamed[0]; r.into != root || len(r.under) != 1 || r.under[0] != fresh {
		t.Fatalf("%+v", r)
	}
}
