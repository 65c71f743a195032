package ingest

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/faultline-dev/faultline/internal/project"
)

// quotaProjects bounds how many projects' rates are remembered; beyond it, all
// start afresh.
const quotaProjects = 10_000

// quota limits how many events a second each project may have accepted by this
// process.
type quota struct {
	mu       sync.Mutex
	limiters map[uint32]*rate.Limiter
}

func newQuota() *quota { return &quota{limiters: map[uint32]*rate.Limiter{}} }

// spend takes one event from the project's allowance. If there is none left, it
// tells how long to wait for the next.
func (q *quota) spend(p *project.Project, now time.Time) (wait time.Duration, limited bool) {
	s := &p.Settings
	if s.RatePerSecond <= 0 {
		return 0, false
	}
	l := q.limiter(p.ID, rate.Limit(s.RatePerSecond), max(s.RateBurst, int(s.RatePerSecond), 1))
	if l.AllowN(now, 1) {
		return 0, false
	}
	missing := 1 - l.TokensAt(now)
	return time.Duration(missing / s.RatePerSecond * float64(time.Second)), true
}

// limiter is the project's, with its present settings.
func (q *quota) limiter(id uint32, limit rate.Limit, burst int) *rate.Limiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.limiters[id]
	if l == nil || l.Limit() != limit || l.Burst() != burst {
		if len(q.limiters) >= quotaProjects {
			clear(q.limiters)
		}
		l = rate.NewLimiter(limit, burst)
		q.limiters[id] = l
	}
	return l
}
