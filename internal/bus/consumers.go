package bus

import (
	"context"

	busv1 "github.com/faultline-dev/faultline/gen/go/faultline/bus/v1"
	"github.com/faultline-dev/faultline/internal/event"
)

// issueShare is how many times more messages about issues are handled at the same time than
// others: new issues share transactions, so a storm of them is the cheaper the more of them wait
// together.
const issueShare = 4

// ConsumeIssues hands over what ingest saw, until ctx ends. A handler that fails gets the
// message again; it must bear messages that come twice. Messages about one fingerprint come
// one after another.
func (b *Bus) ConsumeIssues(ctx context.Context, handle func(context.Context, Observed) error) error {
	return consume(ctx, b, consumer[*busv1.IssueObserved, Observed]{
		stream: streamIssues, name: "triage", workers: issueShare * b.cfg.Workers,
		empty: func() *busv1.IssueObserved { return new(busv1.IssueObserved) }, read: observedFromProto,
		about:  func(o Observed) event.Fingerprint { return o.Event.Fingerprint },
		handle: handle,
	})
}

// ConsumeChanges hands over changes of issues, as ConsumeIssues does.
func (b *Bus) ConsumeChanges(ctx context.Context, handle func(context.Context, Changed) error) error {
	return consume(ctx, b, consumer[*busv1.IssueChanged, Changed]{
		stream: streamAlerts, name: "alerting-changes", subject: "issue.changed.*",
		empty: func() *busv1.IssueChanged { return new(busv1.IssueChanged) }, read: changedFromProto,
		about:  func(c Changed) event.Fingerprint { return c.Fingerprint },
		handle: handle,
	})
}

// ConsumeCritical hands over critical events, as ConsumeIssues does.
func (b *Bus) ConsumeCritical(ctx context.Context, handle func(context.Context, Critical) error) error {
	return consume(ctx, b, consumer[*busv1.CriticalEvent, Critical]{
		stream: streamAlerts, name: "alerting-critical", subject: "event.critical.*",
		empty: func() *busv1.CriticalEvent { return new(busv1.CriticalEvent) }, read: criticalFromProto,
		about:  func(c Critical) event.Fingerprint { return c.Event.Fingerprint },
		handle: handle,
	})
}

// ConsumeNotifications hands over deliveries to attempt, as ConsumeIssues does; the order is
// free.
func (b *Bus) ConsumeNotifications(ctx context.Context, handle func(context.Context, Notification) error) error {
	return consume(ctx, b, consumer[*busv1.Notification, Notification]{
		stream: streamNotify, name: "alerting-notify",
		empty: func() *busv1.Notification { return new(busv1.Notification) }, read: notificationFromProto,
		about: func(n Notification) (f event.Fingerprint) {
			copy(f[:], n.DeliveryID)
			return f
		},
		handle: handle,
	})
}
