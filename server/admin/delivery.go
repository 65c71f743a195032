package admin

import (
	"context"
	"fmt"
	"slices"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
)

// ListDeliveries returns a page of the delivery log, newest first, and the token
// of the next page.
func (s *Service) ListDeliveries(ctx context.Context, a project.Access, f rule.DeliveryFilter, size int, token string) ([]rule.Delivery, string, error) {
	if _, err := s.project(ctx, a, f.ProjectID, project.ScopeAlertRead); err != nil {
		return nil, "", err
	}
	limit, err := pageSize(size)
	if err != nil {
		return nil, "", err
	}
	if f.IssueID.ProjectID != 0 && f.IssueID.ProjectID != f.ProjectID {
		return nil, "", invalid("the issue is one of another project")
	}
	known := []rule.Status{"", rule.Pending, rule.Sent, rule.Failed, rule.GaveUp, rule.Suppressed}
	if !slices.Contains(known, f.Status) {
		return nil, "", invalid("status %.50q does not exist; choose from %v", f.Status, known[1:])
	}
	f.Before = token
	page, err := s.cfg.Store.Deliveries(ctx, f, limit+1, 0)
	if err != nil {
		return nil, "", fmt.Errorf("list deliveries: %w", err)
	}
	if len(page) > limit {
		page = page[:limit]
		return page, page[limit-1].ID, nil
	}
	return page, "", nil
}
