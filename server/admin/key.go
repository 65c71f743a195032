package admin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/credential"
)

// maxKeys bounds the keys of a project that can be used.
const maxKeys = 200

// NewKey describes a key that is to be made.
type NewKey struct {
	ProjectID uint32
	Kind      project.KeyKind
	Name      string
	TTL       time.Duration // 0: valid for good
	Rate      project.Rate  // zero: no limit of its own
}

// KeyChange is what is to become of a key; nil stays as it is.
type KeyChange struct {
	RatePerSecond *float64
	RateBurst     *uint32
}

// UpdateKey changes what a key may send.
func (s *Service) UpdateKey(ctx context.Context, a project.Access, projectID uint32, id string, c KeyChange) (project.Key, error) {
	if _, err := s.project(ctx, a, projectID, project.ScopeProjectWrite); err != nil {
		return project.Key{}, err
	}
	keys, err := s.cfg.Store.Keys(ctx, projectID)
	if err != nil {
		return project.Key{}, fmt.Errorf("list keys: %w", err)
	}
	i := slices.IndexFunc(keys, func(k project.Key) bool { return k.ID == id })
	if i < 0 {
		return project.Key{}, fmt.Errorf("the key: %w", project.ErrNotFound)
	}
	r := keys[i].Rate
	if c.RatePerSecond != nil {
		r.PerSecond = *c.RatePerSecond
	}
	if c.RateBurst != nil {
		r.Burst = int(*c.RateBurst)
	}
	if err := rate("", r); err != nil {
		return project.Key{}, err
	}
	k, err := s.cfg.Store.SetKeyRate(ctx, projectID, id, r)
	if err != nil {
		return project.Key{}, fmt.Errorf("change key: %w", err)
	}
	s.changed(ctx, projectID)
	return k, nil
}

// ListKeys returns the keys of a project, newest first.
func (s *Service) ListKeys(ctx context.Context, a project.Access, projectID uint32) ([]project.Key, error) {
	if _, err := s.project(ctx, a, projectID, project.ScopeProjectRead); err != nil {
		return nil, err
	}
	keys, err := s.cfg.Store.Keys(ctx, projectID)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return keys, nil
}

// CreateKey makes a key. Of an API key it returns the secret, which nobody can
// ask for again.
func (s *Service) CreateKey(ctx context.Context, a project.Access, n NewKey) (k project.Key, secret string, err error) {
	p, err := s.project(ctx, a, n.ProjectID, project.ScopeProjectWrite)
	if err != nil {
		return project.Key{}, "", err
	}
	k = project.Key{ProjectID: p.ID, Kind: n.Kind, CreatedAt: s.now(), Rate: n.Rate}
	if err := rate("", k.Rate); err != nil {
		return project.Key{}, "", err
	}
	if k.Name, err = name(n.Name); err != nil {
		return project.Key{}, "", wrong(err)
	}
	if k.ExpiresAt, err = expiry(k.CreatedAt, n.TTL); err != nil {
		return project.Key{}, "", wrong(err)
	}
	if err := s.roomForKey(ctx, p.ID, k.CreatedAt); err != nil {
		return project.Key{}, "", err
	}
	switch n.Kind {
	case project.KeyDSN:
		k.ID = credential.NewPublicKey()
	case project.KeyJWT:
		// What the key says of its end is in whole seconds.
		if k.ExpiresAt = k.ExpiresAt.Truncate(time.Second); n.TTL > 0 && !k.Valid(k.CreatedAt) {
			return project.Key{}, "", invalid("ttl is less than a second")
		}
		if k, secret, err = signKey(s.cfg.Signer, k, p.OrganizationID); err != nil {
			return project.Key{}, "", err
		}
	default:
		return project.Key{}, "", invalid("kind is %q: use dsn or jwt", n.Kind)
	}
	if err := s.cfg.Store.CreateKey(ctx, k); err != nil {
		return project.Key{}, "", fmt.Errorf("make key: %w", err)
	}
	s.changed(ctx, p.ID)
	return k, secret, nil
}

// signKey gives an API key its id and returns its secret.
func signKey(signer *credential.Signer, k project.Key, organizationID string) (project.Key, string, error) {
	k.ID = credential.NewID()
	secret, err := signer.Sign(credential.Claims{
		KeyID: k.ID, OrganizationID: organizationID, ProjectID: k.ProjectID, IssuedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt,
	})
	return k, secret, err
}

func (s *Service) roomForKey(ctx context.Context, projectID uint32, now time.Time) error {
	keys, err := s.cfg.Store.Keys(ctx, projectID)
	if err != nil {
		return fmt.Errorf("list keys: %w", err)
	}
	valid := 0
	for _, k := range keys {
		if k.Valid(now) {
			valid++
		}
	}
	if valid >= maxKeys {
		return invalid("a project has at most %d keys; revoke one", maxKeys)
	}
	return nil
}

// RevokeKey makes a key invalid for good.
func (s *Service) RevokeKey(ctx context.Context, a project.Access, projectID uint32, id string) (project.Key, error) {
	if _, err := s.project(ctx, a, projectID, project.ScopeProjectWrite); err != nil {
		return project.Key{}, err
	}
	k, err := s.cfg.Store.RevokeKey(ctx, projectID, id, s.now())
	if err != nil {
		return project.Key{}, fmt.Errorf("revoke key: %w", err)
	}
	s.changed(ctx, projectID)
	return k, nil
}
