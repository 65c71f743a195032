// Package pulse takes what clients say of programs that do not fail: sessions, and
// check-ins of scheduled jobs. It gathers them in memory and writes them in blocks.
//
// It answers before anything is stored: what was taken within the last moments before a
// process is killed is lost, as counts may be and events must not.
package pulse

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/health"
	"github.com/faultline-dev/faultline/internal/recent"
)

// Config says how much is gathered.
type Config struct {
	// FlushInterval is how often what was gathered is written.
	FlushInterval time.Duration
	// Rows bounds what waits while ClickHouse is away; more is dropped and counted.
	Rows int
	// SessionMemory bounds the memory in bytes of sessions that began lately, by which one
	// that is told of twice counts once.
	SessionMemory int
}

// DefaultConfig writes once a second.
func DefaultConfig() Config {
	return Config{FlushInterval: time.Second, Rows: 100_000, SessionMemory: 16 << 20}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.FlushInterval <= 0:
		return errors.New("sessions: flush-interval must be positive")
	case c.Rows < 100:
		return fmt.Errorf("sessions: %d rows are too few, give at least 100", c.Rows)
	case c.SessionMemory < 0:
		return errors.New("sessions: session-memory must not be negative")
	}
	return nil
}

// Store keeps what was gathered. The token names a block: the same rows under the same
// token must be stored once, however often they are inserted.
type Store interface {
	InsertSessions(ctx context.Context, token string, rows []health.Row) error
	InsertCheckIns(ctx context.Context, token string, list []health.CheckIn) error
}

// Parts are what a service works with.
type Parts struct {
	Store   Store
	Metrics prometheus.Registerer // nil: none
	Logger  *slog.Logger          // nil: slog's default
}

// Service gathers and writes. It is safe for concurrent use.
type Service struct {
	cfg     Config
	store   Store
	log     *slog.Logger
	dropped *prometheus.CounterVec

	mu       sync.Mutex
	began    *recent.Things[struct{}]
	sessions []health.Row
	checkIns []health.CheckIn

	writing sync.Mutex
	sealed  block // what is being written; the same until the store has it
}

// block is what is written at once.
type block struct {
	token    string
	sessions []health.Row
	checkIns []health.CheckIn
}

// New makes a service. Nothing is written before Run.
func New(cfg Config, p Parts) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if p.Logger == nil {
		p.Logger = slog.Default()
	}
	s := &Service{
		cfg: cfg, store: p.Store, log: p.Logger, began: recent.New[struct{}](cfg.SessionMemory),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "faultline_pulse_dropped_total", Help: "Sessions and check-ins that were dropped because too many waited for ClickHouse.",
		}, []string{"kind"}),
	}
	if p.Metrics != nil {
		p.Metrics.MustRegister(s.dropped)
	}
	return s, nil
}

// oneSession is about what a remembered session takes.
const oneSession = 64

// Session takes what a client says of one session. Its beginning counts once, and so does
// its end.
func (s *Service) Session(v health.Session) {
	r := health.Row{
		ProjectID: v.ProjectID, Hour: v.Started.UTC().Truncate(time.Hour), Release: v.Release, Environment: v.Environment, User: v.User,
	}
	hash := hashOf(v.ProjectID, v.ID)
	if r.Status = v.Status; r.Status <= health.Errored {
		r.Status = health.OK
		if v.Errors || v.Status == health.Errored {
			r.Status = health.Errored
		}
	}
	if r.Status != health.OK {
		r.Session = hash
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.Init {
		if _, known := s.began.Find(hash); !known {
			s.began.Keep(hash, struct{}{}, oneSession)
			r.Started = 1
		}
	}
	if r.Started == 0 && r.Status == health.OK && r.User == 0 {
		return // it says nothing new
	}
	s.add(r)
}

// hashOf is a session's, never 0.
func hashOf(projectID uint32, id [16]byte) uint64 {
	var b [20]byte
	binary.LittleEndian.PutUint32(b[:], projectID)
	copy(b[4:], id[:])
	return max(xxh3.Hash(b[:]), 1)
}

// Sessions takes what a client has counted itself.
func (s *Service) Sessions(v health.Sessions) {
	started := v.Exited + v.Errored + v.Crashed + v.Abnormal
	if started == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(health.Row{
		ProjectID: v.ProjectID, Hour: v.Started.UTC().Truncate(time.Hour), Release: v.Release, Environment: v.Environment, User: v.User,
		Started: started, Errored: v.Errored, Crashed: v.Crashed, Abnormal: v.Abnormal,
	})
}

func (s *Service) add(r health.Row) {
	if len(s.sessions) >= s.cfg.Rows {
		s.dropped.WithLabelValues("session").Inc()
		return
	}
	s.sessions = append(s.sessions, r)
}

// CheckIn takes what a scheduled job says.
func (s *Service) CheckIn(c health.CheckIn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.checkIns) >= s.cfg.Rows {
		s.dropped.WithLabelValues("check_in").Inc()
		return
	}
	s.checkIns = append(s.checkIns, c)
}

// lastFlush bounds the writing of what is left at the end.
const lastFlush = 5 * time.Second

// Run writes what is gathered until the context ends, and then what is left.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.FlushInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			if err := s.Flush(last); err != nil {
				s.log.Warn("sessions and check-ins of the last moments are lost", "error", err)
			}
			return ctx.Err()
		case <-tick.C:
			if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("sessions and check-ins cannot be written; it is tried again", "error", err)
			}
		}
	}
}

// Flush writes what was gathered. What fails stays and is written by a later flush, under
// the same token.
func (s *Service) Flush(ctx context.Context) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.write(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	s.sealed = block{token: "pulse-" + rand.Text(), sessions: s.sessions, checkIns: s.checkIns}
	s.sessions, s.checkIns = nil, nil
	s.mu.Unlock()
	return s.write(ctx)
}

func (s *Service) write(ctx context.Context) error {
	if b := &s.sealed; len(b.sessions) > 0 {
		if err := s.store.InsertSessions(ctx, b.token, b.sessions); err != nil {
			return err
		}
		b.sessions = nil
	}
	if b := &s.sealed; len(b.checkIns) > 0 {
		if err := s.store.InsertCheckIns(ctx, b.token, b.checkIns); err != nil {
			return err
		}
		b.checkIns = nil
	}
	return nil
}
