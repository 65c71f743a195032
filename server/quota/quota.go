// Package quota limits how many events a second a project, or one of its keys,
// may have accepted by this process. It is arithmetic over a bounded map: it
// reads no clock, knows no store, and does not decide what becomes of an event
// that is over the limit.
package quota

import (
	"math"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
)

// Rate is an allowance: so many a second on average, and as many more at once as
// Burst says. A rate of 0 is no limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

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
	seconds := min(missing/b.rate.PerSecond, math.MaxInt32)
	return b, allowed, max(time.Duration(seconds*float64(time.Second)), time.Millisecond)
}

// Limiter keeps the allowances of projects, a bounded number of them. It
// is safe for concurrent use.
type Limiter struct {
	mu      sync.Mutex
	most    int
	buckets map[uint32]bucket
	swept   time.Time
}

// New makes a limiter that remembers at most so many projects.
func New(most int) *Limiter {
	return &Limiter{most: max(most, 1), buckets: map[uint32]bucket{}}
}

// Allow asks for n events of a project. It returns how many may be accepted now,
// and, if not all, how long to wait for the rest.
func (l *Limiter) Allow(projectID uint32, s *project.Settings, n int, now time.Time) (allowed int, retryAfter time.Duration) {
	return l.allow(projectID, Of(s), n, now)
}

func (l *Limiter) allow(projectID uint32, r Rate, n int, now time.Time) (int, time.Duration) {
	if !r.limited() || n <= 0 {
		return max(n, 0), 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[projectID]
	if !ok {
		l.room(now)
		b = bucket{left: r.size(), at: now, rate: r}
	}
	b, allowed, wait := b.refill(r, now).take(n)
	l.buckets[projectID] = b
	return allowed, wait
}

// room makes place for one more. A bucket that is full again is as good as none,
// so nothing is lost with it; only if all are in use does one start afresh.
func (l *Limiter) room(now time.Time) {
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
