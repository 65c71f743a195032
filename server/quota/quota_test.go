package quota

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/faultline-dev/faultline/internal/project"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestAllowance(t *testing.T) {
	t.Parallel()
	s := &project.Settings{RatePerSecond: 10, RateBurst: 5}
	l := NewLimiter[uint32](100)
	f := func(after time.Duration, n, wantAllowed int, wantWait time.Duration) {
		t.Helper()
		allowed, wait := l.Allow(1, Of(s), n, start.Add(after))
		if allowed != wantAllowed || wait != wantWait {
			t.Fatalf("after %v, %d events: %d, %v; want %d, %v", after, n, allowed, wait, wantAllowed, wantWait)
		}
	}
	f(0, 0, 0, 0)
	f(0, -1, 0, 0)
	f(0, 10, 10, 0)
	f(0, 10, 5, 500*time.Millisecond)
	f(0, 1000, 0, 1500*time.Millisecond) // no more than a full bucket can be waited for
	f(100*time.Millisecond, 1, 1, 0)
	f(50*time.Millisecond, 1, 0, 100*time.Millisecond) // time went backwards
	f(time.Hour, 100, 15, 1500*time.Millisecond)
	if allowed, _ := l.Allow(2, Of(s), 15, start); allowed != 15 {
		t.Fatal("projects share an allowance")
	}
	s.RatePerSecond = 1 // the owner lowers it
	f(2*time.Hour, 100, 6, 6*time.Second)
	s.RatePerSecond = 0
	f(2*time.Hour, 1_000_000, 1_000_000, 0)
}

func TestRatesThatAreNone(t *testing.T) {
	t.Parallel()
	l := NewLimiter[uint32](100)
	for _, r := range []Rate{{}, {PerSecond: -1}, {PerSecond: math.Inf(1)}, {PerSecond: math.NaN()}, {Burst: 5}} {
		if allowed, wait := l.Allow(1, r, 1000, start); allowed != 1000 || wait != 0 {
			t.Fatal(r, allowed, wait)
		}
	}
	if allowed, wait := l.Allow(2, Rate{PerSecond: 0.001, Burst: -5}, 2, start); allowed != 1 || wait != 1000*time.Second {
		t.Fatal(allowed, wait)
	}
	if _, wait := l.Allow(3, Rate{PerSecond: 1e-300}, 2, start); wait <= 0 {
		t.Fatal(wait)
	}
}

// A caller that asks as often as it likes never gets more than the rate and one
// full bucket, and at least nearly that if it never stops asking.
func TestNobodyGetsMoreThanTheRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{PerSecond: rapid.Float64Range(0.1, 1000).Draw(t, "rate"), Burst: rapid.IntRange(0, 1000).Draw(t, "burst")}
		l, now, got := NewLimiter[uint32](10), start, 0
		for range rapid.IntRange(1, 100).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond)
			n := rapid.IntRange(0, 500).Draw(t, "n")
			allowed, wait := l.Allow(1, r, n, now)
			if allowed < 0 || allowed > n || (allowed == n) != (wait == 0) {
				t.Fatalf("%d of %d, %v", allowed, n, wait)
			}
			got += allowed
		}
		if most := r.size() + now.Sub(start).Seconds()*r.PerSecond + 1e-6; float64(got) > most {
			t.Fatalf("%d events in %v at %+v", got, now.Sub(start), r)
		}
	})
}

func TestWaitingAsToldIsEnough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{PerSecond: rapid.Float64Range(0.1, 1000).Draw(t, "rate"), Burst: rapid.IntRange(0, 100).Draw(t, "burst")}
		l := NewLimiter[uint32](10)
		l.Allow(1, r, 1<<30, start)
		n := min(rapid.IntRange(1, 200).Draw(t, "n"), int(r.size()))
		_, wait := l.Allow(1, r, n, start)
		if allowed, more := l.Allow(1, r, n, start.Add(wait+time.Microsecond)); allowed != n {
			t.Fatalf("after %v only %d of %d are allowed, then %v", wait, allowed, n, more)
		}
	})
}

func TestMemoryIsBoundedAndFullBucketsGoFirst(t *testing.T) {
	t.Parallel()
	l := NewLimiter[uint32](100)
	r := Rate{PerSecond: 1}
	now := start
	for id := range uint32(100_000) {
		now = now.Add(20 * time.Millisecond)
		l.Allow(7, Rate{PerSecond: 0.0001}, 1, now) // used up, and never full again in this time
		l.Allow(1000+id, r, 1, now)
		if len(l.buckets) > 100 {
			t.Fatal(len(l.buckets))
		}
	}
	if allowed, _ := l.Allow(7, Rate{PerSecond: 0.0001}, 1, now); allowed != 0 {
		t.Fatal("a used-up allowance was forgotten although others were full")
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	l := NewLimiter[uint32](100)
	var got atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 10 {
				n, _ := l.Allow(1, Rate{PerSecond: 100}, 1, start)
				got.Add(int64(n))
			}
		})
	}
	wg.Wait()
	if got.Load() != 100 {
		t.Fatal(got.Load())
	}
}

func BenchmarkAllow(b *testing.B) {
	l := NewLimiter[uint32](10_000)
	s := &project.Settings{RatePerSecond: 1e9}
	for b.Loop() {
		l.Allow(1, Of(s), 100, start)
	}
}
