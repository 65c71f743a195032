package bus

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	busv1 "github.com/faultline-dev/faultline/gen/go/faultline/bus/v1"
	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

var errIDLength = errors.New("an id or fingerprint has 16 bytes")

func summaryToProto(s event.Summary) *busv1.Occurrence {
	o := &busv1.Occurrence{
		EventId: s.EventID[:], ProjectId: s.ProjectID, Fingerprint: s.Fingerprint[:],
		Timestamp: stamp(s.Timestamp), ReceivedAt: stamp(s.ReceivedAt),
		Title: s.Title, Culprit: s.Culprit, Level: eventv1.Level(s.Level), Handled: s.Handled, Platform: s.Platform,
		Release: s.Release, Environment: s.Environment, User: s.User, Transaction: s.Transaction, ServerName: s.ServerName,
	}
	if len(s.Tags) > 0 {
		o.Tags = make(map[string]string, len(s.Tags))
		for _, t := range s.Tags {
			o.Tags[t.Key] = t.Value
		}
	}
	return o
}

// summaryFromProto reads a short form; its tags come sorted by key.
func summaryFromProto(o *busv1.Occurrence) (event.Summary, error) {
	if len(o.GetEventId()) != 16 || len(o.GetFingerprint()) != 16 {
		return event.Summary{}, errIDLength
	}
	s := event.Summary{
		EventID: event.ID(o.EventId), ProjectID: o.ProjectId, Fingerprint: event.Fingerprint(o.Fingerprint),
		Timestamp: moment(o.Timestamp), ReceivedAt: moment(o.ReceivedAt),
		Title: o.Title, Culprit: o.Culprit, Level: level(o.Level), Handled: o.Handled, Platform: o.Platform,
		Release: o.Release, Environment: o.Environment, User: o.User, Transaction: o.Transaction, ServerName: o.ServerName,
	}
	for k, v := range o.Tags {
		s.Tags = append(s.Tags, event.Tag{Key: k, Value: v})
	}
	slices.SortFunc(s.Tags, func(a, b event.Tag) int { return strings.Compare(a.Key, b.Key) })
	return s, nil
}

func observedFromProto(m *busv1.IssueObserved) (Observed, error) {
	s, err := summaryFromProto(m.GetOccurrence())
	return Observed{Event: s, First: m.First}, err
}

func criticalFromProto(m *busv1.CriticalEvent) (Critical, error) {
	s, err := summaryFromProto(m.GetOccurrence())
	return Critical{Event: s, RuleIDs: m.RuleIds}, err
}

func changedToProto(c Changed) *busv1.IssueChanged {
	m := &busv1.IssueChanged{
		ProjectId: c.Project, Fingerprint: c.Fingerprint[:], ShortId: c.ShortID,
		From: string(c.From), To: string(c.To), Reason: string(c.Reason), Version: c.Version, Time: stamp(c.Time),
	}
	if c.Event != nil {
		m.Occurrence = summaryToProto(*c.Event)
	}
	return m
}

func changedFromProto(m *busv1.IssueChanged) (Changed, error) {
	if len(m.Fingerprint) != 16 {
		return Changed{}, errIDLength
	}
	c := Changed{
		Project: m.ProjectId, Fingerprint: event.Fingerprint(m.Fingerprint), ShortID: m.ShortId,
		From: issue.Status(m.From), To: issue.Status(m.To), Reason: issue.Reason(m.Reason),
		Version: m.Version, Time: moment(m.Time),
	}
	if m.Occurrence == nil {
		return c, nil
	}
	s, err := summaryFromProto(m.Occurrence)
	if err != nil {
		return Changed{}, fmt.Errorf("event of the change: %w", err)
	}
	c.Event = &s
	return c, nil
}

func notificationFromProto(m *busv1.Notification) (Notification, error) {
	if m.DeliveryId == "" {
		return Notification{}, errors.New("a notification names its delivery")
	}
	return Notification{DeliveryID: m.DeliveryId, ProjectID: m.ProjectId, Channel: m.Channel, Recipient: m.Recipient}, nil
}

// stamp leaves the zero time out of the message.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func moment(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// level takes what is no level for an unknown one.
func level(l eventv1.Level) event.Level {
	if l < 0 || l > eventv1.Level(event.LevelFatal) {
		return event.LevelUnknown
	}
	return event.Level(l)
}
