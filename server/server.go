// Package server joins the parts that take events, answer queries and run the
// workflow of issues: it gives each use-case its adapters, and each face its
// use-cases. It decides nothing itself and starts no store.
package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/store/clickhouse"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/internal/store/s3"
	"github.com/faultline-dev/faultline/server/admin"
	"github.com/faultline-dev/faultline/server/api"
	"github.com/faultline-dev/faultline/server/attach"
	"github.com/faultline-dev/faultline/server/auth"
	"github.com/faultline-dev/faultline/server/credential"
	"github.com/faultline-dev/faultline/server/forwarded"
	"github.com/faultline-dev/faultline/server/ingest"
	"github.com/faultline-dev/faultline/server/pulse"
	"github.com/faultline-dev/faultline/server/query"
	"github.com/faultline-dev/faultline/server/receive/native"
	"github.com/faultline-dev/faultline/server/receive/otlp"
	"github.com/faultline-dev/faultline/server/receive/sentry"
	"github.com/faultline-dev/faultline/server/regroup"
	"github.com/faultline-dev/faultline/server/repair"
	"github.com/faultline-dev/faultline/server/sentryapi"
	"github.com/faultline-dev/faultline/server/triage"
	"github.com/faultline-dev/faultline/server/upload"
	"github.com/faultline-dev/faultline/server/web"
)

// Config is the configuration of every part.
type Config struct {
	Ingest  ingest.Config
	Native  native.Config
	Sentry  sentry.Config
	OTLP    otlp.Config
	Auth    auth.Config
	Triage  triage.Config
	Uploads upload.Config
	Repair  repair.Config
	Objects s3.Config
	Regroup regroup.Config

	Attachments attach.Config
	Pulse       pulse.Config

	BaseURL     string // where people reach the dashboard
	Proxies     forwarded.Proxies
	Version     string
	TakesEvents bool // the role ingest
	Answers     bool // the role api
}

// Parts are what is open already.
type Parts struct {
	ClickHouse *clickhouse.Store
	Meta       *meta.Store
	Bus        *bus.Bus
	Dashboard  fs.FS // as built; may be empty
	Registry   *prometheus.Registry
	Logger     *slog.Logger
	// Check names parts outside this package and how they are: nil is well.
	Check map[string]func(context.Context) error
}

// Server is all roles but alerts.
type Server struct {
	cfg      Config
	parts    Parts
	pipeline *ingest.Pipeline // nil without the role ingest
	native   *native.Handler  // nil without the role ingest
	sentry   *sentry.Handler  // nil without the role ingest
	otlp     *otlp.Handler    // nil without the role ingest
	triage   *triage.Service
	uploads  *upload.Service
	repairs  *repair.Service
	files    *attach.Service
	pulse    *pulse.Service     // nil without the role ingest
	builds   *sentryapi.Handler // nil without the role api
	api      *api.API           // nil without the role api
	web      *web.Handler
	checker  *auth.Checker
	dir      *auth.Directory
	draining chan struct{}
	stopOnce sync.Once
}

