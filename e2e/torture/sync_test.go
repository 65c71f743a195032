//go:build e2e

package torture

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/server/receive/native"
)

var syncFor = flag.Duration("sync", 0, "how long each measurement of what waiting for the disk costs takes; 0: none")

// TestWhatWaitingForTheDiskCosts measures with and without, in turns. It wants a calm
// machine, and judges nothing.
func TestWhatWaitingForTheDiskCosts(t *testing.T) {
	if *syncFor == 0 {
		t.Skip("give -sync 10s")
	}
	f := func(setting string, s shape, away bool) {
		total := map[string]float64{}
		const turns = 3
		for range turns {
			for _, value := range []string{"false", "true"} {
				t.Run(fmt.Sprintf("%s=%s", setting, value), func(t *testing.T) {
					w := newWorld(t, s, setting+"="+value)
					if away {
						w.liar.set(gateway)
					}
					total[value] += w.throughput(*syncFor)
				})
			}
		}
		t.Logf("%s: %.0f events/s without, %.0f with: %.2f", setting, total["false"]/turns, total["true"]/turns, total["true"]/total["false"])
	}
	f("FAULTLINE_CLICKHOUSE_SYNC_INSERTS", together, false)
	f("FAULTLINE_NATS_SYNC_ALWAYS", served, true)
}

// throughput is how many events a second are acknowledged, if each of many senders waits
// for the answer to one batch before it sends the next.
func (w *world) throughput(d time.Duration) float64 {
	const senders = 512
	l := newLedger(1)
	var c client
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	defer l.end()
	for n := range senders {
		if n%native.DefaultConfig().Window == 0 { // as many as may wait for answers on one stream
			c = newStreamClient(w.links[1].address)
		}
		c := c
		all.Go(func() { drive(ctx, "grpc stream", c, l, uint64(n), every(1)) })
	}
	sleep(ctx, 2*time.Second) // until connections are there and caches are warm
	_, before := l.counts()
	began := time.Now()
	sleep(ctx, d)
	_, after := l.counts()
	rate := float64(after-before) / time.Since(began).Seconds()
	w.t.Logf("%.0f events/s, a batch was acknowledged after %.0f ms", rate, 1000*senders*float64(1+batchMost)/2/rate)
	return rate
}
