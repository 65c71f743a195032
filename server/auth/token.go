package auth

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/credential"
)

// SessionCookie is the name of the cookie that holds a session.
const SessionCookie = "faultline_session"

// API checks what lets people and machines use the API: the Authorization
// header ("Bearer TOKEN"), or, without one, the session in a Cookie header. Both
// are the headers as they came, or empty. project.ErrUnauthenticated if neither
// is known, an UnavailableError if nobody knows now.
func (c *Checker) API(ctx context.Context, authorization, cookie string) (project.Access, error) {
	if authorization != "" {
		scheme, text, _ := strings.Cut(authorization, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return project.Access{}, refuse(project.ErrUnauthenticated, `the header has to be "Authorization: Bearer TOKEN"`)
		}
		access, err := c.token(ctx, strings.TrimSpace(text))
		if missing(err) {
			return project.Access{}, refuse(project.ErrUnauthenticated, unknownToken(strings.TrimSpace(text)))
		}
		return access, err
	}
	secret := SessionSecret(cookie)
	if secret == "" {
		return project.Access{}, refuse(project.ErrUnauthenticated, `sign in, or send "Authorization: Bearer TOKEN"`)
	}
	member, err := c.store.SessionMember(ctx, credential.Hash(secret), c.now())
	switch {
	case missing(err):
		return project.Access{}, refuse(project.ErrUnauthenticated, "the session has ended, sign in again")
	case err != nil:
		return project.Access{}, &UnavailableError{What: "the session", Err: err}
	}
	return project.Access{OrganizationID: member.OrganizationID, Member: member, Scopes: member.Role.Scopes()}, nil
}

// unknownToken says what to do about a token that does not exist.
func unknownToken(text string) string {
	switch shape, _ := credential.Classify(text); shape {
	case credential.APIKey, credential.PublicKey:
		return "this is a key, which only sends events; the API needs a token"
	}
	return "the token is unknown"
}

// SessionSecret returns the session in a Cookie header, or nothing.
func SessionSecret(cookie string) string {
	cookies, err := http.ParseCookie(cookie)
	if err != nil {
		return ""
	}
	for _, c := range cookies {
		if c.Name == SessionCookie && len(c.Value) <= credential.MaxLength {
			return c.Value
		}
	}
	return ""
}

// token checks a token; project.ErrNotFound if it does not exist.
func (c *Checker) token(ctx context.Context, text string) (project.Access, error) {
	shape, _ := credential.Classify(text)
	if shape == credential.None {
		return project.Access{}, project.ErrNotFound
	}
	owner, err := c.tokens.get(ctx, credential.Hash(text))
	if err != nil {
		return project.Access{}, err
	}
	t := owner.token
	if err := usable(t.RevokedAt, t.ExpiresAt, c.now(), "token"); err != nil {
		return project.Access{}, err
	}
	scopes := t.Scopes
	if owner.member.ID != "" { // a token reaches no further than who made it
		held := owner.member.Role.Scopes()
		scopes = slices.DeleteFunc(slices.Clone(scopes), func(s project.Scope) bool { return !slices.Contains(held, s) })
	}
	return project.Access{OrganizationID: t.OrganizationID, TokenID: t.ID, Member: owner.member, Scopes: scopes}, nil
}

// ingestToken checks a token that sends events.
func (c *Checker) ingestToken(ctx context.Context, text string, projectID uint32) (project.Access, error) {
	access, err := c.token(ctx, text)
	switch {
	case missing(err):
		return project.Access{}, refuse(project.ErrUnauthenticated, "the key is unknown")
	case err != nil:
		return project.Access{}, err
	case !access.Can(project.ScopeEventWrite):
		return project.Access{}, refuse(project.ErrForbidden, "the token lacks the scope "+string(project.ScopeEventWrite))
	case projectID == 0:
		return project.Access{}, refuse(project.ErrForbidden, "a token belongs to no project: name one, or send with a key")
	}
	p, err := c.directory.Project(ctx, projectID)
	if err != nil && !missing(err) {
		return project.Access{}, err
	}
	if err != nil || p.OrganizationID != access.OrganizationID {
		return project.Access{}, refuse(project.ErrForbidden, fmt.Sprintf("the token does not reach a project %d", projectID))
	}
	access.ProjectID = projectID
	return access, nil
}

// loadToken reads a token and who made it, and writes down that it is used, to
// the minute.
func (c *Checker) loadToken(ctx context.Context, hash string) (tokenOwner, error) {
	t, err := c.store.TokenByHash(ctx, hash)
	if err != nil {
		return tokenOwner{}, err
	}
	owner := tokenOwner{token: t}
	if t.MemberID != "" {
		if owner.member, err = c.store.Member(ctx, t.MemberID); err != nil {
			return tokenOwner{}, err
		}
	}
	if now := c.now(); t.Valid(now) && now.Sub(t.LastUsedAt) >= time.Minute {
		if err := c.store.TokenUsed(ctx, t.ID, now); err != nil {
			return tokenOwner{}, err
		}
	}
	return owner, nil
}
