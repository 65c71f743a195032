package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/group/rules"
)

// ProjectChange is what is to become of a project; nil stays as it is.
type ProjectChange struct {
	Name             *string
	Platform         *string
	FingerprintRules *string
	StackRules       *string
	Settings         SettingsChange
	Version          uint64 // the version that is changed; 0: whichever it is
}

// maxAttempts bounds how often a change is made again because another one came first.
const maxAttempts = 5

// UpdateProject changes a project and returns what it is then. Rules are read
// before they are kept: what is wrong with them is told by line and column.
// Ingesters that reach the bus group by them at once, others a little later.
// project.ErrChanged if the change is made to another version than the present one.
func (s *Service) UpdateProject(ctx context.Context, a project.Access, id uint32, c ProjectChange) (project.Project, error) {
	for attempt := 1; ; attempt++ {
		p, err := s.project(ctx, a, id, project.ScopeProjectWrite)
		if err != nil {
			return project.Project{}, err
		}
		if c.Version != 0 && c.Version != p.Version {
			return project.Project{}, fmt.Errorf("project %s was %w: read it again, and make your change to what it is now", p.Slug, project.ErrChanged)
		}
		if err := c.apply(&p); err != nil {
			return project.Project{}, err
		}
		p, err = s.cfg.Store.UpdateProject(ctx, p)
		if errors.Is(err, project.ErrChanged) && attempt < maxAttempts {
			continue // to what it is now; a version that was asked for is found to be gone
		}
		if err != nil {
			return project.Project{}, fmt.Errorf("update project: %w", err)
		}
		s.changed(ctx, id)
		return p, nil
	}
}

// apply writes the change into a project, if all of it is right.
func (c ProjectChange) apply(p *project.Project) error {
	if c.Name != nil {
		text, err := name(*c.Name)
		if err != nil {
			return wrong(err)
		}
		p.Name = text
	}
	if c.Platform != nil {
		if err := platform(*c.Platform); err != nil {
			return err
		}
		p.Platform = *c.Platform
	}
	if err := rules.Check(c.FingerprintRules, c.StackRules); err != nil {
		return wrong(err)
	}
	if c.FingerprintRules != nil {
		p.Settings.FingerprintRules = *c.FingerprintRules
	}
	if c.StackRules != nil {
		p.Settings.StackRules = *c.StackRules
	}
	return c.Settings.apply(&p.Settings)
}

// platform checks the name of a platform; empty is none.
func platform(s string) error {
	if s == "" {
		return nil
	}
	if err := slug(s); err != nil {
		return invalid("platform is %q: use a-z, 0-9 and -, such as go or javascript-react", s)
	}
	return nil
}
