// Package quota limits what a project, or one of its keys, may have of this process: how
// many events a second, and how much of a memory that is short. Limiter counts for a
// key, Budget for a project and is fair between its issues, Room is fair between
// projects. It is arithmetic over bounded maps: it reads no clock, knows no store, and
// does not decide what becomes of an event that is over the limit.
package quota

import (
	"math"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
)

// Rate is an allowance of events: so many a second on average, and as many more at once
// as Burst says. A rate of 0 is no limit.
type Rate project.Rate

// Of returns the rate that a project's owner chose.
func Of(s *project.Settings) Rate { return Rate{PerSecond: s.RatePerSecond, Burst: s.RateBurst} }

// limited reports whether there is a limit at all.
func (r Rate) limited() bool { return r.PerSecond > 0 && !math.IsInf(r.PerSecond, 1) }

// size is what a full bucket holds: one second's worth and the burst, at least
// one event, so that every rate lets something through.
func (r Rate) size() float64 { return max(1, r.PerSecond+float64(max(r.Burst, 0))) }

// bucket is what is left of an allowance at a time.
type bucket struct {
	left float64
	at   time.Time
	rate Rate
}

// refill is the bucket at a later time. When the rate has changed, what is left
// stays, within the new size. Time that goes backwards adds nothing.
func (b bucket) refill(r Rate, now time.Time) bucket {
	if passed := now.Sub(b.at); passed > 0 {
		b.left += passed.Seconds() * b.rate.PerSecond
		b.at = now
	}
	b.left, b.rate = min(b.left, r.size()), r
	return b
}

// take takes n events out, as many as there are, and tells when the rest, or as
// many of them as a full bucket holds, would be allowed.
func (b bucket) take(n int) (after bucket, allowed int, retryAfter time.Duration) {
	allowed = min(n, int(b.left))
	b.left -= float64(allowed)
	if allowed == n {
		return b, allowed, 0
	}
	missing := min(float64(n-allowed), b.rate.size()) - b.left
	return b, allowed, seconds(missing / b.rate.PerSecond)
}

// seconds is a time to wait, however long.
func seconds(n float64) time.Duration {
	return max(time.Duration(min(n, math.MaxInt32)*float64(time.Second)), time.Millisecond)
}

// Limiter keeps the allowances of keys, a bounded number of them. It is safe for
// concurrent use.
type Limiter[K comparable] struct {
	mu      sync.Mutex
	most    int
	buckets map[K]bucket
	swept   time.Time
}

// NewLimiter makes a limiter that remembers at most so many keys.
func NewLimiter[K comparable](most int) *Limiter[K] {
	return &Limiter[K]{most: max(most, 1), buckets: map[K]bucket{}}
}

// Allow asks for n events of a key. It returns how many may be accepted now, and, if
// not all, how long to wait for the rest.
func (l *Limiter[K]) Allow(key K, r Rate, n int, now time.Time) (allowed int, retryAfter time.Duration) {
	if !r.limited() || n <= 0 {
		return max(n, 0), 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[key]
	if !ok {
		l.room(now)
		b = bucket{left: r.size(), at: now, rate: r}
	}
	b, allowed, wait := b.refill(r, now).take(n)
	l.buckets[key] = b
	return allowed, wait
}

// room makes place for one more. A bucket that is full again is as good as none,
// so nothing is lost with it; only if all are in use does one start afresh.
func (l *Limiter[K]) room(now time.Time) {
	if len(l.buckets) < l.most {
		return
	}
	if now.Sub(l.swept) >= time.Second { // going through all of them costs
		l.swept = now
		for o, b := range l.buckets {
			if b = b.refill(b.rate, now); b.left >= b.rate.size() {
				delete(l.buckets, o)
			}
		}
	}
	for o := range l.buckets {
		if len(l.buckets) < l.most {
			return
		}
		delete(l.buckets, o)
	}
}
