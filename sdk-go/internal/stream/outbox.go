package stream

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/sdk-go/internal/spool"
)

// entry is one event on its way.
type entry struct {
	id     [16]byte
	data   []byte // nil: on disk only
	size   int
	ref    spool.Ref
	ticket Ticket
	// attempts counts how often it was sent.
	attempts uint32
	// refusals counts how often the server refused it when it travelled alone.
	refusals int
}

// batch is a group of entries that is sent together.
type batch struct {
	id      uint64
	attempt uint32
	entries []*entry
	drops   []Drop
	bytes   int
	sentAt  time.Time
}

// outbox holds what is to be sent and what is under way.
type outbox struct {
	mu  sync.Mutex
	cfg Config

	again []*entry // to be sent once more, before the queue
	queue []*entry
	bytes int
	since time.Time // when the first of the queue began to linger

	under      map[uint64]*batch // sent, not acknowledged
	underBytes int
	nextID     uint64

	// limit is the batch size in use: below cfg.BatchEvents while the event
	// that the server refuses is being looked for.
	limit    int
	pause    time.Time // send nothing before
	reported time.Time // when drops were last reported
	flushers int
	closed   bool

	wake chan struct{} // something changed
	kick chan struct{} // a flush wants no delay
}

// forever is the wait when only a change can help.
const forever = time.Duration(1<<63 - 1)

func (o *outbox) init(cfg Config) {
	o.cfg = cfg
	o.limit = cfg.BatchEvents
	o.under = map[uint64]*batch{}
	o.reported = time.Now()
	o.wake = make(chan struct{}, 1)
	o.kick = make(chan struct{}, 1)
}

func (o *outbox) notify() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// push appends entries; those sent before go ahead of those never sent.
func (o *outbox) push(entries []*entry) {
	if len(entries) == 0 {
		return
	}
	o.mu.Lock()
	before := len(o.queue) + len(o.again)
	if before == 0 {
		o.since = time.Now()
	}
	for _, e := range entries {
		o.bytes += e.size
		if e.attempts > 0 {
			o.again = append(o.again, e)
		} else {
			o.queue = append(o.queue, e)
		}
	}
	after := before + len(entries)
	ready := before == 0 || before < o.limit && after >= o.limit || o.bytes >= o.cfg.BatchBytes
	o.mu.Unlock()
	if ready {
		o.notify()
	}
}

// flushing counts callers that wait for the outbox to empty.
func (o *outbox) flushing(n int) {
	o.mu.Lock()
	o.flushers += n
	o.mu.Unlock()
	if n > 0 {
		o.notify()
		select {
		case o.kick <- struct{}{}:
		default:
		}
	}
}

func (o *outbox) hurried() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.flushers > 0 || o.closed
}

func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.notify()
}

// take removes the next batch. Without one it returns how long to wait for
// it. Drops are reported with the next batch, or alone when they waited long.
func (o *outbox) take(now time.Time, drops *dropCounter) (*batch, time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if wait := o.pause.Sub(now); wait > 0 {
		return nil, wait
	}
	window := o.cfg.WindowBatches
	if o.limit < o.cfg.BatchEvents {
		window = 1
	}
	if len(o.under) >= window || o.underBytes >= o.cfg.WindowBytes {
		return nil, forever
	}
	if len(o.again)+len(o.queue) == 0 {
		if !drops.any() {
			return nil, forever
		}
		if wait := o.cfg.ReportInterval - now.Sub(o.reported); wait > 0 && !o.closed {
			return nil, wait
		}
		return o.seal(&batch{attempt: 1}, now, drops), 0
	}
	if wait := o.linger(now); wait > 0 {
		return nil, wait
	}
	return o.seal(o.cut(), now, drops), 0
}

// linger returns how long the queue may still wait for company.
func (o *outbox) linger(now time.Time) time.Duration {
	full := len(o.queue) >= o.limit || o.bytes >= o.cfg.BatchBytes
	if full || len(o.again) > 0 || o.flushers > 0 || o.closed {
		return 0
	}
	return o.cfg.Linger - now.Sub(o.since)
}

