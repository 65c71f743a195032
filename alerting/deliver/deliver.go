// Package deliver sends notifications and keeps trying until each is sent or given up. What is
// to be sent is a row of the delivery log, written before anything else; a message on the bus
// says that an attempt is due. Either survives the end of every process, and a sweeper makes
// new messages from rows, so nothing is forgotten.
//
// A notification may be attempted twice when a process ends between sending and writing that
// down; channels are given the same identity both times and use it where the other side can.
// The package decides neither who is told nor what is said.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/alerting/notify"
	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
)

// Log is the delivery log. AddDelivery must do nothing where the id exists. Delivery returns
// project.ErrNotFound for an unknown id.
type Log interface {
	AddDelivery(ctx context.Context, d rule.Delivery) (created bool, err error)
	Delivery(ctx context.Context, id string) (rule.Delivery, error)
	UpdateDelivery(ctx context.Context, d rule.Delivery) error
}

// Due finds deliveries whose next attempt is due.
type Due interface {
	DueDeliveries(ctx context.Context, now time.Time, limit int) ([]rule.Delivery, error)
}

// Queue carries the message that an attempt is due. Notify must drop what was published before
// for the same delivery and attempt; ConsumeNotifications must offer a message again until the
// handler returns nil.
type Queue interface {
	Notify(ctx context.Context, n bus.Notification, attempt int) error
	ConsumeNotifications(ctx context.Context, handle func(context.Context, bus.Notification) error) error
}

// Channel sends to one kind of receiver. Errors are *notify.Failure.
type Channel interface {
	Send(ctx context.Context, a notify.Alert) error
}

// Describer finds out what there is to tell about a delivery. What it cannot find out it must
// leave empty.
type Describer interface {
	Describe(ctx context.Context, d rule.Delivery) notify.Alert
}

// Parts are what deliveries need.
type Parts struct {
	Log       Log
	Due       Due
	Queue     Queue
	Describer Describer
	Channels  map[string]Channel    // by name; a missing one suppresses its deliveries
	Metrics   prometheus.Registerer // nil: none
	Logger    *slog.Logger          // nil: slog's default
}

// Service delivers. It is safe for concurrent use.
type Service struct {
	cfg Config
	Parts
	log     *slog.Logger
	metrics metrics
}

// New makes the service; Run starts it.
func New(cfg Config, parts Parts) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	log := parts.Logger
	if log == nil {
		log = slog.Default()
	}
	return &Service{cfg: cfg, Parts: parts, log: log.With("component", "deliver"), metrics: newMetrics(parts.Metrics)}, nil
}

// Add writes down a delivery and asks for its first attempt. It may be called again for the
// same delivery. Where its channel is not configured it is written down as suppressed.
func (s *Service) Add(ctx context.Context, d rule.Delivery) error {
	now := time.Now().UTC()
	d.Status, d.CreatedAt, d.NextAttemptAt = rule.Pending, now, now.Add(s.cfg.FirstAttempt)
	if s.Channels[d.Channel] == nil {
		d.Status, d.Reason, d.NextAttemptAt = rule.Suppressed, "no_"+d.Channel+"_configured", time.Time{}
	}
	created, err := s.Log.AddDelivery(ctx, d)
	if err != nil {
		return fmt.Errorf("write down delivery %s: %w", d.ID, err)
	}
	if d.Status == rule.Suppressed {
		if created {
			s.settled(d)
		}
		return nil
	}
	return s.ask(ctx, d)
}

// Run delivers until ctx ends, and returns when everything has stopped.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Queue.ConsumeNotifications(ctx, s.attempt) })
	g.Go(func() error { return s.sweepLoop(ctx) })
	return g.Wait()
}

// ask publishes that the next attempt of a delivery is due.
func (s *Service) ask(ctx context.Context, d rule.Delivery) error {
	n := bus.Notification{DeliveryID: d.ID, ProjectID: d.ProjectID, Channel: d.Channel, Recipient: d.Recipient}
	if err := s.Queue.Notify(ctx, n, d.Attempts); err != nil {
		return fmt.Errorf("ask for attempt %d of delivery %s: %w", d.Attempts+1, d.ID, err)
	}
	return nil
}

