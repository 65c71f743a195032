package auth

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/credential"
)

func TestTheAPITakesTokens(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := t.Context()
	refused := func(header, cookie, want string) {
		t.Helper()
		access, err := p.API(ctx, header, cookie)
		if !errors.Is(err, project.ErrUnauthenticated) || !strings.Contains(err.Error(), want) || len(access.Scopes) != 0 {
			t.Fatal(access, err)
		}
	}
	refused("", "", "Bearer TOKEN")
	refused("Basic abc", "", "Bearer TOKEN")
	refused("Bearer", "", "unknown")
	refused("Bearer nope", "", "unknown")
	refused("Bearer "+dsnKey, "", "only sends events")
	refused("Bearer "+p.sign(t, "j", 0), "", "only sends events")
	refused("", "other=1; "+SessionCookie+"=nope", "sign in again")
	refused("", "\x00;;;", "sign in")

	access, err := p.API(ctx, "bearer "+tokenAll, "")
	if err != nil || access.OrganizationID != orgID || access.TokenID != "t" || len(access.Scopes) != len(project.Scopes()) {
		t.Fatal(access, err)
	}
	used, err := p.TokenByHash(ctx, credential.Hash(tokenAll))
	if err != nil || !used.LastUsedAt.Equal(p.clock()) {
		t.Fatal(used, err)
	}

	t.Run("a token reaches no further than who made it", func(t *testing.T) {
		vic, err := p.CreateMember(ctx, project.Member{OrganizationID: orgID, Email: "vic@example.com", Role: project.RoleViewer})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.CreateToken(ctx, project.Token{ID: "v", OrganizationID: orgID, MemberID: vic.ID, SecretHash: credential.Hash("vics"), Scopes: project.Scopes()}); err != nil {
			t.Fatal(err)
		}
		access, err := p.API(ctx, "Bearer vics", "")
		if err != nil || access.Can(project.ScopeIssueWrite) || !access.Can(project.ScopeEventRead) || access.Member.Email != "vic@example.com" {
			t.Fatal(access, err)
		}
	})
	t.Run("an expired token", func(t *testing.T) {
		if err := p.CreateToken(ctx, project.Token{ID: "e", OrganizationID: orgID, SecretHash: credential.Hash("short"), ExpiresAt: p.clock().Add(time.Second)}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.API(ctx, "Bearer short", ""); err != nil {
			t.Fatal(err)
		}
		p.pass(time.Second)
		refused("Bearer short", "", "expired")
	})
}