// cut removes the entries of the next batch. Those sent before and those
// never sent do not share one, for only the former make the server look.
func (o *outbox) cut() *batch {
	from := &o.queue
	if len(o.again) > 0 {
		from = &o.again
	}
	b := &batch{attempt: 1}
	for _, e := range *from {
		if len(b.entries) == o.limit || len(b.entries) > 0 && b.bytes+e.size > o.cfg.BatchBytes {
			break
		}
		b.entries = append(b.entries, e)
		b.bytes += e.size
		b.attempt = max(b.attempt, e.attempts+1)
	}
	rest := (*from)[len(b.entries):]
	clear((*from)[:len(b.entries)])
	if len(rest) == 0 {
		rest = (*from)[:0]
	}
	*from = rest
	o.bytes -= b.bytes
	return b
}

func (o *outbox) seal(b *batch, now time.Time, drops *dropCounter) *batch {
	o.nextID++
	b.id = o.nextID
	o.since = now
	if b.drops = drops.take(); b.drops != nil {
		o.reported = now
	}
	return b
}

// sent notes that b is under way.
func (o *outbox) sent(b *batch, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b.sentAt = now
	for _, e := range b.entries {
		e.attempts++
	}
	o.under[b.id] = b
	o.underBytes += b.bytes
}

// acknowledged removes a batch that is under way; nil if there is none of that id.
func (o *outbox) acknowledged(id uint64) *batch {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.under[id]
	if b != nil {
		delete(o.under, id)
		o.underBytes -= b.bytes
	}
	return b
}

// returned puts entries back that are to be sent once more, after a pause.
func (o *outbox) returned(entries []*entry, pause time.Time) {
	o.mu.Lock()
	o.again = append(o.again, entries...)
	for _, e := range entries {
		o.bytes += e.size
	}
	if pause.After(o.pause) {
		o.pause = pause
	}
	o.mu.Unlock()
	o.notify()
}

// recall puts everything that is under way back, in the order of sending.
func (o *outbox) recall(drops *dropCounter) {
	o.mu.Lock()
	defer o.mu.Unlock()
	under := make([]*batch, 0, len(o.under))
	for _, b := range o.under {
		under = append(under, b)
	}
	slices.SortFunc(under, func(a, b *batch) int { return cmp.Compare(a.id, b.id) })
	var entries []*entry
	for _, b := range under {
		entries = append(entries, b.entries...)
		o.bytes += b.bytes
		drops.restore(b.drops)
	}
	o.again = append(entries, o.again...)
	clear(o.under)
	o.underBytes = 0
}

// oldest returns when the oldest batch under way was sent.
func (o *outbox) oldest() (time.Time, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var first time.Time
	for _, b := range o.under {
		if first.IsZero() || b.sentAt.Before(first) {
			first = b.sentAt
		}
	}
	return first, !first.IsZero()
}

// state tells whether nothing waits, whether nothing is under way, and
// whether the stream is closing.
func (o *outbox) state() (empty, settled, closed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.again)+len(o.queue) == 0, len(o.under) == 0, o.closed
}

// narrow makes batches smaller after the server refused one, and returns the
// entry that was refused alone, if that is known.
func (o *outbox) narrow() *entry {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.limit > 1 {
		o.limit = max(1, o.limit/10)
		return nil
	}
	for _, b := range o.under {
		if len(o.under) == 1 && len(b.entries) == 1 {
			return b.entries[0]
		}
	}
	return nil
}

// widen makes batches larger again after one was taken.
func (o *outbox) widen() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.limit = min(o.cfg.BatchEvents, o.limit*2)
}

// remove takes an entry out of those under way.
func (o *outbox) remove(gone *entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range o.under {
		if i := slices.Index(b.entries, gone); i >= 0 {
			b.entries = slices.Delete(b.entries, i, i+1)
			b.bytes -= gone.size
			o.underBytes -= gone.size
		}
	}
}

// drain empties the outbox when the stream has stopped.
func (o *outbox) drain() []*entry {
	o.mu.Lock()
	defer o.mu.Unlock()
	left := append(o.again, o.queue...)
	for _, b := range o.under {
		left = append(left, b.entries...)
	}
	o.again, o.queue, o.bytes = nil, nil, 0
	clear(o.under)
	return left
}
