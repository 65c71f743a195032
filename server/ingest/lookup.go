package ingest

import (
	"context"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/server/receive"
)

// clockLead is how far the clock of a client may be ahead before its events are looked
// up one and all, if it does not count its attempts.
const clockLead = 5 * time.Second

// known takes out events that were sent before and that the store has. It reports false
// if it cannot tell of all others that the store will not have them. It must be asked
// after the events were claimed.
func (w *writer) known(ctx context.Context, t *tray, f *flight) bool {
	if !w.dubious(t, f) {
		return true
	}
	if w.away.Load() {
		return false
	}
	ids := make([]event.ID, len(t.accepted))
	for i, o := range t.accepted {
		ids[i] = o.Event.ID
	}
	// What is in the spill cannot be looked up; ask before looking into the store,
	// because events move from there to here.
	sure := !w.disk.may(t.batch.ProjectID, ids)
	existing, err := w.lookups.existing(ctx, t.batch.ProjectID, ids)
	if err != nil {
		w.metrics.failures.WithLabelValues("look up resent events").Inc()
		return false
	}
	var again []*event.Occurrence
	for n, id := range ids {
		if _, found := existing[id]; found {
			t.settle(n, outcome.Result{Kind: outcome.Duplicate})
			again = append(again, t.accepted[n])
		}
	}
	w.announcer.retell(ctx, again)
	t.keep()
	return sure
}

// dubious tells whether some of the accepted events may be in the store already.
func (w *writer) dubious(t *tray, f *flight) bool {
	return len(t.accepted) > 0 && (f.doubt || w.sentBefore(&t.batch))
}

// sentBefore tells whether events that nobody remembers may have been sent before. Where
// the client does not say, they may, unless they were made lately and, even if its clock
// is ahead, in the time since when every event is remembered.
func (w *writer) sentBefore(b *receive.Batch) bool {
	if b.Attempt > 0 {
		return b.Attempt > 1
	}
	age := b.ReceivedAt.Sub(b.MadeAt)
	return b.MadeAt.IsZero() || age > w.cfg.ResendAge || age < -clockLead || b.MadeAt.Add(-clockLead).Before(w.uncounted.horizon())
}

// lookupsAtOnce is how many questions the store is asked at a time. Where one takes longer
// than lookupQuick, nobody asks in its place for lookupRest times what it took beyond that:
// when clients send everything again after the store was away, questions must leave it time
// to store. A question about thousands of events costs hardly more than one about fifty, so
// waiting loses nothing.
const (
	lookupsAtOnce = 2
	lookupQuick   = 50 * time.Millisecond
	lookupRest    = 2
)

// lookups asks the store which events it has. Requests that come while it is asked wait
// and are put into one question for each project, because a question costs much more
// than an event in it.
type lookups struct {
	index   Index
	timeout time.Duration
	turns   chan struct{}

	mu   sync.Mutex
	open map[uint32]*lookup // by project: waits for its turn
}

// lookup is one question.
type lookup struct {
	ids   []event.ID
	done  chan struct{}
	found map[event.ID]struct{} // read after done, like err
	err   error
}

func newLookups(index Index, timeout time.Duration) *lookups {
	return &lookups{index: index, timeout: timeout, turns: make(chan struct{}, lookupsAtOnce), open: map[uint32]*lookup{}}
}

// existing returns which of some events of a project the store has, and perhaps others. The store is asked after the call.
func (l *lookups) existing(ctx context.Context, projectID uint32, ids []event.ID) (map[event.ID]struct{}, error) {
	q, first := l.join(projectID, ids)
	if first {
		l.ask(context.WithoutCancel(ctx), projectID, q) // others wait for it too
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	select {
	case <-q.done:
		return q.found, q.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// join adds events to the project's next question; the first one has to ask it.
func (l *lookups) join(projectID uint32, ids []event.ID) (q *lookup, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q = l.open[projectID]
	if first = q == nil; first {
		q = &lookup{done: make(chan struct{})}
		l.open[projectID] = q
	}
	q.ids = append(q.ids, ids...)
	return q, first
}

// ask waits for its turn, and then asks for all that have joined by then.
func (l *lookups) ask(ctx context.Context, projectID uint32, q *lookup) {
	defer close(q.done)
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	select {
	case l.turns <- struct{}{}:
		began := time.Now()
		defer func() {
			time.AfterFunc(lookupRest*max(time.Since(began)-lookupQuick, 0), func() { <-l.turns })
		}()
	case <-ctx.Done():
	}
	l.mu.Lock()
	delete(l.open, projectID)
	l.mu.Unlock()
	if q.err = ctx.Err(); q.err == nil {
		q.found, q.err = l.index.Existing(ctx, projectID, q.ids)
	}
}
