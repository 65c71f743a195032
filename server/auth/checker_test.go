package auth

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/credential"
)

func TestWhatLetsEventsIn(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jwt := p.sign(t, "j1", time.Hour)
	refused := func(text string, projectID uint32, want error) {
		t.Helper()
		access, err := p.Checker.Key(t.Context(), text, projectID)
		if !errors.Is(err, want) || access.OrganizationID != "" || len(access.Scopes) != 0 {
			t.Fatalf("%q to %d: %+v, %v", text, projectID, access, err)
		}
	}
	taken := func(text string, projectID uint32) {
		t.Helper()
		access, err := p.Checker.Key(t.Context(), text, projectID)
		if err != nil || access.ProjectID != 7 || access.OrganizationID != orgID || !access.Can(project.ScopeEventWrite) {
			t.Fatalf("%q to %d: %+v, %v", text, projectID, access, err)
		}
		if text != tokenAll && (access.Can(project.ScopeEventRead) || access.KeyID == "") {
			t.Fatalf("a key can read: %+v", access)
		}
	}
	refused("", 0, project.ErrUnauthenticated)
	refused("two words", 0, project.ErrUnauthenticated)
	refused(strings.Repeat("x", 1<<20), 0, project.ErrUnauthenticated)
	refused("ffffffffffffffffffffffffffffffff", 7, project.ErrUnauthenticated)
	refused("unknown-token-of-some-length", 7, project.ErrUnauthenticated)
	refused("eyJh.b.c", 7, project.ErrUnauthenticated)
	refused(jwt+"x", 7, project.ErrUnauthenticated)
	refused(dsnKey, 8, project.ErrForbidden)
	refused(jwt, 8, project.ErrForbidden)
	refused(tokenAll, 0, project.ErrForbidden)
	refused(tokenAll, 9, project.ErrForbidden)
	refused(tokenAll, 1234, project.ErrForbidden)
	taken(dsnKey, 0)
	taken(dsnKey, 7)
	taken(strings.ToUpper(dsnKey), 7)
	taken(jwt, 0)
	taken(jwt, 7)
	taken(tokenAll, 7)

	t.Run("the id of an API key is no key", func(t *testing.T) {
		id := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		p.sign(t, id, 0)
		refused(id, 7, project.ErrUnauthenticated)
	})
	t.Run("a token that looks like a public key", func(t *testing.T) {
		text := "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
		if err := p.CreateToken(t.Context(), project.Token{ID: "t2", OrganizationID: orgID, SecretHash: credential.Hash(text), Scopes: project.Scopes()}); err != nil {
			t.Fatal(err)
		}
		access, err := p.Checker.Key(t.Context(), text, 7)
		if err != nil || access.TokenID != "t2" {
			t.Fatal(access, err)
		}
	})
	t.Run("a token without event:write", func(t *testing.T) {
		if err := p.CreateToken(t.Context(), project.Token{ID: "t3", OrganizationID: orgID, SecretHash: credential.Hash("reader"), Scopes: []project.Scope{project.ScopeEventRead}}); err != nil {
			t.Fatal(err)
		}
		refused("reader", 7, project.ErrForbidden)
	})
	t.Run("an API key that expires", func(t *testing.T) {
		p.pass(time.Hour - time.Second)
		taken(jwt, 7)
		p.pass(time.Second)
		refused(jwt, 7, project.ErrUnauthenticated)
	})
}

func TestRevocationIsSeenAtOnceWhenTold(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jwt := p.sign(t, "j1", 0)
	f := func(text string, want error) {
		t.Helper()
		if _, err := p.Checker.Key(t.Context(), text, 7); !errors.Is(err, want) {
			t.Fatal(err)
		}
	}
	all := []string{jwt, dsnKey, tokenAll}
	for _, text := range all {
		f(text, nil)
	}
	for _, id := range []string{"j1", dsnKey} {
		if _, err := p.RevokeKey(t.Context(), 7, id, p.clock()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.RevokeToken(t.Context(), orgID, "t", p.clock()); err != nil {
		t.Fatal(err)
	}
	for _, text := range all {
		f(text, nil) // nobody said so yet
	}
	p.Checker.Invalidate(8)
	f(dsnKey, nil) // another project's change
	p.Checker.Invalidate(7)
	for _, text := range all {
		f(text, project.ErrUnauthenticated)
	}
}

func TestRevocationIsSeenAfterAWhileWhenNotTold(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	if _, err := p.Checker.Key(t.Context(), dsnKey, 7); err != nil {
		t.Fatal(err)
	}
	if _, err := p.RevokeKey(t.Context(), 7, dsnKey, p.clock()); err != nil {
		t.Fatal(err)
	}
	p.pass(DefaultConfig().TTL)
	if _, err := p.Checker.Key(t.Context(), dsnKey, 7); !errors.Is(err, project.ErrUnauthenticated) {
		t.Fatal(err)
	}
}

func TestANewKeyIsTakenAlthoughItWasUnknown(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	id := "cccccccccccccccccccccccccccccccc"
	f := func(want error) {
		t.Helper()
		if _, err := p.Checker.Key(t.Context(), id, 7); !errors.Is(err, want) {
			t.Fatal(err)
		}
	}
	f(project.ErrUnauthenticated)
	if err := p.CreateKey(t.Context(), project.Key{ID: id, ProjectID: 7, Kind: project.KeyDSN}); err != nil {
		t.Fatal(err)
	}
	f(project.ErrUnauthenticated)
	p.pass(DefaultConfig().UnknownTTL)
	f(nil)
}

func TestEventsAreTakenWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := t.Context()
	jwt := p.sign(t, "j1", 0)
	if _, _, err := p.EnsureIssue(ctx, issue.Record{ID: issue.ID{ProjectID: 7, Fingerprint: event.Fingerprint{1}}, State: issue.State{Status: issue.Resolved}}); err != nil {
		t.Fatal(err)
	}
	all := func() {
		t.Helper()
		for _, text := range []string{jwt, dsnKey, tokenAll} {
			if _, err := p.Checker.Key(ctx, text, 7); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := p.directory.Project(ctx, 7); err != nil || v.ID != 7 {
			t.Fatal(v, err)
		}
		if v, err := p.directory.Watch(ctx, 7); err != nil || len(v) != 1 {
			t.Fatal(v, err)
		}
		if _, err := p.directory.Rules(ctx, 7); err != nil {
			t.Fatal(err)
		}
	}
	all()
	if err := p.Store.Close(); err != nil {
		t.Fatal(err)
	}
	all()
	for range 5 {
		p.pass(time.Minute)
		all()
	}
	p.Checker.Invalidate(7)
	p.directory.Invalidate(7)
	all()
	p.directory.Invalidate(0)
	all()
	var away *UnavailableError
	if _, err := p.Checker.Key(ctx, "dddddddddddddddddddddddddddddddd", 7); !errors.As(err, &away) || !away.Retryable() {
		t.Fatal(err)
	}
	if _, err := p.directory.Project(ctx, 8); !errors.As(err, &away) {
		t.Fatal(err)
	}
	if _, err := p.API(ctx, "", SessionCookie+"=x"); !errors.As(err, &away) {
		t.Fatal(err)
	}
}
