package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
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
	p.keys.now, p.tokens.now, p.revoked.now = p.clock, p.clock, p.clock
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

// awayStore counts questions and can be slow or away.
type awayStore struct {
	asked atomic.Int64
	err   error
	slow  time.Duration
}

func (s *awayStore) load(ctx context.Context, k uint32) (int64, error) {
	n := s.asked.Add(1)
	if s.slow > 0 {
		select {
		case <-time.After(s.slow):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return n, s.err
}

func TestManyAskOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &awayStore{slow: time.Second}
		c := newCache("number", 10, DefaultConfig(), s.load)
		var g errgroup.Group
		for range 100 {
			g.Go(func() error {
				v, err := c.get(t.Context(), 1)
				if v != 1 {
					err = fmt.Errorf("%d, %w", v, err)
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		if n := s.asked.Load(); n != 1 {
			t.Fatalf("asked %d times", n)
		}
	})
}

func TestASlowStoreStopsOneCallerAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &awayStore{}
		c := newCache("number", 10, DefaultConfig(), s.load)
		if _, err := c.get(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		s.slow = time.Hour
		time.Sleep(DefaultConfig().TTL)
		var waited atomic.Int64
		var g errgroup.Group
		for range 50 {
			g.Go(func() error {
				start := time.Now()
				v, err := c.get(t.Context(), 1)
				if v != 1 {
					err = fmt.Errorf("%d, %w", v, err)
				}
				if time.Since(start) > 0 {
					waited.Add(1)
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		if n := waited.Load(); n != 1 {
			t.Fatalf("%d callers waited", n)
		}
	})
}

func TestAnAnswerFromBeforeAChangeIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &awayStore{slow: time.Second}
		c := newCache("number", 10, DefaultConfig(), s.load)
		done := make(chan int64)
		go func() {
			v, _ := c.get(t.Context(), 1)
			done <- v
		}()
		synctest.Wait()
		c.forget(func(uint32, int64) bool { return true })
		if v := <-done; v != 1 {
			t.Fatal(v)
		}
		if v, err := c.get(t.Context(), 1); err != nil || v != 2 {
			t.Fatal("the old answer is used:", v, err)
		}
	})
}

func TestMadeUpKeysPushOutNoRealOnes(t *testing.T) {
	t.Parallel()
	s := &awayStore{}
	c := newCache("number", 100, DefaultConfig(), func(ctx context.Context, k uint32) (int64, error) {
		if k > 50 {
			return 0, project.ErrNotFound
		}
		return s.load(ctx, k)
	})
	for k := range uint32(51) {
		if _, err := c.get(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	for k := range uint32(100_000) {
		if _, err := c.get(t.Context(), 1000+k); !errors.Is(err, project.ErrNotFound) {
			t.Fatal(err)
		}
	}
	c.unknown.CleanUp()
	if n := c.unknown.EstimatedSize(); n > 200 {
		t.Fatalf("%d unknown keys are kept", n)
	}
	for k := range uint32(51) {
		if _, err := c.get(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.asked.Load(); n != 51 {
		t.Fatalf("asked %d times for 51 keys", n)
	}
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

func FuzzHeaders(f *testing.F) {
	f.Add("Bearer x", SessionCookie+"=y")
	f.Fuzz(func(t *testing.T, header, cookie string) {
		if s := SessionSecret(cookie); strings.ContainsAny(s, ";, ") {
			t.Fatalf("%q has the session %q", cookie, s)
		}
	})
}

func BenchmarkKey(b *testing.B) {
	s := &awayStore{}
	c := newCache("number", 10, DefaultConfig(), s.load)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.get(b.Context(), 1); err != nil {
				b.Fatal(err)
			}
		}
	})
}
