package admin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/server/admin"
)

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

func TestTheBaseURLIsChecked(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "faultline.example.com", "ftp://x", "https://", "https://u@x", "https://x/?q", "https://x/#f"} {
		if _, err := admin.New(admin.Config{BaseURL: bad}); err == nil || !strings.Contains(err.Error(), "base URL") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := admin.New(admin.Config{BaseURL: "http://127.0.0.1:8080"}); err == nil || strings.Contains(err.Error(), "base URL") {
		t.Error(err)
	}
}
