package server

import (
	"net/url"

	"github.com/faultline-dev/faultline/server/receive/sentry"
)

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
