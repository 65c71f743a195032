package api

import (
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	adminv1 "github.com/faultline-dev/faultline/gen/go/faultline/admin/v1"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
)

func toMember(m project.Member) *adminv1.Member {
	return &adminv1.Member{Id: m.ID, Email: m.Email, Name: m.Name, Role: string(m.Role)}
}

func toProject(p project.Project) *adminv1.Project {
	return &adminv1.Project{
		Id: p.ID, Slug: p.Slug, Name: p.Name, Platform: p.Platform,
		CreatedAt: toTime(p.CreatedAt), FirstEventAt: toTime(p.FirstEventAt), RetentionDays: uint32(p.Settings.RetentionDays),
		FingerprintRules: p.Settings.FingerprintRules, StackRules: p.Settings.StackRules,
		Settings: toSettings(p.Settings), Etag: toEtag(p.Version),
	}
}

func toEtag(version uint64) string { return strconv.FormatUint(version, 10) }

// fromEtag reads what toEtag printed; empty is 0, any version.
func fromEtag(etag string) (uint64, error) {
	if etag == "" {
		return 0, nil
	}
	version, err := strconv.ParseUint(etag, 10, 64)
	if err != nil || version == 0 {
		return 0, fmt.Errorf("%w: etag is not one that a project had", project.ErrInvalid)
	}
	return version, nil
}

func toToken(t project.Token) *adminv1.Token {
	return &adminv1.Token{
		Id: t.ID, Name: t.Name, Scopes: each(t.Scopes, func(s project.Scope) string { return string(s) }),
		CreatedAt: toTime(t.CreatedAt), LastUsedAt: toTime(t.LastUsedAt), RevokedAt: toTime(t.RevokedAt), ExpiresAt: toTime(t.ExpiresAt),
	}
}

func toRule(r rule.Rule) *adminv1.Rule {
	return &adminv1.Rule{
		Id: r.ID, ProjectId: r.ProjectID, Name: r.Name, Enabled: r.Enabled,
		Triggers: each(r.Triggers, func(t rule.Trigger) string { return string(t) }),
		Query:    r.Query, Emails: r.Emails, Throttle: durationpb.New(r.Throttle), CreatedAt: toTime(r.CreatedAt),
	}
}

// fromRule reads a rule of a project; what the message says of the project
// itself is ignored.
func fromRule(projectID uint32, r *adminv1.Rule) (rule.Rule, error) {
	if r == nil {
		return rule.Rule{}, fmt.Errorf("%w: rule is missing", rule.ErrInvalid)
	}
	throttle, err := fromDuration("throttle", r.Throttle)
	if err != nil {
		return rule.Rule{}, err
	}
	return rule.Rule{
		ID: r.Id, ProjectID: projectID, Name: r.Name, Enabled: r.Enabled,
		Triggers: each(r.Triggers, func(t string) rule.Trigger { return rule.Trigger(t) }),
		Query:    r.Query, Emails: r.Emails, Throttle: throttle,
	}, nil
}

func toDelivery(d rule.Delivery) *adminv1.Delivery {
	v := &adminv1.Delivery{
		Id: d.ID, ProjectId: d.ProjectID, RuleId: d.RuleID, RuleName: d.RuleName,
		IssueId: d.IssueID.String(), IssueTitle: d.Event.Title, Channel: d.Channel, Recipient: d.Recipient,
		Status: string(d.Status), Reason: d.Reason, Error: d.Error, Attempts: uint32(d.Attempts),
		CreatedAt: toTime(d.CreatedAt), AttemptedAt: toTime(d.AttemptedAt), EventReceivedAt: toTime(d.EventReceivedAt),
	}
	if !d.SentAt.IsZero() && !d.EventReceivedAt.IsZero() {
		v.Latency = durationpb.New(d.SentAt.Sub(d.EventReceivedAt))
	}
	return v
}

// fromDuration reads a span of time; absent is 0.
func fromDuration(field string, d *durationpb.Duration) (time.Duration, error) {
	if d == nil {
		return 0, nil
	}
	if err := d.CheckValid(); err != nil {
		return 0, fmt.Errorf("%w: %s is no duration", project.ErrInvalid, field)
	}
	return d.AsDuration(), nil
}
