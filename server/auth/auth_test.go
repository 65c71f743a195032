package auth

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/server/credential"
)

const (
	orgID    = "acme"
	dsnKey   = "00112233445566778899aabbccddeeff"
	tokenAll = "a-token-with-every-scope"
)

// place is a store with one organization, two projects, a key and a token, and
// what checks them. Time is moved by hand.
type place struct {
	*meta.Store
	*Checker
	directory *Directory
	sessions  *Sessions
	path      string
	time      atomic.Int64
}

func (p *place) clock() time.Time { return time.Unix(0, p.time.Load()).UTC() }

func (p *place) pass(d time.Duration) { p.time.Add(int64(d)) }

func newPlace(t *testing.T) *place {
	t.Helper()
	ctx := t.Context()
	p := &place{path: filepath.Join(t.TempDir(), "meta.db")}
	p.time.Store(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixNano())
	store, err := meta.Open(ctx, p.path)
	if err != nil {
		t.Fatal(err)
	}
	p.Store = store
	t.Cleanup(func() { store.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(store.Migrate(ctx))
	_, err = store.EnsureOrganization(ctx, project.Organization{ID: orgID, Name: "Acme"})
	must(err)
	_, err = store.EnsureOrganization(ctx, project.Organization{ID: "other", Name: "Other"})
	must(err)
	for id, org := range map[uint32]string{7: orgID, 8: orgID, 9: "other"} {
		_, err = store.CreateProject(ctx, project.Project{ID: id, OrganizationID: org, Slug: fmt.Sprint("p", id), Settings: project.DefaultSettings()})
		must(err)
	}
	must(store.CreateKey(ctx, project.Key{ID: dsnKey, ProjectID: 7, Kind: project.KeyDSN, CreatedAt: p.clock()}))
	must(store.CreateToken(ctx, project.Token{ID: "t", OrganizationID: orgID, SecretHash: credential.Hash(tokenAll), Scopes: project.Scopes(), CreatedAt: p.clock()}))

	p.directory = NewDirectory(store, DefaultConfig())
	p.Checker, err = NewChecker(ctx, store, p.directory, DefaultConfig())
	must(err)
	p.sessions = NewSessions(store, DefaultConfig())
	p.Checker.now, p.sessions.now = p.clock, p.clock
	p.keys.now, p.tokens.now, p.notes.now = p.clock, p.clock, p.clock
	p.directory.projects.now, p.directory.watches.now, p.directory.rules.now = p.clock, p.clock, p.clock
	return p
}

// sign makes an API key of project 7.
func (p *place) sign(t *testing.T, id string, life time.Duration) string {
	t.Helper()
	k := project.Key{ID: id, ProjectID: 7, Kind: project.KeyJWT, CreatedAt: p.clock()}
	if life > 0 {
		k.ExpiresAt = p.clock().Add(life)
	}
	if err := p.CreateKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	text, err := p.signer.Sign(credential.Claims{KeyID: id, OrganizationID: orgID, ProjectID: 7, IssuedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	if err := DefaultConfig().Validate(); err != nil {
		t.Fatal(err)
	}
	c := DefaultConfig()
	c.Keys = 0
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "Keys") {
		t.Fatal(err)
	}
}
