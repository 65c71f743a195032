// Package triage turns what ingest saw into issues: it writes down new ones under the next
// number of their project, moves known ones through the state machine, and tells the mirror in
// ClickHouse and everybody who listens of each change.
//
// Every step may be repeated and any number of processes may run it at once: the meta store
// decides who was first, messages carry ids that follow from the change, and the mirror keeps
// the highest version. What the bus lost is found again in ClickHouse. The package decides
// nothing itself; issue.Observe does.
package triage

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/view"
)

// Incoming hands over what ingest saw, messages about one fingerprint one after another. It
// must offer a message again until the handler returns nil, and return when ctx ends.
type Incoming interface {
	ConsumeIssues(ctx context.Context, handle func(context.Context, bus.Observed) error) error
}

// Announcer tells other parts what happened. A call that returns nil must not be lost, the one
// about settings excepted.
type Announcer interface {
	IssueChanged(ctx context.Context, c issue.Change, shortID string, cause *event.Summary) error
	Critical(ctx context.Context, s event.Summary, ruleIDs []string) error
	SettingsChanged(ctx context.Context, projectID uint32) error
}

// Workflow is the truth about issues. EnsureIssue and ChangeIssue must commit a row of the
// outbox with what they write. Unknown issues and projects are project.ErrNotFound.
type Workflow interface {
	Issues(ctx context.Context, ids []issue.ID) (map[issue.ID]issue.Record, error)
	EnsureIssue(ctx context.Context, rec issue.Record) (issue.Record, bool, error)
	ChangeIssue(ctx context.Context, id issue.ID, decide func(issue.Record) (issue.Record, []issue.Activity, error)) (issue.Record, error)
}

// Ages knows the open issues that have counted as new or regressed since before a time.
type Ages interface {
	Young(ctx context.Context, before time.Time, limit int) ([]issue.ID, error)
}

// Outbox holds the changes that were committed and not told yet, oldest first.
type Outbox interface {
	Outbox(ctx context.Context, limit int) ([]issue.OutboxRow, error)
	OutboxDone(ctx context.Context, ids []int64) error
}

// Rules knows the enabled alert rules of all projects that watch every event.
type Rules interface {
	EventRules(ctx context.Context) ([]rule.Rule, error)
}

// Projects knows projects and which of their issues were merged. SetFirstEvent must do nothing
// when called again.
type Projects interface {
	Project(ctx context.Context, id uint32) (project.Project, error)
	SetFirstEvent(ctx context.Context, projectID uint32, at time.Time) error
	Merges(ctx context.Context, projectID uint32) ([]issue.Merge, error)
}

// Mirror keeps a copy of each issue's state beside its events. A record must win over one of a
// lower version, whatever the order of the calls.
type Mirror interface {
	PutRecords(ctx context.Context, records []issue.Record) error
}

// Stored answers about stored events: which fingerprints are young, the first event of each
// of some fingerprints, and events that a request selects, newest first.
type Stored interface {
	Young(ctx context.Context, since time.Time, limit int) ([]view.Young, error)
	FirstEvents(ctx context.Context, ids []issue.ID) ([]event.Summary, error)
	Events(ctx context.Context, r view.EventsRequest) ([]event.Summary, error)
}

// Parts are what triage works with.
type Parts struct {
	Incoming  Incoming
	Announcer Announcer
	Workflow  Workflow
	Ages      Ages
	Outbox    Outbox
	Projects  Projects
	Rules     Rules
	Mirror    Mirror
	Stored    Stored
	Metrics   prometheus.Registerer // nil: none
	Logger    *slog.Logger          // nil: slog's default
}

// Service is triage. It is safe for concurrent use.
type Service struct {
	cfg Config
	Parts
	log     *slog.Logger
	metrics metrics

	causes   causes
	releases releases
	outbox   chan struct{}      // holds one token: one drain at a time
	told     map[int64]struct{} // rows that were announced and not mirrored; with outbox's token only
	wake     chan struct{}      // there may be something in the outbox
}

// New makes the service; Run starts it. Flush works without Run.
func New(cfg Config, parts Parts) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	log := parts.Logger
	if log == nil {
		log = slog.Default()
	}
	return &Service{
		cfg: cfg, Parts: parts, log: log.With("component", "triage"), metrics: newMetrics(parts.Metrics),
		outbox: make(chan struct{}, 1), told: make(map[int64]struct{}), wake: make(chan struct{}, 1),
	}, nil
}

// Run works until ctx ends, and returns when everything has stopped.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Incoming.ConsumeIssues(ctx, s.observe) })
	g.Go(func() error { return s.drainLoop(ctx) })
	g.Go(func() error { return s.sweepLoop(ctx) })
	g.Go(func() error { return s.ageLoop(ctx) })
	g.Go(func() error { return s.alarmLoop(ctx, time.Now()) })
	return g.Wait()
}
