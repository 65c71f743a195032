package stream

import (
	"maps"
	"slices"
	"sync"
)

// The reasons for which a client gives up on an event.
const (
	// DropQueueOverflow means that memory or the spool was full.
	DropQueueOverflow = "queue_overflow"
	// DropSampleRate means that sampling did not choose the event.
	DropSampleRate = "sample_rate"
	// DropBeforeSend means that a hook of the program refused the event.
	DropBeforeSend = "before_send"
	// DropNetworkError means that the server would not take the event however often it was sent.
	DropNetworkError = "network_error"
	// DropTooLarge means that the event exceeds the size limit.
	DropTooLarge = "event_too_large"
	// DropShutdown means that the program ended first.
	DropShutdown = "shutdown"
	// DropInternal means that the SDK could not encode the event.
	DropInternal = "internal_error"
)

// Drop counts events that were given up for one reason.
type Drop struct {
	Reason string
	Count  uint64
}

// dropCounter counts drops twice: what the server has not been told yet, and
// everything since the start.
type dropCounter struct {
	mu     sync.Mutex
	untold map[string]uint64
	total  map[string]uint64
}

func newDropCounter() *dropCounter {
	return &dropCounter{untold: map[string]uint64{}, total: map[string]uint64{}}
}

// add counts n drops and reports whether they are the first that the server
// has not been told of.
func (d *dropCounter) add(reason string, n uint64) (first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	first = len(d.untold) == 0
	d.untold[reason] += n
	d.total[reason] += n
	return first
}

// take removes and returns what the server has not been told.
func (d *dropCounter) take() []Drop {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.untold) == 0 {
		return nil
	}
	drops := make([]Drop, 0, len(d.untold))
	for _, reason := range slices.Sorted(maps.Keys(d.untold)) {
		drops = append(drops, Drop{Reason: reason, Count: d.untold[reason]})
	}
	clear(d.untold)
	return drops
}

// restore puts back drops whose batch was not acknowledged.
func (d *dropCounter) restore(drops []Drop) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, drop := range drops {
		d.untold[drop.Reason] += drop.Count
	}
}

func (d *dropCounter) any() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.untold) > 0
}

func (d *dropCounter) totals() map[string]uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.total)
}
