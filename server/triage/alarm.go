package triage

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// alarmsOfRule bounds how many events of one rule are looked at after a start.
const alarmsOfRule = 500

// alarmLoop tells alerting once of the critical events from before the start: the process
// that stored them may have ended before it told of them. Whoever was told of an event
// knows it by its id, and of others of the same issue the throttle keeps it silent.
func (s *Service) alarmLoop(ctx context.Context, start time.Time) error {
	tick := time.NewTicker(s.cfg.SweepEvery)
	defer tick.Stop()
	for {
		err := s.alarms(ctx, view.Range{Start: start.Add(-s.cfg.SweepWindow), End: start})
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			s.log.Warn("critical events nobody told of could not be looked for", "error", err)
			s.metrics.failures.WithLabelValues("sweep").Inc()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// alarms tells, for each rule that watches events, of the first event of each issue in a
// span of time that it matches.
func (s *Service) alarms(ctx context.Context, span view.Range) error {
	rules, err := s.Rules.EventRules(ctx)
	if err != nil {
		return err
	}
	for _, r := range rules {
		q, err := search.ParseEvents(r.Query)
		if err != nil {
			continue // its project's page says so
		}
		list, err := s.Stored.Events(ctx, view.EventsRequest{ProjectID: r.ProjectID, Query: q, Range: span, Limit: alarmsOfRule})
		if err != nil {
			return fmt.Errorf("look for events of alert rule %s: %w", r.ID, err)
		}
		first := map[event.Fingerprint]event.Summary{}
		for _, e := range list { // the newest first
			first[e.Fingerprint] = e
		}
		for _, e := range first {
			if err := s.Announcer.Critical(ctx, e, []string{r.ID}); err != nil {
				return fmt.Errorf("tell alerting of event %s: %w", e.EventID, err)
			}
		}
	}
	return nil
}
