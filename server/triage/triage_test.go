package triage

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/embedded/natstest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/internal/view"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// events stands in for ClickHouse: what is stored of events, and the mirror.
type events struct {
	mu      sync.Mutex
	away    error
	stored  []event.Summary
	records map[issue.ID]issue.Record
}

func (e *events) PutRecords(_ context.Context, records []issue.Record) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.away != nil {
		return e.away
	}
	for _, r := range records {
		if e.records[r.ID].Version < r.Version {
			e.records[r.ID] = r
		}
	}
	return nil
}

func (e *events) record(id issue.ID) issue.Record {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.records[id]
}

func (e *events) Young(_ context.Context, since time.Time, limit int) ([]event.Summary, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []event.Summary
	for _, s := range e.stored {
		first := !slices.ContainsFunc(out, func(o event.Summary) bool { return o.Fingerprint == s.Fingerprint })
		if first && s.Timestamp.After(since) && len(out) < limit {
			out = append(out, s)
		}
	}
	return out, e.away
}

func (e *events) Events(_ context.Context, r view.EventsRequest) ([]event.Summary, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []event.Summary
	for _, s := range slices.Backward(e.stored) {
		ofIssue := r.Issue == nil || *r.Issue == s.Fingerprint
		inRange := r.Range.End.IsZero() || s.Timestamp.Before(r.Range.End)
		if ofIssue && inRange && r.Query.Match(search.OfSummary(&s), time.Now()) && len(out) < r.Limit {
			out = append(out, s)
		}
	}
	return out, e.away
}

func (e *events) store(s ...event.Summary) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stored = append(e.stored, s...)
}

func (e *events) goAway(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.away = err
}

type world struct {
	t      *testing.T
	bus    *bus.Bus
	meta   *meta.Store
	events *events

	mu       sync.Mutex
	changes  []bus.Changed
	critical []bus.Critical
}

func newWorld(t *testing.T) *world {
	t.Helper()
	_, conn := natstest.Start(t)
	cfg := bus.DefaultConfig()
	cfg.Backoff = []time.Duration{time.Millisecond}
	cfg.Logger = slog.New(slog.DiscardHandler)
	b, err := bus.Open(t.Context(), conn, cfg)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, bus: b, meta: openMeta(t), events: &events{records: make(map[issue.ID]issue.Record)}}
	w.background(func(ctx context.Context) error {
		return b.ConsumeChanges(ctx, func(_ context.Context, c bus.Changed) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.changes = append(w.changes, c)
			return nil
		})
	})
	w.background(func(ctx context.Context) error {
		return b.ConsumeCritical(ctx, func(_ context.Context, c bus.Critical) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.critical = append(w.critical, c)
			return nil
		})
	})
	return w
}

func openMeta(t *testing.T) *meta.Store {
	t.Helper()
	m, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	if err := m.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.EnsureOrganization(t.Context(), project.Organization{ID: "org", Name: "Acme"}); err != nil {
		t.Fatal(err)
	}
	p := project.Project{ID: 7, OrganizationID: "org", Slug: "web", Name: "Web", Settings: project.DefaultSettings()}
	if _, err := m.CreateProject(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return m
}

// service makes a triage process.
func (w *world) service(change func(*Config)) *Service {
	w.t.Helper()
	cfg := DefaultConfig()
	cfg.OutboxEvery = 20 * time.Millisecond
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg, Parts{
		Incoming: w.bus, Announcer: w.bus, Workflow: w.meta, Outbox: w.meta, Projects: w.meta,
		Mirror: w.events, Stored: w.events, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// background runs a loop until the test ends, or stop is called.
func (w *world) background(loop func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); loop(ctx) }()
	stop = func() { cancel(); <-done }
	w.t.Cleanup(stop)
	return stop
}

func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); {
		if time.Now().After(deadline) {
			w.t.Fatalf("not reached: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (w *world) change(n int) bus.Changed {
	w.t.Helper()
	w.until("a change", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.changes) > n })
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changes[n]
}

