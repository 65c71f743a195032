package server

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/faultline-dev/faultline/internal/store/disk"
	"github.com/faultline-dev/faultline/server/repair"
	"github.com/faultline-dev/faultline/server/sentryapi"
	"github.com/faultline-dev/faultline/server/upload"
)

// takeUploads makes the place of source maps, which both roles need: one fills it, the
// other looks things up. What comes late repairs the events of before.
func (s *Server) takeUploads() (err error) {
	p := s.parts
	if s.repairs, err = repair.New(s.cfg.Repair, repair.Parts{
		Jobs: p.Meta, Events: p.ClickHouse, Issues: p.ClickHouse, Workflow: p.Meta, Projects: s.dir, Announce: p.Bus, Metrics: p.Registry, Logger: p.Logger,
	}); err != nil {
		return err
	}
	dir := s.cfg.Uploads.Dir
	s.uploads, err = upload.New(s.cfg.Uploads, upload.Parts{
		Index: s.parts.Meta, Chunks: disk.New(filepath.Join(dir, "chunks")), Bundles: disk.New(filepath.Join(dir, "bundles")), Past: s.repairs, Logger: s.parts.Logger,
	})
	return err
}

// answerBuilds makes the API of sentry-cli and the plugins of bundlers.
func (s *Server) answerBuilds() {
	s.builds = sentryapi.New(sentryapi.Parts{
		Auth: s.checker, Projects: s.parts.Meta, Releases: s.parts.Meta, Uploads: s.uploads, BaseURL: s.cfg.BaseURL, Logger: s.parts.Logger,
	})
}

// mountBuilds serves it, also below the path of the base URL, which a proxy may or may
// not take away.
func (s *Server) mountBuilds(mux *http.ServeMux) {
	mux.Handle("/api/0/", s.builds)
	base, err := url.Parse(s.cfg.BaseURL)
	if err != nil {
		return
	}
	if prefix := strings.TrimRight(base.Path, "/"); prefix != "" {
		mux.Handle(prefix+"/api/0/", http.StripPrefix(prefix, s.builds))
	}
}
