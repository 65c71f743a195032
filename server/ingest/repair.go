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
