package admin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/admin"
	"github.com/faultline-dev/faultline/server/auth"
	"github.com/faultline-dev/faultline/server/credential"
)

func TestKeysAreMadeAndRevoked(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx, id := t.Context(), p.run.ProjectID
	checker, err := auth.NewChecker(ctx, p.store, auth.NewDirectory(p.store, auth.DefaultConfig()), auth.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	bad := func(n admin.NewKey) {
		t.Helper()
		n.ProjectID = id
		if _, _, err := p.CreateKey(ctx, p.owner, n); !errors.Is(err, project.ErrInvalid) {
			t.Fatal(err)
		}
	}
	bad(admin.NewKey{Kind: "x", Name: "x"})
	bad(admin.NewKey{Kind: project.KeyDSN})
	bad(admin.NewKey{Kind: project.KeyDSN, Name: "x", TTL: -1})
	bad(admin.NewKey{Kind: project.KeyJWT, Name: "x", TTL: time.Nanosecond})
	bad(admin.NewKey{Kind: project.KeyJWT, Name: "x", TTL: 1 << 62})

	for _, kind := range []project.KeyKind{project.KeyDSN, project.KeyJWT} {
		k, secret, err := p.CreateKey(ctx, p.owner, admin.NewKey{ProjectID: id, Kind: kind, Name: "ci", TTL: time.Hour})
		if err != nil || k.ExpiresAt.IsZero() || (kind == project.KeyJWT) != (secret != "") || (kind == project.KeyDSN) != (p.DSN(k) != "") {
			t.Fatal(k, secret, err)
		}
		text := secret
		if kind == project.KeyDSN {
			text = k.ID
		}
		access, err := checker.Key(ctx, text, 0)
		if err != nil || access.ProjectID != id || access.KeyID != k.ID {
			t.Fatal(access, err)
		}
		rate, burst, tooMuch := 2.5, uint32(10), 1e9
		if _, err := p.UpdateKey(ctx, p.owner, id, k.ID, admin.KeyChange{RatePerSecond: &tooMuch}); !errors.Is(err, project.ErrInvalid) {
			t.Fatal(err)
		}
		if k, err = p.UpdateKey(ctx, p.owner, id, k.ID, admin.KeyChange{RatePerSecond: &rate, RateBurst: &burst}); err != nil {
			t.Fatal(err)
		}
		checker.Invalidate(id)
		want := project.Rate{PerSecond: rate, Burst: 10}
		if access, err := checker.Key(ctx, text, 0); err != nil || k.Rate != want || access.KeyRate != want {
			t.Fatal(k, access, err)
		}
		for range 2 {
			if k, err = p.RevokeKey(ctx, p.owner, id, k.ID); err != nil || k.RevokedAt.IsZero() {
				t.Fatal(k, err)
			}
		}
		if d := cmp.Diff([]uint32{id, id, id, id}, p.bell.take()); d != "" {
			t.Fatal(d)
		}
		checker.Invalidate(id)
		if _, err := checker.Key(ctx, text, 0); !errors.Is(err, project.ErrUnauthenticated) {
			t.Fatal(err)
		}
	}
	if _, err := p.UpdateKey(ctx, p.owner, id, "none", admin.KeyChange{}); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	if _, err := p.RevokeKey(ctx, p.owner, id, "none"); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	keys, err := p.ListKeys(ctx, p.owner, id)
	if err != nil || len(keys) != 4 {
		t.Fatal(keys, err)
	}
}

func TestTokensAreMadeAndRevoked(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := t.Context()
	bad := func(a project.Access, n admin.NewToken, want error) {
		t.Helper()
		if _, secret, err := p.CreateToken(ctx, a, n); !errors.Is(err, want) || secret != "" && err == nil {
			t.Fatal(err)
		}
	}
	bad(p.owner, admin.NewToken{Scopes: project.Scopes()}, project.ErrInvalid)
	bad(p.owner, admin.NewToken{Name: "x"}, project.ErrInvalid)
	bad(p.owner, admin.NewToken{Name: "x", Scopes: []project.Scope{"all"}}, project.ErrInvalid)
	bad(p.owner, admin.NewToken{Name: "x", Scopes: project.Scopes(), TTL: -1}, project.ErrInvalid)
	less := p.owner
	less.Scopes = []project.Scope{project.ScopeProjectWrite}
	bad(less, admin.NewToken{Name: "x", Scopes: []project.Scope{project.ScopeEventRead}}, project.ErrForbidden)

	made, secret, err := p.CreateToken(ctx, p.owner, admin.NewToken{Name: "ci", Scopes: []project.Scope{project.ScopeEventRead, project.ScopeEventRead}, TTL: time.Hour})
	if err != nil || len(made.Scopes) != 1 || !strings.HasPrefix(secret, credential.TokenPrefix) {
		t.Fatal(made, secret, err)
	}
	stored, err := p.store.TokenByHash(ctx, credential.Hash(secret))
	if err != nil || stored.ID != made.ID {
		t.Fatal(stored, err)
	}
	mine, err := p.ListTokens(ctx, p.owner)
	if err != nil || len(mine) != 1 || mine[0].ID != made.ID {
		t.Fatal("the owner's tokens:", mine, err)
	}
	if _, err := p.RevokeToken(ctx, stranger(), made.ID); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	if made, err = p.RevokeToken(ctx, p.owner, made.ID); err != nil || made.RevokedAt.IsZero() {
		t.Fatal(made, err)
	}
	if d := cmp.Diff([]uint32{0, 0}, p.bell.take()); d != "" {
		t.Fatal(d)
	}
}
