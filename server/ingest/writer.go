package ingest

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/server/quota"
)

// writer gathers events into blocks and stores them: one block at a time is
// inserted, while the next fills up and the last is announced and acknowledged.
type writer struct {
	cfg       Config
	newRows   func() Rows
	store     Store
	index     Index
	spill     Spill
	announcer *announcer
	tally     *tally
	metrics   *Metrics
	log       *slog.Logger

	room     *quota.Room // for events under way
	seen     *seen
	settling chan *block

	uncounted *seen // of clients that do not count their attempts
	lookups   *lookups

	away atomic.Bool // blocks go to the spill, until draining succeeds
	disk *onDisk     // what waits in the spill

	inserted atomic.Bool  // since the store was asked for its parts
	parts    atomic.Int64 // of the store, when it was asked

	wake   chan struct{} // holds one token: there is news in the fields below
	mu     sync.Mutex
	queue  []*block // one of each kind may still be filling up
	torn   []string // names of blocks that were given up and may be half done
	closed bool
	began  time.Time     // of the last insert
	took   time.Duration // the last insert

	unanswered int       // blocks that are inserted, but not answered
	answered   time.Time // when the last one was
}

func newWriter(cfg Config, p Parts, t *tally) *writer {
	return &writer{
		cfg: cfg, newRows: p.Rows, store: p.Store, index: p.Index, spill: p.Spill, announcer: newAnnouncer(cfg, p), tally: t,
		metrics: p.Metrics, log: p.Logger, room: quota.NewRoom(cfg.RoomBytes, 0), seen: newSeen(cfg.RecentEvents),
		settling: make(chan *block, 1), wake: make(chan struct{}, 1), uncounted: newSeen(cfg.RecentEvents), lookups: newLookups(p.Index, cfg.LookupTimeout),
		disk: newOnDisk(),
	}
}

// write decides every event that the tray has accepted: duplicates go first; the rest
// reserves room, joins the block that is filling up, and waits for it. What needs no waiting
// is done at once, the rest by what is returned.
func (w *writer) write(ctx context.Context, t *tray) (wait func()) {
	if len(t.accepted) == 0 {
		return func() {}
	}
	f := newFlight()
	joined := w.claim(t, f)
	if !w.dubious(t, f) && w.reserveNow(t, f) {
		aboard := w.hand(ctx, t, f, true)
		return func() {
			if aboard {
				w.await(ctx, t, f)
			}
			w.join(ctx, t, joined)
		}
	}
	return func() {
		known := w.known(ctx, t, f)
		if len(t.accepted) == 0 {
			f.land(outcome.Result{Kind: outcome.Stored})
		} else if w.reserve(ctx, t, f) && w.hand(ctx, t, f, known) {
			w.await(ctx, t, f)
		}
		w.join(ctx, t, joined)
	}
}

// twin is an event whose other sending is under way.
type twin struct {
	place  int
	flight *flight
}

// claim takes out the duplicates that can be told without a look-up: within the
// batch, of events stored lately, and of events under way, which are returned.
func (w *writer) claim(t *tray, f *flight) []twin {
	memory := w.seen
	if t.batch.Attempt == 0 {
		memory = w.uncounted
	}
	others := memory.claim(f, t.batch.ProjectID, t.accepted)
	if others == nil {
		return nil
	}
	var joined []twin
	for n, other := range others {
		switch {
		case other == nil:
		case other == f:
			t.settle(n, outcome.Result{Kind: outcome.Duplicate, Reason: outcome.DuplicateInside})
		case other.state.Load() == landed:
			t.settle(n, outcome.Result{Kind: outcome.Duplicate})
		default:
			joined = append(joined, twin{t.places[n], other})
			t.settle(n, outcome.Result{Kind: outcome.Duplicate})
		}
	}
	t.keep()
	return joined
}

// refuse gives every accepted event one result, and returns it.
func (w *writer) refuse(t *tray, r outcome.Result) outcome.Result {
	for n := range t.accepted {
		t.settle(n, r)
	}
	t.accepted, t.places = nil, nil
	return r
}

