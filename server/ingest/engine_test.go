package ingest_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/embedded"
	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
	"github.com/faultline-dev/faultline/internal/embedded/natstest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/eventgen"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	store "github.com/faultline-dev/faultline/internal/store/clickhouse"
	"github.com/faultline-dev/faultline/server/ingest"
	"github.com/faultline-dev/faultline/server/receive"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

// anyProject is a directory in which every project has the default settings.
type anyProject struct{}

func (anyProject) Project(_ context.Context, id uint32) (project.Project, error) {
	return project.Project{ID: id, Settings: project.DefaultSettings()}, nil
}

func (anyProject) Watch(context.Context, uint32) (map[event.Fingerprint]struct{}, error) {
	return nil, nil
}

func (anyProject) Rules(context.Context, uint32) ([]rule.Rule, error) { return nil, nil }

// real is a pipeline over a real engine and a real bus.
type real struct {
	*ingest.Pipeline
	engine *embedded.Engine
	bus    *bus.Bus
	end    func() // stores the rest
}

func startReal(t *testing.T, patience time.Duration) real {
	t.Helper()
	engine, err := embedded.Start(t.Context(), enginetest.Config(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Stop(context.Background()) })
	cfg := store.DefaultConfig()
	cfg.Address, cfg.Secret = engine.Address(), engine.Secret()
	s, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, conn := natstest.Start(t)
	b, err := bus.Open(t.Context(), conn, bus.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	pc := ingest.DefaultConfig()
	pc.InsertPatience = patience
	p, err := ingest.New(pc, ingest.Parts{
		Rows: func() ingest.Rows { return s.Block() }, Store: s, Index: s, Spill: b, Publisher: b, Tail: b, Directory: anyProject{},
		Metrics: ingest.NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- p.Run(ctx) }()
	end := sync.OnceFunc(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(end)
	return real{p, engine, b, end}
}

// TestTheEngineIsKilledAndEveryEventIsThereOnce streams to a real engine that is
// killed again and again, sends again what was not acknowledged, and a part of what
// was, and then counts in every table.
func TestTheEngineIsKilledAndEveryEventIsThereOnce(t *testing.T) {
	t.Parallel()
	r := startReal(t, 300*time.Millisecond)
	const clients, batches, events = 4, 12, 50
	g := eventgen.New(eventgen.DefaultConfig(time.Now().Add(-time.Hour)))
	var all sync.WaitGroup
	var done atomic.Int32
	for c := range clients {
		all.Go(func() {
			for i := range batches {
				stream(t, r.Pipeline, g, c, i*events, events)
				if done.Add(1)%(clients*batches/3) == 0 {
					waitFor(t, func() bool { pid := r.engine.PID(); return pid != 0 && syscall.Kill(pid, syscall.SIGKILL) == nil })
				}
			}
		})
	}
	all.Wait()
	waitFor(t, func() bool { n, _, _, err := r.bus.SpillPending(t.Context()); return err == nil && n == 0 })
	r.end()
	const want = clients * batches * events
	db := connect(t, r.engine)
	f := func(query string, want uint64) {
		t.Helper()
		var got uint64
		if err := db.QueryRow(t.Context(), query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d, want %d, %v", query, got, want, err)
		}
	}
	f("SELECT count() FROM events", want)
	f("SELECT uniqExact(event_id) FROM events", want)
	f("SELECT sum(events) FROM issue_totals", want)
	f("SELECT sum(events) FROM outcomes WHERE kind = 1", want)
}

// stream sends a batch until every event is stored, and half of it once more.
func stream(t *testing.T, p *ingest.Pipeline, g *eventgen.Generator, client, first, n int) {
	left := make([]int, n)
	for i := range left {
		left[i] = first + i
	}
	for attempt := uint32(1); len(left) > 0; attempt++ {
		if attempt > 100 {
			t.Errorf("client %d: %d events are not stored", client, len(left))
			return
		}
		b := &receive.Batch{ProjectID: uint32(client + 1), KeyID: "k", Attempt: attempt, ReceivedAt: time.Now().UTC(), Protocol: "test"}
		for _, i := range left {
			b.Events = append(b.Events, g.Event(client, uint64(i)))
		}
		var again []int
		for i, r := range p.Receive(t.Context(), b)() {
			if r.Kind != outcome.Stored && r.Kind != outcome.Duplicate || attempt == 1 && i%2 == 0 {
				again = append(again, left[i])
			}
		}
		left = again
	}
}

func connect(t *testing.T, e *embedded.Engine) clickhouse.Conn {
	t.Helper()
	conn, err := clickhouse.Open(&clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{e.Address()},
		Auth: clickhouse.Auth{Database: store.DefaultConfig().Database, Username: "faultline", Password: e.Secret()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Error("waited too long")
			return
		}
	}
}

// scribbled is the memory of events that somebody else uses as soon as it is free.
type scribbled struct {
	events []*event.Event
	times  atomic.Int32
}

func (m *scribbled) Free() {
	m.times.Add(1)
	for _, e := range m.events {
		for i := range e.Exceptions {
			x := &e.Exceptions[i]
			fill(x.Stack.Frames, event.Frame{Function: "scribbled", Line: 9, Vars: `{"scribbled":1}`})
			*x = event.Exception{Type: "scribbled"}
		}
		fill(e.Breadcrumbs, event.Breadcrumb{Message: "scribbled"})
		fill(e.Contexts, event.Context{Name: "scribbled", Data: "{}"})
		fill(e.Tags, event.Tag{Key: "scribbled"})
		fill(e.Modules, event.Tag{Key: "scribbled"})
		fill(e.Request.Headers, event.Tag{Key: "scribbled"})
		fill(e.Fingerprint, "scribbled")
		*e = event.Event{ID: event.NewID(), Platform: "scribbled"}
	}
}

func fill[T any](list []T, with T) {
	for i := range list {
		list[i] = with
	}
}

// TestWhatIsFreedIsNeededNoMore stores the same events twice, and destroys those of one
// project as soon as they are freed. The rows must be equal.
func TestWhatIsFreedIsNeededNoMore(t *testing.T) {
	t.Parallel()
	r := startReal(t, time.Minute)
	const events, batches = 100, 5
	at := time.Now().UTC()
	for i := range batches {
		var all sync.WaitGroup
		for p := range uint32(2) {
			all.Go(func() {
				g := eventgen.New(eventgen.DefaultConfig(at.Add(-time.Hour)))
				b := &receive.Batch{ProjectID: p + 1, KeyID: "k", Attempt: 1, ReceivedAt: at, Protocol: "test"}
				for n := range events {
					b.Events = append(b.Events, g.Event(7, uint64(i*events+n)))
				}
				m := &scribbled{events: b.Events}
				if p == 1 {
					b.Memory = m
				}
				for n, result := range r.Receive(t.Context(), b)() {
					if result.Kind != outcome.Stored {
						t.Errorf("project %d, event %d: %v", p+1, n, result)
					}
				}
				if n := m.times.Load(); n != int32(p) {
					t.Errorf("project %d: memory was freed %d times", p+1, n)
				}
			})
		}
		all.Wait()
	}
	r.end()
	db := connect(t, r.engine)
	var pairs, rows uint64
	err := db.QueryRow(t.Context(), `SELECT uniqExact(event_id, content), count() FROM (SELECT event_id, cityHash64(tuple(* EXCEPT (project_id, block))) AS content FROM events)`).Scan(&pairs, &rows)
	if err != nil || pairs != events*batches || rows != 2*events*batches {
		t.Errorf("%d rows hold %d different events, want %d in %d; %v", rows, pairs, events*batches, 2*events*batches, err)
	}
}