func (w *world) resolve(id issue.ID, release string) {
	w.t.Helper()
	_, err := w.meta.ChangeIssue(w.t.Context(), id, func(r issue.Record) (issue.Record, []issue.Activity, error) {
		r, a := issue.Command{Actor: "ann@example.com", Now: time.Now().UTC()}.Resolve(r, release)
		return r, a, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func seen(n byte, release string, at time.Time) event.Summary {
	at = at.UTC().Truncate(time.Microsecond)
	return event.Summary{
		EventID: event.NewID(), ProjectID: 7, Fingerprint: event.Fingerprint{n}, Timestamp: at, ReceivedAt: at,
		Title: "TypeError: x is undefined", Culprit: "pay", Level: event.LevelError, Platform: "node", Release: release, Environment: "production",
	}
}

func id(n byte) issue.ID { return issue.ID{ProjectID: 7, Fingerprint: event.Fingerprint{n}} }

func TestANewIssueGetsANumberAndIsToldOfOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.background(w.service(nil).Run)
	w.background(w.service(nil).Run) // a second process does the same
	e := seen(1, "1.0.0", time.Now())
	if err := w.bus.FirstSeen(t.Context(), []event.Summary{e}); err != nil {
		t.Fatal(err)
	}
	got := w.change(0)
	want := bus.Changed{
		Project: 7, Fingerprint: e.Fingerprint, ShortID: "WEB-1", To: issue.Unresolved, Reason: issue.ReasonFirstSeen,
		Version: 1, Time: got.Time, Event: &e,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	w.until("the mirror", func() bool { return w.events.record(id(1)).Number == 1 })
	w.until("the first event of the project is written down", func() bool {
		p, err := w.meta.Project(t.Context(), 7)
		return err == nil && p.FirstEventAt.Equal(e.ReceivedAt)
	})
	w.until("an empty outbox", func() bool { rows, err := w.meta.Outbox(t.Context(), 1); return err == nil && len(rows) == 0 })
	if w.mu.Lock(); len(w.changes) != 1 {
		t.Fatalf("told of %d changes", len(w.changes))
	}
	w.mu.Unlock()
}

func TestAResolvedIssueRegressesOnlyByWhatCanHoldTheFix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	settings := make(chan uint32, 8)
	stop, err := w.bus.OnSettingsChanged(func(id uint32) { settings <- id })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	s := w.service(nil)
	w.background(s.Run)
	before := time.Now()
	w.events.store(seen(9, "beef", before), seen(9, "cafe", before))
	if err := w.bus.FirstSeen(t.Context(), []event.Summary{seen(1, "cafe", before)}); err != nil {
		t.Fatal(err)
	}
	w.change(0)
	w.resolve(id(1), "cafe")
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.events.record(id(1)).State.Status; got != issue.Resolved {
		t.Fatalf("the mirror says %s after a flush", got)
	}
	if got := w.change(1); got.From != issue.Unresolved || got.To != issue.Resolved || got.Event != nil {
		t.Fatalf("%+v", got)
	}
	<-settings

	after := time.Now().Add(time.Millisecond)
	late, same, old := seen(1, "f00d", before), seen(1, "cafe", after), seen(1, "beef", after)
	fresh := seen(1, "f00d", after)
	for _, e := range []event.Summary{late, same, old, fresh} {
		if err := w.bus.Hit(t.Context(), []event.Summary{e}); err != nil {
			t.Fatal(err)
		}
	}
	got := w.change(2)
	if got.Reason != issue.ReasonRegressed || got.Event == nil || got.Event.EventID != fresh.EventID {
		t.Fatalf("%+v", got)
	}
	<-settings
	history, err := w.meta.Activities(t.Context(), id(1), 1, 0)
	if err != nil || history[0].Kind != issue.ActivityRegressed || history[0].Detail != "f00d" {
		t.Fatalf("%+v %v", history, err)
	}
	for _, why := range []issue.Reason{issue.ReasonLateEvent, issue.ReasonSameRelease, issue.ReasonRegressed} {
		if testutil.ToFloat64(s.metrics.observed.WithLabelValues(string(why))) == 0 {
			t.Errorf("no event counted as %s", why)
		}
	}
}

func TestAHitOfAMergedFingerprintReopensItsTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.background(w.service(nil).Run)
	if err := w.bus.FirstSeen(t.Context(), []event.Summary{seen(1, "", time.Now()), seen(2, "", time.Now())}); err != nil {
		t.Fatal(err)
	}
	w.change(1)
	if _, err := w.meta.Merge(t.Context(), id(1), []issue.ID{id(2)}, false, "ann@example.com", time.Now()); err != nil {
		t.Fatal(err)
	}
	w.resolve(id(1), "")
	if err := w.bus.Hit(t.Context(), []event.Summary{seen(2, "", time.Now().Add(time.Millisecond))}); err != nil {
		t.Fatal(err)
	}
	w.until("the target is open again", func() bool {
		r, err := w.meta.Issue(t.Context(), id(1))
		return err == nil && r.State.Substatus == issue.SubRegressed
	})
}

func TestTheSweeperFindsWhatNobodyToldOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lost, onItsWay := seen(1, "", time.Now().Add(-time.Minute)), seen(2, "", time.Now().Add(time.Hour))
	w.events.store(lost, onItsWay)
	w.background(w.service(nil).Run)
	if got := w.change(0); got.Event == nil || got.Event.EventID != lost.EventID {
		t.Fatalf("%+v", got)
	}
	w.until("alerting is told", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.critical) == 1 && w.critical[0].Event.EventID == lost.EventID && w.critical[0].RuleIDs == nil
	})
	if _, err := w.meta.Issue(t.Context(), id(2)); !errors.Is(err, project.ErrNotFound) {
		t.Fatalf("an event that is on its way was swept: %v", err)
	}
}

