package deliver

import (
	"context"
	"fmt"
	"time"
)

// sweepLoop asks for due attempts now and then.
func (s *Service) sweepLoop(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.SweepEvery)
	defer tick.Stop()
	for {
		if err := s.sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.log.Warn("due notifications could not be looked for", "error", err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// sweep asks for the attempts that are due: retries, and those whose message was lost.
func (s *Service) sweep(ctx context.Context, now time.Time) error {
	due, err := s.Due.DueDeliveries(ctx, now, s.cfg.SweepLimit)
	if err != nil {
		return fmt.Errorf("look for due deliveries: %w", err)
	}
	for _, d := range due {
		if err := s.ask(ctx, d); err != nil {
			return err
		}
	}
	return nil
}
