package ingest

import (
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/server/receive"
)

// retryLater is what a client should wait when nothing better is known.
const retryLater = time.Second

// tray holds a batch on its way: one result for each event, and what is to be
// stored.
type tray struct {
	batch    receive.Batch // without its events
	results  []outcome.Result
	accepted []*event.Occurrence
	places   []int  // index in results of each accepted event, and of those on board
	inBlock  []bool // events that a block counts, by index in results; nil: none

	occurrences []event.Occurrence // what accepted points to, by index in results

	// prints are the fingerprints of events that were refused after grouping, by index in
	// results; nil: none.
	prints []event.Fingerprint
}

func newTray(b *receive.Batch) *tray {
	t := &tray{
		batch: *b, results: make([]outcome.Result, len(b.Events)),
		accepted: make([]*event.Occurrence, 0, len(b.Events)), places: make([]int, 0, len(b.Events)),
		occurrences: newOccurrences(len(b.Events)),
	}
	for i, e := range b.Events {
		t.results[i].EventID = e.ID
	}
	t.batch.Events = nil
	return t
}

// spare are occurrences of earlier trays, all empty.
var spare sync.Pool // of *[]event.Occurrence

func newOccurrences(n int) []event.Occurrence {
	if list, _ := spare.Get().(*[]event.Occurrence); list != nil && cap(*list) >= n {
		return (*list)[:n]
	}
	return make([]event.Occurrence, n)
}

// free gives back the memory of the events, which nobody needs any more.
func (t *tray) free() {
	if t.occurrences != nil {
		list := t.occurrences
		clear(list)
		spare.Put(&list)
		t.occurrences = nil
	}
	if t.batch.Memory != nil {
		t.batch.Memory.Free()
		t.batch.Memory = nil
	}
	t.accepted = nil
}

// accept keeps an event for the writer.
func (t *tray) accept(i int, o *event.Occurrence) {
	t.accepted = append(t.accepted, o)
	t.places = append(t.places, i)
}

// turnDown ends the way of the event that was accepted last.
func (t *tray) turnDown(r outcome.Result) {
	last := len(t.accepted) - 1
	t.settle(last, r)
	t.accepted, t.places = t.accepted[:last], t.places[:last]
}

// refuse ends the way of one event.
func (t *tray) refuse(i int, r outcome.Result) {
	r.EventID = t.results[i].EventID
	t.results[i] = r
}

// refuseAll ends the way of every event that has no result yet.
func (t *tray) refuseAll(r outcome.Result) *tray {
	for i := range t.results {
		if t.results[i].Kind == 0 {
			t.refuse(i, r)
		}
	}
	t.accepted, t.places = nil, nil
	return t
}

// settle decides the nth accepted event.
func (t *tray) settle(n int, r outcome.Result) {
	if r.Kind != outcome.Stored {
		if t.prints == nil {
			t.prints = make([]event.Fingerprint, len(t.results))
		}
		t.prints[t.places[n]] = t.accepted[n].Fingerprint
	}
	t.refuse(t.places[n], r)
}

// print is the fingerprint of an event, zero if it was refused before grouping.
func (t *tray) print(i int) event.Fingerprint {
	if t.prints == nil {
		return event.Fingerprint{}
	}
	return t.prints[i]
}

// keep leaves only the accepted events that still wait for a result.
func (t *tray) keep() {
	accepted, places := t.accepted[:0], t.places[:0]
	for n, i := range t.places {
		if t.results[i].Kind == 0 {
			accepted, places = append(accepted, t.accepted[n]), append(places, i)
		}
	}
	clear(t.accepted[len(accepted):])
	t.accepted, t.places = accepted, places
}

// board notes that a block has taken the accepted events and counts them. The tray lets
// go of all events, because the block may be done with theirs before it is stored.
func (t *tray) board() {
	t.inBlock = make([]bool, len(t.results))
	for _, i := range t.places {
		t.inBlock[i] = true
	}
	t.free()
}

// land decides the events on board.
func (t *tray) land(r outcome.Result) {
	for _, i := range t.places {
		t.refuse(i, r)
	}
	t.places = nil
}

// counted tells whether a block counts the event.
func (t *tray) counted(i int) bool { return t.inBlock != nil && t.inBlock[i] }
