package stream

import (
	"context"
	"slices"
	"sync"
)

// tracker counts the events between capture and their end, bounds what they
// may hold in memory, and tells a flush when those that were captured before
// it have all ended.
type tracker struct {
	mu        sync.Mutex
	maxEvents int
	maxBytes  int
	events    int
	bytes     int
	current   *epoch
	sealed    []*epoch
}

// epoch groups the events captured between two flushes.
type epoch struct {
	pending int
	sealed  bool
	done    chan struct{}
}

// Ticket stands for one event that was let in; it is handed to Push or Release.
type Ticket struct {
	epoch *epoch
	// bytes is what the event holds in memory, -1 once it holds nothing.
	bytes int
}

func newTracker(maxEvents, maxBytes int) *tracker {
	return &tracker{maxEvents: maxEvents, maxBytes: maxBytes, current: newEpoch()}
}

func newEpoch() *epoch { return &epoch{done: make(chan struct{})} }

// reserve lets an event in, or refuses it when memory is full.
func (t *tracker) reserve(bytes int) (Ticket, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.events >= t.maxEvents || t.bytes+bytes > t.maxBytes {
		return Ticket{}, false
	}
	t.events++
	t.bytes += bytes
	t.current.pending++
	return Ticket{epoch: t.current, bytes: bytes}, true
}

// admitStored lets something in that lives on disk and holds no memory.
func (t *tracker) admitStored() Ticket {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current.pending++
	return Ticket{epoch: t.current, bytes: -1}
}

// beside lets an event in that lives on disk, for the same flush as one that
// has not ended.
func (t *tracker) beside(k *Ticket) Ticket {
	t.mu.Lock()
	defer t.mu.Unlock()
	k.epoch.pending++
	return Ticket{epoch: k.epoch, bytes: -1}
}

// resize replaces the estimate of an event's size by its true size.
func (t *tracker) resize(k *Ticket, bytes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k.bytes >= 0 {
		t.bytes += bytes - k.bytes
		k.bytes = bytes
	}
}

// unload notes that an event left memory and lives on disk only.
func (t *tracker) unload(k *Ticket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unloadLocked(k)
}

func (t *tracker) unloadLocked(k *Ticket) {
	if k.bytes >= 0 {
		t.bytes -= k.bytes
		t.events--
		k.bytes = -1
	}
}

// end notes that an event has met its outcome.
func (t *tracker) end(k *Ticket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unloadLocked(k)
	e := k.epoch
	if e == nil {
		return
	}
	k.epoch = nil
	e.pending--
	if e.sealed && e.pending == 0 {
		close(e.done)
		if i := slices.Index(t.sealed, e); i >= 0 {
			t.sealed = slices.Delete(t.sealed, i, i+1)
		}
	}
}

// crowded reports whether more than half of the memory is in use.
func (t *tracker) crowded() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes > t.maxBytes/2 || t.events > t.maxEvents/2
}

// pending returns how many events have no outcome yet.
func (t *tracker) pending() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.current.pending
	for _, e := range t.sealed {
		n += e.pending
	}
	return n
}

// wait returns true once every event let in before the call has ended, false
// if ctx ends first.
func (t *tracker) wait(ctx context.Context) bool {
	t.mu.Lock()
	if t.current.pending > 0 {
		t.current.sealed = true
		t.sealed = append(t.sealed, t.current)
		t.current = newEpoch()
	}
	open := slices.Clone(t.sealed)
	t.mu.Unlock()
	for _, e := range open {
		select {
		case <-e.done:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
