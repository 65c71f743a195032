package server

import (
	"net/url"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/ingest"
	"github.com/faultline-dev/faultline/server/normalize"
	"github.com/faultline-dev/faultline/server/pulse"
	"github.com/faultline-dev/faultline/server/receive/native"
	"github.com/faultline-dev/faultline/server/receive/otlp"
	"github.com/faultline-dev/faultline/server/receive/sentry"
)

// takeEvents makes the role ingest.
func (s *Server) takeEvents() (err error) {
	p := s.parts
	s.pipeline, err = ingest.New(s.cfg.Ingest, ingest.Parts{
		Rows: func() ingest.Rows { return p.ClickHouse.Block() }, Store: p.ClickHouse, Index: p.ClickHouse, Spill: p.Bus, Publisher: p.Bus, Tail: p.Bus,
		Directory: s.dir, Symbols: s.uploads, Metrics: ingest.NewMetrics(p.Registry), Logger: p.Logger,
	})
	if err != nil {
		return err
	}
	if err := s.takePulse(); err != nil {
		return err
	}
	if err := s.takeSentry(); err != nil {
		return err
	}
	limits := s.cfg.Ingest.Limits
	prepare := func(platform string, st *event.Stacktrace) bool { return normalize.Stack(platform, st, limits) }
	if s.otlp, err = otlp.New(s.cfg.OTLP, otlp.Parts{
		Sink: s.pipeline, TurnAway: s.pipeline.TurnAway, Keys: s.checker, Metrics: otlp.NewMetrics(p.Registry), Logger: p.Logger, PrepareStack: prepare,
	}); err != nil {
		return err
	}
	s.native, err = native.New(s.cfg.Native, native.Parts{
		Sink: s.pipeline, TurnAway: s.pipeline.TurnAway, Keys: s.checker, Logger: p.Logger, PrepareStack: prepare,
	})
	if err != nil {
		return err
	}
	p.Registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "faultline_ingest_stacks_shared_total", Help: "Stack traces that were found among those seen before.",
		}, func() float64 { return float64(s.native.Stacks().Shared) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "faultline_ingest_stacks_own_total", Help: "Stack traces that were decoded for one event.",
		}, func() float64 { return float64(s.native.Stacks().Own) }),
	)
	return nil
}

// takePulse makes what gathers sessions and check-ins.
func (s *Server) takePulse() (err error) {
	s.pulse, err = pulse.New(s.cfg.Pulse, pulse.Parts{Store: s.parts.ClickHouse, Metrics: s.parts.Registry, Logger: s.parts.Logger})
	return err
}

// takeSentry makes the intake of Sentry's protocol. DSNs have the path of the base
// URL, which a proxy may or may not take away.
func (s *Server) takeSentry() (err error) {
	settings := s.cfg.Sentry
	if base, err := url.Parse(s.cfg.BaseURL); err == nil && settings.PathPrefix == "" {
		settings.PathPrefix = base.Path
	}
	s.sentry, err = sentry.New(settings, sentry.Parts{
		Sink: s.pipeline, TurnAway: s.pipeline.TurnAway, Keys: s.checker, Metrics: s.parts.Registry, Logger: s.parts.Logger, Attachments: s.files, Pulse: s.pulse,
	})
	return err
}
