package regroup_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/eventgen"
	"github.com/faultline-dev/faultline/server/group"
	"github.com/faultline-dev/faultline/server/regroup"
)

var benchEvents = flag.Int("events", 20_000, "stored events of BenchmarkPreview")

// BenchmarkPreview tries rules on the stored events of a project with 200 issues: on all of them, and
// on as many as a preview looks at by default.
func BenchmarkPreview(b *testing.B) {
	n := *benchEvents
	p := openPlace(b, regroup.DefaultConfig())
	cfg := eventgen.DefaultConfig(time.Now().Add(-10 * 24 * time.Hour))
	cfg.Projects, cfg.Issues, cfg.Step = 1, 200, 9*24*time.Hour/time.Duration(n)
	g, groups := eventgen.New(cfg), group.NewGrouper(group.DefaultMemory)
	const block = 10_000
	for from := 0; from < n; from += block {
		var batch []*event.Occurrence
		for i := from; i < min(n, from+block); i++ {
			e := g.Event(0, uint64(i))
			r := groups.Event(e, nil)
			batch = append(batch, &event.Occurrence{
				ProjectID: p.web.ID, ReceivedAt: e.Timestamp, RetentionDays: 30, Event: e,
				Fingerprint: r.Fingerprint, Parts: r.Parts, Title: r.Title, Culprit: r.Culprit,
			})
		}
		if err := p.events.Insert(b.Context(), fmt.Sprintf("bench-%d", from), batch); err != nil {
			b.Fatal(err)
		}
	}
	rules, stacks := "tags.region:eu* -> {{ default }}, {{ tags.region }}", "stack.function:*Handle* -group"
	f := func(name string, cfg regroup.Config) {
		b.Run(name, func(b *testing.B) {
			s, err := regroup.New(cfg, regroup.Parts{Events: p.events, Records: p.meta, Regroup: p.meta, Flush: p, Announce: p})
			if err != nil {
				b.Fatal(err)
			}
			looked := uint64(0)
			for b.Loop() {
				v, err := s.Preview(b.Context(), p.owner, p.web.ID, regroup.Trial{Fingerprints: &rules, Stacks: &stacks})
				if err != nil {
					b.Fatal(err)
				}
				looked += v.Looked
			}
			b.ReportMetric(float64(looked)/float64(b.N), "looked")
			b.ReportMetric(float64(looked)/b.Elapsed().Seconds(), "events/s")
		})
	}
	f("default", regroup.DefaultConfig())
	f("all", regroup.Config{Events: 1_000_000, Timeout: 10 * time.Minute, AtOnce: 1})
}
