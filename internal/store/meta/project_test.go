package meta_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/store/meta"
)

func testProjects(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	f := func(want project.Project, get func() (project.Project, error)) {
		t.Helper()
		got, err := get()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	}
	if _, err := s.Project(ctx, 1); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	if _, err := s.ProjectBySlug(ctx, "others", "web"); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	if _, err := s.CreateProject(ctx, project.Project{OrganizationID: orgID, Slug: "web"}); !errors.Is(err, project.ErrExists) {
		t.Fatal(err)
	}
	if _, err := s.CreateProject(ctx, project.Project{ID: 7, OrganizationID: orgID, Slug: "new"}); !errors.Is(err, project.ErrExists) {
		t.Fatal(err)
	}
	if _, err := s.CreateProject(ctx, project.Project{OrganizationID: "others", Slug: "new"}); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	f(web, func() (project.Project, error) { return s.Project(ctx, 7) })
	f(web, func() (project.Project, error) { return s.ProjectBySlug(ctx, orgID, "web") })

	next, err := s.CreateProject(ctx, project.Project{OrganizationID: orgID, Slug: "next", Name: "Next"})
	if err != nil || next.ID != 10 || next.CreatedAt.IsZero() {
		t.Fatal(next, err)
	}

	changed := web
	changed.Name, changed.Platform = "Website", "javascript"
	changed.Settings.FilterReleases = []string{"0.*"}
	changed.Settings.RatePerSecond = 2.5
	stale := changed
	changed.Version = 2
	f(changed, func() (project.Project, error) { return s.UpdateProject(ctx, stale) })
	f(changed, func() (project.Project, error) { return s.Project(ctx, 7) })
	if _, err := s.UpdateProject(ctx, stale); !errors.Is(err, project.ErrChanged) {
		t.Fatal(err)
	}
	if _, err := s.UpdateProject(ctx, project.Project{ID: 1}); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}

	for _, when := range []time.Time{at, at.Add(time.Hour)} {
		if err := s.SetFirstEvent(ctx, 7, when); err != nil {
			t.Fatal(err)
		}
	}
	changed.FirstEventAt = at
	f(changed, func() (project.Project, error) { return s.Project(ctx, 7) })

	got, err := s.Projects(ctx, orgID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]project.Project{app, next, changed}, got); d != "" {
		t.Fatal(d)
	}
	if got, err = s.Projects(ctx, "others"); err != nil || len(got) != 0 {
		t.Fatal(got, err)
	}
	if got, err = s.AllProjects(ctx); err != nil || len(got) != 3 || got[0].ID != 7 {
		t.Fatal(got, err)
	}
}

