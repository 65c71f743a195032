// Package guard bounds what connections may cost before anybody knows what they want: how
// many there are, how long headers, bodies and calls may take, how large headers may be,
// and for how long a silent peer is believed to be there. Whenever a limit ends something
// it is counted under the limit's name, and logged now and then.
//
// It knows no protocol beyond HTTP and gRPC, and no caller: those who may come in and
// send too much are the business of quotas.
package guard

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config bounds connections.
type Config struct {
	// Connections is how many connections each listener holds at once; those beyond it are
	// closed at once.
	Connections int
	// HeaderBytes is how large the headers of a request may be.
	HeaderBytes int
	// HeaderTimeout is how long a connection may take to send the headers of a request, to
	// shake hands, or to say that it speaks HTTP/2.
	HeaderTimeout time.Duration
	// BodyGrace is how long the body of a request may take, beyond the time that BodyRate
	// gives it. Streams of events have no such limit.
	BodyGrace time.Duration
	// BodyRate is how many bytes a second a body must come with, on average, at least.
	BodyRate int
	// CallTimeout is how long a gRPC call that is no stream may take from its headers to its
	// answer.
	CallTimeout time.Duration
	// IdleTimeout is how long a connection may stay open between requests.
	IdleTimeout time.Duration
	// Keepalive is after how long without a word an HTTP/2 connection is asked whether its
	// peer is still there.
	Keepalive time.Duration
	// KeepaliveTimeout is how long the answer to that may take before the connection is
	// closed, with all its streams.
	KeepaliveTimeout time.Duration
}

// DefaultConfig suits a server that the whole world reaches.
func DefaultConfig() Config {
	return Config{
		Connections: 20_000, HeaderBytes: 64 << 10, HeaderTimeout: 10 * time.Second, BodyGrace: 20 * time.Second, BodyRate: 16 << 10,
		CallTimeout: time.Minute, IdleTimeout: 2 * time.Minute, Keepalive: time.Minute, KeepaliveTimeout: 20 * time.Second,
	}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Connections < 1:
		return fmt.Errorf("guard: with %d connections nobody can connect", c.Connections)
	case c.HeaderBytes < 4<<10:
		return fmt.Errorf("guard: headers of %d bytes hold no request, give at least 4096", c.HeaderBytes)
	case c.BodyRate < 1:
		return fmt.Errorf("guard: %d bytes a second is no rate", c.BodyRate)
	case min(c.HeaderTimeout, c.BodyGrace, c.CallTimeout, c.IdleTimeout, c.Keepalive, c.KeepaliveTimeout) <= 0:
		return errors.New("guard: every time must be positive")
	}
	return nil
}

// Limit is the name under which the log and the metric tell of a limit that held.
type Limit string

// The limits.
const (
	Connections   Limit = "guard-connections"
	SlowHeaders   Limit = "guard-header-timeout"
	BadHeaders    Limit = "guard-header-bytes"
	SlowBody      Limit = "guard-body-rate"
	SlowCall      Limit = "guard-call-timeout"
	SilentPeer    Limit = "guard-keepalive"
	ImpatientPeer Limit = "guard-pings"
)

// logEvery is how often the log tells of one limit at most.
const logEvery = 10 * time.Second

// Guard watches listeners and servers.
type Guard struct {
	cfg  Config
	log  *slog.Logger
	held *prometheus.CounterVec
	open *prometheus.GaugeVec

	mu    sync.Mutex
	notes map[Limit]*note
}

// note is what the log has not told yet.
type note struct {
	told  time.Time
	times int
}

// New makes a guard.
func New(cfg Config, r prometheus.Registerer, log *slog.Logger) (*Guard, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	g := &Guard{
		cfg: cfg, log: log, notes: map[Limit]*note{},
		held: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "faultline_guard_held_total", Help: "Connections, requests and calls that a limit has ended, by the limit's setting.",
		}, []string{"limit"}),
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "faultline_connections", Help: "Open connections, by listener.",
		}, []string{"listener"}),
	}
	r.MustRegister(g.held, g.open)
	for _, l := range []Limit{Connections, SlowHeaders, BadHeaders, SlowBody, SlowCall, SilentPeer, ImpatientPeer} {
		g.held.WithLabelValues(string(l))
	}
	return g, nil
}

// Held counts that a limit has ended something of a peer's, and tells the log unless it
// has been told of the same limit a moment ago.
func (g *Guard) Held(l Limit, peer string) {
	g.held.WithLabelValues(string(l)).Inc()
	g.mu.Lock()
	n := g.notes[l]
	if n == nil {
		n = &note{}
		g.notes[l] = n
	}
	n.times++
	times, tell := n.times, time.Since(n.told) >= logEvery
	if tell {
		*n = note{told: time.Now()}
	}
	g.mu.Unlock()
	if tell {
		g.log.Warn("a limit held", "limit", l, "times", times, "last_peer", peer)
	}
}