// New joins the parts. Nothing runs before Run.
func New(ctx context.Context, cfg Config, p Parts) (*Server, error) {
	s := &Server{cfg: cfg, parts: p, draining: make(chan struct{})}
	if err := cfg.Auth.Validate(); err != nil {
		return nil, err
	}
	var err error
	s.dir = auth.NewDirectory(p.Meta, cfg.Auth)
	if s.checker, err = auth.NewChecker(ctx, p.Meta, s.dir, cfg.Auth); err != nil {
		return nil, fmt.Errorf("prepare the checking of keys: %w", err)
	}
	if s.triage, err = triage.New(cfg.Triage, triage.Parts{
		Incoming: p.Bus, Announcer: p.Bus, Workflow: p.Meta, Ages: p.Meta, Outbox: p.Meta, Projects: p.Meta, Rules: p.Meta,
		Mirror: p.ClickHouse, Stored: p.ClickHouse, Metrics: p.Registry, Logger: p.Logger,
	}); err != nil {
		return nil, err
	}
	if err := s.takeUploads(); err != nil {
		return nil, err
	}
	if err := s.takeAttachments(); err != nil {
		return nil, err
	}
	if cfg.TakesEvents {
		if err := s.takeEvents(); err != nil {
			return nil, err
		}
	}
	if cfg.Answers {
		if err := s.answer(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// answer makes the role api.
func (s *Server) answer(ctx context.Context) (err error) {
	p := s.parts
	queries := query.New(query.Parts{
		Events: p.ClickHouse, Issues: p.Meta, Tail: p.Bus, Flush: s.triage, Announce: p.Bus, Log: p.Logger,
		Health: p.ClickHouse, Attachments: s.files,
	})
	signer, err := credential.LoadSigner(ctx, p.Meta)
	if err != nil {
		return fmt.Errorf("open the signing key: %w", err)
	}
	admins, err := admin.New(admin.Config{Store: p.Meta, Changes: p.Bus, Signer: signer, CheckQuery: checkQuery, BaseURL: s.cfg.BaseURL, Log: p.Logger})
	if err != nil {
		return err
	}
	laboratory, err := regroup.New(s.cfg.Regroup, regroup.Parts{
		Events: p.ClickHouse, Records: p.Meta, Regroup: p.Meta, Flush: s.triage, Announce: p.Bus, Log: p.Logger,
	})
	if err != nil {
		return err
	}
	if s.api, err = api.New(api.Options{
		Query: queries, Admin: admins, Grouping: laboratory, Sessions: auth.NewSessions(p.Meta, s.cfg.Auth), Auth: s.checker, Log: p.Logger,
		Version: s.cfg.Version, BaseURL: s.cfg.BaseURL,
	}); err != nil {
		return err
	}
	s.answerBuilds()
	s.web, err = web.New(p.Dashboard)
	return err
}

// checkQuery reports why an alert rule cannot have a query.
func checkQuery(text string) error {
	_, err := search.ParseEvents(text)
	return err
}

// StopTaking ends the streams of events: what they have sent is stored and
// acknowledged, nothing more is read. From then on the server is not ready.
func (s *Server) StopTaking() {
	s.stopOnce.Do(func() {
		close(s.draining)
		if s.native != nil {
			s.native.Stop()
		}
	})
}

// Run does the work behind the faces until ctx ends, and returns when what was
// taken is stored and everything has stopped.
func (s *Server) Run(ctx context.Context) error {
	stop, err := s.parts.Bus.OnSettingsChanged(func(projectID uint32) {
		s.dir.Invalidate(projectID)
		s.checker.Invalidate(projectID)
	})
	if err != nil {
		return fmt.Errorf("listen for changed settings: %w", err)
	}
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.triage.Run(ctx) })
	g.Go(func() error { return s.uploads.Run(ctx) })
	g.Go(func() error { return s.repairs.Run(ctx, s.uploads) })
	g.Go(func() error { return s.files.Run(ctx) })
	if s.pipeline != nil {
		g.Go(func() error { return s.pulse.Run(ctx) })
		g.Go(func() error { return s.pipeline.Run(ctx) })
	}
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// readyTimeout bounds each check of Ready.
const readyTimeout = 2 * time.Second

// Ready says how each part is, and whether an event sent now would be stored.
func (s *Server) Ready(ctx context.Context) (parts map[string]string, ready bool) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	parts, ready = map[string]string{}, true
	note := func(name string, err error, needed bool) {
		parts[name] = "ok"
		if err != nil {
			parts[name] = err.Error()
			ready = ready && !needed
		}
	}
	select {
	case <-s.draining:
		note("server", errors.New("is stopping"), true)
	default:
	}
	note("clickhouse", s.parts.ClickHouse.Ready(ctx), true)
	note("meta", s.parts.Meta.Ping(ctx), true)
	for name, check := range s.parts.Check {
		note(name, check(ctx), true)
	}
	return parts, ready
}