func TestAnAlertDoesNotWaitForClickHouseAndIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.background(w.service(nil).Run)
	w.events.goAway(errors.New("ClickHouse is away"))
	if err := w.bus.FirstSeen(t.Context(), []event.Summary{seen(1, "", time.Now())}); err != nil {
		t.Fatal(err)
	}
	w.change(0)
	w.events.goAway(nil)
	w.until("the mirror", func() bool { return w.events.record(id(1)).Version == 1 })
	w.until("an empty outbox", func() bool { rows, err := w.meta.Outbox(t.Context(), 1); return err == nil && len(rows) == 0 })
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.changes) != 1 {
		t.Fatalf("told %d times", len(w.changes))
	}
}

func TestAChangeOfAProcessThatEndedIsToldByTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := seen(1, "", time.Now())
	w.events.store(e)
	if _, err := w.service(nil).place(t.Context(), bus.Observed{Event: e, First: true}); err != nil {
		t.Fatal(err)
	}
	patient := w.service(nil)
	if err := patient.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows, err := w.meta.Outbox(t.Context(), 1); err != nil || len(rows) != 1 {
		t.Fatal("the change was not left to the process that has its event", err)
	}
	if err := w.service(func(c *Config) { c.OutboxGrace = 0 }).Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.change(0); got.ShortID != "WEB-1" || got.Event == nil || got.Event.EventID != e.EventID {
		t.Fatalf("%+v", got)
	}
}

func TestAnEventOfNoProjectIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := seen(1, "", time.Now())
	e.ProjectID = 99
	if err := w.service(nil).observe(t.Context(), bus.Observed{Event: e, First: true}); err != nil {
		t.Fatal(err)
	}
}

func TestConfigRefusesNonsense(t *testing.T) {
	t.Parallel()
	f := func(change func(*Config)) {
		t.Helper()
		cfg := DefaultConfig()
		change(&cfg)
		if _, err := New(cfg, Parts{}); err == nil {
			t.Errorf("taken: %+v", cfg)
		}
	}
	f(func(c *Config) { c.OutboxEvery = 0 })
	f(func(c *Config) { c.OutboxGrace = -1 })
	f(func(c *Config) { c.SweepEvery = 0 })
	f(func(c *Config) { c.SweepWindow = time.Second })
	f(func(c *Config) { c.SweepStart = time.Minute })
	f(func(c *Config) { c.SweepGrace = time.Hour })
	f(func(c *Config) { c.SweepLimit = 0 })
}
