package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/server/receive"
)

// memory is a store, an index and a directory in memory. It keeps the promises of
// the interfaces, and fails on demand.
type memory struct {
	mu       sync.Mutex
	rows     map[event.ID]int
	issues   map[issue.ID]struct{}
	tokens   map[string]struct{}
	blocks   []int
	starts   []time.Time
	outcomes map[outcome.Kind]uint64
	took     time.Duration                // of an insert
	fail     func(rows int) (bool, error) // whether to apply, and what to answer

	asked     int // look-ups of ids
	parts     int
	newest    []string // blocks of an earlier process
	completed []string

	settings project.Settings
	watch    map[event.Fingerprint]struct{}
	rules    []rule.Rule
	away     error // of the directory
}

func newMemory() *memory {
	return &memory{
		rows: map[event.ID]int{}, issues: map[issue.ID]struct{}{}, tokens: map[string]struct{}{},
		outcomes: map[outcome.Kind]uint64{}, took: 10 * time.Millisecond,
	}
}

// later is an error that may pass.
type later struct{}

func (later) Error() string   { return "away" }
func (later) Retryable() bool { return true }

var errRefused = errors.New("refused for good")

// block makes an empty block.
func (m *memory) block() Rows { return &list{insert: m.insert} }

// list is rows that are kept as they are.
type list struct {
	events []*event.Occurrence
	insert func(ctx context.Context, token string, events []*event.Occurrence) error
}

func (l *list) Append(o *event.Occurrence) {
	kept := *o
	l.events = append(l.events, &kept)
}

func (l *list) Insert(ctx context.Context, token string) error { return l.insert(ctx, token, l.events) }

