package admin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
)

// Limits of alert rules. Each has an error that names it.
const (
	maxRules    = 100 // of a project
	maxEmails   = 50  // of a rule
	maxThrottle = 7 * 24 * time.Hour
)

// ListRules returns the alert rules of a project, by name.
func (s *Service) ListRules(ctx context.Context, a project.Access, projectID uint32) ([]rule.Rule, error) {
	if _, err := s.project(ctx, a, projectID, project.ScopeAlertRead); err != nil {
		return nil, err
	}
	return s.rules(ctx, projectID)
}

func (s *Service) rules(ctx context.Context, projectID uint32) ([]rule.Rule, error) {
	rules, err := s.cfg.Store.Rules(ctx, projectID)
	if err != nil {
		return nil, fmt.Errorf("list alert rules: %w", err)
	}
	return rules, nil
}

// CreateRule makes an alert rule. Every error about its fields wraps
// rule.ErrInvalid.
func (s *Service) CreateRule(ctx context.Context, a project.Access, r rule.Rule) (rule.Rule, error) {
	if _, err := s.project(ctx, a, r.ProjectID, project.ScopeAlertWrite); err != nil {
		return rule.Rule{}, err
	}
	r, err := s.checkRule(r)
	if err != nil {
		return rule.Rule{}, err
	}
	rules, err := s.rules(ctx, r.ProjectID)
	if err != nil {
		return rule.Rule{}, err
	}
	if len(rules) >= maxRules {
		return rule.Rule{}, fmt.Errorf("%w: a project has at most %d alert rules", rule.ErrInvalid, maxRules)
	}
	r.ID, r.CreatedAt = "", s.now()
	return s.putRule(ctx, r)
}

// UpdateRule replaces an alert rule of a project.
func (s *Service) UpdateRule(ctx context.Context, a project.Access, r rule.Rule) (rule.Rule, error) {
	if _, err := s.project(ctx, a, r.ProjectID, project.ScopeAlertWrite); err != nil {
		return rule.Rule{}, err
	}
	rules, err := s.rules(ctx, r.ProjectID)
	if err != nil {
		return rule.Rule{}, err
	}
	i := slices.IndexFunc(rules, func(old rule.Rule) bool { return old.ID == r.ID })
	if i < 0 {
		return rule.Rule{}, fmt.Errorf("alert rule %.50q: %w", r.ID, project.ErrNotFound)
	}
	r.CreatedAt = rules[i].CreatedAt
	if r, err = s.checkRule(r); err != nil {
		return rule.Rule{}, err
	}
	return s.putRule(ctx, r)
}

func (s *Service) putRule(ctx context.Context, r rule.Rule) (rule.Rule, error) {
	r, err := s.cfg.Store.PutRule(ctx, r)
	if err != nil {
		return rule.Rule{}, fmt.Errorf("store alert rule: %w", err)
	}
	s.changed(ctx, r.ProjectID)
	return r, nil
}

// DeleteRule removes an alert rule of a project.
func (s *Service) DeleteRule(ctx context.Context, a project.Access, projectID uint32, id string) error {
	if _, err := s.project(ctx, a, projectID, project.ScopeAlertWrite); err != nil {
		return err
	}
	if err := s.cfg.Store.DeleteRule(ctx, projectID, id); err != nil {
		return fmt.Errorf("remove alert rule: %w", err)
	}
	s.changed(ctx, projectID)
	return nil
}

// checkRule returns a rule as it is stored, or what is wrong with it.
func (s *Service) checkRule(r rule.Rule) (rule.Rule, error) {
	bad := func(err error) (rule.Rule, error) { return rule.Rule{}, fmt.Errorf("%w: %w", rule.ErrInvalid, err) }
	var err error
	if r.Name, err = name(r.Name); err != nil {
		return bad(err)
	}
	r.Triggers = slices.Compact(slices.Sorted(slices.Values(r.Triggers)))
	known := []rule.Trigger{rule.OnNewIssue, rule.OnRegression, rule.OnEvent}
	if len(r.Triggers) == 0 {
		return bad(fmt.Errorf("triggers is empty; choose from %v", known))
	}
	for _, t := range r.Triggers {
		if !slices.Contains(known, t) {
			return bad(fmt.Errorf("trigger %.50q does not exist; choose from %v", t, known))
		}
	}
	r.Emails = slices.Compact(slices.Sorted(slices.Values(r.Emails)))
	if len(r.Emails) == 0 || len(r.Emails) > maxEmails {
		return bad(fmt.Errorf("a rule tells 1 to %d e-mail addresses, this one %d", maxEmails, len(r.Emails)))
	}
	for _, e := range r.Emails {
		if err := email(e); err != nil {
			return bad(err)
		}
	}
	if r.Throttle < 0 || r.Throttle > maxThrottle {
		return bad(fmt.Errorf("throttle is %v; give 0 to %v", r.Throttle, maxThrottle))
	}
	if err := s.cfg.CheckQuery(r.Query); err != nil {
		return bad(err)
	}
	return r, nil
}

// defaultRules are those of a new project: its owners hear of what is fatal or
// unhandled, and of every new issue in production.
func (s *Service) defaultRules(ctx context.Context, organizationID string) ([]rule.Rule, error) {
	members, err := s.cfg.Store.Members(ctx, organizationID)
	if err != nil {
		return nil, fmt.Errorf("find the owners: %w", err)
	}
	return defaultRules(owners(members), s.now()), nil
}

// owners returns the addresses of those who own the organization.
func owners(members []project.Member) []string {
	var emails []string
	for _, m := range members {
		if m.Role == project.RoleOwner {
			emails = append(emails, m.Email)
		}
	}
	return emails
}

func defaultRules(emails []string, now time.Time) []rule.Rule {
	return []rule.Rule{
		{
			Name: "Fatal or unhandled", Enabled: true, Triggers: []rule.Trigger{rule.OnEvent},
			Query: "level:fatal OR handled:false", Emails: emails, Throttle: 30 * time.Minute, CreatedAt: now,
		},
		{
			Name: "New issue in production", Enabled: true, Triggers: []rule.Trigger{rule.OnNewIssue},
			Query: "environment:production", Emails: emails, CreatedAt: now,
		},
	}
}
