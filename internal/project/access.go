package project

import (
	"errors"
	"slices"
)

// The three ways in which access is refused. Faces turn them into their own
// codes; the text of a wrapping error says what to do and is safe to show.
var (
	ErrUnauthenticated = errors.New("unauthenticated")   // no credential, or one that is unknown, revoked or expired
	ErrForbidden       = errors.New("permission denied") // a valid credential that does not reach this far
	ErrNotFound        = errors.New("not found")         // no such thing in the caller's organization
)

// What else is wrong with a change of a project, key, token or member. The text
// of a wrapping error names the field and is safe to show.
var (
	ErrInvalid = errors.New("invalid")
	ErrExists  = errors.New("already exists")
	ErrChanged = errors.New("changed by somebody else since it was read")
)

// Access is what a checked credential allows: a key, a token or a session.
type Access struct {
	OrganizationID string
	ProjectID      uint32 // of a key; 0 for tokens and sessions, which reach every project of the organization
	KeyID          string // of a key
	KeyRate        Rate   // of a key; zero: no limit
	TokenID        string // of a token
	Member         Member // of a session, or who made the token; zero for a key
	Scopes         []Scope
}

// Can reports whether the access holds a scope.
func (a Access) Can(s Scope) bool { return slices.Contains(a.Scopes, s) }

// Actor names the caller in histories: the member's e-mail, else the token or key.
func (a Access) Actor() string {
	switch {
	case a.Member.Email != "":
		return a.Member.Email
	case a.TokenID != "":
		return "token " + a.TokenID
	}
	return "key " + a.KeyID
}
