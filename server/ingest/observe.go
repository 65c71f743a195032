package ingest

import (
	"cmp"
	"time"

	"github.com/faultline-dev/faultline/internal/outcome"
)

// observe counts a batch in the metrics.
func (p *Pipeline) observe(t *tray) {
	b, plain := t.batch, [8]uint64{}
	for i := range t.results {
		r := &t.results[i]
		if r.Reason == outcome.None && int(r.Kind) < len(plain) {
			plain[r.Kind]++
			continue
		}
		p.metrics.count(b.Protocol, r.Kind, r.Reason, 1)
	}
	for kind, n := range plain {
		if n > 0 {
			p.metrics.count(b.Protocol, outcome.Kind(kind), outcome.None, n)
		}
	}
	for _, r := range b.Refused {
		p.metrics.count(b.Protocol, cmp.Or(r.Kind, outcome.Invalid), r.Reason, r.Count)
	}
	for _, d := range b.Drops {
		p.metrics.count(b.Protocol, outcome.Lost, clientReason(d.Reason), d.Count)
	}
	p.metrics.acknowledge.Observe(time.Since(b.ReceivedAt).Seconds())
}
