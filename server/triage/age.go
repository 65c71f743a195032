package triage

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/issue"
)

// ageBatch is how many issues are looked up at once.
const ageBatch = 500

// ageLoop has time do to issues what it does, at once and then now and then: most of them
// see no event that would.
func (s *Service) ageLoop(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.AgeEvery)
	defer tick.Stop()
	for {
		if err := s.age(ctx, time.Now().UTC()); err != nil && ctx.Err() == nil {
			s.log.Warn("issues that are no longer new could not be looked for", "error", err)
			s.metrics.failures.WithLabelValues("age").Inc()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// age moves every issue that has been new or regressed for long enough.
func (s *Service) age(ctx context.Context, now time.Time) error {
	for {
		ids, err := s.Ages.Young(ctx, issue.Ripe(now), ageBatch)
		if err != nil {
			return fmt.Errorf("look for issues that are no longer new: %w", err)
		}
		for _, id := range ids {
			_, err := s.Workflow.ChangeIssue(ctx, id, func(r issue.Record) (issue.Record, []issue.Activity, error) {
				if next, changed := issue.Age(r.State, now); changed {
					r.State, r.UpdatedAt = next, now
				}
				return r, nil, nil
			})
			if err != nil {
				return fmt.Errorf("age issue %s: %w", id, err)
			}
		}
		if len(ids) > 0 {
			s.stir()
		}
		if len(ids) < ageBatch {
			return nil
		}
	}
}
