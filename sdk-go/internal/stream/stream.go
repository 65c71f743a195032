// Package stream sends encoded events to a Faultline server over one gRPC
// stream: it batches, keeps a window of batches under way, sends again what
// was not acknowledged, waits when the server asks for it, and counts what it
// gives up. It knows nothing of how an event is made or what is in it, never
// blocks those who push, and holds no more than its limits allow.
package stream

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1/ingestv1connect"

	"github.com/faultline-dev/faultline/sdk-go/internal/spool"
)

// Config says where to send and within which limits.
type Config struct {
	// BaseURL is the server's address with its path prefix.
	BaseURL string
	// Key is sent as bearer token.
	Key string
	// ProjectID is the project the key belongs to.
	ProjectID uint32
	// HTTPClient carries the stream; it must speak HTTP/2.
	HTTPClient connect.HTTPClient
	// BatchEvents is the most events in a batch.
	BatchEvents int
	// BatchBytes is the most bytes of events in a batch; a larger event travels alone.
	BatchBytes int
	// Linger is how long the first event of a batch waits for others.
	Linger time.Duration
	// WindowBatches is the most batches that wait for their acknowledgement.
	WindowBatches int
	// WindowBytes is the most bytes that wait for their acknowledgement.
	WindowBytes int
	// AckTimeout is how long a batch may wait before the connection is given up.
	AckTimeout time.Duration
	// IdleTimeout is how long a stream stays open with nothing to send.
	IdleTimeout time.Duration
	// ReportInterval is how long counted drops wait for a batch to travel with.
	ReportInterval time.Duration
	// BackoffMin and BackoffMax bound the delay between attempts.
	BackoffMin, BackoffMax time.Duration
	// MaxEvents and MaxBytes bound the events in memory.
	MaxEvents, MaxBytes int
	// Compress turns gzip on.
	Compress bool
	// Spool keeps events on disk; nil keeps them in memory only.
	Spool *spool.Spool
	// Logf receives what happens, for debugging. It must not block.
	Logf func(format string, args ...any)
}

// DefaultConfig returns the limits that suit most programs.
func DefaultConfig() Config {
	return Config{
		BatchEvents:    100,
		BatchBytes:     1 << 20,
		Linger:         20 * time.Millisecond,
		WindowBatches:  16,
		WindowBytes:    8 << 20,
		AckTimeout:     30 * time.Second,
		IdleTimeout:    60 * time.Second,
		ReportInterval: 10 * time.Second,
		BackoffMin:     100 * time.Millisecond,
		BackoffMax:     30 * time.Second,
		MaxEvents:      10_000,
		MaxBytes:       32 << 20,
		Logf:           func(string, ...any) {},
	}
}

// Event is one encoded event that was let in by Reserve.
type Event struct {
	// ID is the event's identity.
	ID [16]byte
	// Data is the encoded faultline.event.v1.Event; the stream keeps it.
	Data []byte
	// Ticket is what Reserve returned.
	Ticket Ticket
}

// Stats counts what became of events since the start.
type Stats struct {
	// Stored counts events that the server acknowledged as stored or as stored before.
	Stored uint64
	// Refused counts events that the server answered with another outcome.
	Refused uint64
	// Resent counts events that were sent more than once, each time anew.
	Resent uint64
	// Dropped counts events that the client gave up, by reason.
	Dropped map[string]uint64
	// Pending counts events without outcome.
	Pending int
}

// Stream sends events. Its methods may be called from any goroutine.
type Stream struct {
	cfg     Config
	client  *connect.Client[frame, ingestv1.StreamResponse]
	tracker *tracker
	drops   *dropCounter
	box     outbox

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	stored, refusedCount, resent atomic.Uint64
}

// New starts a stream. It connects when there is something to send.
func New(cfg Config) *Stream {
	opts := []connect.ClientOption{
		connect.WithGRPC(),
		connect.WithCodec(codec{}),
		connect.WithReadMaxBytes(4 << 20),
	}
	if cfg.Compress {
		opts = append(opts, connect.WithSendGzip(), connect.WithCompressMinBytes(1<<10))
	}
	s := &Stream{
		cfg: cfg,
		client: connect.NewClient[frame, ingestv1.StreamResponse](
			cfg.HTTPClient, cfg.BaseURL+ingestv1connect.IngestServiceStreamProcedure, opts...),
		tracker: newTracker(cfg.MaxEvents, cfg.MaxBytes),
		drops:   newDropCounter(),
	}
	s.box.init(cfg)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if cfg.Spool != nil {
		// The ticket makes a flush wait for what an earlier run of the program left.
		adopting := s.tracker.admitStored()
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			s.adopt(&adopting)
		}()
	}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.run()
	}()
	return s
}

