package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/faultline-dev/faultline/alerting"
	"github.com/faultline-dev/faultline/dashboard"
	"github.com/faultline-dev/faultline/internal/embedded"
	"github.com/faultline-dev/faultline/internal/telemetry"
	"github.com/faultline-dev/faultline/server"
	"github.com/faultline-dev/faultline/server/admin"
	"github.com/faultline-dev/faultline/server/forwarded"
	"github.com/faultline-dev/faultline/server/guard"
)

// serveCommand runs the server. Its names are fixed: scripts rely on them.
type serveCommand struct {
	connections
	HTTP            string          `name:"http" help:"Listen here for the dashboard, REST, gRPC over HTTP/2, health and metrics." default:"127.0.0.1:8080"`
	GRPC            string          `name:"grpc" help:"Listen here for gRPC in volume." default:"127.0.0.1:4317"`
	Roles           []string        `help:"What this process does: ingest, api, alerts." default:"ingest,api,alerts"`
	BaseURL         string          `name:"base-url" help:"Address under which people reach the dashboard; in links and DSNs. Default: the HTTP listener." placeholder:"URL"`
	TrustedProxies  []string        `help:"Addresses and networks (10.0.0.0/8) of proxies whose X-Forwarded-For tells who a client is." placeholder:"ADDR"`
	TLSCert         string          `name:"tls-cert" help:"Certificate chain in PEM, for both listeners; read again when it changes." placeholder:"FILE"`
	TLSKey          string          `name:"tls-key" help:"Private key in PEM." placeholder:"FILE"`
	Profiles        string          `help:"Listen here for the Go runtime's profiles (/debug/pprof/), for operators only. Default: nowhere." placeholder:"ADDR"`
	HeapBytes       int64           `help:"About how much memory the server's heap and the collector's room beyond it take, as long as what is in use leaves that room; 0 leaves it to Go, which takes up to twice what is in use. The limit of the engine is --engine-memory." default:"167772160"`
	ShutdownTimeout time.Duration   `help:"How long a stop may take before what is left is dropped." default:"9s"`
	Config          kong.ConfigFlag `help:"Configuration file, YAML or JSON; keys are the names of flags. See docs/config.md." placeholder:"FILE"`

	BootstrapProjectID uint32 `name:"bootstrap-project-id" hidden:"" help:"Id of the first project."`
	BootstrapKey       string `name:"bootstrap-key" hidden:"" help:"DSN public key of the first project, 32 hexadecimal digits."`
	BootstrapToken     string `name:"bootstrap-token" hidden:"" help:"API token with every scope."`
	BootstrapEmail     string `name:"bootstrap-email" hidden:"" help:"E-mail of the first owner."`
	BootstrapPassword  string `name:"bootstrap-password" hidden:"" help:"Password of the first owner."`
}

// The roles.
const (
	roleIngest = "ingest"
	roleAPI    = "api"
	roleAlerts = "alerts"
)

// Validate reports a flag that cannot work.
func (c *serveCommand) Validate() error {
	for _, role := range c.Roles {
		if role != roleIngest && role != roleAPI && role != roleAlerts {
			return fmt.Errorf("--roles %q: choose from ingest, api and alerts", role)
		}
	}
	if len(c.Roles) == 0 {
		return errors.New("--roles is empty: choose from ingest, api and alerts")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key belong together: give both")
	}
	if _, err := forwarded.Parse(c.TrustedProxies); err != nil {
		return fmt.Errorf("--trusted-proxies: %w", err)
	}
	if c.BaseURL != "" {
		if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("--base-url %q is not of the form https://HOST", c.BaseURL)
		}
	}
	return nil
}

func (c *serveCommand) has(role string) bool { return slices.Contains(c.Roles, role) }

// baseURL is the address for people.
func (c *serveCommand) baseURL() string {
	if c.BaseURL != "" {
		return strings.TrimRight(c.BaseURL, "/")
	}
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(c.HTTP)
	if err != nil {
		return scheme + "://" + c.HTTP
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(ctx context.Context, o output, s *sections) (err error) {
	if err := s.log.Validate(); err != nil {
		return err
	}
	log := s.log.Logger(o.err)
	slog.SetDefault(log)
	started := time.Now()
	defer func() {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			log.Info("stopped while starting")
			err = nil
		}
	}()

	go holdHeap(ctx, c.HeapBytes)
	if c.usesData() {
		release, err := embedded.LockData(c.Data, c.HTTP)
		if err != nil {
			return explainData(c.Data, err)
		}
		defer release()
	}
	listeners, err := c.listen()
	if err != nil {
		return err
	}
	defer listeners.close()

	store, err := openStorage(ctx, c.connections, &s.configs, log)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		store.close(closing, log)
	}()
	first, err := admin.Bootstrap(ctx, store.meta, admin.BootstrapConfig{
		ProjectID: c.BootstrapProjectID, Key: c.BootstrapKey, Token: c.BootstrapToken, Email: c.BootstrapEmail, Password: c.BootstrapPassword,
	})
	if err != nil {
		return err
	}
	run, err := c.build(ctx, store, s, log)
	if err != nil {
		return err
	}
	return run.serve(ctx, listeners, c.ShutdownTimeout, func() {
		log.Info("Faultline is ready", "version", telemetry.Version(), "http", c.baseURL(), "grpc", c.GRPC, "roles", strings.Join(c.Roles, ","), "took", time.Since(started).Round(time.Millisecond))
		welcome(o.out, c.baseURL(), first)
	}, log)
}