// hand gives the accepted events to the block that is filling up, or to the one for the
// spill if they may be there already. It reports false if the writer stops.
func (w *writer) hand(ctx context.Context, t *tray, f *flight, known bool) bool {
	var who *interest
	if known { // what goes to the spill is told of when it leaves it
		who = w.announcer.interest(context.WithoutCancel(ctx), t.batch.ProjectID) // who waits may go, the events stay
	}
	if !w.add(f, who, t.accepted, !known) {
		w.release(f)
		f.land(w.refuse(t, stopping))
		return false
	}
	t.board()
	return true
}

// await waits for what becomes of the events on board.
func (w *writer) await(ctx context.Context, t *tray, f *flight) {
	r := requestEnded
	select {
	case <-f.done:
		r = f.result
	case <-ctx.Done():
	}
	t.land(r)
}

// requestEnded is what events get whose sender did not wait for what becomes of them.
var requestEnded = outcome.Result{
	Kind: outcome.Lost, Reason: outcome.StoreFailed, Message: "the request ended before the event was stored", Retry: true, RetryAfter: retryLater,
}

// stopping is what events get that come too late.
var stopping = outcome.Result{
	Kind: outcome.Lost, Reason: outcome.Shutdown, Message: "the server is stopping", Retry: true, RetryAfter: retryLater,
}

// join waits for the first sendings of events that were sent again meanwhile. They
// are duplicates if those were stored.
func (w *writer) join(ctx context.Context, t *tray, joined []twin) {
	for _, j := range joined {
		r := requestEnded
		select {
		case <-j.flight.done:
			if j.flight.state.Load() == landed {
				continue
			}
			r.Message = "the first sending of this event was not stored"
		case <-ctx.Done():
		}
		t.refuse(j.place, r)
	}
}

// add puts events of a project into the block that is filling up; false if the writer
// stops.
func (w *writer) add(f *flight, who *interest, events []*event.Occurrence, resent bool) bool {
	b := w.place(f, len(events), resent)
	if b == nil {
		return false
	}
	b.put(w.announcer, who, events)
	return true
}

// place keeps a place in the block that is filling up; nil if the writer stops.
func (w *writer) place(f *flight, events int, resent bool) *block {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	b := w.filling(resent)
	first := b.count == 0
	b.count, b.flights, b.bytes = b.count+events, append(b.flights, f), b.bytes+f.bytes
	b.latest = time.Now()
	b.coming.Add(1)
	if n := len(b.flights); first || n == lullBatches || w.full(b) {
		w.notify()
	}
	return b
}

// filling is the block that fills up with events that were resent and could not be
// looked up, or with others.
func (w *writer) filling(resent bool) *block {
	for _, b := range w.queue {
		if b.resent == resent && !w.full(b) {
			return b
		}
	}
	b := &block{resent: resent, began: time.Now(), rows: w.newRows(), ids: xxh3.New()}
	w.queue = append(w.queue, b)
	return b
}

// A block of resent events, which are looked up one and all when it leaves the spill, fills
// up for so many times FlushAway, or until it has so many events.
const (
	resentShare = 4
	resentRows  = 10_000
)

func (w *writer) full(b *block) bool {
	rows := w.cfg.BlockRows
	if b.resent {
		rows = min(rows, resentRows)
	}
	return b.count >= rows || b.bytes >= w.cfg.BlockBytes
}

func (w *writer) notify() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// count counts the outcome of a block's events. The store itself counts what it
// stores.
func (w *writer) count(b *block) {
	if b.result.Kind == outcome.Stored || b.rows == nil {
		return
	}
	for o := range b.rows.All() {
		w.tally.addOne(o, b.result)
	}
}

// finish ends the way of a block: it makes room and tells those who wait.
func (w *writer) finish(b *block) {
	b.free()
	for _, f := range b.flights {
		f.land(b.result)
		w.release(f)
	}
	b.flights = nil
	w.owe(-1)
	w.notify()
}
