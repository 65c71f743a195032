//go:build e2e

package torture

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faultline-dev/faultline/server/receive/native"
)

var (
	spillFor  = flag.Duration("spill", 5*time.Second, "how long ClickHouse is away in the test of the spill")
	spillRate = flag.Int("spill-rate", 1500, "events a second meanwhile")
	spillThen = flag.Int("spill-then", 1500, "events a second while the server catches up, if that is fewer")
)

// load sends about so many events a second until the ledger ends; the number may change. A stream is shared by as many
// senders as may wait for answers on it at once.
func load(ctx context.Context, w *world, l *ledger, rate *atomic.Int64) (wait func()) {
	senders := int64(max(24, rate.Load()/10))
	pace := func() time.Duration {
		return time.Duration(senders) * (1 + batchMost) / 2 * time.Second / time.Duration(rate.Load())
	}
	w.crowd = int(senders)
	var all sync.WaitGroup
	kinds := clients(w.t, w.links[0].address, w.links[1].address)
	for n := range senders {
		name := "grpc stream"
		if n%int64(native.DefaultConfig().Window) == 0 {
			kinds[name] = newStreamClient(w.links[1].address)
		}
		switch n % 24 {
		case 0, 8:
			name = "rest"
		case 4, 12:
			name = "otlp"
		case 20:
			name = "sentry"
		}
		c := kinds[name]
		all.Go(func() { drive(ctx, name, c, l, uint64(n), pace) })
	}
	return all.Wait
}

// TestClickHouseIsAwayForLong keeps sending while ClickHouse is away, and afterwards,
// while the server catches up.
func TestClickHouseIsAwayForLong(t *testing.T) {
	w := newWorld(t, parted)
	l := newLedger(1)
	l.calm = max(1, *spillRate/1500)
	ctx, cancel := context.WithCancel(t.Context())
	var rate atomic.Int64
	rate.Store(int64(*spillRate))
	wait := load(ctx, w, l, &rate)
	defer wait()
	defer cancel()
	sleep(ctx, time.Second)
	before, beforehand := l.counts()
	w.liar.set(gateway)
	sleep(ctx, *spillFor)
	sent, acknowledged := l.counts()
	t.Logf("%d events in %v without ClickHouse, %d acknowledged, spill %d bytes", sent-before, *spillFor, acknowledged-beforehand, spilled(t, w))
	eventually(t, settleLimit, "as many events are acknowledged without ClickHouse as were sent", func() error {
		if _, n := l.counts(); n < sent {
			return fmt.Errorf("%d of %d are; refusals %v", n, sent, l.reasons())
		}
		return nil
	})
	sent, _ = l.counts()
	w.liar.set(honest)
	rate.Store(int64(min(*spillRate, max(*spillThen, 1))))
	back := time.Now()
	eventually(t, 2**spillFor+settleLimit, "the spill is empty while new events arrive", func() error {
		if n := spilled(t, w); n > 0 {
			return fmt.Errorf("%d bytes wait", n)
		}
		return nil
	})
	all, _ := l.counts()
	t.Logf("caught up after %v, with %d new events meanwhile", time.Since(back).Round(100*time.Millisecond), all-sent)
	l.end()
	wait()
	w.settle(l)
	w.audit(l)
}

// TestAFullSpillRefuses sends more than the spill may hold.
func TestAFullSpillRefuses(t *testing.T) {
	const limit = 1 << 20
	w := newWorld(t, parted, fmt.Sprintf("FAULTLINE_BUS_SPILL_BYTES=%d", limit))
	l := newLedger(2)
	ctx, cancel := context.WithCancel(t.Context())
	var rate atomic.Int64
	rate.Store(4000)
	wait := load(ctx, w, l, &rate)
	defer wait()
	defer cancel()
	w.liar.set(gateway)
	eventually(t, time.Minute, "events are refused", func() error {
		if n := l.reasons()["OUTCOME_LOST store_failed"]; n < 100 {
			_, acknowledged := l.counts()
			return fmt.Errorf("%d refused, %d acknowledged, %d bytes", n, acknowledged, spilled(t, w))
		}
		return nil
	})
	if n := spilled(t, w); n > limit {
		t.Errorf("the spill holds %d bytes, more than %d", n, limit)
	}
	w.liar.set(honest)
	l.end()
	eventually(t, settleLimit, "everything is acknowledged", func() error {
		if all, acknowledged := l.counts(); acknowledged < all {
			return fmt.Errorf("%d of %d are; refusals %v", acknowledged, all, l.reasons())
		}
		return nil
	})
	wait()
	w.settle(l)
	w.audit(l)
}

// spilled asks NATS how many bytes wait for ClickHouse.
func spilled(t testing.TB, w *world) uint64 {
	t.Helper()
	conn, err := nats.Connect("nats://" + w.natsLink.target)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(context.Background(), "SPILL")
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.Bytes
}
