package admin_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/server/admin"
	"github.com/faultline-dev/faultline/server/auth"
	"github.com/faultline-dev/faultline/server/credential"
)

// bell records which projects' settings changed.
type bell struct {
	mu   sync.Mutex
	rung []uint32
	err  error
}

func (b *bell) SettingsChanged(_ context.Context, projectID uint32) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rung = append(b.rung, projectID)
	return b.err
}

// take returns what changed since the last call.
func (b *bell) take() []uint32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	rung := b.rung
	b.rung = nil
	return rung
}

func openStore(t *testing.T) *meta.Store {
	t.Helper()
	store, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}

type place struct {
	*admin.Service
	store *meta.Store
	bell  *bell
	run   admin.FirstRun
	owner project.Access
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{store: openStore(t), bell: new(bell)}
	var err error
	if p.run, err = admin.Bootstrap(t.Context(), p.store, admin.BootstrapConfig{Email: "ann@example.com"}); err != nil {
		t.Fatal(err)
	}
	signer, err := credential.LoadSigner(t.Context(), p.store)
	if err != nil {
		t.Fatal(err)
	}
	p.Service, err = admin.New(admin.Config{
		Store: p.store, Changes: p.bell, Signer: signer, BaseURL: "https://faultline.example.com/errors/",
		CheckQuery: func(q string) error { _, err := search.ParseEvents(q); return err },
	})
	if err != nil {
		t.Fatal(err)
	}
	ann, err := p.store.MemberByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	p.owner = project.Access{OrganizationID: ann.OrganizationID, Member: ann, Scopes: ann.Role.Scopes()}
	return p
}

func viewer(a project.Access) project.Access {
	a.Scopes = project.RoleViewer.Scopes()
	return a
}

func stranger() project.Access {
	return project.Access{OrganizationID: "others", Scopes: project.Scopes()}
}

func TestEveryCallIsChecked(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx, id := t.Context(), p.run.ProjectID
	type call struct {
		name string
		do   func(project.Access) error
	}
	reads := []call{
		{"GetProject", func(a project.Access) error { _, err := p.GetProject(ctx, a, id); return err }},
		{"ListKeys", func(a project.Access) error { _, err := p.ListKeys(ctx, a, id); return err }},
		{"ListRules", func(a project.Access) error { _, err := p.ListRules(ctx, a, id); return err }},
		{"ListDeliveries", func(a project.Access) error {
			_, _, err := p.ListDeliveries(ctx, a, rule.DeliveryFilter{ProjectID: id}, 0, "")
			return err
		}},
	}
	writes := []call{
		{"CreateKey", func(a project.Access) error {
			_, _, err := p.CreateKey(ctx, a, admin.NewKey{ProjectID: id, Kind: project.KeyDSN, Name: "x"})
			return err
		}},
		{"RevokeKey", func(a project.Access) error { _, err := p.RevokeKey(ctx, a, id, p.run.Key); return err }},
		{"CreateRule", func(a project.Access) error { _, err := p.CreateRule(ctx, a, goodRule(id)); return err }},
		{"UpdateRule", func(a project.Access) error { _, err := p.UpdateRule(ctx, a, goodRule(id)); return err }},
		{"DeleteRule", func(a project.Access) error { return p.DeleteRule(ctx, a, id, "x") }},
	}
	check := func(c call, a project.Access, want error) {
		t.Helper()
		if err := c.do(a); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", c.name, err, want)
		}
	}
	for _, c := range slices.Concat(reads, writes) {
		check(c, project.Access{}, project.ErrUnauthenticated)
		check(c, project.Access{OrganizationID: "default"}, project.ErrForbidden)
		check(c, stranger(), project.ErrNotFound)
		check(c, project.Access{OrganizationID: "default", ProjectID: 77, Scopes: project.Scopes()}, project.ErrNotFound)
	}
	for _, c := range reads {
		check(c, viewer(p.owner), nil)
	}
	for _, c := range writes {
		check(c, viewer(p.owner), project.ErrForbidden)
	}
	for _, c := range []call{
		{"CreateProject", func(a project.Access) error {
			_, err := p.CreateProject(ctx, a, admin.NewProject{Name: "x"})
			return err
		}},
		{"CreateToken", func(a project.Access) error {
			_, _, err := p.CreateToken(ctx, a, admin.NewToken{Name: "x", Scopes: project.Scopes()})
			return err
		}},
		{"RevokeToken", func(a project.Access) error { _, err := p.RevokeToken(ctx, a, "x"); return err }},
	} {
		check(c, project.Access{}, project.ErrUnauthenticated)
		check(c, viewer(p.owner), project.ErrForbidden)
	}
	if rung := p.bell.take(); len(rung) != 0 {
		t.Fatal("something changed:", rung)
	}
	projects, _, err := p.ListProjects(ctx, stranger(), 0, "")
	if err != nil || len(projects) != 0 {
		t.Fatal("a stranger sees projects:", projects, err)
	}
	if members, err := p.ListMembers(ctx, stranger()); err != nil || len(members) != 0 {
		t.Fatal("a stranger sees members:", members, err)
	}
}

