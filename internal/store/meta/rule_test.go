package meta_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/store/meta"
)

func testRules(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	want := rule.Rule{ProjectID: 7, Name: "Fatal", Enabled: true, Triggers: []rule.Trigger{rule.OnEvent, rule.OnNewIssue},
		Query: "level:fatal", Emails: []string{"ann@example.com"}, Throttle: 30 * time.Minute, CreatedAt: at}
	got, err := s.PutRule(ctx, want)
	if err != nil {
		t.Fatal(err)
	}
	if want.ID = got.ID; want.ID == "" {
		t.Fatal("no id")
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	replaced := want
	replaced.Name, replaced.Enabled, replaced.Throttle, replaced.CreatedAt = "Renamed", false, 0, at.Add(time.Hour)
	if _, err := s.PutRule(ctx, replaced); err != nil {
		t.Fatal(err)
	}
	replaced.CreatedAt = at
	if got, err = s.Rule(ctx, want.ID); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(replaced, got); d != "" {
		t.Fatal(d)
	}
	foreign := replaced
	foreign.ProjectID = 9
	if _, err := s.PutRule(ctx, foreign); !errors.Is(err, project.ErrNotFound) {
		t.Fatal("a rule was replaced through another project:", err)
	}
	if err := s.DeleteRule(ctx, 9, want.ID); !errors.Is(err, project.ErrNotFound) {
		t.Fatal("a rule was removed through another project:", err)
	}
	if all, err := s.Rules(ctx, 7); err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if err := s.DeleteRule(ctx, 7, want.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Rule(ctx, want.ID); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
}

func testDeliveries(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	first := rule.Delivery{ID: "d1", ProjectID: 7, RuleID: "r1", RuleName: "Fatal", IssueID: webIssue(1), ShortID: "WEB-1", Trigger: rule.OnEvent,
		Event: event.Summary{EventID: event.ID{1, 2}, ProjectID: 7, Fingerprint: fp(1), Timestamp: at, ReceivedAt: at, Title: "boom \x00 \xff", Level: event.LevelFatal,
			Tags: []event.Tag{{Key: "a", Value: "b"}}},
		Channel: "email", Recipient: "ann@example.com", Status: rule.Pending, CreatedAt: at, NextAttemptAt: at, EventReceivedAt: at}
	add := func(v rule.Delivery, want bool) {
		t.Helper()
		if created, err := s.AddDelivery(ctx, v); err != nil || created != want {
			t.Fatal(created, err)
		}
	}
	due := func(when time.Time, want ...string) {
		t.Helper()
		got, err := s.DueDeliveries(ctx, when, 10)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, deliveryIDs(got)); d != "" {
			t.Fatal(d)
		}
	}
	last := func(ruleID string, id issue.ID, want time.Time) {
		t.Helper()
		if got, err := s.LastNotified(ctx, ruleID, id); err != nil || !got.Equal(want) {
			t.Fatal(got, err)
		}
	}
	last("r1", webIssue(1), time.Time{})
	add(first, true)
	twice := first
	twice.Recipient = "eve@example.com"
	add(twice, false)

	got, err := s.Delivery(ctx, "d1")
	if err != nil {
		t.Fatal(err)
	}
	want := first
	want.Event.Title = "boom \x00 \uFFFD"
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}

	kept := first
	kept.ID, kept.Status, kept.Reason, kept.CreatedAt, kept.NextAttemptAt = "d2", rule.Suppressed, "throttled", at.Add(time.Minute), time.Time{}
	add(kept, true)
	due(at.Add(-time.Second))
	due(at, "d1")
	last("r1", webIssue(1), at)
	last("r1", webIssue(2), time.Time{})
	last("r2", webIssue(1), time.Time{})

	got.Status, got.Reason, got.Error, got.Attempts, got.AttemptedAt, got.NextAttemptAt = rule.Failed, "smtp_error", "451 \x00later", 1, at, at.Add(time.Hour)
	if err := s.UpdateDelivery(ctx, got); err != nil {
		t.Fatal(err)
	}
	due(at.Add(time.Minute))
	due(at.Add(time.Hour), "d1")
	got.Status, got.Reason, got.Error, got.SentAt = rule.Sent, "", "", at.Add(time.Hour)
	if err := s.UpdateDelivery(ctx, got); err != nil {
		t.Fatal(err)
	}
	due(at.Add(2 * time.Hour))
	if err := s.UpdateDelivery(ctx, rule.Delivery{ID: "none"}); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}

	list := func(f rule.DeliveryFilter, limit, offset int, want ...string) {
		t.Helper()
		got, err := s.Deliveries(ctx, f, limit, offset)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, deliveryIDs(got)); d != "" {
			t.Fatal(d)
		}
	}
	list(rule.DeliveryFilter{ProjectID: 9}, 10, 0)
	list(rule.DeliveryFilter{ProjectID: 7}, 10, 0, "d2", "d1")
	list(rule.DeliveryFilter{ProjectID: 7}, 1, 1, "d1")
	list(rule.DeliveryFilter{ProjectID: 7, Before: "d2"}, 10, 0, "d1")
	list(rule.DeliveryFilter{ProjectID: 7, Before: "d1"}, 10, 0)
	list(rule.DeliveryFilter{ProjectID: 7, Before: "none"}, 10, 0)
	list(rule.DeliveryFilter{ProjectID: 7, Status: rule.Sent}, 10, 0, "d1")
	list(rule.DeliveryFilter{ProjectID: 7, RuleID: "r2"}, 10, 0)
	list(rule.DeliveryFilter{ProjectID: 7, RuleID: "r1", IssueID: webIssue(1), Status: rule.Suppressed}, 10, 0, "d2")
	list(rule.DeliveryFilter{ProjectID: 7, IssueID: webIssue(2)}, 10, 0)
}

func deliveryIDs(all []rule.Delivery) []string {
	var ids []string
	for _, d := range all {
		ids = append(ids, d.ID)
	}
	return ids
}
