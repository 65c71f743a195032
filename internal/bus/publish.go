package bus

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	busv1 "github.com/faultline-dev/faultline/gen/go/faultline/bus/v1"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

// message is what is to be published on a stream.
type message struct {
	subject string
	id      string
	body    proto.Message
}

// FirstSeen tells triage of fingerprints that were never seen. Of several events with one
// fingerprint the one that happened first is told. It returns once the stream has all of them
// on disk.
func (b *Bus) FirstSeen(ctx context.Context, events []event.Summary) error {
	type key struct {
		project     uint32
		fingerprint event.Fingerprint
	}
	of := func(s *event.Summary) key { return key{s.ProjectID, s.Fingerprint} }
	earlier := func(a, b *event.Summary) bool { return before(a, b) }
	return b.observed(ctx, "issue.first_seen.", true, pick(events, of, earlier))
}

// Hit tells triage of events of watched fingerprints. Of several events with one fingerprint
// and release the one that happened last is told, because it says most about whether the issue
// came back.
func (b *Bus) Hit(ctx context.Context, events []event.Summary) error {
	type key struct {
		project     uint32
		fingerprint event.Fingerprint
		release     string
	}
	of := func(s *event.Summary) key { return key{s.ProjectID, s.Fingerprint, s.Release} }
	later := func(a, b *event.Summary) bool { return before(b, a) }
	return b.observed(ctx, "issue.hit.", false, pick(events, of, later))
}

func (b *Bus) observed(ctx context.Context, subject string, first bool, events []*event.Summary) error {
	messages := make([]message, len(events))
	for i, s := range events {
		id := issue.ID{ProjectID: s.ProjectID, Fingerprint: s.Fingerprint}
		messages[i] = message{
			subject: subject + project(s.ProjectID),
			id:      "hit-" + id.String() + "-" + s.EventID.String(),
			body:    &busv1.IssueObserved{Occurrence: summaryToProto(*s), First: first},
		}
		if first {
			messages[i].id = "first-" + id.String()
		}
	}
	return b.publish(ctx, messages...)
}

// Critical tells alerting of an event that matches rules that wait for events; no rule ids
// mean that nobody has looked which. Soon after a message about the same issue and rules it
// does nothing, because a person is not told twice within Config.CriticalEvery.
func (b *Bus) Critical(ctx context.Context, s event.Summary, ruleIDs []string) error {
	release, told := b.critical.reserve(s.ProjectID, s.Fingerprint, ruleIDs, time.Now())
	if told {
		return nil
	}
	err := b.publish(ctx, message{
		subject: "event.critical." + project(s.ProjectID),
		id:      "critical-" + project(s.ProjectID) + "-" + s.EventID.String(),
		body:    &busv1.CriticalEvent{Occurrence: summaryToProto(s), RuleIds: ruleIDs},
	})
	if err != nil {
		release()
	}
	return err
}

// IssueChanged tells alerting that an issue changed, with its short id where it is known and
// the event that caused it, if one did.
func (b *Bus) IssueChanged(ctx context.Context, c issue.Change, shortID string, cause *event.Summary) error {
	r := c.Record
	return b.publish(ctx, message{
		subject: "issue.changed." + project(r.ID.ProjectID),
		id:      "changed-" + r.ID.String() + "-" + strconv.FormatUint(r.Version, 10),
		body: changedToProto(Changed{
			Project: r.ID.ProjectID, Fingerprint: r.ID.Fingerprint, ShortID: shortID,
			From: c.From, To: r.State.Status, Reason: r.State.Reason, Version: r.Version, Time: c.Time, Event: cause,
		}),
	})
}

// Notify asks for an attempt to deliver. Asking again for the same attempt of the same
// delivery does nothing within Config.DuplicateWindow.
func (b *Bus) Notify(ctx context.Context, n Notification, attempt int) error {
	return b.publish(ctx, message{
		subject: "notify." + n.Channel,
		id:      "notify-" + n.DeliveryID + "-" + strconv.Itoa(attempt),
		body: &busv1.Notification{
			DeliveryId: n.DeliveryID, ProjectId: n.ProjectID, Channel: n.Channel, Recipient: n.Recipient,
		},
	})
}

// together is how many messages are on their way to the streams at once.
const together = 1000

// publish hands messages to their streams and returns once all are on disk.
func (b *Bus) publish(ctx context.Context, messages ...message) error {
	for some := range slices.Chunk(messages, together) {
		if err := b.publishSome(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bus) publishSome(ctx context.Context, messages []message) error {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.PublishTimeout)
	defer cancel()
	sent := make([]jetstream.PubAckFuture, len(messages))
	for i, m := range messages {
		data, err := proto.Marshal(m.body)
		if err != nil {
			return fmt.Errorf("encode a message for %s: %w", m.subject, err)
		}
		sent[i], err = b.js.PublishMsgAsync(&nats.Msg{Subject: m.subject, Data: data}, jetstream.WithMsgID(m.id))
		if err != nil {
			return fmt.Errorf("publish on %s: %w", m.subject, err)
		}
	}
	for i, f := range sent {
		select {
		case <-f.Ok():
		case err := <-f.Err():
			return fmt.Errorf("publish on %s: %w", messages[i].subject, err)
		case <-ctx.Done():
			return fmt.Errorf("publish on %s: no answer from NATS: %w", messages[i].subject, context.Cause(ctx))
		}
	}
	return nil
}

// pick keeps, of events with equal keys, the one that is better than all others, in the order
// of their first appearance.
func pick[K comparable](events []event.Summary, key func(*event.Summary) K, better func(a, b *event.Summary) bool) []*event.Summary {
	var out []*event.Summary
	at := make(map[K]int, len(events))
	for i := range events {
		s := &events[i]
		k := key(s)
		j, ok := at[k]
		if !ok {
			at[k] = len(out)
			out = append(out, s)
		} else if better(s, out[j]) {
			out[j] = s
		}
	}
	return out
}

// before orders events by time, those of one instant by id, so that every process picks the
// same one.
func before(a, b *event.Summary) bool {
	return cmp.Or(a.Timestamp.Compare(b.Timestamp), cmp.Compare(a.EventID.String(), b.EventID.String())) < 0
}

func project(id uint32) string { return strconv.FormatUint(uint64(id), 10) }
