package server

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/faultline-dev/faultline/internal/store/disk"
	"github.com/faultline-dev/faultline/internal/store/s3"
	"github.com/faultline-dev/faultline/server/repair"
	"github.com/faultline-dev/faultline/server/sentryapi"
	"github.com/faultline-dev/faultline/server/upload"
)

// takeUploads makes the place of source maps, which both roles need: one fills it, the
// other looks things up. What comes late repairs the events of before.
func (s *Server) takeUploads() (err error) {
	p := s.parts
	if s.repairs, err = repair.New(s.cfg.Repair, repair.Parts{
		Jobs: p.Meta, Events: p.ClickHouse, Issues: p.ClickHouse, Workflow: p.Meta, Projects: s.dir, Announce: p.Bus, Regroupings: p.Meta, Moves: p.ClickHouse,
		Metrics: p.Registry, Logger: p.Logger,
	}); err != nil {
		return err
	}
	chunks, err := s.shelf("chunks")
	if err != nil {
		return err
	}
	bundles, err := s.shelf("bundles")
	if err != nil {
		return err
	}
	s.uploads, err = upload.New(s.cfg.Uploads, upload.Parts{
		Index: s.parts.Meta, Chunks: chunks, Bundles: bundles, Past: s.repairs, Logger: s.parts.Logger,
	})
	return err
}

// shelf is where uploads of a kind are: in object storage if there is one, else in a folder.
func (s *Server) shelf(kind string) (upload.Files, error) {
	dir := filepath.Join(s.cfg.Uploads.Dir, kind)
	if s.cfg.Objects.Endpoint == "" {
		return disk.New(dir), nil
	}
	return s3.New(s.cfg.Objects, kind, filepath.Join(dir, "copies"))
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
