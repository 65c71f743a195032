//go:build e2e

package torture

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// shape is how the product is put together in a round.
type shape string

const (
	together shape = "together" // one process with everything inside, and its engine
	parted   shape = "apart"    // ClickHouse, NATS and PostgreSQL are processes of their own
	small    shape = "small"    // together, on a disk that gets full
	served   shape = "served"   // together, but for ClickHouse; in no round
)

// fault is one thing that goes wrong.
type fault struct {
	at     time.Duration // since the beginning of the round
	length time.Duration
	what   string // a name in world.faults
}

// plan is what happens in one round; it follows from the seed alone.
type plan struct {
	seed   uint64
	shape  shape
	length time.Duration
	faults []fault
}

// wear lists what can go wrong in a shape. Words that stand twice happen twice as
// often.
var wear = map[shape][]string{
	together: {
		"kill server", "kill server", "kill server", "kill engine", "kill engine", "kill both", "stop server", "stop engine", "terminate server",
		"cut", "cut", "slow", "block", "refuse",
	},
	parted: {
		"kill server", "kill server", "kill engine", "stop engine", "kill nats", "kill nats", "stop nats", "kill postgres", "stop postgres", "terminate server",
		"clickhouse refuses", "clickhouse drops answers", "clickhouse hangs", "clickhouse is gone", "cut", "slow", "cut nats", "cut postgres",
		"kill server and stop engine",
	},
	small: {"fill disk", "fill disk", "fill disk", "kill server", "kill engine", "cut"},
}

// makePlan draws the faults of a round: one after the other, and now and then two at
// a time.
func makePlan(seed uint64, s shape, length time.Duration) plan {
	rng := rand.New(rand.NewPCG(seed, 1))
	p := plan{seed: seed, shape: s, length: length}
	words := wear[s]
	for at := between(rng, 500*time.Millisecond, 2*time.Second); at < length; {
		f := fault{at: at, what: words[rng.IntN(len(words))], length: between(rng, 100*time.Millisecond, 3*time.Second)}
		p.faults = append(p.faults, f)
		at += between(rng, 200*time.Millisecond, 2*time.Second)
		if rng.IntN(3) > 0 {
			at += f.length
		}
	}
	return p
}

func between(rng *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(rng.Int64N(int64(most-least)))
}

// String lists the faults.
func (p plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, %s, %v:", p.seed, p.shape, p.length)
	for _, f := range p.faults {
		fmt.Fprintf(&b, " %.1fs %s %.1fs;", f.at.Seconds(), f.what, f.length.Seconds())
	}
	return b.String()
}

func TestAPlanFollowsFromItsSeed(t *testing.T) {
	for seed := range uint64(50) {
		a, b := makePlan(seed, parted, 20*time.Second), makePlan(seed, parted, 20*time.Second)
		if a.String() != b.String() || len(a.faults) == 0 {
			t.Fatalf("%v\n%v", a, b)
		}
		for _, f := range a.faults {
			if f.at > a.length || f.length <= 0 {
				t.Fatalf("%+v in %v", f, a)
			}
		}
	}
}
