package triage

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/embedded/natstest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/internal/view"
)

// events stands in for ClickHouse: what is stored of events, and the mirror.
type events struct {
	mu      sync.Mutex
	away    error
	stored  []event.Summary
	records map[issue.ID]issue.Record
	reads   int // first events that were read
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

func (e *events) Young(_ context.Context, since time.Time, limit int) ([]view.Young, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []view.Young
	for _, s := range e.stored {
		first := !slices.ContainsFunc(out, func(o view.Young) bool { return o.ID == issueOf(s) })
		if first && s.Timestamp.After(since) && len(out) < limit {
			out = append(out, view.Young{ID: issueOf(s), Received: s.ReceivedAt})
		}
	}
	return out, e.away
}

func (e *events) FirstEvents(_ context.Context, ids []issue.ID) ([]event.Summary, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []event.Summary
	for _, id := range ids {
		if i := slices.IndexFunc(e.stored, func(s event.Summary) bool { return issueOf(s) == id }); i >= 0 {
			out = append(out, e.stored[i])
		}
	}
	e.reads += len(out)
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
		Incoming: w.bus, Announcer: w.bus, Workflow: w.meta, Ages: w.meta, Outbox: w.meta, Projects: w.meta, Rules: w.meta,
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
