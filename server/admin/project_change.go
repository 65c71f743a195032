package admin

import (
	"context"
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
}

// UpdateProject changes a project and returns what it is then. Rules are read
// before they are kept: what is wrong with them is told by line and column.
// Ingesters that reach the bus group by them at once, others a little later.
func (s *Service) UpdateProject(ctx context.Context, a project.Access, id uint32, c ProjectChange) (project.Project, error) {
	p, err := s.project(ctx, a, id, project.ScopeProjectWrite)
	if err != nil {
		return project.Project{}, err
	}
	if err := c.apply(&p); err != nil {
		return project.Project{}, err
	}
	if err := s.cfg.Store.UpdateProject(ctx, p); err != nil {
		return project.Project{}, fmt.Errorf("update project: %w", err)
	}
	s.changed(ctx, id)
	return p, nil
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
	if c.FingerprintRules != nil {
		if _, err := rules.ParseFingerprints(*c.FingerprintRules); err != nil {
			return invalid("fingerprint rules: %w", err)
		}
		p.Settings.FingerprintRules = *c.FingerprintRules
	}
	if c.StackRules != nil {
		if _, err := rules.ParseStacks(*c.StackRules); err != nil {
			return invalid("stack-trace rules: %w", err)
		}
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
