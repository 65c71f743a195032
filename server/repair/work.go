package repair

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
	"github.com/faultline-dev/faultline/server/group"
)

// explainer is how events of one project become what they should be.
type explainer struct {
	explain func(*event.Event) (int, error)
	groups  *group.Grouper
	rules   *group.Rules
}

// become changes an occurrence to what it would be if it came now. It returns the
// fingerprint that it would have, and whether anything changed; the occurrence keeps the
// one that it is stored under.
func (x *explainer) become(o *event.Occurrence) (now event.Fingerprint, changed bool, err error) {
	before := stacks(o.Event)
	n, err := x.explain(o.Event)
	if err != nil || n == 0 {
		return o.Fingerprint, false, err
	}
	g := x.groups.Event(o.Event, x.rules)
	changed = g.Title != o.Title || g.Culprit != o.Culprit || !reflect.DeepEqual(before, stacks(o.Event))
	o.Title, o.Culprit, o.Parts = g.Title, g.Culprit, g.Parts
	return g.Fingerprint, changed, nil
}

// stacks are copies of an event's exceptions and threads: what explaining can change.
func stacks(e *event.Event) (all [2]any) {
	exceptions, threads := slices.Clone(e.Exceptions), slices.Clone(e.Threads)
	for i := range exceptions {
		exceptions[i].Stack.Frames = slices.Clone(exceptions[i].Stack.Frames)
	}
	for i := range threads {
		threads[i].Stack.Frames = slices.Clone(threads[i].Stack.Frames)
	}
	return [2]any{exceptions, threads}
}

// explainer makes one for a project.
func (s *Service) explainer(p *project.Project, explain func(*event.Event) (int, error)) *explainer {
	return &explainer{explain, s.groups, s.groups.Rules(p.Settings.FingerprintRules, p.Settings.StackRules)}
}

// request is what an upload may explain.
func (s *Service) request(p *project.Project, r artifact.Repair, now time.Time) view.AffectedRequest {
	return view.AffectedRequest{ProjectID: r.ProjectID, DebugIDs: r.DebugIDs, Release: r.Release, Dist: r.Dist, Since: s.since(p, now)}
}

// since is the age of the oldest events that are looked at.
func (s *Service) since(p *project.Project, now time.Time) time.Time {
	window := s.cfg.Window
	if days := time.Duration(p.Settings.RetentionDays) * 24 * time.Hour; days > 0 && days < window {
		window = days
	}
	return now.Add(-window)
}

// progressEvery is how often the log says how far a repair is.
const progressEvery = 30 * time.Second

// repair does one repair, from where it was left.
func (s *Service) repair(ctx context.Context, r artifact.Repair, symbols Symbols) error {
	if r.Regrouping != "" {
		return s.regroup(ctx, r)
	}
	p, err := s.Projects.Project(ctx, r.ProjectID)
	if err != nil {
		return fmt.Errorf("read the project: %w", err)
	}
	explain := func(e *event.Event) (int, error) { return symbols.Explain(ctx, r.ProjectID, e) }
	q := s.request(&p, r, time.Now())
	at, err := placeOf(r)
	if err != nil {
		return err
	}
	if r.Place == "" {
		s.log.Info("events of before an upload are repaired", "repair", r.ID, "project", r.ProjectID, "release", r.Release, "debug_ids", len(r.DebugIDs))
	}
	// What could not be foreseen is seen to now, and the mirror of merges is healed.
	if err := s.align(ctx, &p, q, explain); err != nil {
		return err
	}
	q.Limit = s.cfg.Batch
	w := worker{Service: s, task: &explaining{s, s.explainer(&p, explain), q}, place: at, told: time.Now()}
	if err := w.run(ctx, &r); errors.Is(err, view.ErrFixed) {
		s.log.Warn("events of before an upload stay as they are; their issues are prepared", "project", r.ProjectID, "error", err)
	} else if err != nil {
		return err
	}
	s.metrics.done.Inc()
	s.log.Info("events of before an upload are repaired: done", "repair", r.ID, "project", r.ProjectID, "seen", r.Seen, "changed", r.Changed, "took", time.Since(r.CreatedAt).Round(time.Millisecond))
	return s.Jobs.EndRepair(ctx, r.ID)
}

// settled is how long after an upload events may still be stored that were looked at without
// it: other processes know of it later, and blocks are on their way.
const settled = 15 * time.Second

// place is how far a repair has come.
type place struct {
	Late bool // the second time, which looks only for what arrived last
	Of   int  // which of the fingerprints that come apart
	Left bool // events stayed where they were because there are too many parts
	At   view.AffectedPlace
}

// placeOf reads how far a repair has come.
func placeOf(r artifact.Repair) (at place, err error) {
	if r.Place == "" {
		return at, nil
	}
	if err := json.Unmarshal([]byte(r.Place), &at); err != nil {
		return at, fmt.Errorf("read how far it has come: %w", err)
	}
	return at, nil
}

// task is what is done to events. batch does it to the next ones behind a place, of those
// that arrived since a time, and goes on with the place. Doing the same again must change nothing.
type task interface {
	batch(ctx context.Context, at *place, received time.Time) (batch, error)
}

// batch is what was done.
type batch struct {
	seen, changed int
	more          bool
}

// worker is the work on one repair.
type worker struct {
	*Service
	task  task
	place place
	told  time.Time
}

// run goes through all events, and then through those that arrived about when the
// upload did and may have been stored behind its back.
func (w *worker) run(ctx context.Context, r *artifact.Repair) error {
	if !w.place.Late {
		if err := w.batches(ctx, r, time.Time{}); err != nil {
			return err
		}
		if err := pause(ctx, time.Until(r.CreatedAt.Add(settled))); err != nil {
			return err
		}
		w.place = place{Late: true, Left: w.place.Left}
	}
	return w.batches(ctx, r, r.CreatedAt.Add(-settled))
}

// batches repairs events until there are no more.
func (w *worker) batches(ctx context.Context, r *artifact.Repair, received time.Time) error {
	for {
		more, err := w.batch(ctx, r, received)
		if err != nil || !more {
			return err
		}
	}
}

// batch repairs the next events. The events are written before the note of how far it has
// come, so that a crash between the two repeats what changes nothing.
func (w *worker) batch(ctx context.Context, r *artifact.Repair, received time.Time) (more bool, err error) {
	began := time.Now()
	done, err := w.task.batch(ctx, &w.place, received)
	if err != nil {
		return false, err
	}
	w.metrics.seen.Add(float64(done.seen))
	w.metrics.changed.Add(float64(done.changed))
	r.Seen, r.Changed = r.Seen+int64(done.seen), r.Changed+int64(done.changed)
	text, err := json.Marshal(w.place)
	if err != nil {
		return false, fmt.Errorf("write how far it has come: %w", err)
	}
	r.Place = string(text)
	rest := time.Duration(0)
	if done.more {
		rest = max(0, time.Duration(done.seen)*time.Second/time.Duration(w.cfg.EventsPerSecond)-time.Since(began))
	}
	// A slow rate rests longer than a lease, and the repair stays ours meanwhile.
	if *r, err = w.Jobs.KeepRepair(ctx, *r, time.Now().Add(rest+w.cfg.Lease)); err != nil {
		return false, err
	}
	if time.Since(w.told) > progressEvery {
		w.told = time.Now()
		w.log.Info("stored events are repaired: going on", "repair", r.ID, "project", r.ProjectID, "seen", r.Seen, "changed", r.Changed)
	}
	if !done.more {
		return false, nil
	}
	return true, pause(ctx, rest)
}

// pause waits, if there is something to wait for.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