// attempt tries to send one delivery and writes down what became of it.
func (s *Service) attempt(ctx context.Context, n bus.Notification) error {
	d, err := s.Log.Delivery(ctx, n.DeliveryID)
	if errors.Is(err, project.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read delivery %s: %w", n.DeliveryID, err)
	}
	now := time.Now().UTC()
	if d.Final() {
		return nil
	}
	if d.Attempts > 0 && d.NextAttemptAt.After(now) {
		return bus.Later{Delay: d.NextAttemptAt.Sub(now), Why: "another process is at it, or it is too early to try again"}
	}
	// The attempt is counted before it is made, so that one that ends the process is not made
	// for ever, and nobody else makes it for as long as it may last.
	d.Attempts, d.AttemptedAt, d.NextAttemptAt = d.Attempts+1, now, now.Add(s.cfg.Lease)
	if err := s.Log.UpdateDelivery(ctx, d); err != nil {
		return fmt.Errorf("begin attempt %d of delivery %s: %w", d.Attempts, d.ID, err)
	}
	d = s.after(d, s.send(ctx, d), time.Now().UTC())
	// A process that is stopping still writes down what it did.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	if err := s.Log.UpdateDelivery(ctx, d); err != nil {
		return fmt.Errorf("write down attempt %d of delivery %s: %w", d.Attempts, d.ID, err)
	}
	s.settled(d)
	return nil
}

// lastWord bounds writing down an attempt.
const lastWord = 5 * time.Second

// send makes one attempt.
func (s *Service) send(ctx context.Context, d rule.Delivery) error {
	channel := s.Channels[d.Channel]
	if channel == nil {
		return errNoChannel
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	return channel.Send(ctx, s.Describer.Describe(ctx, d))
}

var errNoChannel = errors.New("the channel is not configured")

// after is a delivery as an attempt leaves it.
func (s *Service) after(d rule.Delivery, err error, now time.Time) rule.Delivery {
	d.NextAttemptAt, d.Reason, d.Error = time.Time{}, "", ""
	if err == nil {
		d.Status, d.SentAt = rule.Sent, now
		return d
	}
	if errors.Is(err, errNoChannel) {
		d.Status, d.Reason = rule.Suppressed, "no_"+d.Channel+"_configured"
		return d
	}
	failure := &notify.Failure{Reason: "send_error", Err: err}
	errors.As(err, &failure)
	d.Reason, d.Error = failure.Reason, brief(failure.Err.Error())
	if failure.Permanent || d.Attempts >= s.cfg.MaxAttempts {
		d.Status = rule.GaveUp
		return d
	}
	d.Status = rule.Failed
	d.NextAttemptAt = now.Add(max(s.cfg.wait(d.Attempts), failure.RetryAfter))
	return d
}

// settled counts and logs what became of an attempt.
func (s *Service) settled(d rule.Delivery) {
	s.metrics.deliveries.WithLabelValues(d.Channel, string(d.Status), d.Reason).Inc()
	log := s.log.With("delivery", d.ID, "project", d.ProjectID, "issue", d.IssueID.String(), "rule", d.RuleID, "attempt", d.Attempts)
	switch d.Status {
	case rule.Sent:
		latency := d.SentAt.Sub(d.EventReceivedAt)
		if !d.EventReceivedAt.IsZero() {
			s.metrics.latency.WithLabelValues(d.Channel).Observe(latency.Seconds())
		}
		log.Info("notification sent", "latency", latency)
	case rule.Failed:
		log.Warn("notification failed and will be tried again", "reason", d.Reason, "error", d.Error, "next", d.NextAttemptAt)
	case rule.GaveUp:
		log.Error("notification given up", "reason", d.Reason, "error", d.Error)
	case rule.Suppressed:
		log.Info("notification suppressed", "reason", d.Reason)
	}
}

// brief bounds what the other side said.
func brief(s string) string {
	const most = 500
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
