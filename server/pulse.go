package server

import "github.com/faultline-dev/faultline/server/pulse"

// takePulse makes what gathers sessions and check-ins.
func (s *Server) takePulse() (err error) {
	s.pulse, err = pulse.New(s.cfg.Pulse, pulse.Parts{Store: s.parts.ClickHouse, Metrics: s.parts.Registry, Logger: s.parts.Logger})
	return err
}
