// Package admin holds the use-cases around projects: projects themselves, keys,
// tokens, members, alert rules and their deliveries, and the first start. Each
// gets the caller's project.Access and checks it. It signs nobody in, checks no
// key, and knows neither a protocol nor a store.
package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/server/credential"
)

// ProjectStore holds projects. SetUpProject must be all or nothing, give a
// project with id 0 the next free one, and return project.ErrExists if its slug
// or id is taken. UpdateProject must return project.ErrChanged if the version is out of date.
type ProjectStore interface {
	Project(ctx context.Context, id uint32) (project.Project, error)
	Projects(ctx context.Context, organizationID string) ([]project.Project, error)
	SetUpProject(ctx context.Context, p project.Project, keys []project.Key, rules []rule.Rule) (project.Project, error)
	UpdateProject(ctx context.Context, p project.Project) (project.Project, error) // name, platform and settings
}

// KeyStore holds keys, newest first. RevokeKey and SetKeyRate must return
// project.ErrNotFound for a key of another project.
type KeyStore interface {
	Keys(ctx context.Context, projectID uint32) ([]project.Key, error)
	CreateKey(ctx context.Context, k project.Key) error
	RevokeKey(ctx context.Context, projectID uint32, id string, at time.Time) (project.Key, error)
	SetKeyRate(ctx context.Context, projectID uint32, id string, r project.Rate) (project.Key, error)
}

// TokenStore holds tokens, newest first. RevokeToken must return
// project.ErrNotFound for a token of another organization.
type TokenStore interface {
	Tokens(ctx context.Context, organizationID string) ([]project.Token, error)
	CreateToken(ctx context.Context, t project.Token) error
	RevokeToken(ctx context.Context, organizationID, id string, at time.Time) (project.Token, error)
}

// PeopleStore holds organizations and members, by name.
type PeopleStore interface {
	Organization(ctx context.Context, id string) (project.Organization, error)
	Members(ctx context.Context, organizationID string) ([]project.Member, error)
}

// RuleStore holds alert rules, by name. PutRule makes the rule, with a new id if
// it has none, or replaces the one with its id.
type RuleStore interface {
	Rules(ctx context.Context, projectID uint32) ([]rule.Rule, error)
	PutRule(ctx context.Context, r rule.Rule) (rule.Rule, error)
	DeleteRule(ctx context.Context, projectID uint32, id string) error
}

// DeliveryStore holds the delivery log, newest first.
type DeliveryStore interface {
	Deliveries(ctx context.Context, f rule.DeliveryFilter, limit, offset int) ([]rule.Delivery, error)
}

// Store is all that the use-cases need to keep and find.
type Store interface {
	ProjectStore
	KeyStore
	TokenStore
	PeopleStore
	RuleStore
	DeliveryStore
}

// Changes is told of every change after it is stored, so that copies elsewhere
// can be renewed. Project 0 stands for the whole organization.
type Changes interface {
	SettingsChanged(ctx context.Context, projectID uint32) error
}

// Config is what the use-cases are made of.
type Config struct {
	Store   Store
	Changes Changes
	Signer  *credential.Signer
	// CheckQuery must return an error, safe to show, for a query that an alert rule cannot have.
	CheckQuery func(query string) error
	// BaseURL is the public URL of this server, which DSNs are made of.
	BaseURL string
	Log     *slog.Logger
}

// Service is the use-cases.
type Service struct {
	cfg  Config
	base base
	now  func() time.Time
}

// New makes the use-cases. The base URL must be http or https.
func New(cfg Config) (*Service, error) {
	b, err := parseBase(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	if cfg.Store == nil || cfg.Changes == nil || cfg.Signer == nil || cfg.CheckQuery == nil {
		return nil, errors.New("admin: Store, Changes, Signer and CheckQuery must be given")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: cfg, base: b, now: func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }}, nil
}

// changed tells others. What was stored stays stored: who is not told now asks
// the store a little later.
func (s *Service) changed(ctx context.Context, projectID uint32) {
	if err := s.cfg.Changes.SettingsChanged(context.WithoutCancel(ctx), projectID); err != nil {
		s.cfg.Log.WarnContext(ctx, "other processes were not told of a change and will see it a little later", "project", projectID, "error", err)
	}
}

// may checks that a caller is known and holds a scope.
func may(a project.Access, scope project.Scope) error {
	switch {
	case a.OrganizationID == "":
		return fmt.Errorf("%w: sign in, or send an API token", project.ErrUnauthenticated)
	case !a.Can(scope):
		return fmt.Errorf("%w: this needs the scope %s", project.ErrForbidden, scope)
	}
	return nil
}

// project returns a project that the caller may use in this way. One of another
// organization does not exist.
func (s *Service) project(ctx context.Context, a project.Access, id uint32, scope project.Scope) (project.Project, error) {
	if err := may(a, scope); err != nil {
		return project.Project{}, err
	}
	p, err := s.cfg.Store.Project(ctx, id)
	if err != nil && !errors.Is(err, project.ErrNotFound) {
		return project.Project{}, fmt.Errorf("find project %d: %w", id, err)
	}
	if err != nil || p.OrganizationID != a.OrganizationID || a.ProjectID != 0 && a.ProjectID != id {
		return project.Project{}, fmt.Errorf("project %d: %w", id, project.ErrNotFound)
	}
	return p, nil
}

// invalid makes an error about a field; its text is shown.
func invalid(format string, args ...any) error { return wrong(fmt.Errorf(format, args...)) }

// wrong marks an error as one about a field.
func wrong(err error) error { return fmt.Errorf("%w: %w", project.ErrInvalid, err) }
