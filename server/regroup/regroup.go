// Package regroup is the grouping laboratory: it groups stored events by rules that
// somebody thinks of, tells which issues would become one and which would come apart,
// and, when asked to, saves the rules, makes issues that they join one, and takes that back.
//
// It refuses to rewrite stored events. Rows keep the fingerprint they came with, so
// issues that become one are a matter of a mapping. Where an issue comes apart, it notes that
// its stored events are to be moved, and somebody else does it in the background. Nobody is alerted of either.
package regroup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
)

// Events is the store of events.
type Events interface {
	// Choose counts the events of each fingerprint since a time, and chooses at most limit of them, the newest of each.
	Choose(ctx context.Context, projectID uint32, since time.Time, limit int) (view.Choice, error)
	// Read hands what grouping looks at of each chosen event to a function, those of one fingerprint the newest first, and
	// ends with the function's error. It is called several times at once.
	Read(ctx context.Context, projectID uint32, since time.Time, chosen []view.Chosen, one func(*event.Occurrence) error) error
	// PutMerges must take the same merge twice, and keep the one with the highest version.
	PutMerges(ctx context.Context, merges []issue.Merge) error
	// UndoMoves gives moved events of a regrouping back to where they came. It may be called again.
	UndoMoves(ctx context.Context, projectID uint32, regrouping string) error
}

// Records knows projects and the workflow of issues.
type Records interface {
	// Project returns a project, or project.ErrNotFound.
	Project(ctx context.Context, id uint32) (project.Project, error)
	// Issues returns those of the issues that exist.
	Issues(ctx context.Context, ids []issue.ID) (map[issue.ID]issue.Record, error)
	// Merges returns every merge of a project, undone ones included.
	Merges(ctx context.Context, projectID uint32) ([]issue.Merge, error)
}

// Regrouper writes down what is decided.
type Regrouper interface {
	// Regroup writes the project and the merges, all or nothing; project.ErrChanged if the project's version is out
	// of date. Issues of which no event is stored yet are written down without telling anybody. That events of what comes
	// apart are to be moved is noted; project.ErrInvalid while others are being moved.
	Regroup(ctx context.Context, r issue.Regrouping, p project.Project, joinings []issue.Joining, expected []issue.Record) (issue.Regrouping, project.Project, error)
	// Regroupings returns the newest regroupings of a project.
	Regroupings(ctx context.Context, projectID uint32, limit int) ([]issue.Regrouping, error)
	// UndoRegrouping takes back what still stands of a regrouping.
	UndoRegrouping(ctx context.Context, projectID uint32, id, actor string, at time.Time) (issue.Undone, error)
}

// Flusher brings committed changes of issues into the store of events.
type Flusher interface {
	// Flush returns when the changes committed before it are visible in lists.
	Flush(ctx context.Context) error
}

// Announcer tells the other parts that what they keep of a project is out of date.
type Announcer interface {
	// SettingsChanged must not wait for anybody.
	SettingsChanged(ctx context.Context, projectID uint32) error
}

// Config bounds what one preview may cost.
type Config struct {
	// Events is how many stored events one preview looks at, the newest of each issue.
	Events int
	// Timeout is how long one preview looks at events; what it has seen by then is the answer.
	Timeout time.Duration
	// AtOnce is how many previews run at a time; others wait.
	AtOnce int
}

// DefaultConfig looks at 20,000 events within 20 seconds.
func DefaultConfig() Config { return Config{Events: 20_000, Timeout: 20 * time.Second, AtOnce: 2} }

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Events < 1 || c.Events > 1_000_000:
		return fmt.Errorf("regroup: %d events is not from 1 to 1,000,000", c.Events)
	case c.Timeout <= 0:
		return fmt.Errorf("regroup: timeout %v is not positive", c.Timeout)
	case c.AtOnce < 1:
		return fmt.Errorf("regroup: %d previews at once are too few, give at least 1", c.AtOnce)
	}
	return nil
}

// Parts are what the laboratory works with; all but Log are needed.
type Parts struct {
	Events   Events
	Records  Records
	Regroup  Regrouper
	Flush    Flusher
	Announce Announcer
	Log      *slog.Logger
}

// Service is the grouping laboratory.
type Service struct {
	cfg   Config
	parts Parts
	room  chan struct{}
	now   func() time.Time
}

// New makes a laboratory.
func New(cfg Config, parts Parts) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if parts.Log == nil {
		parts.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: cfg, parts: parts, room: make(chan struct{}, cfg.AtOnce), now: func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }}, nil
}

// project returns a project of which the caller holds all of the scopes. One of another organization does not exist.
func (s *Service) project(ctx context.Context, a project.Access, id uint32, scopes ...project.Scope) (project.Project, error) {
	if a.OrganizationID == "" {
		return project.Project{}, fmt.Errorf("%w: sign in, or send an API token", project.ErrUnauthenticated)
	}
	for _, scope := range scopes {
		if !a.Can(scope) {
			return project.Project{}, fmt.Errorf("%w: this needs the scope %s", project.ErrForbidden, scope)
		}
	}
	p, err := s.parts.Records.Project(ctx, id)
	if err != nil && !errors.Is(err, project.ErrNotFound) {
		return project.Project{}, fmt.Errorf("find project %d: %w", id, err)
	}
	if err != nil || p.OrganizationID != a.OrganizationID || a.ProjectID != 0 && a.ProjectID != id {
		return project.Project{}, fmt.Errorf("project %d: %w", id, project.ErrNotFound)
	}
	return p, nil
}
