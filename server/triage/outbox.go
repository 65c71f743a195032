package triage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
)

// outboxBatch is how many changes are told at once.
const outboxBatch = 500

// Flush tells of every change that is committed by now: to whoever listens, and to the mirror,
// which a query sees afterwards. Callers that changed an issue and are about to read it use it;
// without them Run does the same a moment later.
func (s *Service) Flush(ctx context.Context) error {
	select {
	case s.outbox <- struct{}{}:
		defer func() { <-s.outbox }()
	case <-ctx.Done():
		return fmt.Errorf("wait for the outbox: %w", context.Cause(ctx))
	}
	for {
		n, err := s.drain(ctx)
		if err != nil || n < outboxBatch {
			return err
		}
	}
}

// drain tells of the oldest changes.
func (s *Service) drain(ctx context.Context) (rows int, err error) {
	batch, err := s.Outbox.Outbox(ctx, outboxBatch)
	if err != nil {
		return 0, err
	}
	ready, found, lost := s.causesOf(ctx, batch)
	var ids []int64
	var records []issue.Record
	for _, row := range ready {
		if err := s.announce(ctx, row, found); err != nil {
			return 0, err
		}
		ids, records = append(ids, row.ID), append(records, row.Change.Record)
	}
	if lost != nil {
		return 0, lost
	}
	if len(ids) == 0 {
		return 0, nil
	}
	if err := s.Mirror.PutRecords(ctx, records); err != nil {
		return 0, fmt.Errorf("mirror %d issues: %w", len(records), err)
	}
	if err := s.Outbox.OutboxDone(ctx, ids); err != nil {
		return 0, err
	}
	for _, id := range ids {
		delete(s.told, id)
	}
	return len(ids), nil
}

// causesOf finds the events that caused changes, and leaves out those that are not to be told
// yet: a change that an event caused is left to the process that has the event, for a while. With
// an error, those are left out too whose event is not known.
func (s *Service) causesOf(ctx context.Context, batch []issue.OutboxRow) (ready []issue.OutboxRow, found map[issue.ID]event.Summary, err error) {
	var orphans []issue.OutboxRow
	for _, row := range batch {
		c := row.Change
		_, told := s.told[row.ID]
		_, known := s.causes.get(c.Record.ID, c.Record.UpdatedAt)
		switch {
		case told || known || !causedByEvent(c):
			ready = append(ready, row)
		case time.Since(c.Time) >= s.cfg.OutboxGrace:
			orphans = append(orphans, row)
		}
	}
	if found, err = s.lookForCauses(ctx, orphans); err == nil {
		ready = append(ready, orphans...)
		slices.SortFunc(ready, func(a, b issue.OutboxRow) int { return cmp.Compare(a.ID, b.ID) }) // as they were made
	}
	return ready, found, err
}

// announce tells whoever listens of one change. It comes before the mirror, so that an alert
// need not wait for a ClickHouse that is away.
func (s *Service) announce(ctx context.Context, row issue.OutboxRow, found map[issue.ID]event.Summary) error {
	if _, told := s.told[row.ID]; told {
		return nil
	}
	c := row.Change
	var with *event.Summary
	if cause, known := s.causes.get(c.Record.ID, c.Record.UpdatedAt); known {
		with = &cause
	} else if cause, known := found[c.Record.ID]; known && causedByEvent(c) {
		with = &cause
	}
	shortID, err := s.shortID(ctx, c.Record)
	if err != nil {
		return err
	}
	if err := s.Announcer.IssueChanged(ctx, c, shortID, with); err != nil {
		return fmt.Errorf("announce version %d of issue %s: %w", c.Record.Version, c.Record.ID, err)
	}
	if watched(c.From) != watched(c.Record.State.Status) {
		if err := s.Announcer.SettingsChanged(ctx, c.Record.ID.ProjectID); err != nil {
			return err
		}
	}
	s.told[row.ID] = struct{}{}
	s.causes.forget(c.Record.ID, c.Record.UpdatedAt)
	return nil
}

// watched reports whether ingest must tell of every event of an issue in this state.
func watched(s issue.Status) bool { return s == issue.Resolved }

// shortID is the name people use; empty if the project is gone.
func (s *Service) shortID(ctx context.Context, r issue.Record) (string, error) {
	p, err := s.Projects.Project(ctx, r.ID.ProjectID)
	if errors.Is(err, project.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return issue.ShortID(p.Slug, r.Number), nil
}

// outboxRest is how many times longer than telling of changes took nothing is told, up to OutboxEvery, so that a busy
// store gets few large changes of its mirror: each makes a part, which it has to merge.
const outboxRest = 2

// drainLoop flushes whenever there may be something, and now and then in any case.
func (s *Service) drainLoop(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.OutboxEvery)
	defer tick.Stop()
	for {
		began := time.Now()
		if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("changes could not be told yet", "error", err)
			s.metrics.failures.WithLabelValues("outbox").Inc()
		}
		rest := time.NewTimer(min(outboxRest*time.Since(began), s.cfg.OutboxEvery))
		select {
		case <-ctx.Done():
			rest.Stop()
			return context.Cause(ctx)
		case <-rest.C:
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.wake:
		case <-tick.C:
		}
	}
}