// explainData says what to do about a folder that cannot be used.
func explainData(dir string, err error) error {
	var held *embedded.HeldError
	if errors.As(err, &held) {
		return err
	}
	return fmt.Errorf("the data folder %s cannot be used (%w): make it writable, or choose another with --data", dir, err)
}

// running is everything that works until the stop.
type running struct {
	server *server.Server
	alerts *alerting.Service // nil without the role
	grpc   *grpc.Server
	http   *http.Server
	guard  *guard.Guard
}

// build joins the parts for the roles of this process.
func (c *serveCommand) build(ctx context.Context, store *storage, s *sections, log *slog.Logger) (*running, error) {
	registry := telemetry.Registry()
	checks := map[string]func(context.Context) error{
		"nats": func(context.Context) error {
			if !store.conn.IsConnected() {
				return errors.New("not connected")
			}
			return nil
		},
	}
	if store.engine != nil {
		registerEngine(registry, store.engine)
	}
	files, err := fs.Sub(dashboard.FS, "dist")
	if err != nil {
		return nil, fmt.Errorf("read the dashboard: %w", err)
	}
	proxies, err := forwarded.Parse(c.TrustedProxies)
	if err != nil {
		return nil, err
	}
	uploads := s.uploads
	if uploads.Dir == "" {
		uploads.Dir = filepath.Join(c.Data, "artifacts")
	}
	kept := s.files
	if kept.Dir == "" {
		kept.Dir = filepath.Join(c.Data, "attachments")
	}
	r := &running{}
	r.server, err = server.New(ctx, server.Config{
		Ingest: s.ingest, Native: s.native, Sentry: s.sentry, OTLP: s.otlp, Auth: s.auth, Triage: s.triage, Uploads: uploads, Regroup: s.regroup, Attachments: kept, Pulse: s.pulse,
		Repair: s.repairs, Objects: s.objects, BaseURL: c.baseURL(), Proxies: proxies, Version: telemetry.Version(),
		TakesEvents: c.has(roleIngest), Answers: c.has(roleAPI),
	}, server.Parts{ClickHouse: store.clickhouse, Meta: store.meta, Bus: store.bus, Dashboard: files, Registry: registry, Logger: log, Check: checks})
	if err != nil {
		return nil, err
	}
	if c.has(roleAlerts) {
		settings := s.alerts
		settings.BaseURL = c.baseURL()
		if r.alerts, err = alerting.New(settings, alerting.Parts{Meta: store.meta, Bus: store.bus, Stored: store.clickhouse, Metrics: registry, Logger: log}); err != nil {
			return nil, err
		}
	}
	var options []grpc.ServerOption
	if c.TLSCert != "" {
		certificates, err := reloading(c.TLSCert, c.TLSKey)
		if err != nil {
			return nil, err
		}
		options = append(options, grpc.Creds(credentials.NewTLS(certificates)))
	}
	watch, err := guard.New(s.guard, registry, log)
	if err != nil {
		return nil, err
	}
	watch.WatchGRPC()
	streams := map[string]bool{}
	r.grpc = r.server.GRPC(append(options, watch.GRPC(streams)...)...)
	for name, service := range r.grpc.GetServiceInfo() {
		for _, m := range service.Methods {
			if m.IsClientStream || m.IsServerStream {
				streams["/"+name+"/"+m.Name] = true
			}
		}
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	r.http = &http.Server{
		Handler: r.server.HTTP(), Protocols: protocols, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	watch.HTTP(r.http, streams)
	r.guard = watch
	return r, nil
}

// serve runs everything until ctx ends, then stops in the reverse order: first
// nothing new is taken, then what was taken is stored and told of.
func (r *running) serve(ctx context.Context, l *listeners, limit time.Duration, ready func(), log *slog.Logger) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	g, failed := errgroup.WithContext(work)
	g.Go(func() error { return r.server.Run(failed) })
	if l.profiles != nil {
		g.Go(func() error { return serveProfiles(failed, l.profiles) })
	}
	if r.alerts != nil {
		g.Go(func() error { return r.alerts.Run(failed) })
	}
	g.Go(func() error {
		web := r.guard.Listen(l.http, "http")
		if l.tls != nil {
			web = tls.NewListener(web, l.tls)
		}
		if err := r.http.Serve(web); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve HTTP: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		if err := r.grpc.Serve(r.guard.Listen(l.grpc, "grpc")); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			return fmt.Errorf("serve gRPC: %w", err)
		}
		return nil
	})
	ready()
	select {
	case <-ctx.Done():
		log.Info("stopping: no new events are taken, what was taken is being stored")
	case <-failed.Done():
	}
	time.AfterFunc(limit, func() {
		log.Error("the stop took too long; unacknowledged events are left to their senders", "limit", limit)
		os.Exit(1)
	})
	// Streams end first: what they have sent is stored and acknowledged. Only then
	// does the work behind them stop.
	r.server.StopTaking()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit/3)
	defer cancel()
	stopped := make(chan struct{})
	go func() { r.grpc.GracefulStop(); close(stopped) }()
	if r.http.Shutdown(closing) != nil {
		r.http.Close()
	}
	select {
	case <-stopped:
	case <-closing.Done():
		r.grpc.Stop()
	}
	stopWork()
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	log.Info("stopped")
	return nil
}
