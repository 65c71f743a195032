package admin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/credential"
)

// maxTokens bounds the tokens of an organization that can be used.
const maxTokens = 1000

// NewToken describes a token that is to be made.
type NewToken struct {
	Name   string
	Scopes []project.Scope
	TTL    time.Duration // 0: valid for good
}

// ListTokens returns the caller's tokens, newest first.
func (s *Service) ListTokens(ctx context.Context, a project.Access) ([]project.Token, error) {
	if err := may(a, project.ScopeProjectRead); err != nil {
		return nil, err
	}
	all, err := s.cfg.Store.Tokens(ctx, a.OrganizationID)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return slices.DeleteFunc(all, func(t project.Token) bool { return t.MemberID != a.Member.ID }), nil
}

// CreateToken makes a token of the caller and returns its secret, which nobody
// can ask for again. It cannot do more than the caller.
func (s *Service) CreateToken(ctx context.Context, a project.Access, n NewToken) (t project.Token, secret string, err error) {
	if err := may(a, project.ScopeProjectWrite); err != nil {
		return project.Token{}, "", err
	}
	secret = credential.NewToken()
	t = project.Token{
		ID: credential.NewID(), OrganizationID: a.OrganizationID, MemberID: a.Member.ID, CreatedAt: s.now(),
		Scopes: slices.Compact(slices.Sorted(slices.Values(n.Scopes))), SecretHash: credential.Hash(secret),
	}
	if t.Name, err = name(n.Name); err != nil {
		return project.Token{}, "", wrong(err)
	}
	if t.ExpiresAt, err = expiry(t.CreatedAt, n.TTL); err != nil {
		return project.Token{}, "", wrong(err)
	}
	if len(t.Scopes) == 0 {
		return project.Token{}, "", invalid("scopes is empty; choose from %v", project.Scopes())
	}
	for _, scope := range t.Scopes {
		if !slices.Contains(project.Scopes(), scope) {
			return project.Token{}, "", invalid("scope %.50q does not exist; choose from %v", scope, project.Scopes())
		}
		if !a.Can(scope) {
			return project.Token{}, "", fmt.Errorf("%w: you lack the scope %s yourself", project.ErrForbidden, scope)
		}
	}
	all, err := s.cfg.Store.Tokens(ctx, a.OrganizationID)
	if err != nil {
		return project.Token{}, "", fmt.Errorf("list tokens: %w", err)
	}
	all = slices.DeleteFunc(all, func(other project.Token) bool { return !other.Valid(t.CreatedAt) })
	if len(all) >= maxTokens {
		return project.Token{}, "", invalid("an organization has at most %d tokens; revoke one", maxTokens)
	}
	if err := s.cfg.Store.CreateToken(ctx, t); err != nil {
		return project.Token{}, "", fmt.Errorf("make token: %w", err)
	}
	s.changed(ctx, 0)
	return t, secret, nil
}

// RevokeToken makes a token of the organization invalid for good. The scope that
// it needs is one that only owners and admins hold.
func (s *Service) RevokeToken(ctx context.Context, a project.Access, id string) (project.Token, error) {
	if err := may(a, project.ScopeProjectWrite); err != nil {
		return project.Token{}, err
	}
	t, err := s.cfg.Store.RevokeToken(ctx, a.OrganizationID, id, s.now())
	if err != nil {
		return project.Token{}, fmt.Errorf("revoke token: %w", err)
	}
	s.changed(ctx, 0)
	return t, nil
}
