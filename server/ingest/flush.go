package ingest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/outcome"
)

// run stores blocks until the context ends and the buffer is empty.
func (w *writer) run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var inner, outer sync.WaitGroup
	inner.Go(func() { w.flush(work) })
	inner.Go(func() { w.settle(work) })
	outer.Go(func() { w.drain(ctx) })
	outer.Go(func() { w.tick(ctx) })
	before := nameBefore(time.Now())
	outer.Go(func() { w.repair(ctx, before) })
	<-ctx.Done()
	// Half of the time for the store; what it does not take by then is spilled.
	timer := time.AfterFunc(w.cfg.StopTimeout/2, cancel)
	defer timer.Stop()
	w.close()
	inner.Wait()
	outer.Wait()
	last, end := context.WithTimeout(context.WithoutCancel(ctx), w.cfg.StopTimeout/4)
	defer end()
	return w.tally.flush(last)
}

// close refuses further events and flushes the rest without delay.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.notify()
}

// flush inserts one block after the other.
func (w *writer) flush(ctx context.Context) {
	defer close(w.settling)
	for {
		b, wait := w.due(time.Now())
		if b != nil {
			w.insert(ctx, b)
			w.owe(1)
			w.settling <- b
			continue
		}
		if wait < 0 {
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-w.wake:
		}
		timer.Stop()
	}
}

// idle is how long to wait when only news can end the wait.
const idle = time.Hour

// due returns the next block if it is time to insert it; otherwise how long to
// wait, negative if nothing will come any more.
func (w *writer) due(now time.Time) (*block, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		if w.closed {
			return nil, -1
		}
		return nil, idle
	}
	soonest := idle
	for i, b := range w.queue {
		wait := w.patience(b, now)
		if wait <= 0 {
			w.queue = slices.Delete(w.queue, i, i+1)
			if !b.resent {
				w.began = now
			}
			return b, 0
		}
		soonest = min(soonest, wait)
	}
	return nil, soonest
}

// patience is how long a block may still fill up.
func (w *writer) patience(b *block, now time.Time) time.Duration {
	switch {
	case w.closed || w.full(b):
		return 0
	case b.resent:
		return resentShare*w.cfg.FlushAway - now.Sub(b.began)
	}
	wait := w.interval() - now.Sub(w.began)
	if !w.keepsUp() {
		return wait
	}
	return min(wait, w.lull(b, now))
}

// keepsUp reports whether the store may be hurried: it merges blocks as fast as they come,
// and nothing waits on disk.
func (w *writer) keepsUp() bool {
	return w.parts.Load() <= int64(w.cfg.HurryParts) && !w.away.Load() && !w.disk.any()
}

// A lull is a pause after so many batches at least, that takes so many times longer than
// those between them did, but at least so long, and such a share of the last insert. Batches
// that come by chance have one in three thousand times. Who has just been answered has so
// long to send again.
const (
	lullBatches = 16
	lullGaps    = 8
	lullLeast   = 2 * time.Millisecond
	lullShare   = 8
	lullAnswer  = 10 * time.Millisecond
)

// lull is how long until a block is in a lull, if nothing comes: it seems that all who send
// wait for their answers, so waiting for more would keep everybody.
func (w *writer) lull(b *block, now time.Time) time.Duration {
	n := len(b.flights)
	if n < lullBatches || w.unanswered > 0 {
		return idle
	}
	gap := b.latest.Sub(b.began) / time.Duration(n-1)
	return max(max(lullLeast, lullGaps*gap, w.took/lullShare)-now.Sub(b.latest), lullAnswer-now.Sub(w.answered))
}

// owe notes that so many more blocks are inserted and not answered; their senders may send
// again when they are.
func (w *writer) owe(blocks int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unanswered += blocks
	w.answered = time.Now()
}

// lookAfterParts finds out whether the store merges blocks as fast as they come. It is asked only where some came.
func (w *writer) lookAfterParts(ctx context.Context) {
	if !w.inserted.Swap(false) && !w.crowded() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, w.cfg.LookupTimeout)
	defer cancel()
	parts, err := w.index.Parts(ctx)
	if err != nil {
		w.metrics.failures.WithLabelValues("count parts").Inc()
		return
	}
	w.metrics.parts.Set(float64(parts))
	w.parts.Store(int64(parts))
}

