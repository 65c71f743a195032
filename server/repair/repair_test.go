package repair

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/internal/view"
)

// events is a store of events in memory.
type events struct {
	mu      sync.Mutex
	stored  []*event.Occurrence
	fail    error // of the next Amend
	amended int
	told    []event.Fingerprint
	merges  []issue.Merge
}

func (s *events) Affected(_ context.Context, r view.AffectedRequest) (page []*event.Occurrence, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.stored {
		p := view.AffectedPlace{Fingerprint: o.Fingerprint, Timestamp: o.Event.Timestamp, EventID: o.Event.ID}
		behind := cmp.Or(slices.Compare(p.Fingerprint[:], r.After.Fingerprint[:]), p.Timestamp.Compare(r.After.Timestamp), slices.Compare(p.EventID[:], r.After.EventID[:])) > 0
		if behind && !o.ReceivedAt.Before(r.Received) && len(page) < r.Limit {
			page = append(page, clone(o))
		}
	}
	return page, nil
}

func clone(o *event.Occurrence) *event.Occurrence {
	c, e := *o, *o.Event
	c.Event = &e
	e.Exceptions = slices.Clone(e.Exceptions)
	e.Exceptions[0].Stack.Frames = slices.Clone(e.Exceptions[0].Stack.Frames)
	return &c
}

func (s *events) AffectedNewest(_ context.Context, r view.AffectedRequest, _ int) (all []*event.Occurrence, err error) {
	return s.Affected(context.Background(), r)
}

func (s *events) Amend(_ context.Context, list []*event.Occurrence) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fail; err != nil {
		s.fail = nil
		return err
	}
	for _, o := range list {
		i := slices.IndexFunc(s.stored, func(known *event.Occurrence) bool { return known.Event.ID == o.Event.ID })
		s.stored[i] = clone(o)
		s.amended++
	}
	return nil
}

func (s *events) Retell(_ context.Context, _ uint32, prints []event.Fingerprint, _ time.Time) error {
	s.told = append(s.told, prints...)
	return nil
}

func (s *events) PutMerges(_ context.Context, m []issue.Merge) error {
	s.merges = append(s.merges, m...)
	return nil
}

func (s *events) SettingsChanged(context.Context, uint32) error { return nil }

// scripts explains the function m of a minified script as another.
type scripts map[string]string

func (x scripts) Explain(_ context.Context, _ uint32, e *event.Event) (int, error) {
	f := &e.Exceptions[0].Stack.Frames[0]
	if name, known := x[f.Function]; known {
		f.Function, f.Origin = name, &event.Origin{Function: f.Function}
		return 1, nil
	}
	return 0, nil
}

const web = 7

// at is when the first event happened.
var at = time.Now().UTC().Add(-time.Hour).Truncate(time.Second)

func occurrence(print byte, function string, n int) *event.Occurrence {
	e := &event.Event{ID: event.NewID(), Timestamp: at.Add(time.Duration(n) * time.Second), Platform: "javascript", Exceptions: []event.Exception{{
		Type: "Error", Stack: event.Stacktrace{Frames: []event.Frame{{Function: function, InApp: event.InAppYes, Line: 1}}},
	}}}
	return &event.Occurrence{ProjectID: web, Fingerprint: event.Fingerprint{print}, ReceivedAt: e.Timestamp, Event: e}
}

type world struct {
	*Service
	events *events
	meta   *meta.Store
}

