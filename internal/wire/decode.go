package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

// Batch is what a SendRequest or StreamRequest holds.
type Batch struct {
	ProjectID uint32
	Present   bool // false: the request only keeps the stream alive
	ID        uint64
	Attempt   uint32
	Events    []*event.Event // those that could be read, in order
	Refused   []Refused      // those that could not
	Drops     []Drop
	Memory    *Memory // of Events; whoever has them may free it once nobody needs them
}

// Refused is an event that could not be read.
type Refused struct {
	Index  int      // its place among all events of the batch
	ID     event.ID // zero where not known
	Reason outcome.Reason
	Err    error // for a person; names the limit
}

// Drop counts events that a client gave up.
type Drop struct {
	Reason string
	Count  uint64
}

// Total is the number of events that the batch held.
func (b *Batch) Total() int { return len(b.Events) + len(b.Refused) }

// Decoder reads events straight from the wire. One decoder serves one goroutine. It
// holds nothing of what it has decoded, so an idle one costs next to nothing.
//
// Events own their strings: the bytes that were decoded can be used again at once, and
// most of them need not be kept, because stacks are shared and values repeat. Events of a
// batch share memory: whoever keeps a part of one for long must copy it.
type Decoder struct {
	limits   Limits
	stacks   *Stacks // nil: every stack is the event's own
	err      error   // first thing wrong with the present event
	budget   int     // bytes of memory that the present event may still take
	platform string  // of the present event, as far as it is known
	relied   bool    // a stack was shared for that platform
	mistaken bool    // and then the platform turned out to be another
	entries  []entry
	texts
	*Memory
}

// Memory is that of the events of one batch, but for their texts. What is not freed is left
// to the garbage collector.
type Memory struct {
	events      slab[event.Event]
	pointers    slab[*event.Event]
	exceptions  slab[event.Exception]
	frames      slab[event.Frame]
	breadcrumbs slab[event.Breadcrumb]
	contexts    slab[event.Context]
	tags        slab[event.Tag]
	strings     slab[string]
}

// memories are those that wait for a batch. They are few, because at full load a batch is in
// work on every processor and many wait: what all of them hold at a time must not stay.
var memories = make(chan *Memory, 4*runtime.GOMAXPROCS(0))

// newMemory is one that was freed, or a new one.
func newMemory() *Memory {
	select {
	case m := <-memories:
		return m
	default:
		return new(Memory)
	}
}

// Free gives the memory to later batches. Nobody may use the events any more, nor any list
// that belongs to one; texts may be kept.
func (m *Memory) Free() {
	if len(memories) == cap(memories) {
		return
	}
	m.events.recycle()
	m.pointers.recycle()
	m.exceptions.recycle()
	m.frames.recycle()
	m.breadcrumbs.recycle()
	m.contexts.recycle()
	m.tags.recycle()
	m.strings.recycle()
	select {
	case memories <- m:
	default:
	}
}

// NewDecoder makes a decoder with limits that are valid.
func NewDecoder(l Limits) *Decoder { return &Decoder{limits: l} }

// NewSharingDecoder makes a decoder that lets events share the stacks they have in
// common.
func NewSharingDecoder(l Limits, s *Stacks) *Decoder { return &Decoder{limits: l, stacks: s} }

// Request reads a SendRequest or StreamRequest, which have the same fields.
//
// An event that breaks a limit, or is malformed within intact framing, is refused
// alone. Where the framing is broken the error wraps ErrMalformed and everything
// is refused; the batch then holds the id if it stood before the break, and
// refuses what had been seen.
func (d *Decoder) Request(data []byte) (Batch, error) {
	d.Memory = newMemory()
	defer d.release()
	b := Batch{Memory: d.Memory}
	var body merged
	c := cursor{rest: unsafe.String(unsafe.SliceData(data), len(data))}
	for c.next() {
		switch c.key {
		case 1<<3 | varintType:
			b.ProjectID = uint32(c.num)
		case 2<<3 | bytesType:
			b.Present = true
			body.add(c.str)
		}
	}
	if !c.bad {
		c = d.batch(&b, body.bytes())
	}
	if !c.bad {
		return b, nil
	}
	err := fmt.Errorf("%w: the batch breaks off", ErrMalformed)
	b.refuseAll(err)
	return b, err
}

// release lets go of what was decoded.
func (d *Decoder) release() {
	d.texts.forget()
	d.Memory, d.platform, d.err = nil, "", nil
	if cap(d.entries) > entriesKept {
		d.entries = nil
	}
	clear(d.entries[:cap(d.entries)])
}

// entriesKept bounds the scratch memory that stays with a decoder.
const entriesKept = 64

