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
	// Monitors returns what each scheduled job said last, as of a time.
	Monitors(ctx context.Context, projectID uint32, now time.Time) ([]health.Monitor, error)
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

// ListMonitors tells what each scheduled job of a project said last.
func (s *Service) ListMonitors(ctx context.Context, a project.Access, projectID uint32) ([]health.Monitor, error) {
	p, err := s.project(ctx, a, projectID, project.ScopeEventRead)
	if err != nil {
		return nil, err
	}
	monitors, err := s.Health.Monitors(ctx, p.ID, s.now())
	if err != nil {
		return nil, fmt.Errorf("list the monitors of project %d: %w", p.ID, err)
	}
	return monitors, nil
}
