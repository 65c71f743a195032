package triage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
)

// observe takes in one event that ingest told of.
func (s *Service) observe(ctx context.Context, o bus.Observed) error {
	result, err := s.place(ctx, o)
	if errors.Is(err, project.ErrNotFound) {
		s.log.Warn("an event of an unknown project was left alone", "project", o.Event.ProjectID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("take in event %s of project %d: %w", o.Event.EventID, o.Event.ProjectID, err)
	}
	s.metrics.observed.WithLabelValues(result).Inc()
	return nil
}

// place makes the issue of an event, or moves the one there is. The result is a word for
// metrics: created, or a reason of the state machine.
func (s *Service) place(ctx context.Context, o bus.Observed) (result string, err error) {
	// A fingerprint that was never seen may have been merged: an upload tells what minified
	// frames will be called from now on.
	id, err := s.target(ctx, issueOf(o.Event))
	if err != nil {
		return "", err
	}
	now := time.Now().UTC()
	s.causes.put(id, now, o.Event)
	rec, created, err := s.Workflow.EnsureIssue(ctx, firstRecord(id, o.Event, now))
	if err != nil {
		s.causes.forget(id, now)
		return "", err
	}
	if rec.Number == 1 && o.First {
		if err := s.Projects.SetFirstEvent(ctx, id.ProjectID, o.Event.ReceivedAt); err != nil {
			return "", err
		}
	}
	if created {
		s.stir()
		return "created", nil
	}
	result, changed, err := s.move(ctx, rec, o.Event, now)
	if !changed {
		s.causes.forget(id, now)
	}
	return result, err
}

// move takes a known issue through the state machine, and tells whether that changed it.
func (s *Service) move(ctx context.Context, rec issue.Record, e event.Summary, now time.Time) (result string, changed bool, err error) {
	seen := issue.Observation{EventTime: e.Timestamp, ReceivedAt: e.ReceivedAt, Release: e.Release}
	_, why, changed := issue.Observe(rec.State, seen, now)
	if why == issue.ReasonRegressed && rec.State.Release != "" && e.Release != "" {
		known, err := s.releasedBefore(ctx, rec.ID.ProjectID, e.Release, rec.State.Since)
		if err != nil {
			return "", false, err
		}
		seen.ReleaseKnownBefore = known
		_, why, changed = issue.Observe(rec.State, seen, now)
	}
	if !changed {
		return string(why), false, nil
	}
	_, err = s.Workflow.ChangeIssue(ctx, rec.ID, func(r issue.Record) (issue.Record, []issue.Activity, error) {
		next, reason, moved := issue.Observe(r.State, seen, now)
		if why, changed = reason, moved; !moved {
			return r, nil, nil
		}
		r.State, r.UpdatedAt = next, now
		return r, activities(r, reason, e, now), nil
	})
	if err != nil {
		return "", false, err
	}
	s.stir()
	return string(why), changed, nil
}

// activities are what is written into an issue's history for a change of the state machine.
func activities(r issue.Record, why issue.Reason, e event.Summary, now time.Time) []issue.Activity {
	if why != issue.ReasonRegressed {
		return nil
	}
	return []issue.Activity{{
		IssueID: r.ID, Time: now, Actor: issue.SystemActor, Kind: issue.ActivityRegressed, Detail: e.Release,
	}}
}

// firstRecord is an issue as its first event makes it.
func firstRecord(id issue.ID, e event.Summary, now time.Time) issue.Record {
	first := e.Timestamp
	if first.IsZero() || first.After(e.ReceivedAt) {
		first = e.ReceivedAt
	}
	return issue.Record{
		ID:    id,
		State: issue.State{Status: issue.Unresolved, Substatus: issue.SubNew, Reason: issue.ReasonFirstSeen, Since: e.ReceivedAt},
		Title: e.Title, Culprit: e.Culprit, Level: e.Level.String(), Platform: e.Platform,
		FirstRelease: e.Release, FirstSeen: first, UpdatedAt: now,
	}
}

// target is the issue an event counts for: that of its fingerprint, or the one it was merged
// into.
func (s *Service) target(ctx context.Context, id issue.ID) (issue.ID, error) {
	return s.targetOf(ctx, id, map[uint32][]issue.Merge{})
}

// targetOf is target for one of many; it keeps what it reads of a project.
func (s *Service) targetOf(ctx context.Context, id issue.ID, read map[uint32][]issue.Merge) (issue.ID, error) {
	merges, known := read[id.ProjectID]
	if !known {
		var err error
		if merges, err = s.Projects.Merges(ctx, id.ProjectID); err != nil {
			return id, err
		}
		read[id.ProjectID] = merges
	}
	for _, m := range merges {
		if m.From == id && !m.Undone {
			return m.Into, nil
		}
	}
	return id, nil
}

// stir says that there may be something in the outbox.
func (s *Service) stir() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
