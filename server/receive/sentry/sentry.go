// Package sentry receives what Sentry's SDKs send: envelopes, single events of
// older clients, security reports of browsers, minidumps of crashed programs and
// what users say of an error. It turns them into events and hands them to one sink.
//
// It is lenient where clients differ: a field that cannot be understood is left
// out and named in the event, an item of an unknown type is counted and skipped, a
// broken item does not take its neighbours with it. It never blames the server for
// a client's data.
//
// Transactions, spans, logs, profiles and replays are answered with success and counted
// in metrics; none of them is stored. What becomes of an event is the sink's business, of
// a file that of Attachments, of sessions and check-ins that of Pulse.
package sentry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/quota"
	"github.com/faultline-dev/faultline/server/receive"
)

// Config bounds what clients may send.
type Config struct {
	// RequestBytes is the largest request as it is sent, which may be compressed.
	RequestBytes int64
	// BodyBytes is the largest request, decompressed, with attachments.
	BodyBytes int64
	// EventBytes is the largest event.
	EventBytes int
	// UnderWayBytes bounds all requests that are read and not answered. When it is
	// reached, requests are refused after Patience.
	UnderWayBytes int64
	// Patience is how long a request waits for room, here and in the ingester.
	Patience time.Duration
	// PathPrefix is what stands before /api in the paths of DSNs, where a proxy does
	// not take it away. Default: the path of the base URL.
	PathPrefix string
}

// DefaultConfig follows what Sentry takes.
func DefaultConfig() Config {
	return Config{
		RequestBytes: 20 << 20, BodyBytes: 100 << 20, EventBytes: 1 << 20, UnderWayBytes: 256 << 20,
		Patience: 5 * time.Second,
	}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.RequestBytes < 1<<10:
		return fmt.Errorf("sentry intake: requests of %d bytes hold no event, give at least 1024", c.RequestBytes)
	case c.BodyBytes < c.RequestBytes:
		return fmt.Errorf("sentry intake: body-bytes %d is less than request-bytes %d", c.BodyBytes, c.RequestBytes)
	case c.EventBytes < 1<<10:
		return fmt.Errorf("sentry intake: event-bytes %d hold no event, give at least 1024", c.EventBytes)
	case c.UnderWayBytes < 2*c.BodyBytes:
		return fmt.Errorf("sentry intake: under-way-bytes %d must be at least twice body-bytes %d", c.UnderWayBytes, c.BodyBytes)
	case c.Patience <= 0:
		return errors.New("sentry intake: patience must be positive")
	case c.PathPrefix != "" && !strings.HasPrefix(c.PathPrefix, "/"):
		return fmt.Errorf("sentry intake: path-prefix %q must begin with a slash", c.PathPrefix)
	}
	return nil
}

// Keys checks credentials.
//
// Key tells what a credential may do in a project; 0 stands for the key's own. The
// error is project.ErrUnauthenticated for a credential that is unknown, revoked or
// expired, and project.ErrForbidden for one that does not reach the project; its
// text is safe to show. It is asked for every request and must be quick.
type Keys interface {
	Key(ctx context.Context, credential string, projectID uint32) (project.Access, error)
}

// Parts are what a handler works with.
type Parts struct {
	Sink    receive.Sink
	Keys    Keys
	Metrics prometheus.Registerer
	Logger  *slog.Logger // nil: slog's default

	// TurnAway tells whether a project's requests are to be refused unread. nil: none are.
	TurnAway    func(projectID uint32) bool
	Attachments Attachments // nil: files are only described
	Pulse       Pulse       // nil: sessions and check-ins are only counted
}

// Handler serves Sentry's ingestion endpoints.
type Handler struct {
	cfg     Config
	prefix  string
	sink    receive.Sink
	keys    Keys
	log     *slog.Logger
	room    *quota.Room // for requests
	metrics *metrics

	away        func(projectID uint32) bool // nil: none are turned away
	attachments Attachments                 // nil: none are kept
	pulse       Pulse                       // nil: sessions and check-ins are not kept
	agents      agents
}

// New makes a handler.
func New(cfg Config, p Parts) (*Handler, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if p.Logger == nil {
		p.Logger = slog.Default()
	}
	return &Handler{
		cfg: cfg, prefix: strings.TrimRight(cfg.PathPrefix, "/"), sink: p.Sink, keys: p.Keys, log: p.Logger,
		room: quota.NewRoom(cfg.UnderWayBytes, 0), metrics: newMetrics(p.Metrics), away: p.TurnAway, attachments: p.Attachments, pulse: p.Pulse, agents: newAgents(),
	}, nil
}
