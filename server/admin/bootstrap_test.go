package admin_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/server/admin"
	"github.com/faultline-dev/faultline/server/auth"
)

const givenKey = "00112233445566778899aabbccddeeff"

var changedAt = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func all() admin.BootstrapConfig {
	return admin.BootstrapConfig{ProjectID: 42, Key: givenKey, Token: "0123456789abcdef", Email: "Ann@Example.com", Password: "correct horse"}
}

// works proves that what the first start printed or was given opens the doors.
func works(t *testing.T, store *meta.Store, projectID uint32, keys []string, token, email, password string) {
	t.Helper()
	ctx := t.Context()
	cfg := auth.DefaultConfig()
	checker, err := auth.NewChecker(ctx, store, auth.NewDirectory(store, cfg), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range append(keys, token) {
		if a, err := checker.Key(ctx, k, projectID); err != nil || a.ProjectID != projectID {
			t.Fatalf("%s does not send to project %d: %v", k, projectID, err)
		}
	}
	a, err := checker.API(ctx, "Bearer "+token, "")
	if err != nil || len(a.Scopes) != len(project.Scopes()) {
		t.Fatal(a, err)
	}
	m, _, _, err := auth.NewSessions(store, cfg).SignIn(ctx, email, password, netip.Addr{})
	if err != nil || m.Role != project.RoleOwner {
		t.Fatal(m, err)
	}
}

func TestFirstStartWithNothingGiven(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	run, err := admin.Bootstrap(t.Context(), store, admin.BootstrapConfig{})
	if err != nil || !run.Created || run.ProjectID != 1 || run.Email != "admin@localhost" {
		t.Fatalf("%+v %v", run, err)
	}
	works(t, store, 1, []string{run.Key, run.APIKey}, run.Token, run.Email, run.Password)
	p, err := store.Project(t.Context(), 1)
	if err != nil || p.Slug != "default" || p.Name != "My project" || p.Settings.RetentionDays != 30 {
		t.Fatal(p, err)
	}
	if rules, err := store.Rules(t.Context(), 1); err != nil || len(rules) != 2 {
		t.Fatal(rules, err)
	}
	again, err := admin.Bootstrap(t.Context(), store, admin.BootstrapConfig{})
	if err != nil || again != (admin.FirstRun{}) {
		t.Fatalf("a second start made something: %+v %v", again, err)
	}
}

func TestFirstStartWithEverythingGiven(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	run, err := admin.Bootstrap(t.Context(), store, all())
	if err != nil || run.APIKey == "" {
		t.Fatal(run, err)
	}
	run.APIKey = ""
	if d := cmp.Diff(admin.FirstRun{Created: true, ProjectID: 42, Key: givenKey, Email: "ann@example.com"}, run); d != "" {
		t.Fatal("what was given is repeated", d)
	}
	works(t, store, 42, []string{givenKey}, all().Token, "ann@example.com", "correct horse")
	for range 2 {
		if again, err := admin.Bootstrap(t.Context(), store, all()); err != nil || again != (admin.FirstRun{}) {
			t.Fatal(again, err)
		}
	}
	if projects, err := store.AllProjects(t.Context()); err != nil || len(projects) != 1 {
		t.Fatal(projects, err)
	}
}

func TestLaterStartsMakeSureOfWhatIsGiven(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	ctx := t.Context()
	if _, err := admin.Bootstrap(ctx, store, admin.BootstrapConfig{}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Bootstrap(ctx, store, all()); err != nil {
		t.Fatal(err)
	}
	works(t, store, 42, []string{givenKey}, all().Token, "ann@example.com", "correct horse")
	if p, err := store.Project(ctx, 42); err != nil || p.Slug != "default-2" {
		t.Fatal(p, err)
	}
	changed := all()
	changed.Password = "another password"
	if _, err := admin.Bootstrap(ctx, store, changed); err != nil {
		t.Fatal(err)
	}
	works(t, store, 42, nil, all().Token, "ann@example.com", "correct horse") // a person's password stays
	if _, err := store.RevokeKey(ctx, 42, givenKey, changedAt); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Bootstrap(ctx, store, all()); err != nil {
		t.Fatal(err)
	}
	if k, err := store.Key(ctx, givenKey); err != nil || k.RevokedAt.IsZero() {
		t.Fatal("a revoked key came back:", k, err)
	}
	elsewhere := all()
	elsewhere.ProjectID = 1
	if _, err := admin.Bootstrap(ctx, store, elsewhere); err == nil || !strings.Contains(err.Error(), "FAULTLINE_BOOTSTRAP_KEY is a key of project 42") {
		t.Fatal(err)
	}
	t.Run("a key without its project", func(t *testing.T) {
		t.Parallel()
		store := openStore(t)
		if _, err := admin.Bootstrap(ctx, store, admin.BootstrapConfig{ProjectID: 42}); err != nil {
			t.Fatal(err)
		}
		_, err := admin.Bootstrap(ctx, store, admin.BootstrapConfig{Key: givenKey})
		if !errors.Is(err, project.ErrNotFound) || !strings.Contains(err.Error(), "FAULTLINE_BOOTSTRAP_PROJECT_ID") {
			t.Fatal(err)
		}
	})
}

func TestOneOfManyFirstStartsGetsTheSecrets(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	runs := make([]admin.FirstRun, 6)
	var g errgroup.Group
	for i := range runs {
		g.Go(func() (err error) {
			runs[i], err = admin.Bootstrap(context.Background(), store, admin.BootstrapConfig{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, run := range runs {
		if run.Created {
			n++
			works(t, store, 1, []string{run.Key, run.APIKey}, run.Token, run.Email, run.Password)
		}
	}
	if n != 1 {
		t.Fatalf("%d of 6 got secrets", n)
	}
}

func TestWhatIsGivenIsCheckedByName(t *testing.T) {
	t.Parallel()
	f := func(want string, change func(*admin.BootstrapConfig)) {
		t.Helper()
		c := all()
		change(&c)
		got := ""
		if err := c.Validate(); err != nil {
			got = err.Error()
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	}
	f("", func(*admin.BootstrapConfig) {})
	f("", func(c *admin.BootstrapConfig) {
		c.Key = strings.ToUpper(c.Key)
		c.Token = givenKey
		c.Email = "admin@localhost"
	})
	f("FAULTLINE_BOOTSTRAP_KEY is not 32 hexadecimal digits", func(c *admin.BootstrapConfig) { c.Key = "abc" })
	f("FAULTLINE_BOOTSTRAP_TOKEN has 15 characters; it must have 16 to 512", func(c *admin.BootstrapConfig) { c.Token = c.Token[:15] })
	f("FAULTLINE_BOOTSTRAP_TOKEN holds a space or a character beyond ASCII", func(c *admin.BootstrapConfig) { c.Token = "sixteen characters" })
	f("FAULTLINE_BOOTSTRAP_TOKEN looks like a JWT, which it cannot be", func(c *admin.BootstrapConfig) { c.Token = "eyJhbGciOiJ9.eyJ9.AAAA" })
	f(`FAULTLINE_BOOTSTRAP_EMAIL is wrong: "ann" is no e-mail address`, func(c *admin.BootstrapConfig) { c.Email = "ann" })
	f("FAULTLINE_BOOTSTRAP_PASSWORD has 3 bytes; it must have 8 to 1024", func(c *admin.BootstrapConfig) { c.Password = "abc" })
	f("FAULTLINE_BOOTSTRAP_KEY is not 32 hexadecimal digits\nFAULTLINE_BOOTSTRAP_PASSWORD has 3 bytes; it must have 8 to 1024", func(c *admin.BootstrapConfig) { c.Key, c.Password = "x", "abc" })
}
