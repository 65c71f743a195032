package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/credential"
)

// SessionStore holds members and sessions. MemberByEmail is given the address in
// lower case and must return project.ErrNotFound for one that nobody has.
type SessionStore interface {
	MemberByEmail(ctx context.Context, email string) (project.Member, error)
	CreateSession(ctx context.Context, s project.Session) error
	DeleteSession(ctx context.Context, secretHash string) error
}

// ErrTooMany says that somebody tried to sign in too often; the text says when
// to try again.
var ErrTooMany = errors.New("too many attempts to sign in")

// How often somebody may try. What succeeds does not count.
const (
	perAddress      = time.Minute / 10 // one more in this time, from one address
	burstAddress    = 20
	perEmail        = time.Minute / 4 // one more in this time, for one e-mail
	burstEmail      = 10
	limitsKept      = 20_000
	anonymousSource = "unknown"
)

// Sessions signs people in and out. It is safe for concurrent use.
type Sessions struct {
	store     SessionStore
	passwords *credential.Passwords
	life      time.Duration
	addresses *otter.Cache[string, *rate.Limiter]
	emails    *otter.Cache[string, *rate.Limiter]
	now       func() time.Time
}

// NewSessions signs in the members of a store.
func NewSessions(store SessionStore, cfg Config) *Sessions {
	limits := func() *otter.Cache[string, *rate.Limiter] {
		return otter.Must(&otter.Options[string, *rate.Limiter]{MaximumSize: limitsKept})
	}
	return &Sessions{
		store: store, passwords: credential.NewPasswords(cfg.PasswordChecks), life: cfg.SessionLife,
		addresses: limits(), emails: limits(), now: time.Now,
	}
}

// SignIn checks a password and makes a session; the secret goes into the cookie.
// from is the caller's address. project.ErrUnauthenticated says that e-mail and
// password do not belong together, never which of them is wrong; ErrTooMany that
// the caller has to wait.
func (s *Sessions) SignIn(ctx context.Context, email, password string, from netip.Addr) (project.Member, project.Session, string, error) {
	fail := func(err error) (project.Member, project.Session, string, error) {
		return project.Member{}, project.Session{}, "", err
	}
	now := s.now()
	email = strings.ToLower(strings.TrimSpace(email))
	if len(email) > 254 {
		return fail(refuse(project.ErrUnauthenticated, "e-mail or password is wrong"))
	}
	succeeded, err := s.attempt(email, from, now)
	if err != nil {
		return fail(err)
	}
	member, err := s.store.MemberByEmail(ctx, email)
	if err != nil && !missing(err) {
		return fail(&UnavailableError{What: "the member", Err: err})
	}
	ok, err := s.passwords.Verify(ctx, password, member.PasswordHash)
	if err != nil {
		return fail(fmt.Errorf("check password: %w", err))
	}
	if !ok {
		return fail(refuse(project.ErrUnauthenticated, "e-mail or password is wrong"))
	}
	succeeded()
	secret := credential.NewSession()
	session := project.Session{SecretHash: credential.Hash(secret), MemberID: member.ID, CreatedAt: now, ExpiresAt: now.Add(s.life)}
	if err := s.store.CreateSession(ctx, session); err != nil {
		return fail(&UnavailableError{What: "the session", Err: err})
	}
	return member, session, secret, nil
}

// SignOut ends the session in a Cookie header; without one it does nothing.
func (s *Sessions) SignOut(ctx context.Context, cookie string) error {
	secret := SessionSecret(cookie)
	if secret == "" {
		return nil
	}
	if err := s.store.DeleteSession(ctx, credential.Hash(secret)); err != nil {
		return &UnavailableError{What: "the session", Err: err}
	}
	return nil
}

// attempt counts an attempt; succeeded takes it back.
func (s *Sessions) attempt(email string, from netip.Addr, now time.Time) (succeeded func(), err error) {
	var taken []*rate.Reservation
	for _, l := range []*rate.Limiter{
		limiter(s.addresses, source(from), perAddress, burstAddress),
		limiter(s.emails, email, perEmail, burstEmail),
	} {
		r := l.ReserveN(now, 1)
		taken = append(taken, r)
		if wait := r.DelayFrom(now); wait > 0 {
			for _, r := range taken {
				r.CancelAt(now)
			}
			return nil, fmt.Errorf("%w: try again in %d seconds", ErrTooMany, int(wait/time.Second)+1)
		}
	}
	return func() {
		for _, r := range taken {
			r.CancelAt(now)
		}
	}, nil
}

func limiter(all *otter.Cache[string, *rate.Limiter], key string, every time.Duration, burst int) *rate.Limiter {
	l, ok := all.GetIfPresent(key)
	if !ok {
		l, _ = all.SetIfAbsent(key, rate.NewLimiter(rate.Every(every), burst))
	}
	return l
}

// source is what counts as one caller: an IPv4 address, or the /64 network that
// one IPv6 customer has.
func source(a netip.Addr) string {
	if !a.IsValid() {
		return anonymousSource
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		p, _ := a.Prefix(64)
		return p.Masked().String()
	}
	return a.String()
}