func testProjectsAtOnce(t *testing.T, s *meta.Store) {
	ids := make([]uint32, 20)
	var g errgroup.Group
	for i := range ids {
		g.Go(func() error {
			p, err := s.CreateProject(t.Context(), project.Project{OrganizationID: orgID, Slug: string(rune('a' + i))})
			ids[i] = p.ID
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	for i, id := range ids {
		if id != uint32(10+i) {
			t.Fatal(ids)
		}
	}
}

func testMembers(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	if _, err := s.MemberByEmail(ctx, "ann@example.com"); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	ann, err := s.CreateMember(ctx, project.Member{OrganizationID: orgID, Email: "ann@example.com", Name: "Ann", Role: project.RoleOwner, PasswordHash: "h", CreatedAt: at})
	if err != nil || ann.ID == "" {
		t.Fatal(ann, err)
	}
	if _, err := s.CreateMember(ctx, project.Member{OrganizationID: orgID, Email: "ann@example.com"}); !errors.Is(err, project.ErrExists) {
		t.Fatal(err)
	}
	for _, get := range []func() (project.Member, error){
		func() (project.Member, error) { return s.Member(ctx, ann.ID) },
		func() (project.Member, error) { return s.MemberByEmail(ctx, "ann@example.com") },
	} {
		got, err := get()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(ann, got); d != "" {
			t.Fatal(d)
		}
	}
	if all, err := s.Members(ctx, orgID); err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if o, err := s.Organization(ctx, orgID); err != nil || o.Name != "Acme" {
		t.Fatal(o, err)
	}
	if o, err := s.EnsureOrganization(ctx, project.Organization{ID: orgID, Name: "Other"}); err != nil || o.Name != "Acme" {
		t.Fatal(o, err)
	}
}

func testSessions(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	ann, err := s.CreateMember(ctx, project.Member{OrganizationID: orgID, Email: "ann@example.com", Role: project.RoleOwner})
	if err != nil {
		t.Fatal(err)
	}
	f := func(hash string, when time.Time, ok bool) {
		t.Helper()
		m, err := s.SessionMember(ctx, hash, when)
		if ok && (err != nil || m.ID != ann.ID) {
			t.Fatal(m, err)
		}
		if !ok && !errors.Is(err, project.ErrNotFound) {
			t.Fatal(m, err)
		}
	}
	f("one", at, false)
	if err := s.CreateSession(ctx, project.Session{SecretHash: "one", MemberID: ann.ID, CreatedAt: at, ExpiresAt: at.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	f("one", at, true)
	f("two", at, false)
	f("one", at.Add(time.Hour), false)
	if err := s.CreateSession(ctx, project.Session{SecretHash: "two", MemberID: ann.ID, CreatedAt: at.Add(time.Hour), ExpiresAt: at.Add(2 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	f("one", at, false) // ended sessions are forgotten when one is made
	f("two", at, true)
	for range 2 {
		if err := s.DeleteSession(ctx, "two"); err != nil {
			t.Fatal(err)
		}
	}
	f("two", at, false)
}

func testKeys(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	dsn := project.Key{ID: "00112233445566778899aabbccddeeff", ProjectID: 7, Kind: project.KeyDSN, Name: "first", CreatedAt: at}
	jwt := project.Key{ID: "j1", ProjectID: 7, Kind: project.KeyJWT, Name: "ci", CreatedAt: at.Add(time.Minute), ExpiresAt: at.Add(time.Hour)}
	for _, k := range []project.Key{dsn, jwt} {
		if err := s.CreateKey(ctx, k); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.CreateKey(ctx, dsn); !errors.Is(err, project.ErrExists) {
		t.Fatal(err)
	}
	got, err := s.Keys(ctx, 7)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]project.Key{jwt, dsn}, got); d != "" {
		t.Fatal(d)
	}
	if _, err := s.RevokeKey(ctx, 9, "j1", at); !errors.Is(err, project.ErrNotFound) {
		t.Fatal("a key was revoked through another project:", err)
	}
	if ids, err := s.RevokedKeys(ctx, at); err != nil || len(ids) != 0 {
		t.Fatal(ids, err)
	}
	for range 2 {
		k, err := s.RevokeKey(ctx, 7, "j1", at.Add(2*time.Minute))
		if err != nil || !k.RevokedAt.Equal(at.Add(2*time.Minute)) {
			t.Fatal(k, err)
		}
	}
	if k, err := s.RevokeKey(ctx, 7, dsn.ID, at); err != nil || k.Valid(at) {
		t.Fatal(k, err)
	}
	if k, err := s.Key(ctx, dsn.ID); err != nil || k.Valid(at) {
		t.Fatal(k, err)
	}
	if ids, err := s.RevokedKeys(ctx, at); err != nil || !slices.Equal(ids, []string{"j1"}) {
		t.Fatal(ids, err)
	}
	if ids, err := s.RevokedKeys(ctx, at.Add(time.Hour)); err != nil || len(ids) != 0 {
		t.Fatal("an expired key is still listed:", ids, err)
	}
	if _, err := s.Key(ctx, "\x00\xff"); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
}

func testTokens(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	want := project.Token{ID: "t1", OrganizationID: orgID, MemberID: "m", Name: "ci", Scopes: []project.Scope{project.ScopeEventRead}, SecretHash: "abc", CreatedAt: at}
	if err := s.CreateToken(ctx, want); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateToken(ctx, project.Token{ID: "t2", OrganizationID: orgID, SecretHash: "abc"}); !errors.Is(err, project.ErrExists) {
		t.Fatal(err)
	}
	if err := s.TokenUsed(ctx, "t1", at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.TokenUsed(ctx, "t1", at); err != nil {
		t.Fatal(err)
	}
	want.LastUsedAt = at.Add(time.Hour)
	got, err := s.TokenByHash(ctx, "abc")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	if _, err := s.RevokeToken(ctx, "others", "t1", at); !errors.Is(err, project.ErrNotFound) {
		t.Fatal("a token was revoked through another organization:", err)
	}
	if got, err = s.RevokeToken(ctx, orgID, "t1", at); err != nil || got.Valid(at) {
		t.Fatal(got, err)
	}
	if all, err := s.Tokens(ctx, orgID); err != nil || len(all) != 1 || all[0].Valid(at) {
		t.Fatal(all, err)
	}
}

func testSecrets(t *testing.T, s *meta.Store) {
	got := make([]string, 10)
	var g errgroup.Group
	for i := range got {
		g.Go(func() (err error) {
			got[i], err = s.Secret(t.Context(), "signing key", string(rune('a'+i)))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if slices.Sort(got); got[0] != got[9] {
		t.Fatal(got)
	}
	if v, err := s.Secret(t.Context(), "other", "z"); err != nil || v != "z" {
		t.Fatal(v, err)
	}
}

func testProvision(t *testing.T, s *meta.Store) {
	v := project.Provision{
		Organization: project.Organization{ID: orgID, Name: "Acme"},
		Project:      web,
		Keys:         []project.Key{{ID: "00112233445566778899aabbccddeeff", ProjectID: 7, Kind: project.KeyDSN}},
		Token:        project.Token{ID: "t", OrganizationID: orgID, SecretHash: "h", Scopes: project.Scopes()},
		Owner:        project.Member{OrganizationID: orgID, Email: "admin@localhost", Role: project.RoleOwner},
	}
	broken := v
	broken.Keys = append(slices.Clone(v.Keys), v.Keys[0])
	if done, err := s.Provision(t.Context(), broken, nil); err == nil || done {
		t.Fatal("the same key twice was accepted")
	}
	if all, err := s.AllProjects(t.Context()); err != nil || len(all) != 0 {
		t.Fatal("a failed first start left something behind:", all, err)
	}
	done := make([]bool, 10)
	var g errgroup.Group
	for i := range done {
		g.Go(func() (err error) {
			done[i], err = s.Provision(t.Context(), v, []rule.Rule{{Name: "Fatal", Triggers: []rule.Trigger{rule.OnEvent}}})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, d := range done {
		if d {
			n++
		}
	}
	if n != 1 {
		t.Fatalf("%d of 10 first starts filled the store", n)
	}
	if k, err := s.Key(t.Context(), v.Keys[0].ID); err != nil || k.ProjectID != 7 {
		t.Fatal(k, err)
	}
	if rules, err := s.Rules(t.Context(), 7); err != nil || len(rules) != 1 || rules[0].Name != "Fatal" {
		t.Fatal(rules, err)
	}
}

func testMigrateAgain(t *testing.T, dsn string) {
	s := open(t, dsn)
	fill(t, s)
	var g errgroup.Group
	for range 4 {
		other, err := meta.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		g.Go(func() error { return other.Migrate(t.Context()) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if p, err := s.Project(t.Context(), 7); err != nil || p.Slug != "web" {
		t.Fatal(p, err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	f := func(dsn, want string, retry bool) {
		t.Helper()
		s, err := meta.Open(t.Context(), dsn)
		if err == nil {
			s.Close()
			t.Fatalf("%q was opened", dsn)
		}
		var passing interface{ Retryable() bool }
		if got := errors.As(err, &passing) && passing.Retryable(); got != retry {
			t.Fatalf("retryable is %v: %v", got, err)
		}
		if d := cmp.Diff(want, err.Error()); want != "" && d != "" {
			t.Fatal(d)
		}
	}
	f("", "open meta store: neither a PostgreSQL URL nor the path of a SQLite file was given", false)
	f("mysql://u:secret@host/db", `open meta store: "mysql://" is not supported, use postgres:// or the path of a SQLite file`, false)
	f("/nonexistent/folder/meta.db", "", false)
	f("postgres://u@/db?host=/nonexistent", "", true)
}
