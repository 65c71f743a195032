//go:build e2e

package torture

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"
)

var (
	rounds = flag.Int("rounds", 3, "how many rounds of torture")
	first  = flag.Uint64("seed", 0, "seed of the first round, further ones count up; 0: by the clock")
	length = flag.Duration("length", 6*time.Second, "how long things go wrong in each round")
	pace   = flag.Duration("pace", 100*time.Millisecond, "how often a client sends a batch, if answers come that fast")
	only   = flag.String("shape", "", "only rounds of this shape: together, parted or small")
)

// shapeOf says how the product is put together in a round.
func shapeOf(seed uint64, disks error) shape {
	order := []shape{together, parted, together, parted, small}
	s := order[seed%uint64(len(order))]
	if *only != "" {
		s = shape(*only)
	}
	if s == small && disks != nil {
		return together
	}
	return s
}

func TestNothingAcknowledgedIsLostOrDoubled(t *testing.T) {
	seed := *first
	if seed == 0 {
		seed = uint64(time.Now().Unix())
	}
	disks := canMount(t)
	if disks != nil {
		t.Logf("no round with a full disk: %v", disks)
	}
	began := time.Now()
	for n := range *rounds {
		p := makePlan(seed+uint64(n), shapeOf(seed+uint64(n), disks), *length)
		ok := t.Run(fmt.Sprintf("seed=%d", p.seed), func(t *testing.T) {
			t.Logf("round %d of %d: %v", n+1, *rounds, p)
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("again: go test -count=1 -tags e2e ./e2e/torture -run NothingAck -v -rounds 1 -seed %d -length %v -shape %s", p.seed, p.length, p.shape)
				}
			})
			round(t, p)
		})
		fmt.Printf("torture: round %d of %d, seed %d, %s: %s after %v\n", n+1, *rounds, p.seed, p.shape, map[bool]string{true: "ok", false: "FAILED"}[ok], time.Since(began).Round(time.Second))
	}
}

// workers is how many goroutines send through each client.
const workers = 4

// round does to a new product what a plan says, while clients send to it.
func round(t *testing.T, p plan) {
	w := newWorld(t, p.shape)
	l := newLedger(p.seed)
	ctx, cancel := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	defer senders.Wait()
	defer cancel()
	n := uint64(0)
	for name, c := range clients(t, w.links[0].address, w.links[1].address) {
		for range workers {
			n++
			senders.Go(func() { drive(ctx, name, c, l, p.seed+n<<32, every(*pace)) })
		}
	}
	w.run(ctx, p)
	l.end()
	w.await(time.Minute)
	eventually(t, settleLimit, "everything is acknowledged", func() error {
		if all, acknowledged := l.counts(); acknowledged < all {
			return fmt.Errorf("%d of %d are; refusals %v", acknowledged, all, l.reasons())
		}
		return nil
	})
	senders.Wait()
	w.settle(l)
	w.audit(l)
}
