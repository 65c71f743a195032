// Package bus carries messages between the parts of Faultline over NATS: what ingest saw to
// triage, what changed to alerting, what is to be sent to the sender, events that wait for
// ClickHouse, and the live tail.
//
// What must not be lost goes through JetStream streams on disk, under message ids that follow
// from what the message says, so that a repeated publish is dropped and every consumer may be
// stopped at any point. Consumers are durable and acknowledge after the work is done; what
// fails too often ends in the stream DEAD. The package decides nothing about events, issues or
// alerts, and no protobuf type leaves it.
package bus

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The streams, by the names under which NATS tools show them.
const (
	streamIssues = "ISSUES"
	streamAlerts = "ALERTS"
	streamNotify = "NOTIFY"
	streamSpill  = "SPILL"
	streamDead   = "DEAD"
)

// Bus publishes and consumes over one NATS connection. It is safe for concurrent use.
type Bus struct {
	cfg  Config
	log  *slog.Logger
	conn *nats.Conn
	js   jetstream.JetStream

	tailing  atomic.Pointer[map[uint32]time.Time] // projects somebody tails, and until when
	presence sync.Mutex                           // held to change tailing
	watch    *nats.Subscription

	critical damper
	spilling chan struct{} // holds one token: a writer spills one block at a time
	spilled  stretch       // of this process
}

// Open makes the streams where they are missing, brings them to the configuration, and starts
// to listen for who is tailing. Close ends that; the connection stays the caller's.
func Open(ctx context.Context, conn *nats.Conn, cfg Config) (*Bus, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("use JetStream: %w", err)
	}
	b := &Bus{cfg: cfg, log: cfg.Logger, conn: conn, js: js, spilling: make(chan struct{}, 1)}
	if b.log == nil {
		b.log = slog.Default()
	}
	b.log = b.log.With("component", "bus")
	b.critical.every = cfg.CriticalEvery
	for _, s := range cfg.streams() {
		if _, err := js.CreateOrUpdateStream(ctx, s); err != nil {
			return nil, fmt.Errorf("make the NATS stream %s: %w", s.Name, err)
		}
	}
	if err := b.watchPresence(); err != nil {
		return nil, err
	}
	return b, nil
}

// Close stops listening for who is tailing. Consumers end with their own contexts.
func (b *Bus) Close() error {
	if err := b.watch.Unsubscribe(); err != nil && b.conn.IsConnected() {
		return fmt.Errorf("stop listening for tails: %w", err)
	}
	return nil
}

// streams are the streams as they should be.
func (c Config) streams() []jetstream.StreamConfig {
	queue := func(name, doc string, bytes int64, subjects ...string) jetstream.StreamConfig {
		return jetstream.StreamConfig{
			Name: name, Description: doc, Subjects: subjects,
			Storage: jetstream.FileStorage, Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardOld,
			MaxBytes: bytes, MaxAge: c.MessageAge, Replicas: c.Replicas, Duplicates: c.DuplicateWindow,
		}
	}
	spill := queue(streamSpill, "Events that wait for ClickHouse", c.SpillBytes, "spill.>")
	spill.Discard, spill.MaxAge = jetstream.DiscardNew, 0
	dead := queue(streamDead, "Messages that were given up", c.DeadBytes, "dead.>")
	dead.Retention, dead.MaxAge = jetstream.LimitsPolicy, c.DeadAge
	return []jetstream.StreamConfig{
		queue(streamIssues, "What ingest saw, for triage", c.IssuesBytes, "issue.first_seen.*", "issue.hit.*"),
		queue(streamAlerts, "Changes and critical events, for alerting", c.AlertsBytes, "issue.changed.*", "event.critical.*"),
		queue(streamNotify, "Notifications to send", c.NotifyBytes, "notify.*"),
		spill, dead,
	}
}
