package repair

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
	"github.com/faultline-dev/faultline/server/group"
)

// Regroupings are the notes of rules that are applied to the past. TellRegrouping must change
// nothing of one that was undone, Expect nothing of issues that exist, and nobody may be alerted of either.
type Regroupings interface {
	Regrouping(ctx context.Context, id string) (issue.Regrouping, error)
	TellRegrouping(ctx context.Context, r issue.Regrouping) error
	Expect(ctx context.Context, records []issue.Record) error
}

// Moves are where stored events count. CountMovable counts the rows of some fingerprints and of those that events were
// moved away from before. After BeginMoves with all fingerprints that come apart, what Move writes counts as far
// as PutMoves says, until UndoMoves, which is for good. All of them may be called again, and each event must be there exactly once for every
// reader at any time; view.ErrFixed where events cannot be changed.
type Moves interface {
	CountMovable(ctx context.Context, projectID uint32, prints []event.Fingerprint) (uint64, error)
	Movable(ctx context.Context, r view.MovableRequest) ([]view.Movable, error)
	Move(ctx context.Context, events []view.Movable) error
	Moves(ctx context.Context, projectID uint32, regrouping string) ([]view.Move, error)
	BeginMoves(ctx context.Context, projectID uint32, regrouping string, prints []event.Fingerprint) error
	PutMoves(ctx context.Context, projectID uint32, regrouping string, list []view.Move) error
	UndoMoves(ctx context.Context, projectID uint32, regrouping string) error
}

// maxMoves is how many parts the issues of a regrouping may come apart into.
const maxMoves = 5000

// lighter is how many times as many events are moved at a time than are explained, since less is read of them
// and little written.
const lighter = 4

// moving is the task of moving events of issues that came apart to where rules group them.
type moving struct {
	*Service
	done   *issue.Regrouping
	query  view.MovableRequest
	today  *group.Rules
	tried  *group.Rules
	put    map[way]bool // what counts already
	merged map[event.Fingerprint]event.Fingerprint
	left   bool // some stayed because there are too many parts
}

// way is where rows of a fingerprint go.
type way struct{ from, to event.Fingerprint }

// regroup does what a regrouping says: it moves stored events, or undoes that.
func (s *Service) regroup(ctx context.Context, r artifact.Repair) error {
	rg, err := s.Regroupings.Regrouping(ctx, r.Regrouping)
	if err != nil && !errors.Is(err, project.ErrNotFound) {
		return fmt.Errorf("read the regrouping: %w", err)
	}
	if err != nil || !rg.UndoneAt.IsZero() {
		if err := s.Moves.UndoMoves(ctx, r.ProjectID, r.Regrouping); err != nil {
			return err
		}
		return s.Jobs.EndRepair(ctx, r.ID)
	}
	rg.Looked, rg.Moved = r.Seen, r.Changed
	if s.cfg.EventsPerSecond == 0 {
		err = view.ErrFixed
	} else {
		err = s.move(ctx, &r, &rg)
	}
	if errors.Is(err, view.ErrFixed) {
		rg.Past = issue.PastFixed
		s.log.Warn("issues come apart for new events only", "project", r.ProjectID, "regrouping", rg.ID, "error", err)
	} else if err != nil {
		return err
	}
	if err := s.Regroupings.TellRegrouping(ctx, rg); err != nil {
		return err
	}
	s.metrics.done.Inc()
	s.log.Info("stored events of issues that came apart: done", "regrouping", rg.ID, "project", r.ProjectID, "seen", r.Seen, "moved", r.Changed, "past", rg.Past)
	return s.Jobs.EndRepair(ctx, r.ID)
}

// move moves the events of a regrouping, from where it was left.
func (s *Service) move(ctx context.Context, r *artifact.Repair, rg *issue.Regrouping) error {
	at, err := placeOf(*r)
	if err != nil {
		return err
	}
	p, err := s.Projects.Project(ctx, r.ProjectID)
	if err != nil {
		return fmt.Errorf("read the project: %w", err)
	}
	m := &moving{
		Service: s, done: rg, put: map[way]bool{}, left: at.Left,
		query: view.MovableRequest{ProjectID: p.ID, Regrouping: rg.ID, Since: s.since(&p, time.Now()), Limit: min(lighter*s.cfg.Batch, 2000)},
		today: s.groups.Rules(rg.Before.Fingerprints, rg.Before.Stacks), tried: s.groups.Rules(rg.After.Fingerprints, rg.After.Stacks),
	}
	if r.Place == "" {
		n, err := s.Moves.CountMovable(ctx, p.ID, rg.Torn)
		if err != nil {
			return err
		}
		if n > uint64(s.cfg.MovableEvents) {
			rg.Past = issue.PastLarge
			s.log.Warn("issues come apart for new events only: raise --repair-movable-events to move more stored events", "project", p.ID, "regrouping", rg.ID, "events", n, "limit", s.cfg.MovableEvents)
			return nil
		}
	}
	if err := s.Moves.BeginMoves(ctx, p.ID, rg.ID, rg.Torn); err != nil {
		return err
	}
	known, err := s.Moves.Moves(ctx, p.ID, rg.ID)
	if err != nil {
		return err
	}
	for _, k := range known {
		m.put[way{k.From, k.To}] = true
	}
	w := worker{Service: s, task: m, place: at, told: time.Now()}
	if err := w.run(ctx, r); err != nil {
		return err
	}
	if rg.Past = issue.PastMoved; m.left {
		rg.Past = issue.PastPartly
	}
	return nil
}