func TestProjectsAreMade(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := t.Context()
	f := func(n admin.NewProject, slug string, want error) {
		t.Helper()
		made, err := p.CreateProject(ctx, p.owner, n)
		if !errors.Is(err, want) || made.Slug != slug {
			t.Fatalf("%+v: %+v, %v", n, made, err)
		}
	}
	f(admin.NewProject{}, "", project.ErrInvalid)
	f(admin.NewProject{Name: "  "}, "", project.ErrInvalid)
	f(admin.NewProject{Name: strings.Repeat("ä", 101)}, "", project.ErrInvalid)
	f(admin.NewProject{Name: "a\x00b"}, "", project.ErrInvalid)
	f(admin.NewProject{Name: "\xff"}, "", project.ErrInvalid)
	f(admin.NewProject{Name: "x", Slug: "-x"}, "", project.ErrInvalid)
	f(admin.NewProject{Name: "x", Slug: "Web"}, "", project.ErrInvalid)
	f(admin.NewProject{Name: "x", Slug: strings.Repeat("x", 51)}, "", project.ErrInvalid)
	f(admin.NewProject{Name: "x", Platform: "<b>"}, "", project.ErrInvalid)
	f(admin.NewProject{Name: "x", Slug: "default"}, "", project.ErrExists)
	p.bell.take()

	f(admin.NewProject{Name: "Web Shop!", Platform: "javascript-react"}, "web-shop", nil)
	f(admin.NewProject{Name: "web  shop"}, "web-shop-2", nil)
	f(admin.NewProject{Name: "日本"}, "project", nil)
	f(admin.NewProject{Name: "Default"}, "default-2", nil)
	f(admin.NewProject{Name: "Android", Slug: "app"}, "app", nil)
	if d := cmp.Diff([]uint32{2, 3, 4, 5, 6}, p.bell.take()); d != "" {
		t.Fatal(d)
	}

	keys, err := p.ListKeys(ctx, p.owner, 2)
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	if want := "https://" + keys[0].ID + "@faultline.example.com/errors/2"; p.DSN(keys[0]) != want {
		t.Fatal(p.DSN(keys[0]), want)
	}
	rules, err := p.ListRules(ctx, p.owner, 2)
	if err != nil {
		t.Fatal(err)
	}
	wantRules := []rule.Rule{
		{Name: "Fatal or unhandled", Enabled: true, Triggers: []rule.Trigger{rule.OnEvent}, Query: "level:fatal OR handled:false", Throttle: 30 * time.Minute},
		{Name: "New issue in production", Enabled: true, Triggers: []rule.Trigger{rule.OnNewIssue}, Query: "environment:production"},
	}
	for i := range rules {
		if q, err := search.ParseEvents(rules[i].Query); err != nil || q.String() != rules[i].Query || !q.FitsSummary() {
			t.Fatal(q, err)
		}
		if rules[i].ID == "" || rules[i].CreatedAt.IsZero() || !slices.Equal(rules[i].Emails, []string{"ann@example.com"}) {
			t.Fatal(rules[i])
		}
		rules[i].ID, rules[i].CreatedAt, rules[i].ProjectID, rules[i].Emails = "", time.Time{}, 0, nil
	}
	if d := cmp.Diff(wantRules, rules); d != "" {
		t.Fatal(d)
	}

	var names []string
	token := ""
	for {
		page, next, err := p.ListProjects(ctx, p.owner, 4, token)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range page {
			names = append(names, one.Name)
		}
		if next == "" {
			break
		}
		token = next
	}
	if d := cmp.Diff([]string{"Android", "Default", "My project", "Web Shop!", "web  shop", "日本"}, names); d != "" {
		t.Fatal(d)
	}
	for _, bad := range []string{"x", "99"} {
		if _, _, err := p.ListProjects(ctx, p.owner, 4, bad); !errors.Is(err, project.ErrInvalid) {
			t.Fatal(err)
		}
	}
	if _, _, err := p.ListProjects(ctx, p.owner, -1, ""); !errors.Is(err, project.ErrInvalid) {
		t.Fatal(err)
	}
}

