// Package alerting is the service that tells people of what their rules ask for: watch looks at
// what happened, evaluate decides, deliver sends through the channels of notify and keeps
// trying. This package only wires them; it knows nothing of the server, with which it talks
// over the bus and the meta store.
package alerting

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/alerting/deliver"
	"github.com/faultline-dev/faultline/alerting/notify/email"
	"github.com/faultline-dev/faultline/alerting/watch"
	"github.com/faultline-dev/faultline/internal/rule"
)

// Config is the configuration of the whole service.
type Config struct {
	// BaseURL is where people reach the dashboard; links in notifications begin with it.
	BaseURL string
	// Watch is about looking at what happened.
	Watch watch.Config
	// Deliver is about sending and trying again.
	Deliver deliver.Config
	// Email is the service that sends mail. Without one, alerts are written down as suppressed.
	Email email.Config
}

// DefaultConfig is complete but for a mail service.
func DefaultConfig() Config {
	return Config{
		BaseURL: "http://127.0.0.1:8080", Watch: watch.DefaultConfig(), Deliver: deliver.DefaultConfig(), Email: email.DefaultConfig(),
	}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	for _, check := range []func() error{c.Watch.Validate, c.Deliver.Validate, c.Email.Validate} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// Bus carries what happened and what is to be sent.
type Bus interface {
	watch.Incoming
	deliver.Queue
	OnSettingsChanged(fn func(projectID uint32)) (stop func(), err error)
}

// Meta is the truth about projects, rules, issues and deliveries.
type Meta interface {
	watch.Settings
	watch.Workflow
	watch.History
	deliver.Log
	deliver.Due
}

// Parts are what the service needs.
type Parts struct {
	Bus     Bus
	Meta    Meta
	Stored  deliver.Stored
	Metrics prometheus.Registerer // nil: none
	Logger  *slog.Logger          // nil: slog's default
}

// Service tells people. Make it with New, start it with Run.
type Service struct {
	bus     Bus
	watch   *watch.Service
	deliver *deliver.Service
}

// New wires the service. Without a mail service alerts are decided and written down, and not
// sent.
func New(cfg Config, parts Parts) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	channels := make(map[string]deliver.Channel)
	if cfg.Email.Enabled() {
		mail, err := email.New(cfg.Email, cfg.BaseURL)
		if err != nil {
			return nil, err
		}
		channels[rule.Email] = mail
	}
	d, err := deliver.New(cfg.Deliver, deliver.Parts{
		Log: parts.Meta, Due: parts.Meta, Queue: parts.Bus, Channels: channels,
		Describer: deliver.Facts{Workflow: parts.Meta, Stored: parts.Stored, Logger: parts.Logger},
		Metrics:   parts.Metrics, Logger: parts.Logger,
	})
	if err != nil {
		return nil, err
	}
	w, err := watch.New(cfg.Watch, watch.Parts{
		Incoming: parts.Bus, Settings: parts.Meta, Workflow: parts.Meta, History: parts.Meta, Stored: parts.Stored,
		Deliverer: d, Silent: len(channels) == 0, Metrics: parts.Metrics, Logger: parts.Logger,
	})
	if err != nil {
		return nil, err
	}
	return &Service{bus: parts.Bus, watch: w, deliver: d}, nil
}

// Run works until ctx ends, and returns when everything has stopped.
func (s *Service) Run(ctx context.Context) error {
	stop, err := s.bus.OnSettingsChanged(s.watch.Invalidate)
	if err != nil {
		return fmt.Errorf("start alerting: %w", err)
	}
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.watch.Run(ctx) })
	g.Go(func() error { return s.deliver.Run(ctx) })
	return g.Wait()
}
