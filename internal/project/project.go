// Package project holds the words of who may send and see: organizations,
// projects, members, keys and tokens, and a project's settings. It knows no
// store and no protocol.
package project

import "time"

// Organization owns projects and members.
type Organization struct {
	ID   string
	Name string
}

// Project is where events go.
type Project struct {
	ID             uint32 // decimal, part of the DSN
	OrganizationID string
	Slug           string // in URLs; in upper case the prefix of issue names
	Name           string
	Platform       string
	CreatedAt      time.Time
	FirstEventAt   time.Time // zero before the first event
	Settings       Settings
	Version        uint64 // counts the changes of the name, the platform and the settings
}

// KeyKind tells the two kinds of key apart.
type KeyKind string

// The kinds of key.
const (
	KeyDSN KeyKind = "dsn" // 32 hexadecimal digits, looked up
	KeyJWT KeyKind = "jwt" // signed by the server, checked without a look-up
)

// Key lets a program send events to one project, and nothing else.
type Key struct {
	ID        string // for a DSN key, the public key
	ProjectID uint32
	Kind      KeyKind
	Name      string
	CreatedAt time.Time
	RevokedAt time.Time // zero while valid
	ExpiresAt time.Time // zero: never
	Rate      Rate      // what it may send, within the project's rate; zero: no limit of its own
}

// Valid reports whether the key may be used at a time.
func (k Key) Valid(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}

// Role is what a member may do.
type Role string

// The roles, from the most to the least powerful.
const (
	RoleOwner  Role = "owner"  // everything
	RoleAdmin  Role = "admin"  // everything but owners
	RoleMember Role = "member" // work on issues, see settings
	RoleViewer Role = "viewer" // look
)

// Member is a person of an organization.
type Member struct {
	ID             string
	OrganizationID string
	Email          string
	Name           string
	Role           Role
	PasswordHash   string
	CreatedAt      time.Time
}

// Scope is one permission of a token.
type Scope string

// The scopes.
const (
	ScopeEventWrite   Scope = "event:write"   // send events
	ScopeEventRead    Scope = "event:read"    // read events and issues
	ScopeIssueWrite   Scope = "issue:write"   // change issues
	ScopeProjectRead  Scope = "project:read"  // read projects, keys and members
	ScopeProjectWrite Scope = "project:write" // make projects, keys and tokens
	ScopeAlertRead    Scope = "alert:read"    // read rules and deliveries
	ScopeAlertWrite   Scope = "alert:write"   // change rules
	ScopeReleaseWrite Scope = "release:write" // upload source maps, announce releases
)

// Scopes lists every scope.
func Scopes() []Scope {
	return []Scope{ScopeEventWrite, ScopeEventRead, ScopeIssueWrite, ScopeProjectRead, ScopeProjectWrite, ScopeAlertRead, ScopeAlertWrite, ScopeReleaseWrite}
}

// Scopes are the permissions of a role.
func (r Role) Scopes() []Scope {
	switch r {
	case RoleOwner, RoleAdmin:
		return Scopes()
	case RoleMember:
		return []Scope{ScopeEventRead, ScopeIssueWrite, ScopeProjectRead, ScopeAlertRead, ScopeAlertWrite, ScopeReleaseWrite}
	case RoleViewer:
		return []Scope{ScopeEventRead, ScopeProjectRead, ScopeAlertRead}
	}
	return nil
}

// Token gives a person or a machine access to the API.
type Token struct {
	ID             string
	OrganizationID string
	MemberID       string // who made it; empty for one made at the first start
	Name           string
	Scopes         []Scope
	SecretHash     string // hex SHA-256 of the secret
	CreatedAt      time.Time
	LastUsedAt     time.Time
	RevokedAt      time.Time
	ExpiresAt      time.Time
}

// Valid reports whether the token may be used at a time.
func (t Token) Valid(now time.Time) bool {
	return t.RevokedAt.IsZero() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt))
}

// Session is one signed-in browser.
type Session struct {
	SecretHash string // hex SHA-256 of the cookie
	MemberID   string
	CreatedAt  time.Time
	ExpiresAt  time.Time
}