func (l *list) All() iter.Seq2[*event.Occurrence, error] {
	return func(yield func(*event.Occurrence, error) bool) {
		for _, o := range l.events {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (l *list) Free() { l.events = nil }

func (m *memory) insert(ctx context.Context, token string, events []*event.Occurrence) error {
	m.mu.Lock()
	m.starts = append(m.starts, time.Now())
	took := m.took
	m.mu.Unlock()
	select {
	case <-time.After(took):
	case <-ctx.Done():
		return fmt.Errorf("insert: %w", ctx.Err())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	apply, err := true, error(nil)
	if m.fail != nil {
		apply, err = m.fail(len(events))
	}
	if _, done := m.tokens[token]; apply && !done {
		m.tokens[token] = struct{}{}
		m.blocks = append(m.blocks, len(events))
		for _, o := range events {
			m.rows[o.Event.ID]++
			m.outcomes[outcome.Stored]++
			m.issues[issue.ID{ProjectID: o.ProjectID, Fingerprint: o.Fingerprint}] = struct{}{}
		}
	}
	return err
}

// stored tells how often each event is there.
func (m *memory) stored() map[event.ID]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.rows)
}

func (m *memory) InsertOutcomes(_ context.Context, _ string, counts []outcome.Count) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range counts {
		m.outcomes[c.Kind] += c.Events
	}
	return nil
}

func (m *memory) Complete(_ context.Context, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.completed = append(m.completed, token)
	return nil
}

// Parts is what the test says.
func (m *memory) Parts(context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.parts, nil
}

func (m *memory) Newest(context.Context, string, int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.newest, nil
}

func (m *memory) Existing(_ context.Context, _ uint32, ids []event.ID) (map[event.ID]struct{}, error) {
	time.Sleep(time.Millisecond) // of simulated time: a question is not answered at once
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	out := map[event.ID]struct{}{}
	for _, id := range ids {
		if m.rows[id] > 0 {
			out[id] = struct{}{}
		}
	}
	return out, nil
}

func (m *memory) Known(_ context.Context, ids []issue.ID) (map[issue.ID]struct{}, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[issue.ID]struct{}{}
	for _, id := range ids {
		if _, found := m.issues[id]; found {
			out[id] = struct{}{}
		}
	}
	return out, nil
}

func (m *memory) Project(context.Context, uint32) (project.Project, error) {
	return project.Project{ID: 1, Settings: m.settings}, m.away
}

func (m *memory) Watch(context.Context, uint32) (map[event.Fingerprint]struct{}, error) {
	return m.watch, nil
}

func (m *memory) Rules(context.Context, uint32) ([]rule.Rule, error) { return m.rules, nil }

// set changes the store while it is used.
func (m *memory) set(change func(*memory)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// disk is a spill in memory.
type disk struct {
	mu     sync.Mutex
	tokens []string
	blocks [][]*event.Occurrence
	fail   error

	strange bool // another process put something there
}

func (d *disk) Spill(_ context.Context, token string, events iter.Seq2[*event.Occurrence, error]) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	var all []*event.Occurrence
	for o, err := range events {
		if err != nil {
			return err
		}
		all = append(all, o)
	}
	d.tokens, d.blocks = append(d.tokens, token), append(d.blocks, all)
	return nil
}

func (d *disk) DrainSpill(ctx context.Context, insert func(context.Context, string, bool, []*event.Occurrence) error) error {
	for again := true; ; {
		d.mu.Lock()
		waiting := len(d.tokens) > 0
		var token string
		var events []*event.Occurrence
		if waiting {
			token, events = d.tokens[0], d.blocks[0]
		}
		d.mu.Unlock()
		if waiting && insert(ctx, token, again, events) == nil {
			d.mu.Lock()
			d.tokens, d.blocks = d.tokens[1:], d.blocks[1:]
			d.mu.Unlock()
			again = false
			continue
		}
		again = true
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (d *disk) SpillPending(context.Context) (messages, bytes uint64, own bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return uint64(len(d.tokens)), 0, !d.strange, nil
}

// ear hears what is published.
type ear struct {
	mu       sync.Mutex
	first    []event.Summary
	hits     []event.Summary
	critical map[string]int // by rule
	tailed   int
	tailing  bool
	fail     error
}

func (e *ear) FirstSeen(_ context.Context, s []event.Summary) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fail == nil {
		e.first = append(e.first, s...)
	}
	return e.fail
}

func (e *ear) Hit(_ context.Context, s []event.Summary) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fail == nil {
		e.hits = append(e.hits, s...)
	}
	return e.fail
}

func (e *ear) Critical(_ context.Context, _ event.Summary, ids []string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range ids {
		if e.fail == nil {
			e.critical[id]++
		}
	}
	return e.fail
}

// set changes the ear while it hears.
func (e *ear) set(change func(*ear)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

func (e *ear) TailWanted(uint32) bool { return e.tailing }
func (e *ear) Tail(event.Summary)     { e.tailed++ }

// rig is a running pipeline with everything around it.
type rig struct {
	*Pipeline
	store *memory
	disk  *disk
	ear   *ear
	stop  func()
}

// Receive takes a batch and waits until all of it is decided.
func (r *rig) Receive(ctx context.Context, b *receive.Batch) []outcome.Result {
	return r.Pipeline.Receive(ctx, b)()
}

// start runs a pipeline until the test ends.
func start(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	cfg := DefaultConfig()
	if change != nil {
		change(&cfg)
	}
	return run(t, cfg, newMemory())
}

// startOver runs a pipeline over what another one has stored.
func startOver(t *testing.T, m *memory) *rig {
	t.Helper()
	return run(t, DefaultConfig(), m)
}

func run(t *testing.T, cfg Config, m *memory) *rig {
	t.Helper()
	r := &rig{store: m, disk: &disk{}, ear: &ear{critical: map[string]int{}}}
	var err error
	r.Pipeline, err = New(cfg, Parts{
		Rows: r.store.block, Store: r.store, Index: r.store, Spill: r.disk, Publisher: r.ear, Tail: r.ear, Directory: r.store,
		Metrics: NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	r.stop = func() { cancel(); <-done }
	t.Cleanup(r.stop)
	return r
}

// batch makes events of one issue.
func batch(n int) *receive.Batch {
	b := &receive.Batch{ProjectID: 1, KeyID: "k", Attempt: 1, ReceivedAt: time.Now(), Protocol: "native"}
	for range n {
		b.Events = append(b.Events, &event.Event{ID: event.NewID(), Platform: "go", Exceptions: []event.Exception{{Type: "E", Value: "v"}}})
	}
	return b
}

// again is the same batch, sent once more.
func again(b *receive.Batch) *receive.Batch {
	c := *b
	c.Attempt, c.ReceivedAt, c.Events = b.Attempt+1, time.Now(), nil
	for _, e := range b.Events {
		copied := *e
		c.Events = append(c.Events, &copied)
	}
	return &c
}

// kinds counts results.
func kinds(results []outcome.Result) map[outcome.Kind]int {
	out := map[outcome.Kind]int{}
	for _, r := range results {
		out[r.Kind]++
	}
	return out
}
