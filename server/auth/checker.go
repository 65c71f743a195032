package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/credential"
)

// Checker checks credentials. It is safe for concurrent use.
type Checker struct {
	store     CheckerStore
	directory *Directory
	signer    *credential.Signer
	keys      *cache[string, project.Key]
	tokens    *cache[string, tokenOwner]
	notes     *cache[struct{}, apiKeyNotes]
	verified  *otter.Cache[[sha256.Size]byte, credential.Claims] // API keys whose signature has been checked
	now       func() time.Time
}

// apiKeyNotes are what an API key cannot say itself, because it changes.
type apiKeyNotes struct {
	revoked map[string]struct{}
	rates   map[string]project.Rate
}

type tokenOwner struct {
	token  project.Token
	member project.Member // zero for a token of nobody
}

// NewChecker reads the signing key, which the first start makes, and the keys
// that were revoked: without them nothing can be checked.
func NewChecker(ctx context.Context, store CheckerStore, directory *Directory, cfg Config) (*Checker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	signer, err := credential.LoadSigner(ctx, store)
	if err != nil {
		return nil, err
	}
	c := &Checker{
		store: store, directory: directory, signer: signer, now: time.Now,
		keys:     newCache("the key", cfg.Keys, cfg, store.Key),
		verified: otter.Must(&otter.Options[[sha256.Size]byte, credential.Claims]{MaximumSize: cfg.Keys}),
	}
	c.tokens = newCache("the token", cfg.Keys, cfg, c.loadToken)
	c.notes = newCache("the list of revoked keys", 1, cfg, c.loadNotes)
	if _, err := c.notes.get(ctx, struct{}{}); err != nil {
		return nil, err
	}
	return c, nil
}

// Invalidate makes what is remembered of the keys of a project, of all tokens
// and of revoked keys be asked for again; 0 stands for every project.
func (c *Checker) Invalidate(projectID uint32) {
	c.keys.forget(func(_ string, k project.Key) bool { return projectID == 0 || k.ProjectID == projectID })
	c.tokens.forget(func(string, tokenOwner) bool { return true })
	c.notes.forget(func(struct{}, apiKeyNotes) bool { return true })
}

// Key checks what lets events in: an API key, the public key of a DSN, or a
// token with the scope event:write. projectID is the project that the caller
// named, 0 for that of the key. ProjectID of the answer is where the events go.
// project.ErrUnauthenticated if the credential is unknown, revoked or expired,
// project.ErrForbidden if it does not reach the project, an UnavailableError if
// nobody knows now.
func (c *Checker) Key(ctx context.Context, text string, projectID uint32) (project.Access, error) {
	shape, text := credential.Classify(text)
	switch shape {
	case credential.None:
		return project.Access{}, refuse(project.ErrUnauthenticated, "no key was given, or one that is none")
	case credential.APIKey:
		return c.apiKey(ctx, text, projectID)
	case credential.PublicKey:
		access, err := c.publicKey(ctx, text, projectID)
		if !missing(err) {
			return access, err
		}
	}
	return c.ingestToken(ctx, text, projectID)
}

func (c *Checker) publicKey(ctx context.Context, id string, projectID uint32) (project.Access, error) {
	key, err := c.keys.get(ctx, id)
	if err != nil {
		return project.Access{}, err
	}
	if key.Kind != project.KeyDSN { // the id of an API key is no credential
		return project.Access{}, project.ErrNotFound
	}
	if err := usable(key.RevokedAt, key.ExpiresAt, c.now(), "key"); err != nil {
		return project.Access{}, err
	}
	p, err := c.directory.Project(ctx, key.ProjectID)
	if err != nil {
		return project.Access{}, err
	}
	return keyAccess(p.OrganizationID, key.ProjectID, key.ID, key.Rate, projectID)
}

func (c *Checker) apiKey(ctx context.Context, text string, projectID uint32) (project.Access, error) {
	sum := sha256.Sum256([]byte(text))
	claims, seen := c.verified.GetIfPresent(sum)
	if !seen {
		var err error
		claims, err = c.signer.Verify(text, c.now())
		switch {
		case errors.Is(err, credential.ErrExpired):
			return project.Access{}, refuse(project.ErrUnauthenticated, "the API key has expired")
		case err != nil:
			return project.Access{}, refuse(project.ErrUnauthenticated, "the API key is not one of this server")
		}
		c.verified.Set(sum, claims)
	}
	notes, err := c.notes.get(ctx, struct{}{})
	if err != nil {
		return project.Access{}, err
	}
	if _, yes := notes.revoked[claims.KeyID]; yes {
		return project.Access{}, refuse(project.ErrUnauthenticated, "the API key was revoked")
	}
	if err := usable(time.Time{}, claims.ExpiresAt, c.now(), "API key"); err != nil {
		return project.Access{}, err
	}
	return keyAccess(claims.OrganizationID, claims.ProjectID, claims.KeyID, notes.rates[claims.KeyID], projectID)
}

func keyAccess(organizationID string, own uint32, keyID string, rate project.Rate, wanted uint32) (project.Access, error) {
	if wanted != 0 && wanted != own {
		return project.Access{}, refuse(project.ErrForbidden, fmt.Sprintf("the key is not one of project %d", wanted))
	}
	return project.Access{OrganizationID: organizationID, ProjectID: own, KeyID: keyID, KeyRate: rate, Scopes: []project.Scope{project.ScopeEventWrite}}, nil
}

// usable reports why a key or token may not be used, or nil.
func usable(revokedAt, expiresAt, now time.Time, what string) error {
	switch {
	case !revokedAt.IsZero():
		return refuse(project.ErrUnauthenticated, "the "+what+" was revoked")
	case !expiresAt.IsZero() && !now.Before(expiresAt):
		return refuse(project.ErrUnauthenticated, "the "+what+" has expired")
	}
	return nil
}

func (c *Checker) loadNotes(ctx context.Context, _ struct{}) (apiKeyNotes, error) {
	ids, err := c.store.RevokedKeys(ctx, c.now())
	if err != nil {
		return apiKeyNotes{}, err
	}
	limited, err := c.store.LimitedKeys(ctx, c.now())
	if err != nil {
		return apiKeyNotes{}, err
	}
	n := apiKeyNotes{revoked: make(map[string]struct{}, len(ids)), rates: make(map[string]project.Rate, len(limited))}
	for _, id := range ids {
		n.revoked[id] = struct{}{}
	}
	for _, k := range limited {
		n.rates[k.ID] = k.Rate
	}
	return n, nil
}