func (m *moving) batch(ctx context.Context, at *place, received time.Time) (batch, error) {
	if at.Of >= len(m.done.Torn) {
		return batch{}, nil
	}
	m.query.Fingerprint, m.query.After, m.query.Received = m.done.Torn[at.Of], at.At, received
	events, err := m.Moves.Movable(ctx, m.query)
	if err != nil {
		return batch{}, err
	}
	if err := m.readMerges(ctx); err != nil {
		return batch{}, err
	}
	var moved []view.Movable
	var fresh []view.Move
	var expected []issue.Record
	looked, gone := len(events), 0
	for _, e := range events {
		to, found := m.goes(e.Event)
		one := way{e.Fingerprint, to}
		if to != e.Fingerprint && to != m.query.Fingerprint && !m.put[one] {
			if len(m.put) >= maxMoves {
				to, at.Left = m.query.Fingerprint, true
			} else {
				m.put[one] = true
				fresh = append(fresh, view.Move{From: one.from, To: one.to, Parts: found.Parts})
				if m.issueOf(to) == to {
					expected = append(expected, record(m.query.ProjectID, e.Event, found))
				}
			}
		}
		if to != m.query.Fingerprint {
			gone++
		}
		if to == e.Fingerprint {
			to = event.Fingerprint{}
		}
		if e.Moved != to {
			e.Moved = to
			moved = append(moved, e)
		}
	}
	// Issues are written down before anybody can see them, so that nobody is told of them as new.
	if err := m.Regroupings.Expect(ctx, expected); err != nil {
		return batch{}, err
	}
	if err := m.Moves.PutMoves(ctx, m.query.ProjectID, m.done.ID, fresh); err != nil {
		return batch{}, err
	}
	if err := m.Moves.Move(ctx, moved); err != nil {
		return batch{}, err
	}
	if len(events) == m.query.Limit {
		last := events[len(events)-1]
		at.At = view.AffectedPlace{Fingerprint: last.Fingerprint, Timestamp: last.Event.Timestamp, EventID: last.Event.ID}
	} else {
		at.Of, at.At = at.Of+1, view.AffectedPlace{}
	}
	m.left = at.Left
	if !received.IsZero() { // most of these were counted before
		looked, gone = len(moved), len(moved)
	}
	m.done.Looked, m.done.Moved = m.done.Looked+int64(looked), m.done.Moved+int64(gone)
	return batch{len(events), gone, at.Of < len(m.done.Torn)}, m.Regroupings.TellRegrouping(ctx, *m.done)
}

// goes is the fingerprint of an event as far as the rules have anything to do with it. What
// counts for the same issue anyway stays.
func (m *moving) goes(e *event.Event) (event.Fingerprint, group.Result) {
	today := m.groups.Event(group.WithOwnStacks(e), m.today)
	tried := m.groups.Event(e, m.tried)
	own := m.query.Fingerprint
	if tried.Fingerprint == today.Fingerprint || m.issueOf(tried.Fingerprint) == m.issueOf(own) {
		return own, tried
	}
	return tried.Fingerprint, tried
}

// readMerges finds out which fingerprints count for others.
func (m *moving) readMerges(ctx context.Context) error {
	all, err := m.Workflow.Merges(ctx, m.query.ProjectID)
	if err != nil {
		return fmt.Errorf("read the merges of project %d: %w", m.query.ProjectID, err)
	}
	m.merged = map[event.Fingerprint]event.Fingerprint{}
	for _, one := range all {
		if !one.Undone {
			m.merged[one.From.Fingerprint] = one.Into.Fingerprint
		}
	}
	return nil
}

// issueOf is the issue that a fingerprint counts for.
func (m *moving) issueOf(f event.Fingerprint) event.Fingerprint {
	if into, merged := m.merged[f]; merged {
		return into
	}
	return f
}

// record is an issue whose first event is one that is moved to it.
func record(projectID uint32, e *event.Event, found group.Result) issue.Record {
	now := time.Now().UTC()
	return issue.Record{
		ID: issue.ID{ProjectID: projectID, Fingerprint: found.Fingerprint}, Title: found.Title, Culprit: found.Culprit,
		Level: e.Level.String(), Platform: e.Platform, FirstSeen: e.Timestamp, UpdatedAt: now,
		State: issue.State{Status: issue.Unresolved, Substatus: issue.SubOngoing, Reason: issue.ReasonFirstSeen, Since: now},
	}
}
