package admin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/server/admin"
)

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
