package quota

import (
	"container/heap"
	"context"
	"errors"
	"sync"
)

// ErrCrowded is returned when more waits for room than may wait, and the asker's
// project has its part of it.
var ErrCrowded = errors.New("as much waits for room as may wait")

// greed is how many times what is left free a project may hold. A project that is
// alone gets greed parts of greed+1; several that want all there is get the same each.
// What stays free is for those that hold less, so that they need not wait.
const greed = 8

// idleShares bounds how many projects are remembered that hold nothing.
const idleShares = 1024

// Room is memory that projects share fairly. As long as there is enough, it is a
// counter. When it is short, those that wait are served by how little their project
// holds, and in the order of asking within a project. It is safe for concurrent use.
type Room struct {
	mu      sync.Mutex
	size    int64
	free    int64
	queue   int64 // how much more may wait
	shares  map[uint32]*share
	last    *share // the one asked for last, to be found quickly
	waiting line
	asked   uint64
}

// share is what one project has of a room.
type share struct {
	project uint32
	held    int64
	queued  int64    // how much waits
	first   *waiter  // in the order of asking
	end     **waiter // where the next one goes
	since   uint64   // when first began to wait, in askings
	place   int      // in the line; -1: nothing waits
}

// waiter is one that waits for room.
type waiter struct {
	bytes int64
	since uint64
	ready chan struct{} // closed when it has its room
	given bool
	next  *waiter
}

// NewRoom makes a room of so many bytes, for which so many may wait at once; 0: any.
func NewRoom(bytes, waiting int64) *Room {
	if waiting <= 0 {
		waiting = 1 << 50
	}
	return &Room{size: bytes, free: bytes, queue: waiting, shares: map[uint32]*share{}}
}

// Acquire waits for room for a project, which must not be more than the room is
// large. The error is that of the context, or ErrCrowded at once.
func (r *Room) Acquire(ctx context.Context, projectID uint32, bytes int64) error {
	r.mu.Lock()
	s := r.share(projectID)
	if r.take(s, bytes) {
		r.mu.Unlock()
		return nil
	}
	if !fits(s.queued, bytes, r.queue) {
		r.forget(s)
		r.mu.Unlock()
		return ErrCrowded
	}
	w := &waiter{bytes: bytes, ready: make(chan struct{})}
	r.enqueue(s, w)
	r.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.given {
		return nil
	}
	r.leave(s, w)
	r.serve() // it may have been the one for which others waited
	return ctx.Err()
}

// crowd is the part of a room as large as which what waits of one project is a crowd.
const crowd = 8

// Crowded tells whether so much of a project waits already that one more had better come
// back later. What waits is enough to keep its part of the room full.
func (r *Room) Crowded(projectID uint32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.shares[projectID]
	return s != nil && s.queued > r.size/crowd
}

// TryAcquire takes room if it is to be had without waiting.
func (r *Room) TryAcquire(projectID uint32, bytes int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.share(projectID)
	if r.take(s, bytes) {
		return true
	}
	r.forget(s)
	return false
}

// Release gives back what was acquired.
func (r *Room) Release(projectID uint32, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.share(projectID)
	r.free += bytes
	if s.held -= bytes; s.held < 0 {
		panic("quota: more room is released than was held")
	}
	if s.place >= 0 {
		heap.Fix(&r.waiting, s.place)
	}
	if len(r.waiting) > 0 {
		r.serve()
	}
	r.forget(s)
}

// share finds the share of a project.
func (r *Room) share(projectID uint32) *share {
	if r.last != nil && r.last.project == projectID {
		return r.last
	}
	s := r.shares[projectID]
	if s == nil {
		s = &share{project: projectID, place: -1}
		s.end = &s.first
		r.shares[projectID] = s
	}
	r.last = s
	return s
}

// forget drops a share in which nothing is, if there are many.
func (r *Room) forget(s *share) {
	if s.held == 0 && s.place < 0 && len(r.shares) > idleShares {
		delete(r.shares, s.project)
		if r.last == s {
			r.last = nil
		}
	}
}

// take gives room to one that has just asked, if nobody is to be served before it.
func (r *Room) take(s *share, bytes int64) bool {
	if s.place >= 0 || len(r.waiting) > 0 && r.waiting[0].held <= s.held || !fits(s.held, bytes, r.free) {
		return false
	}
	s.held, r.free = s.held+bytes, r.free-bytes
	return true
}

// fits tells whether one that holds so much may have more: the first always if it is
// there at all, everything else only if enough is left for others.
func fits(held, more, free int64) bool {
	return more <= free && (held == 0 || held+more <= greed*(free-more))
}

// serve gives room to those that wait, as far as it goes. If the first in line holds
// nothing and does not fit, all wait for it: otherwise small ones could pass it for ever.
func (r *Room) serve() {
	for len(r.waiting) > 0 {
		s := r.waiting[0]
		w := s.first
		if !fits(s.held, w.bytes, r.free) {
			return
		}
		s.held, r.free = s.held+w.bytes, r.free-w.bytes
		w.given = true
		close(w.ready)
		r.leave(s, w)
	}
}

// enqueue lets one wait.
func (r *Room) enqueue(s *share, w *waiter) {
	r.asked++
	w.since = r.asked
	*s.end, s.end = w, &w.next
	s.queued, r.queue = s.queued+w.bytes, r.queue-w.bytes
	if s.place < 0 {
		s.since = w.since
		heap.Push(&r.waiting, s)
	}
}

// leave takes one out of the queue of its project.
func (r *Room) leave(s *share, w *waiter) {
	at := &s.first
	for *at != w {
		at = &(*at).next
	}
	if *at = w.next; w.next == nil {
		s.end = at
	}
	s.queued, r.queue = s.queued-w.bytes, r.queue+w.bytes
	if s.first == nil {
		heap.Remove(&r.waiting, s.place)
		r.forget(s)
		return
	}
	s.since = s.first.since
	heap.Fix(&r.waiting, s.place)
}

// line is a heap of the projects that wait: the one that holds least is first, of
// several the one that has waited longest.
type line []*share

// Len implements heap.Interface.
func (l line) Len() int { return len(l) }

// Less implements heap.Interface.
func (l line) Less(i, j int) bool {
	if l[i].held != l[j].held {
		return l[i].held < l[j].held
	}
	return l[i].since < l[j].since
}

// Swap implements heap.Interface.
func (l line) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].place, l[j].place = i, j
}

// Push implements heap.Interface.
func (l *line) Push(x any) {
	s := x.(*share)
	s.place = len(*l)
	*l = append(*l, s)
}

// Pop implements heap.Interface.
func (l *line) Pop() any {
	last := len(*l) - 1
	s := (*l)[last]
	(*l)[last], *l = nil, (*l)[:last]
	s.place = -1
	return s
}
