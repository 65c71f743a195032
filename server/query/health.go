package query

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/health"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
)

// Health tells how programs do when they do not fail.
type Health interface {
	// Releases counts sessions by release within whole hours; it returns at most limit
	// releases.
	Releases(ctx context.Context, projectID uint32, r view.Range, environment string, limit int) (health.Report, error)
	// Monitors returns what scheduled jobs said last, as of a time.
	Monitors(ctx context.Context, q health.MonitorQuery, now time.Time) (health.Monitors, error)
}

// ReleaseHealth tells how the releases of a project do by their sessions.
func (s *Service) ReleaseHealth(ctx context.Context, a project.Access, projectID uint32, r view.Range, environment string, limit int) (health.Report, error) {
	p, err := s.project(ctx, a, projectID, project.ScopeEventRead)
	if err != nil {
		return health.Report{}, err
	}
	if limit, err = (Page{Size: limit}).size(); err != nil {
		return health.Report{}, err
	}
	if r, err = s.span(r, defaultSpan); err != nil {
		return health.Report{}, err
	}
	report, err := s.Health.Releases(ctx, p.ID, r, environment, limit)
	if err != nil {
		return health.Report{}, fmt.Errorf("count the sessions of project %d: %w", p.ID, err)
	}
	return report, nil
}

// monitorsAtOnce bounds how many monitors are listed.
const monitorsAtOnce = 1000

// Monitor is what a scheduled job said last, and how it stands.
type Monitor struct {
	health.Monitor
	health.Standing
}

// Monitors are what a list of monitors shows.
type Monitors struct {
	Monitors     []Monitor // by name, then by environment
	More         bool      // there are more than are listed
	Environments []string  // of all monitors of the project
}

// ListMonitors tells what scheduled jobs of a project said last and how they stand, those
// of one environment and with a name that contains a text if either is given.
func (s *Service) ListMonitors(ctx context.Context, a project.Access, projectID uint32, environment, name string) (Monitors, error) {
	p, err := s.project(ctx, a, projectID, project.ScopeEventRead)
	if err != nil {
		return Monitors{}, err
	}
	now := s.now()
	found, err := s.Health.Monitors(ctx, health.MonitorQuery{ProjectID: p.ID, Environment: environment, Name: name, Limit: monitorsAtOnce}, now)
	if err != nil {
		return Monitors{}, fmt.Errorf("list the monitors of project %d: %w", p.ID, err)
	}
	list := Monitors{Monitors: make([]Monitor, len(found.Monitors)), More: found.More, Environments: found.Environments}
	for i, m := range found.Monitors {
		list.Monitors[i] = Monitor{Monitor: m, Standing: m.Standing(now)}
	}
	return list, nil
}
