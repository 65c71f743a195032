package ingest

import (
	"context"

	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/server/receive"
)

// reserve takes room in the buffer for a batch. When room is short, projects that hold
// little are served first, and the batches of one project in the order of asking; who
// runs out of patience is refused.
func (w *writer) reserve(ctx context.Context, t *tray, f *flight) bool {
	w.measure(t, f)
	if t.batch.Patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.batch.Patience)
		defer cancel()
	}
	if w.room.Acquire(ctx, f.project, f.bytes) != nil {
		f.land(w.refuse(t, outcome.Result{
			Kind: outcome.Limited, Reason: outcome.Buffer, Message: receive.ErrTurnedAway.Error(),
			Retry: true, RetryAfter: retryLater,
		}))
		return false
	}
	w.metrics.room.Add(float64(f.bytes))
	return true
}

// reserveNow takes room if it is to be had without waiting.
func (w *writer) reserveNow(t *tray, f *flight) bool {
	w.measure(t, f)
	if !w.room.TryAcquire(f.project, f.bytes) {
		return false
	}
	w.metrics.room.Add(float64(f.bytes))
	return true
}

// measure notes whose room a batch needs, and how much.
func (w *writer) measure(t *tray, f *flight) {
	var bytes int64
	for _, o := range t.accepted {
		bytes += size(o)
	}
	f.project, f.bytes = t.batch.ProjectID, min(bytes, w.cfg.RoomBytes)
}

// TurnAway tells whether requests of a project had better be refused before they are even
// read: so many of its batches wait for room that this one would run out of patience. It
// counts those that are.
func (p *Pipeline) TurnAway(projectID uint32) bool {
	if !p.writer.room.Crowded(projectID) {
		return false
	}
	p.metrics.turnedAway.Inc()
	return true
}

// release gives back the room of a batch.
func (w *writer) release(f *flight) {
	w.room.Release(f.project, f.bytes)
	w.metrics.room.Sub(float64(f.bytes))
}
