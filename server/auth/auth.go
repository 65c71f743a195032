// Package auth decides who a caller is: it checks keys, tokens and sessions, and
// signs people in and out. It holds a bounded copy of what the meta store knows
// of keys, projects, watch lists and rules, and goes on with that copy while the
// store is away, so that events are taken as long as there is somewhere to put
// them. It does not decide what a caller may do with a certain issue or project
// beyond the scopes of project.Access, and makes no keys or tokens.
package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/server/credential"
)

// Config bounds what is remembered, and for how long.
type Config struct {
	// TTL is how long a copy is used without asking the store again. The bus says earlier what has changed; this is for when it does not.
	TTL time.Duration
	// UnknownTTL is how long a key or token that does not exist is refused without asking again.
	UnknownTTL time.Duration
	// LoadTimeout bounds one question to the meta store.
	LoadTimeout time.Duration
	// RetryAfter is how long copies are used without asking once the store failed to answer.
	RetryAfter time.Duration
	// Keys bounds how many keys, tokens and verified API keys are remembered, each; and as many unknown ones.
	Keys int
	// Projects bounds of how many projects settings, watch list and rules are remembered.
	Projects int
	// SessionLife is how long somebody stays signed in.
	SessionLife time.Duration
	// PasswordChecks bounds how many passwords are checked at once; each takes 19 MiB.
	PasswordChecks int
}

// DefaultConfig returns the settings that suit almost everybody.
func DefaultConfig() Config {
	return Config{
		TTL: 15 * time.Second, UnknownTTL: 5 * time.Second, LoadTimeout: 2 * time.Second, RetryAfter: time.Second,
		Keys: 20_000, Projects: 10_000, SessionLife: 30 * 24 * time.Hour, PasswordChecks: 2,
	}
}

// Validate reports a setting that cannot work.
func (c Config) Validate() error {
	for name, d := range map[string]time.Duration{
		"TTL": c.TTL, "UnknownTTL": c.UnknownTTL, "LoadTimeout": c.LoadTimeout, "RetryAfter": c.RetryAfter, "SessionLife": c.SessionLife,
	} {
		if d <= 0 {
			return fmt.Errorf("auth: %s is %v, it must be more than 0", name, d)
		}
	}
	for name, n := range map[string]int{"Keys": c.Keys, "Projects": c.Projects, "PasswordChecks": c.PasswordChecks} {
		if n <= 0 {
			return fmt.Errorf("auth: %s is %d, it must be more than 0", name, n)
		}
	}
	return nil
}

// ProjectStore holds what the directory copies. A project that does not exist
// must give project.ErrNotFound; every other error counts as the store being
// away.
type ProjectStore interface {
	Project(ctx context.Context, id uint32) (project.Project, error)
	WatchList(ctx context.Context, projectID uint32) ([]event.Fingerprint, error)
	Rules(ctx context.Context, projectID uint32) ([]rule.Rule, error)
}

// KeyStore holds keys and the installation's signing key; errors as for
// ProjectStore.
type KeyStore interface {
	credential.Secrets
	Key(ctx context.Context, id string) (project.Key, error)
	RevokedKeys(ctx context.Context, at time.Time) ([]string, error)
	LimitedKeys(ctx context.Context, at time.Time) ([]project.Key, error)
}

// TokenStore holds tokens and who made them; errors as for ProjectStore.
type TokenStore interface {
	TokenByHash(ctx context.Context, secretHash string) (project.Token, error)
	TokenUsed(ctx context.Context, id string, at time.Time) error
	Member(ctx context.Context, id string) (project.Member, error)
}

// SessionFinder finds who is signed in; errors as for ProjectStore.
type SessionFinder interface {
	SessionMember(ctx context.Context, secretHash string, at time.Time) (project.Member, error)
}

// CheckerStore is all that a Checker asks.
type CheckerStore interface {
	KeyStore
	TokenStore
	SessionFinder
}

// UnavailableError says that the meta store did not answer and nothing is
// remembered: nobody knows whether the caller may do this.
type UnavailableError struct {
	What string
	Err  error
}

// Error names what could not be read.
func (e *UnavailableError) Error() string { return e.What + " cannot be read now: " + e.Err.Error() }

// Unwrap returns the store's error.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Retryable reports that the same call may succeed later.
func (e *UnavailableError) Retryable() bool { return true }

// refuse is an error for a caller that is not who it has to be.
func refuse(kind error, text string) error { return fmt.Errorf("%w: %s", kind, text) }

// missing reports whether an error means that there is no such thing, as
// opposed to a store that is away.
func missing(err error) bool { return errors.Is(err, project.ErrNotFound) }