// crowded reports whether the store must be spared.
func (w *writer) crowded() bool { return w.parts.Load() > int64(w.cfg.CrowdParts) }

// interval is the time from the start of one insert to the start of the next. It
// grows with what inserts take, because large blocks are cheaper; slower where the store
// keeps up, and further while it has to catch up with the spill or with merges.
func (w *writer) interval() time.Duration {
	most := w.cfg.FlushMax
	switch {
	case w.away.Load() || w.crowded():
		return w.cfg.FlushAway
	case w.disk.any():
		most = max(most, w.cfg.FlushAway)
	}
	wait := time.Duration(w.cfg.FlushShare) * w.took
	if w.keepsUp() {
		wait = min(wait, max(w.cfg.FlushBrisk, w.took*3/2))
	}
	return min(max(wait, w.cfg.FlushMin), most)
}

// insert puts a block into the store, or into the spill, when its last batch is in.
func (w *writer) insert(ctx context.Context, b *block) {
	b.coming.Wait()
	w.metrics.rows.Observe(float64(b.count))
	if b.in != b.count { // a batch ended on its way into it, by a mistake of ours
		w.log.Error("a block lacks events, and is refused", "events", b.count, "missing", b.count-b.in)
		b.free()
		b.result = lost
		return
	}
	if b.resent {
		w.putOnDisk(ctx, resentPrefix+b.token(), b)
		return
	}
	name := b.name(time.Now())
	if !w.away.Load() {
		b.news = w.announcer.look(ctx, &b.found)
		err := w.attempt(ctx, name, b.rows, w.cfg.InsertPatience)
		if err == nil {
			b.result = outcome.Result{Kind: outcome.Stored}
			b.free()
			return
		}
		b.news = news{} // it would keep what is not there
		w.metrics.failures.WithLabelValues("insert").Inc()
		if !passing(err) {
			w.log.Error("the store refuses a block", "events", b.count, "error", err)
			w.giveUp(name, b)
			return
		}
		w.log.Warn("the store is away; events go to disk", "events", b.count, "error", err)
	}
	w.putOnDisk(ctx, name, b)
}

// attempt inserts rows under the name, and notes what it took.
func (w *writer) attempt(ctx context.Context, name string, rows Rows, patience time.Duration) error {
	began := time.Now()
	w.inserted.Store(true)
	defer func() {
		took := time.Since(began)
		w.metrics.insert.Observe(took.Seconds())
		w.mu.Lock()
		w.took = took
		w.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return rows.Insert(ctx, name)
}

// passing tells an error that may be gone later.
func passing(err error) bool {
	var r interface{ Retryable() bool }
	if errors.As(err, &r) && r.Retryable() {
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// lost is what events get that neither store nor spill took.
var lost = outcome.Result{
	Kind: outcome.Lost, Reason: outcome.StoreFailed, Message: "the event could not be stored now", Retry: true, RetryAfter: retryLater,
}

// settle announces and acknowledges blocks after they were inserted, while the
// next one is on its way.
func (w *writer) settle(ctx context.Context) {
	for b := range w.settling {
		w.count(b)
		if b.result.Kind == outcome.Stored && !b.kept {
			w.announcer.announce(ctx, b.news)
		}
		w.finish(b)
	}
}

// tick writes outcomes, looks after the spill, and tells what is owed.
func (w *writer) tick(ctx context.Context) {
	t := time.NewTicker(w.cfg.OutcomeInterval)
	defer t.Stop()
	for {
		w.lookAfterSpill(ctx)
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		w.announcer.settle(ctx)
		if !w.away.Load() {
			w.lookAfterParts(ctx)
			w.mend(ctx)
			w.writeOutcomes(ctx)
		}
	}
}

func (w *writer) writeOutcomes(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, w.cfg.LookupTimeout)
	defer cancel()
	if err := w.tally.flush(ctx); err != nil && ctx.Err() == nil {
		w.log.Warn("could not write outcomes; they are kept", "error", err)
	}
}
