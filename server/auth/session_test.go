package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/internal/project"
)

func TestSigningInAndOut(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := t.Context()
	hash, err := p.sessions.passwords.Hash(ctx, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.CreateMember(ctx, project.Member{OrganizationID: orgID, Email: "ann@example.com", Role: project.RoleMember, PasswordHash: hash}); err != nil {
		t.Fatal(err)
	}
	home := netip.MustParseAddr("192.0.2.1")
	for _, wrong := range [][2]string{{"ann@example.com", "wrong"}, {"eve@example.com", "correct horse"}, {"", ""}, {strings.Repeat("a", 300), "x"}} {
		_, _, secret, err := p.sessions.SignIn(ctx, wrong[0], wrong[1], home)
		if !errors.Is(err, project.ErrUnauthenticated) || secret != "" {
			t.Fatal(wrong, err)
		}
		if want := "unauthenticated: e-mail or password is wrong"; err.Error() != want {
			t.Fatalf("the answer tells which is wrong: %v", err)
		}
	}
	member, session, secret, err := p.sessions.SignIn(ctx, " Ann@Example.com ", "correct horse", home)
	if err != nil || member.Email != "ann@example.com" || !session.ExpiresAt.Equal(p.clock().Add(DefaultConfig().SessionLife)) {
		t.Fatal(member, session, err)
	}
	cookie := "theme=dark; " + SessionCookie + "=" + secret
	access, err := p.API(ctx, "", cookie)
	if err != nil || access.Member.ID != member.ID || access.OrganizationID != orgID || access.Can(project.ScopeProjectWrite) || !access.Can(project.ScopeIssueWrite) {
		t.Fatal(access, err)
	}
	if _, err := p.API(ctx, "Bearer wrong", cookie); !errors.Is(err, project.ErrUnauthenticated) {
		t.Fatal("a wrong token was forgiven because of the cookie")
	}
	if err := p.sessions.SignOut(ctx, "theme=dark"); err != nil {
		t.Fatal(err)
	}
	if err := p.sessions.SignOut(ctx, cookie); err != nil {
		t.Fatal(err)
	}
	if _, err := p.API(ctx, "", cookie); !errors.Is(err, project.ErrUnauthenticated) {
		t.Fatal(err)
	}
	_, _, secret, err = p.sessions.SignIn(ctx, "ann@example.com", "correct horse", home)
	if err != nil {
		t.Fatal(err)
	}
	p.pass(DefaultConfig().SessionLife)
	if _, err := p.API(ctx, "", SessionCookie+"="+secret); !errors.Is(err, project.ErrUnauthenticated) {
		t.Fatal(err)
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	attempt := func(email, from string) (func(), error) {
		return p.sessions.attempt(email, netip.MustParseAddr(from), p.clock())
	}
	try := func(email, from string, ok bool) {
		t.Helper()
		if _, err := attempt(email, from); (err == nil) != ok || err != nil && !errors.Is(err, ErrTooMany) {
			t.Fatal(err)
		}
	}
	for range burstEmail {
		try("ann@example.com", "192.0.2.1", true)
	}
	try("ann@example.com", "192.0.2.2", false)
	try("bob@example.com", "192.0.2.1", true)
	p.pass(perEmail)
	try("ann@example.com", "192.0.2.2", true)
	try("ann@example.com", "192.0.2.2", false)

	for i := range burstAddress {
		try(fmt.Sprint(i), fmt.Sprintf("2001:db8::%x", i), true) // one network
	}
	try("x", "2001:db8::ffff", false)
	try("x", "2001:db8:0:1::", true)

	for i := range 3 * burstAddress {
		succeeded, err := attempt(fmt.Sprint("u", i%5), "192.0.2.9")
		if err != nil {
			t.Fatal("what succeeds counts:", err)
		}
		succeeded()
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add("Bearer x", SessionCookie+"=y")
	f.Fuzz(func(t *testing.T, header, cookie string) {
		if s := SessionSecret(cookie); strings.ContainsAny(s, ";, ") {
			t.Fatalf("%q has the session %q", cookie, s)
		}
	})
}
