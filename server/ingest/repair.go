package ingest

import (
	"context"
	"time"
)

// repair makes whole the newest blocks of the time before the start, once the store
// answers: if a crash ended an insert between an event's row and its roll-ups, the event
// counts as a duplicate when it is sent again, and nothing else would feed them.
func (w *writer) repair(ctx context.Context, before string) {
	for {
		err := w.completeNewest(ctx, before)
		if err == nil || ctx.Err() != nil {
			return
		}
		w.log.Warn("the newest blocks cannot be looked at yet", "error", err)
		timer := time.NewTimer(retryLater)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (w *writer) completeNewest(ctx context.Context, before string) error {
	tokens, err := w.index.Newest(ctx, before, w.cfg.RepairBlocks)
	if err != nil {
		return err
	}
	for _, token := range tokens {
		if err := w.complete(ctx, token); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) complete(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, w.cfg.InsertPatience)
	defer cancel()
	return w.store.Complete(ctx, token)
}

// tornMost bounds how many blocks are remembered that may be half done.
const tornMost = 1000

// giveUp loses a block. If the store failed on the way, as on a full disk, it may have
// the events and not have told its roll-ups; then the events count as duplicates when
// they are sent again, and the block must be made whole.
func (w *writer) giveUp(name string, b *block) {
	b.result = lost
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.torn = append(w.torn, name); len(w.torn) > tornMost {
		w.torn = w.torn[1:]
	}
}

// mend makes blocks whole that were given up.
func (w *writer) mend(ctx context.Context) {
	for name := w.nextTorn(); name != ""; name = w.nextTorn() {
		if err := w.complete(ctx, name); err != nil {
			w.metrics.failures.WithLabelValues("mend").Inc()
			return
		}
		w.mu.Lock()
		if len(w.torn) > 0 && w.torn[0] == name {
			w.torn = w.torn[1:]
		}
		w.mu.Unlock()
	}
}

func (w *writer) nextTorn() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.torn) == 0 {
		return ""
	}
	return w.torn[0]
}