func newWorld(t *testing.T, stored ...*event.Occurrence) world {
	t.Helper()
	ctx := t.Context()
	store, err := meta.Open(ctx, filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := store.EnsureOrganization(ctx, project.Organization{ID: "o", Name: "O"}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.CreateProject(ctx, project.Project{ID: web, OrganizationID: "o", Slug: "web", Name: "Web"}); err != nil {
		t.Fatal(err)
	}
	w := world{events: &events{stored: stored}, meta: store}
	cfg := DefaultConfig()
	cfg.Batch = 3
	if w.Service, err = New(cfg, Parts{Jobs: store, Events: w.events, Issues: w.events, Workflow: store, Projects: store, Announce: w.events}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w world) upload(t *testing.T, at time.Time) {
	t.Helper()
	b := artifact.Bundle{ProjectID: web, Checksum: at.String(), CreatedAt: at}
	if err := w.meta.PutBundle(t.Context(), b, []artifact.File{{Kind: artifact.Map, DebugID: "1"}}); err != nil {
		t.Fatal(err)
	}
}

// issueOf makes an issue known to the workflow since a time.
func (w world) issueOf(t *testing.T, f event.Fingerprint, since time.Time) issue.ID {
	t.Helper()
	id := issue.ID{ProjectID: web, Fingerprint: f}
	if _, _, err := w.meta.EnsureIssue(t.Context(), issue.Record{ID: id, FirstSeen: since}); err != nil {
		t.Fatal(err)
	}
	return id
}

// named is the fingerprint of events whose frame is called something.
func (w world) named(function string) event.Fingerprint {
	return w.groups.Event(occurrence(0, function, 0).Event, nil).Fingerprint
}

func TestAFailureInTheMiddleIsMadeGood(t *testing.T) {
	t.Parallel()
	var stored []*event.Occurrence
	for i := range 10 {
		stored = append(stored, occurrence(byte(1+i/5), "a", i))
	}
	stored = append(stored, occurrence(3, "other", 11))
	w := newWorld(t, stored...)
	w.upload(t, at)
	maps := scripts{"a": "checkout"}
	w.events.fail = errors.New("away")
	if err := w.work(t.Context(), maps); err == nil {
		t.Fatal("a failure was not told")
	}
	if _, found, err := w.meta.NextRepair(t.Context(), time.Now(), time.Now()); found || err != nil {
		t.Fatal("a repair that somebody works on is free", err)
	}
	r, found, err := w.meta.NextRepair(t.Context(), time.Now().Add(2*DefaultConfig().Lease), time.Now().Add(3*DefaultConfig().Lease))
	if err != nil || !found {
		t.Fatal(err)
	}
	if err := w.repair(t.Context(), r, maps); err != nil {
		t.Fatal(err)
	}
	for i, o := range w.events.stored[:10] {
		if o.Event.Exceptions[0].Stack.Frames[0].Function != "checkout" || o.Title == "" || o.Fingerprint != stored[i].Fingerprint {
			t.Errorf("event %d is %+v", i, o)
		}
	}
	if w.events.amended != 10 {
		t.Errorf("%d events were written", w.events.amended)
	}
	told := slices.Clone(w.events.told)
	slices.SortFunc(told, func(a, b event.Fingerprint) int { return slices.Compare(a[:], b[:]) })
	if told = slices.Compact(told); !slices.Contains(told, event.Fingerprint{1}) || !slices.Contains(told, event.Fingerprint{2}) {
		t.Errorf("told again: %v", told)
	}
	if n, err := w.meta.PendingRepairs(t.Context()); n != 0 || err != nil {
		t.Errorf("%d repairs are left, %v", n, err)
	}
}

func TestTheOlderIssueStays(t *testing.T) {
	t.Parallel()
	f := func(name string, prepare func(w world, was, becomes event.Fingerprint), want func(w world, was, becomes event.Fingerprint) (from, into event.Fingerprint)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, occurrence(1, "a", 0), occurrence(1, "a", 1), occurrence(1, "b", 2))
			was, becomes := event.Fingerprint{1}, w.named("checkout")
			prepare(w, was, becomes)
			for range 2 {
				err := w.Foresee(t.Context(), artifact.Repair{ProjectID: web}, func(e *event.Event) (int, error) {
					return scripts{"a": "checkout", "b": "total"}.Explain(t.Context(), web, e)
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			merges, err := w.meta.Merges(t.Context(), web)
			if err != nil {
				t.Fatal(err)
			}
			merges = slices.DeleteFunc(merges, func(m issue.Merge) bool { return m.Undone })
			from, into := want(w, was, becomes)
			if from == into {
				if len(merges) != 0 {
					t.Errorf("merged: %+v", merges)
				}
				return
			}
			if len(merges) != 1 || merges[0].From.Fingerprint != from || merges[0].Into.Fingerprint != into || len(w.events.merges) == 0 {
				t.Errorf("%+v, mirrored %+v", merges, w.events.merges)
			}
		})
	}
	newIntoOld := func(_ world, was, becomes event.Fingerprint) (from, into event.Fingerprint) { return becomes, was }
	oldIntoNew := func(_ world, was, becomes event.Fingerprint) (from, into event.Fingerprint) { return was, becomes }
	nothing := func(_ world, was, _ event.Fingerprint) (from, into event.Fingerprint) { return was, was }
	f("nobody knows either", func(world, event.Fingerprint, event.Fingerprint) {}, newIntoOld)
	f("the minified is known", func(w world, was, _ event.Fingerprint) { w.issueOf(t, was, at) }, newIntoOld)
	f("the original is known", func(w world, _, becomes event.Fingerprint) { w.issueOf(t, becomes, at) }, oldIntoNew)
	f("the original is older", func(w world, was, becomes event.Fingerprint) {
		w.issueOf(t, was, at)
		w.issueOf(t, becomes, at.Add(-time.Hour))
	}, oldIntoNew)
	f("the original is younger", func(w world, was, becomes event.Fingerprint) {
		w.issueOf(t, was, at)
		w.issueOf(t, becomes, at.Add(time.Hour))
	}, newIntoOld)
	f("somebody took them apart", func(w world, was, becomes event.Fingerprint) {
		a, b := w.issueOf(t, was, at), w.issueOf(t, becomes, at)
		for _, undo := range []bool{false, true} {
			if _, err := w.meta.Merge(context.Background(), a, []issue.ID{b}, undo, "ada@example.com", at); err != nil {
				t.Error(err)
			}
		}
	}, nothing)
}

func TestWhatWasOnItsWayIsExplainedToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		late := occurrence(1, "a", 0)
		late.ReceivedAt = began.Add(time.Second)
		store := &events{stored: []*event.Occurrence{occurrence(2, "a", 1)}}
		s, err := New(DefaultConfig(), Parts{Jobs: keeper{}, Events: store, Issues: store})
		if err != nil {
			t.Fatal(err)
		}
		w := worker{Service: s, task: &explaining{s, s.explainer(&project.Project{}, func(e *event.Event) (int, error) {
			return scripts{"a": "checkout"}.Explain(t.Context(), web, e)
		}), view.AffectedRequest{Limit: 3}}, told: began}
		go func() {
			time.Sleep(time.Second)
			store.mu.Lock()
			defer store.mu.Unlock()
			store.stored = append([]*event.Occurrence{late}, store.stored...)
		}()
		r := artifact.Repair{CreatedAt: began}
		if err := w.run(t.Context(), &r); err != nil {
			t.Fatal(err)
		}
		if store.amended != 2 || r.Changed != 2 || time.Since(began) < settled {
			t.Errorf("%d events were written, %+v", store.amended, r)
		}
	})
}

func TestASlowRepairStaysWithItsProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &events{}
		cfg := DefaultConfig()
		cfg.EventsPerSecond, cfg.Batch = 1, 200
		clock := &clockkeeper{}
		s, err := New(cfg, Parts{Jobs: clock, Events: store, Issues: store})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 * cfg.Batch {
			store.stored = append(store.stored, occurrence(1, "a", i))
		}
		w := worker{Service: s, task: &explaining{s, s.explainer(&project.Project{}, func(*event.Event) (int, error) { return 0, nil }),
			view.AffectedRequest{Limit: cfg.Batch}}, told: time.Now()}
		if err := w.run(t.Context(), &artifact.Repair{CreatedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
		if clock.late > 0 {
			t.Errorf("the lease was over for %v", clock.late)
		}
	})
}

// clockkeeper keeps no notes, but the longest time for which a repair was nobody's.
type clockkeeper struct {
	Jobs
	until time.Time
	late  time.Duration
}

func (k *clockkeeper) KeepRepair(_ context.Context, r artifact.Repair, until time.Time) (artifact.Repair, error) {
	if !k.until.IsZero() {
		k.late = max(k.late, time.Since(k.until))
	}
	k.until = until
	return r, nil
}

// keeper keeps no notes.
type keeper struct{ Jobs }

func (keeper) KeepRepair(_ context.Context, r artifact.Repair, _ time.Time) (artifact.Repair, error) {
	return r, nil
}
