package admin_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/server/admin"
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
		{"UpdateKey", func(a project.Access) error {
			_, err := p.UpdateKey(ctx, a, id, p.run.Key, admin.KeyChange{})
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

func TestAChangeIsKeptAlthoughNobodyCanBeTold(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.bell.err = errors.New("the bus is away")
	if k, err := p.RevokeKey(t.Context(), p.owner, p.run.ProjectID, p.run.Key); err != nil || k.RevokedAt.IsZero() {
		t.Fatal(k, err)
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
