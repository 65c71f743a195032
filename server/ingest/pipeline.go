package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/filter"
	"github.com/faultline-dev/faultline/server/group"
	"github.com/faultline-dev/faultline/server/normalize"
	"github.com/faultline-dev/faultline/server/quota"
	"github.com/faultline-dev/faultline/server/receive"
	"github.com/faultline-dev/faultline/server/scrub"
)

// Pipeline is the way of an event from a protocol to the store. It is a
// receive.Sink.
type Pipeline struct {
	cfg       Config
	directory Directory
	budget    *quota.Budget          // of projects, fair between issues
	keys      *quota.Limiter[string] // rates of single keys
	groups    *group.Grouper
	symbols   Symbols // nil: frames stay as they are
	writer    *writer
	tally     *tally
	metrics   *Metrics
	log       *slog.Logger
}

// Parts are what a pipeline works with; all but Logger are needed.
type Parts struct {
	Rows      func() Rows // makes an empty block
	Store     Store
	Index     Index
	Spill     Spill
	Publisher Publisher
	Tail      Tail
	Directory Directory
	Symbols   Symbols // nil: none
	Metrics   *Metrics
	Logger    *slog.Logger // nil: slog's default
}

// New makes a pipeline. It stores nothing before Run is called.
func New(cfg Config, parts Parts) (*Pipeline, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if parts.Logger == nil {
		parts.Logger = slog.Default()
	}
	t := newTally(parts.Store, parts.Metrics, parts.Logger)
	return &Pipeline{
		cfg: cfg, directory: parts.Directory, symbols: parts.Symbols, budget: quota.NewBudget(budgets), keys: quota.NewLimiter[string](budgets), groups: group.NewGrouper(group.DefaultMemory), tally: t,
		writer: newWriter(cfg, parts, t), metrics: parts.Metrics, log: parts.Logger,
	}, nil
}

// Receive runs the events of a batch through the stages and hands over what is left of them
// to be stored, as far as that needs no waiting. What it returns waits until all is done, and
// says what became of each.
func (p *Pipeline) Receive(ctx context.Context, b *receive.Batch) (wait func() []outcome.Result) {
	t := newTray(b)
	decided := p.decide(ctx, b, t)
	return func() []outcome.Result {
		decided()
		t.free()
		return p.account(t)
	}
}

// decide refuses the events of a batch or hands them to the writer, whose decision the
// returned function waits for.
func (p *Pipeline) decide(ctx context.Context, b *receive.Batch, t *tray) (wait func()) {
	home, err := p.directory.Project(ctx, b.ProjectID)
	if err != nil {
		t.refuseAll(noProject(err))
		return func() {}
	}
	rules := stageRules{scrub.NewRules(home.Settings), p.groups.Rules(home.Settings.FingerprintRules, home.Settings.StackRules)}
	allowed, beyond := p.allow(b)
	for i, e := range b.Events {
		if i >= allowed {
			t.refuse(i, beyond)
			continue
		}
		o := &t.occurrences[i]
		refusal := p.process(b, e, o, &home, rules)
		t.results[i].EventID = e.ID // it may have come without one
		if refusal.Kind != 0 {
			t.refuse(i, refusal)
			continue
		}
		t.accept(i, o)
		if over, refused := p.spend(o, &home); refused {
			t.turnDown(over)
		}
	}
	return p.writer.write(ctx, t)
}

// stageRules are what a project decided, as the stages use it.
type stageRules struct {
	scrub *scrub.Rules
	group *group.Rules
}

