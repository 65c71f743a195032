package admin

import (
	"context"
	"fmt"

	"github.com/faultline-dev/faultline/internal/project"
)

// ListMembers returns the people of the caller's organization, by name.
func (s *Service) ListMembers(ctx context.Context, a project.Access) ([]project.Member, error) {
	if err := may(a, project.ScopeProjectRead); err != nil {
		return nil, err
	}
	members, err := s.cfg.Store.Members(ctx, a.OrganizationID)
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	return members, nil
}

// Organization returns the caller's organization.
func (s *Service) Organization(ctx context.Context, a project.Access) (project.Organization, error) {
	if a.OrganizationID == "" {
		return project.Organization{}, project.ErrUnauthenticated
	}
	o, err := s.cfg.Store.Organization(ctx, a.OrganizationID)
	if err != nil {
		return project.Organization{}, fmt.Errorf("find organization: %w", err)
	}
	return o, nil
}
