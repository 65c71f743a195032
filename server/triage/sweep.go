package triage

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

// sweepLoop sweeps at once and then now and then.
func (s *Service) sweepLoop(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.SweepEvery)
	defer tick.Stop()
	back := s.cfg.SweepStart
	for {
		now := time.Now()
		if err := s.sweep(ctx, now.Add(-back), now.Add(-s.cfg.SweepGrace)); err == nil {
			back = s.cfg.SweepWindow
		} else if ctx.Err() == nil {
			s.log.Warn("issues nobody told of could not be looked for", "error", err)
			s.metrics.failures.WithLabelValues("sweep").Inc()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// sweep takes in issues that were first seen since a time and that nobody told of, because a
// process ended between storing an event and saying so. Events that arrived after settled may
// still be on their way. Alerting is told of each event too, and decides itself whether it is
// critical.
func (s *Service) sweep(ctx context.Context, since, settled time.Time) error {
	unknown, err := s.untold(ctx, since, settled)
	if err != nil || len(unknown) == 0 {
		return err
	}
	firsts, err := s.Stored.FirstEvents(ctx, unknown)
	if err != nil {
		return fmt.Errorf("read the first events of %d issues: %w", len(unknown), err)
	}
	for _, e := range firsts {
		if err := s.observe(ctx, bus.Observed{Event: e, First: true}); err != nil {
			return err
		}
		if err := s.Announcer.Critical(ctx, e, nil); err != nil {
			return fmt.Errorf("tell alerting of event %s: %w", e.EventID, err)
		}
		s.metrics.swept.Inc()
	}
	return nil
}

// untold lists the fingerprints first seen between two times that belong to no issue triage
// knows of. Events are read of these alone: nearly always there are none.
func (s *Service) untold(ctx context.Context, since, settled time.Time) ([]issue.ID, error) {
	young, err := s.Stored.Young(ctx, since, s.cfg.SweepLimit)
	if err != nil {
		return nil, fmt.Errorf("look for young issues: %w", err)
	}
	ids := make([]issue.ID, len(young))
	merges := map[uint32][]issue.Merge{}
	for i, y := range young {
		if ids[i], err = s.targetOf(ctx, y.ID, merges); err != nil {
			return nil, err
		}
	}
	known, err := s.Workflow.Issues(ctx, ids)
	if err != nil {
		return nil, err
	}
	var unknown []issue.ID
	for i, y := range young {
		if _, ok := known[ids[i]]; !ok && !y.Received.After(settled) {
			unknown = append(unknown, y.ID)
		}
	}
	return unknown, nil
}

func issueOf(e event.Summary) issue.ID {
	return issue.ID{ProjectID: e.ProjectID, Fingerprint: e.Fingerprint}
}