func TestProjectsOfOneNameMadeAtOnceGetTheirOwnSlug(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	var g errgroup.Group
	for range 10 {
		g.Go(func() error {
			_, err := p.CreateProject(t.Context(), p.owner, admin.NewProject{Name: "Web"})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

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
		for range 2 {
			if k, err = p.RevokeKey(ctx, p.owner, id, k.ID); err != nil || k.RevokedAt.IsZero() {
				t.Fatal(k, err)
			}
		}
		if d := cmp.Diff([]uint32{id, id, id}, p.bell.take()); d != "" {
			t.Fatal(d)
		}
		checker.Invalidate(id)
		if _, err := checker.Key(ctx, text, 0); !errors.Is(err, project.ErrUnauthenticated) {
			t.Fatal(err)
		}
	}
	if _, err := p.RevokeKey(ctx, p.owner, id, "none"); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	keys, err := p.ListKeys(ctx, p.owner, id)
	if err != nil || len(keys) != 4 {
		t.Fatal(keys, err)
	}
}

func TestAChangeIsKeptAlthoughNobodyCanBeTold(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.bell.err = errors.New("the bus is away")
	if k, err := p.RevokeKey(t.Context(), p.owner, p.run.ProjectID, p.run.Key); err != nil || k.RevokedAt.IsZero() {
		t.Fatal(k, err)
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

func goodRule(projectID uint32) rule.Rule {
	return rule.Rule{ProjectID: projectID, Name: "Payments", Enabled: true, Triggers: []rule.Trigger{rule.OnRegression, rule.OnNewIssue},
		Query: "tag[team]:payments", Emails: []string{"pay@example.com"}, Throttle: time.Hour}
}

func TestRulesAreChecked(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx, id := t.Context(), p.run.ProjectID
	bad := func(change func(*rule.Rule), want string) {
		t.Helper()
		r := goodRule(id)
		change(&r)
		if _, err := p.CreateRule(ctx, p.owner, r); !errors.Is(err, rule.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Fatal(err)
		}
	}
	bad(func(r *rule.Rule) { r.Name = "" }, "name is empty")
	bad(func(r *rule.Rule) { r.Triggers = nil }, "triggers is empty")
	bad(func(r *rule.Rule) { r.Triggers = []rule.Trigger{"full_moon"} }, `"full_moon" does not exist`)
	bad(func(r *rule.Rule) { r.Emails = nil }, "1 to 50 e-mail addresses")
	bad(func(r *rule.Rule) { r.Emails = []string{"Ann <ann@example.com>"} }, "no e-mail address")
	bad(func(r *rule.Rule) { r.Emails = []string{"ann"} }, "no e-mail address")
	bad(func(r *rule.Rule) { r.Emails = []string{"ann@example.com\r\nBcc: eve@example.com"} }, "no e-mail address")
	bad(func(r *rule.Rule) { r.Throttle = -1 }, "throttle")
	bad(func(r *rule.Rule) { r.Throttle = 8 * 24 * time.Hour }, "throttle")
	bad(func(r *rule.Rule) { r.Query = "level:(" }, "")
	bad(func(r *rule.Rule) { r.Query = "is:unresolved" }, "")
	var syntax *search.SyntaxError
	r := goodRule(id)
	r.Query = "level:nonsense"
	if _, err := p.CreateRule(ctx, p.owner, r); !errors.As(err, &syntax) {
		t.Fatal("the column is lost:", err)
	}
}

func TestRulesAreMadeReplacedAndRemoved(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx, id := t.Context(), p.run.ProjectID
	made, err := p.CreateRule(ctx, p.owner, goodRule(id))
	if err != nil || made.ID == "" || made.CreatedAt.IsZero() {
		t.Fatal(made, err)
	}
	changed := made
	changed.Name, changed.Enabled, changed.CreatedAt = "Money", false, time.Time{}
	if changed, err = p.UpdateRule(ctx, p.owner, changed); err != nil || changed.Name != "Money" || !changed.CreatedAt.Equal(made.CreatedAt) {
		t.Fatal(changed, err)
	}
	other, err := p.CreateProject(ctx, p.owner, admin.NewProject{Name: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	foreign := changed
	foreign.ProjectID = other.ID
	if _, err := p.UpdateRule(ctx, p.owner, foreign); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	if err := p.DeleteRule(ctx, p.owner, other.ID, made.ID); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	if err := p.DeleteRule(ctx, p.owner, id, made.ID); err != nil {
		t.Fatal(err)
	}
	rules, err := p.ListRules(ctx, p.owner, id)
	if err != nil || len(rules) != 2 {
		t.Fatal(rules, err)
	}
	if d := cmp.Diff([]uint32{id, id, other.ID, id}, p.bell.take()); d != "" {
		t.Fatal(d)
	}
	for range 98 {
		if _, err := p.CreateRule(ctx, p.owner, goodRule(id)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.CreateRule(ctx, p.owner, goodRule(id)); !errors.Is(err, rule.ErrInvalid) {
		t.Fatal(err)
	}
}

func TestDeliveriesAreListedInPages(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx, id := t.Context(), p.run.ProjectID
	start := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	var want []string
	for n := range 5 {
		d := rule.Delivery{ID: string(rune('a' + n)), ProjectID: id, RuleID: "r", IssueID: issue.ID{ProjectID: id}, Status: rule.Sent, CreatedAt: start.Add(time.Duration(n/2) * time.Hour)}
		if _, err := p.store.AddDelivery(ctx, d); err != nil {
			t.Fatal(err)
		}
		want = append([]string{d.ID}, want...)
	}
	var got []string
	token := ""
	for {
		page, next, err := p.ListDeliveries(ctx, p.owner, rule.DeliveryFilter{ProjectID: id}, 2, token)
		if err != nil || len(page) > 2 {
			t.Fatal(page, err)
		}
		for _, d := range page {
			got = append(got, d.ID)
		}
		if token = next; token == "" {
			break
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	for _, f := range []rule.DeliveryFilter{
		{ProjectID: id, Status: "lost"},
		{ProjectID: id, IssueID: issue.ID{ProjectID: id + 1}},
	} {
		if _, _, err := p.ListDeliveries(ctx, p.owner, f, 2, ""); !errors.Is(err, project.ErrInvalid) {
			t.Fatal(err)
		}
	}
}

func TestMembersAndOrganization(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	members, err := p.ListMembers(t.Context(), viewer(p.owner))
	if err != nil || len(members) != 1 || members[0].Name != "ann" {
		t.Fatal(members, err)
	}
	if o, err := p.Organization(t.Context(), p.owner); err != nil || o.Name != "My organization" {
		t.Fatal(o, err)
	}
	if _, err := p.Organization(t.Context(), project.Access{}); !errors.Is(err, project.ErrUnauthenticated) {
		t.Fatal(err)
	}
}

func TestTheBaseURLIsChecked(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "faultline.example.com", "ftp://x", "https://", "https://u@x", "https://x/?q", "https://x/#f"} {
		if _, err := admin.DSN(bad, "k", 1); err == nil {
			t.Errorf("%q is a base URL", bad)
		}
	}
	if got, err := admin.DSN("http://127.0.0.1:8080", "00112233445566778899aabbccddeeff", 1); err != nil || got != "http://00112233445566778899aabbccddeeff@127.0.0.1:8080/1" {
		t.Fatal(got, err)
	}
}
