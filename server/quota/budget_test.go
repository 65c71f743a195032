package quota

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/faultline-dev/faultline/internal/event"
)

// source is an issue whose events arrive at random, so many a second on average.
type source struct {
	print   event.Fingerprint
	rate    float64
	next    time.Duration
	offered int
	kept    int
}

// arrivals orders sources by their next event.
type arrivals []*source

func (a arrivals) Len() int           { return len(a) }
func (a arrivals) Less(i, j int) bool { return a[i].next < a[j].next }
func (a arrivals) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)        { *a = append(*a, x.(*source)) }
func (a *arrivals) Pop() any {
	s := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return s
}

func print(n int) (f event.Fingerprint) {
	f[0], f[1], f[2] = byte(n), byte(n>>8), byte(n>>16)
	return f
}

// play runs sources against a budget for a time. What comes before warm is not counted.
func play(r Rate, sources []*source, length, warm time.Duration, random *rand.Rand) (accepted int) {
	b := NewBudget(10)
	queue := arrivals{}
	draw := func(s *source) { s.next += time.Duration(random.ExpFloat64() / s.rate * float64(time.Second)) }
	for _, s := range sources {
		draw(s)
		queue = append(queue, s)
	}
	heap.Init(&queue)
	for queue[0].next < length {
		s := queue[0]
		verdict, _ := b.Spend(1, r, s.print, start.Add(s.next))
		if verdict == Within {
			accepted++
		}
		if s.next >= warm {
			s.offered++
			if verdict == Within {
				s.kept++
			}
		}
		draw(s)
		heap.Fix(&queue, 0)
	}
	return accepted
}

func keptOf(sources []*source) float64 {
	offered, got := 0, 0
	for _, s := range sources {
		offered, got = offered+s.offered, got+s.kept
	}
	return float64(got) / float64(max(offered, 1))
}

// One issue is nine tenths of what comes, a hundred share the rest. Whatever the rate and
// however far it is exceeded, the rare ones are kept, as long as they alone fit; and the
// flood gets what they leave.
func TestAFloodGivesWayToRareIssues(t *testing.T) {
	t.Parallel()
	worst := 1.0
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{PerSecond: rapid.SampledFrom([]float64{1, 5, 50, 500}).Draw(t, "rate"), Burst: rapid.IntRange(0, 100).Draw(t, "burst")}
		times := rapid.Float64Range(1.5, 9).Draw(t, "times the rate")
		sources := []*source{{print: print(0), rate: 0.9 * times * r.PerSecond}}
		for i := range 100 {
			sources = append(sources, &source{print: print(1 + i), rate: 0.1 * times * r.PerSecond / 100})
		}
		length := time.Duration(20_000 / (times * r.PerSecond) * float64(time.Second))
		accepted := play(r, sources, length, 0, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		rare := keptOf(sources[1:])
		worst = min(worst, rare)
		least := 0.95
		if times > 7.5 {
			least = 0.9 // rare ones that need nearly all of the rate lose some to chance, as in any queue
		}
		if rare < least {
			t.Fatalf("%v at %.1f times the rate: %.3f of the rare ones are kept, %.3f of the flood", r, times, rare, keptOf(sources[:1]))
		}
		most := r.size() + r.reserve() + length.Seconds()*r.PerSecond
		if float64(accepted) > most+1 {
			t.Fatalf("%d are accepted, %.0f is the most", accepted, most)
		}
		if float64(accepted) < 0.95*length.Seconds()*r.PerSecond {
			t.Fatalf("%d are accepted, the rate is %.0f", accepted, length.Seconds()*r.PerSecond)
		}
	})
	t.Logf("of the rare ones at least %.3f are kept", worst)
}

// A flood that begins later, after hours in which the project kept within its rate.
func TestAFloodThatBeginsSuddenlyIsKnownSoon(t *testing.T) {
	t.Parallel()
	r := Rate{PerSecond: 10}
	flood := &source{print: print(0), rate: 1000, next: time.Hour}
	sources := []*source{flood}
	for i := range 100 {
		sources = append(sources, &source{print: print(1 + i), rate: 0.05})
	}
	play(r, sources, time.Hour+10*time.Minute, time.Hour, rand.New(rand.NewPCG(1, 2)))
	t.Logf("kept: %.3f of the rare ones, %.3f of the flood", keptOf(sources[1:]), keptOf(sources[:1]))
	if rare := keptOf(sources[1:]); rare < 0.97 {
		t.Fatalf("%.3f of the rare ones are kept", rare)
	}
}

