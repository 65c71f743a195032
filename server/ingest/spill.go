package ingest

import (
	"context"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

// resentPrefix begins the tokens of spilled blocks whose events must be looked up
// before they are inserted: they were sent again, and nobody could tell whether
// the store has them or another spilled block.
const resentPrefix = "resent-"

// drainPatience is how many times longer than another block one from the spill may take:
// nobody waits for it, and a store that is too slow for it would never be caught up with.
const drainPatience = 10

// putOnDisk spills a block. As long as the store is away, blocks are not even
// tried: draining finds out when it is back.
func (w *writer) putOnDisk(ctx context.Context, name string, b *block) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.spillTimeout())
	defer cancel()
	events, done := w.disk.add(b.rows.All())
	defer done()
	if err := w.spill.Spill(ctx, name, events); err != nil {
		w.metrics.failures.WithLabelValues("spill").Inc()
		w.log.Error("events could not be put on disk", "events", b.count, "error", err)
		w.setAway(false)
		w.giveUp(name, b)
		return
	}
	w.metrics.spilled.Add(float64(b.count))
	if !strings.HasPrefix(name, resentPrefix) {
		w.setAway(true)
	}
	b.result, b.kept = outcome.Result{Kind: outcome.Stored}, true
}

// spillTimeout is shorter while the writer stops.
func (w *writer) spillTimeout() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return min(w.cfg.SpillTimeout, w.cfg.StopTimeout/4)
	}
	return w.cfg.SpillTimeout
}

func (w *writer) setAway(away bool) {
	w.away.Store(away)
	if away {
		w.metrics.away.Set(1)
	} else {
		w.metrics.away.Set(0)
	}
}

// lookAfterSpill finds out whether something waits in the spill, into which other
// processes put events too.
func (w *writer) lookAfterSpill(ctx context.Context) {
	changes := w.disk.version()
	messages, bytes, own, err := w.spill.SpillPending(ctx)
	if err != nil {
		return
	}
	w.metrics.spillBlocks.Set(float64(messages))
	w.metrics.spillBytes.Set(float64(bytes))
	w.disk.look(messages, own, changes)
}

// drain brings spilled blocks into the store, oldest first, until the context ends.
func (w *writer) drain(ctx context.Context) {
	d := drainer{writer: w}
	for ctx.Err() == nil {
		if err := w.spill.DrainSpill(ctx, d.insert); err != nil && ctx.Err() == nil {
			w.log.Warn("draining the spill failed; it starts over", "error", err)
		}
		timer := time.NewTimer(retryLater)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// drainer inserts spilled blocks. It keeps what is left of a resent block between
// attempts, because a block must not change under its token.
type drainer struct {
	*writer
	name string
	left []*event.Occurrence
	gone []*event.Occurrence // what the store had already
}

func (d *drainer) insert(ctx context.Context, name string, again bool, events []*event.Occurrence) error {
	if strings.HasPrefix(name, resentPrefix) {
		if d.name != name {
			if again { // an attempt that ended with its process may have left it half done
				if err := d.complete(ctx, name); err != nil {
					return err
				}
			}
			left, gone, err := d.unstored(ctx, events)
			if err != nil {
				return err
			}
			d.name, d.left, d.gone = name, left, gone
		}
		events = d.left
	}
	if len(events) > 0 {
		if err := d.store(ctx, name, events); err != nil {
			d.metrics.failures.WithLabelValues("drain").Inc()
			return err
		}
	}
	if d.name == name {
		d.announcer.retell(ctx, d.gone)
		d.tally.addEach(d.gone, outcome.Result{Kind: outcome.Duplicate})
		d.name, d.left, d.gone = "", nil, nil
	}
	d.metrics.drained.Add(float64(len(events)))
	d.setAway(false)
	return nil
}

// store inserts events as one block, and tells of them. It waits as long as the store has to catch up with merges.
func (d *drainer) store(ctx context.Context, name string, events []*event.Occurrence) error {
	if err := d.spare(ctx); err != nil {
		return err
	}
	rows := d.newRows()
	defer rows.Free()
	for _, o := range events {
		rows.Append(o)
	}
	n := d.announcer.look(ctx, d.announcer.gather(ctx, events))
	if err := d.attempt(ctx, name, rows, drainPatience*d.cfg.InsertPatience); err != nil {
		return err
	}
	d.announcer.announce(ctx, n)
	return nil
}

// spare waits while the store is crowded, but not for ever: one that others keep crowded gets what is on disk all the
// same, slowly. One that is away does not say. The error is why the context ended.
func (d *drainer) spare(ctx context.Context) error {
	for n := 0; n < drainPatience && d.crowded() && !d.away.Load(); n++ {
		timer := time.NewTimer(d.cfg.FlushAway)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
	return nil
}

// unstored tells events that the store lacks from those that it has.
func (d *drainer) unstored(ctx context.Context, events []*event.Occurrence) (left, gone []*event.Occurrence, err error) {
	perProject := map[uint32][]event.ID{}
	for _, o := range events {
		perProject[o.ProjectID] = append(perProject[o.ProjectID], o.Event.ID)
	}
	for id, ids := range perProject {
		existing, err := d.lookups.existing(ctx, id, ids)
		if err != nil {
			return nil, nil, err
		}
		for _, o := range events {
			if o.ProjectID != id {
				continue
			}
			if _, found := existing[o.Event.ID]; found {
				gone = append(gone, o)
			} else {
				left = append(left, o)
			}
		}
	}
	return left, gone, nil
}
