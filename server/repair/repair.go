// Package repair changes what is stored to what it would be if it came now. It explains events that came before the upload that explains them. When a
// source map arrives, it first sees to it that issues keep together: what an issue's
// events are called from now on is merged with what they were called. Then, in the
// background, the stored events are explained and written back, at a bounded rate. And when rules that take
// issues apart are applied to the past, it moves their stored events to where the rules group them.
//
// Work is a note in the meta store that says how far it has come; any process may go on
// with it, and doing a part of it twice changes nothing. Nobody is told of repaired
// events: they are not new. The package knows no file format and no store.
package repair

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
	"github.com/faultline-dev/faultline/server/group"
)

// Config bounds the work.
type Config struct {
	// EventsPerSecond is how many stored events are looked at in a second; 0 leaves events
	// as they came, and where.
	EventsPerSecond int
	// MovableEvents is how many stored events the issues of a project may have that rules took apart: lists read all of
	// them. Where they have more when the rules are applied, only new events go apart.
	MovableEvents int
	// Batch is how many events are read and written at a time.
	Batch int
	// Window is how far back events are looked for, if the project keeps them that long.
	Window time.Duration
	// Poll is how often it is looked for work that another process took in or left.
	Poll time.Duration
	// Lease is how long a process may say nothing of a repair before another goes on with it.
	Lease time.Duration
}

// DefaultConfig takes a small part of one core.
func DefaultConfig() Config {
	return Config{EventsPerSecond: 1000, MovableEvents: 1_000_000, Batch: 250, Window: 90 * 24 * time.Hour, Poll: 5 * time.Second, Lease: time.Minute}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.EventsPerSecond < 0:
		return fmt.Errorf("repair: %d events a second are too few, give 0 or more", c.EventsPerSecond)
	case c.MovableEvents < 0:
		return fmt.Errorf("repair: %d movable events are too few, give 0 or more", c.MovableEvents)
	case c.Batch < 1 || c.Batch > 2000:
		return fmt.Errorf("repair: a batch of %d events is not between 1 and 2000", c.Batch)
	case c.Window < time.Hour:
		return fmt.Errorf("repair: a window of %s holds nothing, give at least 1h", c.Window)
	case c.Poll < 100*time.Millisecond:
		return fmt.Errorf("repair: to look every %s is too often, give at least 100ms", c.Poll)
	case c.Lease < time.Second:
		return fmt.Errorf("repair: a lease of %s ends between two words, give at least 1s", c.Lease)
	}
	return nil
}

// Jobs are the notes of what is to be done. NextRepair takes the oldest that nobody works
// on; KeepRepair must fail with project.ErrNotFound if somebody else has taken it.
type Jobs interface {
	NextRepair(ctx context.Context, now, until time.Time) (artifact.Repair, bool, error)
	KeepRepair(ctx context.Context, r artifact.Repair, until time.Time) (artifact.Repair, error)
	EndRepair(ctx context.Context, id string) error
}

// Events are the stored events. Amend must keep each event there exactly once for every
// reader at any time, and change nothing when it is called again; view.ErrFixed where events
// cannot be changed.
type Events interface {
	Affected(ctx context.Context, r view.AffectedRequest) ([]*event.Occurrence, error)
	AffectedNewest(ctx context.Context, r view.AffectedRequest, each int) ([]*event.Occurrence, error)
	Amend(ctx context.Context, events []*event.Occurrence) error
}

// Issues are what the store of events knows of issues: what they are called, and which are
// merged.
type Issues interface {
	Retell(ctx context.Context, projectID uint32, prints []event.Fingerprint, now time.Time) error
	PutMerges(ctx context.Context, merges []issue.Merge) error
}

// Workflow is the truth about issues.
type Workflow interface {
	Issues(ctx context.Context, ids []issue.ID) (map[issue.ID]issue.Record, error)
	Merges(ctx context.Context, projectID uint32) ([]issue.Merge, error)
	Merge(ctx context.Context, into issue.ID, from []issue.ID, undo bool, actor string, at time.Time) ([]issue.Merge, error)
}

// Projects knows the settings of projects.
type Projects interface {
	Project(ctx context.Context, id uint32) (project.Project, error)
}

// Announcer tells other processes that what they remember of a project is old.
type Announcer interface {
	SettingsChanged(ctx context.Context, projectID uint32) error
}

// Symbols explains the frames of an event and says how many, or fails where it cannot know.
type Symbols interface {
	Explain(ctx context.Context, projectID uint32, e *event.Event) (int, error)
}

// Parts are what a service works with.
type Parts struct {
	Jobs        Jobs
	Events      Events
	Issues      Issues
	Workflow    Workflow
	Projects    Projects
	Announce    Announcer
	Regroupings Regroupings
	Moves       Moves
	Metrics     prometheus.Registerer // nil: none
	Logger      *slog.Logger          // nil: slog's default
}

// Service repairs. It is safe for concurrent use.
type Service struct {
	Parts
	cfg     Config
	groups  *group.Grouper
	metrics metrics
	log     *slog.Logger
	wake    chan struct{}
}

// groupMemory is what the grouper remembers: work goes issue by issue.
const groupMemory = 1 << 20

// New makes a service. Foresee works without Run.
func New(cfg Config, p Parts) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	log := p.Logger
	if log == nil {
		log = slog.Default()
	}
	return &Service{
		Parts: p, cfg: cfg, groups: group.NewGrouper(groupMemory), metrics: newMetrics(p.Metrics),
		log: log.With("component", "repair"), wake: make(chan struct{}, 1),
	}, nil
}

// Run does the work that is noted until ctx ends.
func (s *Service) Run(ctx context.Context, symbols Symbols) error {
	tick := time.NewTicker(s.cfg.Poll)
	defer tick.Stop()
	for {
		err := s.work(ctx, symbols)
		if err != nil && ctx.Err() == nil {
			s.metrics.failures.Inc()
			s.log.Warn("events could not be repaired; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// work does all that there is to do.
func (s *Service) work(ctx context.Context, symbols Symbols) error {
	for {
		now := time.Now()
		r, found, err := s.Jobs.NextRepair(ctx, now, now.Add(s.cfg.Lease))
		if err != nil || !found {
			return err
		}
		if s.cfg.EventsPerSecond == 0 && r.Regrouping == "" {
			if err := s.Jobs.EndRepair(ctx, r.ID); err != nil {
				return err
			}
			continue
		}
		if err := s.repair(ctx, r, symbols); errors.Is(err, project.ErrNotFound) {
			s.log.Info("another process goes on with a repair", "repair", r.ID)
		} else if err != nil {
			return fmt.Errorf("repair %s of project %d: %w", r.ID, r.ProjectID, err)
		}
	}
}

// stir says that there may be something to do.
func (s *Service) stir() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