// When all issues send the same, none is preferred; of two floods, each gets the same.
func TestEqualIssuesGetTheSame(t *testing.T) {
	t.Parallel()
	f := func(issues int, rates func(i int) float64) {
		t.Helper()
		var sources []*source
		for i := range issues {
			sources = append(sources, &source{print: print(i), rate: rates(i)})
		}
		play(Rate{PerSecond: 100}, sources, 10*time.Minute, time.Minute, rand.New(rand.NewPCG(3, 4)))
		least, most := sources[0].kept, sources[0].kept
		for _, s := range sources {
			least, most = min(least, s.kept), max(most, s.kept)
		}
		t.Logf("%d issues: from %d to %d events of each are kept", issues, least, most)
		if float64(least) < 0.6*float64(most) {
			t.Fatalf("from %d to %d", least, most)
		}
	}
	f(2, func(int) float64 { return 500 })
	f(2, func(i int) float64 { return 200 + 1800*float64(i) })
	f(50, func(int) float64 { return 20 })
}

func TestWithinTheRateEverythingPasses(t *testing.T) {
	t.Parallel()
	b := NewBudget(10)
	now := start
	for i := range 100_000 {
		now = now.Add(10 * time.Millisecond)
		if v, wait := b.Spend(1, Rate{PerSecond: 100}, print(0), now); v != Within || wait != 0 {
			t.Fatalf("event %d: %v, %v", i, v, wait)
		}
	}
	if v, _ := b.Spend(2, Rate{}, print(0), now); v != Within || len(b.accounts) != 1 {
		t.Fatal("a project without a rate is remembered")
	}
}

func TestTheVerdictNamesWhoIsOver(t *testing.T) {
	t.Parallel()
	b := NewBudget(10)
	r := Rate{PerSecond: 10}
	counts := map[Verdict]int{}
	for range 1000 {
		v, wait := b.Spend(1, r, print(0), start)
		counts[v]++
		if v == IssueOver && wait != 0 {
			t.Fatal("an issue that floods makes its project wait", wait)
		}
	}
	if counts[Within] < 10 || counts[IssueOver] == 0 || counts[ProjectOver] != 0 {
		t.Fatal(counts)
	}
	for i := range 1000 {
		v, wait := b.Spend(1, r, print(1+i), start)
		if v == ProjectOver && (wait <= 0 || wait > time.Second) {
			t.Fatal(wait)
		}
		counts[v]++
	}
	if counts[ProjectOver] == 0 {
		t.Fatal(counts)
	}
}

func TestBudgetIsBounded(t *testing.T) {
	t.Parallel()
	b := NewBudget(100)
	now := start
	for i := range 200_000 {
		now = now.Add(time.Millisecond)
		b.Spend(uint32(i%1000), Rate{PerSecond: 0.1}, print(i), now)
		if len(b.accounts) > 100 {
			t.Fatal(len(b.accounts))
		}
	}
	for i := range 10_000 {
		b.Spend(1, Rate{PerSecond: 100}, print(i), now.Add(time.Duration(i)*time.Hour/100))
	}
	if s := b.accounts[1].issues; s != nil && (len(s.places) > tracked || len(s.counts) > tracked) {
		t.Fatal(len(s.places), len(s.counts))
	}
}

func TestTheGreatestIssuesAreKnown(t *testing.T) {
	t.Parallel()
	s := newSketch(start)
	random := rand.New(rand.NewPCG(5, 6))
	now := start
	for range 200_000 {
		now = now.Add(10 * time.Millisecond)
		if random.Float64() < 0.3 {
			s.add(print(0), now)
		} else {
			s.add(print(1+random.IntN(100_000)), now)
		}
	}
	if got := s.share(print(0), now); got < 0.27 || got > 0.36 {
		t.Fatalf("a part of 0.3 is seen as %.2f", got)
	}
	if got := s.share(print(0), now.Add(100*halfLife)); got > 0.3 {
		t.Fatalf("what is long past counts %.2f", got)
	}
}

func BenchmarkSpend(b *testing.B) {
	for _, c := range []struct {
		name string
		rate Rate
	}{{"no rate", Rate{}}, {"within", Rate{PerSecond: 1e12}}, {"over", Rate{PerSecond: 1000}}} {
		b.Run(c.name, func(b *testing.B) {
			budget, now := NewBudget(10), start
			for i := 0; b.Loop(); i++ {
				now = now.Add(10 * time.Microsecond)
				budget.Spend(1, c.rate, print(i%300), now)
			}
		})
	}
}

func ExampleBudget() {
	b, r := NewBudget(1), Rate{PerSecond: 1}
	for range 100 {
		b.Spend(1, r, print(1), start)
	}
	flood, _ := b.Spend(1, r, print(1), start)
	rare, _ := b.Spend(1, r, print(2), start)
	fmt.Println(flood == IssueOver, rare == Within)
	// Output: true true
}