// Reserve lets an event of about this size in. False means that memory is
// full; the event has been counted as dropped.
func (s *Stream) Reserve(bytes int) (Ticket, bool) {
	t, ok := s.tracker.reserve(bytes)
	if !ok {
		s.Drop(DropQueueOverflow, 1)
	}
	return t, ok
}

// Release gives up an event that was let in.
func (s *Stream) Release(t Ticket, reason string) {
	s.Drop(reason, 1)
	s.tracker.end(&t)
}

// Drop counts events that were given up before they were let in.
func (s *Stream) Drop(reason string, n uint64) {
	if s.drops.add(reason, n) {
		s.box.notify()
	}
}

// Push hands events over for sending. With a spool they are on disk before
// Push returns, unless the disk refuses them.
func (s *Stream) Push(events []Event) {
	entries := make([]*entry, len(events))
	for i, e := range events {
		s.tracker.resize(&e.Ticket, len(e.Data))
		entries[i] = &entry{id: e.ID, data: e.Data, size: len(e.Data), ticket: e.Ticket}
	}
	if s.cfg.Spool != nil {
		s.spool(entries)
	}
	s.box.push(entries)
}

// spool writes entries to disk and, when memory is crowded, keeps them only there.
func (s *Stream) spool(entries []*entry) {
	records := make([]spool.Record, len(entries))
	for i, e := range entries {
		records[i] = spool.Record{ID: e.id, Data: e.data}
	}
	refs, err := s.cfg.Spool.Append(records)
	if err != nil {
		s.cfg.Logf("spool: %v", err)
	}
	crowded := s.tracker.crowded()
	for i, ref := range refs {
		entries[i].ref = ref
		if crowded && ref.Valid() {
			entries[i].data = nil
			s.tracker.unload(&entries[i].ticket)
		}
	}
}

// adopt takes over what earlier runs of the program left in the spool. Those
// events may have been sent before, so they count as sent once.
func (s *Stream) adopt(ticket *Ticket) {
	defer s.tracker.end(ticket)
	err := s.cfg.Spool.Adopt(func(r spool.Recovered) error {
		s.box.push([]*entry{{id: r.ID, size: r.Ref.Len(), ref: r.Ref, attempts: 1, ticket: s.tracker.beside(ticket)}})
		return s.ctx.Err()
	})
	if err != nil && s.ctx.Err() == nil {
		s.cfg.Logf("spool: take over earlier events: %v", err)
	}
}

// Flush returns true once every event pushed or let in before the call has
// its outcome, false if ctx ends first.
func (s *Stream) Flush(ctx context.Context) bool {
	s.box.flushing(1)
	defer s.box.flushing(-1)
	return s.tracker.wait(ctx)
}

// Stats returns what became of events so far.
func (s *Stream) Stats() Stats {
	return Stats{
		Stored:  s.stored.Load(),
		Refused: s.refusedCount.Load(),
		Resent:  s.resent.Load(),
		Dropped: s.drops.totals(),
		Pending: s.tracker.pending(),
	}
}

// Close flushes until ctx ends, stops, and waits for everything it started.
// What was not acknowledged stays in the spool, or is counted as dropped.
// The caller must not push afterwards.
func (s *Stream) Close(ctx context.Context) bool {
	flushed := s.Flush(ctx)
	s.box.close()
	stop := context.AfterFunc(ctx, s.cancel)
	if !flushed {
		s.cancel()
	}
	s.wg.Wait()
	stop()
	s.cancel()
	for _, e := range s.box.drain() {
		if !e.ref.Valid() {
			s.drops.add(DropShutdown, 1)
		}
		s.tracker.end(&e.ticket)
	}
	if s.cfg.Spool != nil {
		if err := s.cfg.Spool.Close(); err != nil {
			s.cfg.Logf("spool: %v", err)
		}
	}
	if c, ok := s.cfg.HTTPClient.(*http.Client); ok {
		c.CloseIdleConnections()
	}
	return flushed
}