// batch reads a Batch message; the cursor tells whether it is intact.
func (d *Decoder) batch(b *Batch, data string) cursor {
	c := cursor{rest: data}
	for n := 0; c.next(); {
		switch c.key {
		case 1<<3 | varintType:
			b.ID = c.num
		case 2<<3 | varintType:
			b.Attempt = uint32(c.num)
		case 3<<3 | bytesType:
			if len(b.Events) == cap(b.Events) {
				n := min(c.run(), d.limits.BatchEvents)
				b.Events = d.pointers.extend(b.Events, n, 0)
				d.events.expect(n)
			}
			left := len(c.rest) + len(c.str)
			d.ahead = float64(left) / float64(max(len(data)-left, 1))
			if n == 0 {
				d.ahead = 0
			}
			e, err := d.limitedEvent(n, c.str)
			if err != nil {
				b.Refused = append(b.Refused, Refused{Index: n, ID: e.ID, Reason: reason(err), Err: err})
			} else {
				b.Events = append(b.Events, e)
			}
			n++
		case 4<<3 | bytesType:
			drop, ok := d.drop(c.str)
			if !ok {
				c.fail()
			}
			b.Drops = append(b.Drops, drop)
		}
	}
	return c
}

// refuseAll turns what was read of a broken batch into refusals, at least one.
func (b *Batch) refuseAll(err error) {
	n := max(b.Total(), 1)
	b.Events, b.Drops, b.Refused = nil, nil, make([]Refused, n)
	for i := range b.Refused {
		b.Refused[i] = Refused{Index: i, Reason: outcome.Malformed, Err: err}
	}
}

// reason names the outcome's reason for an error.
func reason(err error) outcome.Reason {
	switch {
	case errors.Is(err, ErrBatchEvents):
		return outcome.BatchEvents
	case errors.Is(err, ErrEventBytes), errors.Is(err, ErrGrowth):
		return outcome.EventSize
	}
	return outcome.Malformed
}

// limitedEvent reads the nth event of a batch. With an error the event holds what
// had been read, which may be its id.
func (d *Decoder) limitedEvent(n int, data string) (*event.Event, error) {
	switch {
	case n >= d.limits.BatchEvents:
		return &event.Event{}, fmt.Errorf("%w: %d", ErrBatchEvents, d.limits.BatchEvents)
	case len(data) > d.limits.EventBytes:
		return &event.Event{}, fmt.Errorf("%w: %d > %d", ErrEventBytes, len(data), d.limits.EventBytes)
	}
	return d.decode(data)
}

// Event reads one Event message.
func (d *Decoder) Event(data []byte) (*event.Event, error) {
	d.Memory = new(Memory)
	defer d.release()
	e, err := d.limitedEvent(0, unsafe.String(unsafe.SliceData(data), len(data)))
	if err != nil {
		return nil, err
	}
	return e, nil
}

// growthBase is memory that every event may take, however small it is.
const growthBase = 4 << 10

func (d *Decoder) decode(data string) (*event.Event, error) {
	d.err, d.budget = nil, growthBase+d.limits.Growth*len(data)
	e := &d.events.take(1, 0)[:1][0]
	d.platform, d.relied, d.mistaken = "", false, false
	d.event(e, data)
	if d.mistaken {
		*e = event.Event{}
		apart := NewDecoder(d.limits)
		apart.Memory = new(Memory)
		return apart.decodeInto(e, data)
	}
	return e, d.err
}

// decodeInto reads an event into an empty one.
func (d *Decoder) decodeInto(e *event.Event, data string) (*event.Event, error) {
	d.budget = growthBase + d.limits.Growth*len(data)
	d.event(e, data)
	return e, d.err
}

// fail keeps the first error of an event.
func (d *Decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// check notes that a message is bad.
func (d *Decoder) check(c *cursor, where string) {
	if c.bad {
		d.fail(fmt.Errorf("%w: %s breaks off", ErrMalformed, where))
	}
}

// grow makes room in a list for the run of elements that begins at the cursor.
func grow[T any](d *Decoder, s *slab[T], list []T, c *cursor) []T {
	if len(list) < cap(list) {
		return list
	}
	n := c.run()
	var element T
	if d.budget -= n * int(unsafe.Sizeof(element)); d.budget < 0 {
		d.fail(fmt.Errorf("%w: %d", ErrGrowth, d.limits.Growth))
		n = 1
	}
	return s.extend(list, n, d.ahead)
}

func (d *Decoder) drop(data string) (Drop, bool) {
	var out Drop
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			out.Reason = d.own(c.str)
		case 2<<3 | varintType:
			out.Count = c.num
		}
	}
	return out, !c.bad
}

// WrapBatch makes the request that holds a Batch message.
func WrapBatch(batch []byte) []byte {
	out := make([]byte, 0, len(batch)+1+binary.MaxVarintLen64)
	out = protowire.AppendTag(out, 2, protowire.BytesType)
	return protowire.AppendBytes(out, batch)
}
