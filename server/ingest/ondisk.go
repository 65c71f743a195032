package ingest

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"sync"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
)

// onDisk knows which events may wait in the spill, so that others that are sent again need
// not go there too: if they did, clients that send again could keep it from ever being empty.
//
// It knows only what this process put there. As long as something else waits there too, any
// event may be part of that.
type onDisk struct {
	mu      sync.Mutex
	waiting bool // something may wait
	strange bool // of it something that an earlier process left, or another one put there
	full    bool // of it something that did not fit into the filters
	adding  int  // blocks on their way
	changes int  // how often a block was on its way
	filters []*bloom
}

// newOnDisk is of a process that has not looked yet.
func newOnDisk() *onDisk { return &onDisk{waiting: true, strange: true} }

// add notes the events of a block while they are read on their way to the disk. The block
// is there, or is known not to be, when the caller calls done.
func (d *onDisk) add(events iter.Seq2[*event.Occurrence, error]) (noted iter.Seq2[*event.Occurrence, error], done func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = true
	d.adding++
	d.changes++
	noted = func(yield func(*event.Occurrence, error) bool) {
		for o, err := range events {
			if o != nil {
				d.note(o.ProjectID, o.Event.ID)
			}
			if !yield(o, err) {
				return
			}
		}
	}
	return noted, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.adding--
	}
}

func (d *onDisk) note(projectID uint32, id event.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.filters)
	if n == 0 || d.filters[n-1].count == filterIDs {
		if n == filtersMost {
			d.full = true
			return
		}
		d.filters = append(d.filters, new(bloom))
		n++
	}
	d.filters[n-1].add(hashID(projectID, id))
}

// look notes what was found in the spill: how much waits, and whether this process put all of
// it there. Changes is what version told before.
func (d *onDisk) look(waits uint64, own bool, changes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.strange = !own
	if waits > 0 {
		d.waiting = true
	} else if d.adding == 0 && d.changes == changes {
		d.waiting, d.full, d.filters = false, false, nil
	}
}

// version changes whenever a block goes to the disk.
func (d *onDisk) version() (changes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changes
}

// any tells whether something may wait.
func (d *onDisk) any() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.waiting
}

// may tells whether one of some events may wait.
func (d *onDisk) may(projectID uint32, ids []event.ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.waiting {
		return false
	}
	if d.strange || d.full {
		return true
	}
	for _, id := range ids {
		h := hashID(projectID, id)
		for _, f := range d.filters {
			if f.has(h) {
				return true
			}
		}
	}
	return false
}

// A filter takes 2 MiB for its ids, sixteen bits each, so it errs for one other id in 1,700.
// All together know some 16 million ids in 32 MiB.
const (
	filterIDs   = 1 << 20
	filterWords = filterIDs * 16 / 64
	filterBits  = 8 // that stand for an id
	filtersMost = 16
)

// bloom is a Bloom filter: it may take an id for one that it has, never the other way round.
type bloom struct {
	count int
	words [filterWords]uint64
}

func (f *bloom) add(h xxh3.Uint128) {
	f.count++
	for n := range uint64(filterBits) {
		word, bit := place(h, n)
		f.words[word] |= bit
	}
}

func (f *bloom) has(h xxh3.Uint128) bool {
	for n := range uint64(filterBits) {
		if word, bit := place(h, n); f.words[word]&bit == 0 {
			return false
		}
	}
	return true
}

// place is where the nth bit of a hash is. Two hashes make as many as are wanted (Kirsch and
// Mitzenmacher, "Less Hashing, Same Performance").
func place(h xxh3.Uint128, n uint64) (word, bit uint64) {
	at, _ := bits.Mul64(h.Hi+n*(h.Lo|1), filterWords*64)
	return at / 64, 1 << (at % 64)
}

func hashID(projectID uint32, id event.ID) xxh3.Uint128 {
	var b [4 + len(id)]byte
	binary.LittleEndian.PutUint32(b[:], projectID)
	copy(b[4:], id[:])
	return xxh3.Hash128(b[:])
}