// process runs the stages over one event, and makes an occurrence of it unless it is
// refused. They do no I/O, but for the first look at a source map. Filters look before
// scrubbing, because refusing is cheap and needs the raw values; grouping comes after it, so
// that no secret gets into a fingerprint or a title.
func (p *Pipeline) process(b *receive.Batch, e *event.Event, o *event.Occurrence, home *project.Project, rules stageRules) (refusal outcome.Result) {
	defer func() {
		if r := recover(); r != nil {
			p.log.Error("a stage panicked", "project", b.ProjectID, "event", e.ID.String(), "panic", r, "stack", string(debug.Stack()))
			refusal = outcome.Result{Kind: outcome.Lost, Reason: outcome.StageFailed, Message: "the server failed on this event; it has been logged there"}
		}
	}()
	normalize.Event(e, normalize.Options{ReceivedAt: b.ReceivedAt, ClientIP: b.ClientIP, Limits: p.cfg.Limits})
	if empty(e) {
		return outcome.Result{Kind: outcome.Invalid, Reason: outcome.Empty, Message: "the event has no exception, message or stack"}
	}
	if reason, refused := filter.Event(e, &home.Settings); refused {
		return outcome.Result{Kind: outcome.Filtered, Reason: reason}
	}
	scrub.Event(e, rules.scrub)
	if p.symbols != nil {
		p.symbols.Event(b.ProjectID, e)
	}
	g := p.groups.Event(e, rules.group)
	*o = event.Occurrence{
		ProjectID: b.ProjectID, KeyID: b.KeyID, ReceivedAt: b.ReceivedAt, RetentionDays: home.Settings.RetentionDays, Event: e,
		Fingerprint: g.Fingerprint, Parts: g.Parts, Title: g.Title, Culprit: g.Culprit,
	}
	return outcome.Result{}
}

// Run stores what Receive takes, brings back what was spilled, and returns when the
// context has ended and the buffer is empty or StopTimeout is over. From the end of
// the context on, Receive refuses. It must be called once.
func (p *Pipeline) Run(ctx context.Context) error { return p.writer.run(ctx) }

// account counts the outcomes that neither the store nor a block will count, and hands out the results.
func (p *Pipeline) account(t *tray) []outcome.Result {
	b := t.batch
	for i := range t.results {
		r := &t.results[i]
		if !t.counted(i) {
			p.tally.add(outcome.Count{ProjectID: b.ProjectID, KeyID: b.KeyID, Minute: b.ReceivedAt, Kind: r.Kind, Reason: r.Reason, Fingerprint: t.print(i), Events: 1})
		}
	}
	for _, r := range b.Refused {
		p.tally.add(outcome.Count{ProjectID: b.ProjectID, KeyID: b.KeyID, Minute: b.ReceivedAt, Kind: cmp.Or(r.Kind, outcome.Invalid), Reason: r.Reason, Events: r.Count})
	}
	for _, d := range b.Drops {
		p.tally.add(outcome.Count{ProjectID: b.ProjectID, KeyID: b.KeyID, Minute: b.ReceivedAt, Kind: outcome.Lost, Reason: clientReason(d.Reason), Events: d.Count})
	}
	p.observe(t)
	return t.results
}

// noProject says why events cannot be taken without the project's settings.
func noProject(err error) outcome.Result {
	if errors.Is(err, project.ErrNotFound) {
		return outcome.Result{Kind: outcome.Invalid, Reason: ProjectNotFound, Message: "there is no such project"}
	}
	return outcome.Result{
		Kind: outcome.Lost, Reason: outcome.StoreFailed, Message: "the project's settings cannot be read now",
		Retry: true, RetryAfter: retryLater,
	}
}

// ProjectNotFound is the reason for refusing events of a project that is gone.
const ProjectNotFound outcome.Reason = "project_not_found"

// empty tells an event that says nothing.
func empty(e *event.Event) bool {
	if len(e.Exceptions) > 0 || e.Message.Text() != "" {
		return false
	}
	for i := range e.Threads {
		if len(e.Threads[i].Stack.Frames) > 0 {
			return false
		}
	}
	return true
}

// clientReason makes the name under which a client's drops are counted. Names come
// from outside, so only known ones are kept apart.
func clientReason(name string) outcome.Reason {
	switch name {
	case "queue_overflow", "sample_rate", "before_send", "network_error", "event_too_large", "shutdown",
		"ratelimit_backoff", "event_processor", "send_error", "internal_sdk_error", "cache_overflow":
		return outcome.Reason(fmt.Sprintf("client_%s", name))
	}
	return "client_other"
}
