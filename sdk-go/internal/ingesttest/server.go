// Package ingesttest is an ingest server for tests: it speaks the real
// protocol over real connections, keeps what it is sent as the product does
// (it looks for duplicates only when a batch says that it is sent again), and
// misbehaves on demand. It checks no keys beyond noting them.
package ingesttest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1/ingestv1connect"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Reply is what the server does with a batch. The zero Reply stores it and
// acknowledges it at once.
type Reply struct {
	// Discard does not store the batch.
	Discard bool
	// Silent sends no acknowledgement.
	Silent bool
	// Twice acknowledges twice.
	Twice bool
	// Delay comes before the acknowledgement.
	Delay time.Duration
	// Error ends the stream in place of an acknowledgement.
	Error error
	// Cut closes the connection in place of an acknowledgement.
	Cut bool
	// Outcome, unless zero, is the outcome of every event; it stores nothing.
	Outcome ingestv1.Outcome
	// Retry is set on every event's result.
	Retry bool
	// RetryAfter is set on the acknowledgement.
	RetryAfter time.Duration
}

// Batch is one batch as it arrived.
type Batch struct {
	At      time.Time
	Attempt uint32
	IDs     [][16]byte
	Key     string
	Project uint32
}

// Server is a running server.
type Server struct {
	t       testing.TB
	address string

	mu      sync.Mutex
	reply   func(*ingestv1.Batch) Reply
	server  *http.Server
	conns   map[net.Conn]bool
	rows    map[[16]byte]int
	events  []*eventv1.Event
	batches []Batch
	drops   map[string]uint64
	streams int
	open    int
	changed chan struct{}
	served  sync.WaitGroup
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{
		t: t, address: "127.0.0.1:0", conns: map[net.Conn]bool{},
		rows: map[[16]byte]int{}, drops: map[string]uint64{}, changed: make(chan struct{}),
	}
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// DSN returns the DSN of project 1.
func (s *Server) DSN() string { return "http://0123456789abcdef0123456789abcdef@" + s.address + "/1" }

// URL returns the address.
func (s *Server) URL() string { return "http://" + s.address }

// Start listens on the address that the server had before.
func (s *Server) Start() {
	s.t.Helper()
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatalf("listen: %v", err)
	}
	s.address = listener.Addr().String()
	mux := http.NewServeMux()
	mux.Handle(ingestv1connect.NewIngestServiceHandler(s, connect.WithReadMaxBytes(4<<20)))
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: mux, Protocols: &protocols, ConnState: s.connState}
	s.mu.Lock()
	s.server = server
	s.mu.Unlock()
	s.served.Add(1)
	go func() {
		defer s.served.Done()
		_ = server.Serve(listener)
	}()
}

// Stop closes the listener and every connection.
func (s *Server) Stop() {
	s.mu.Lock()
	server := s.server
	s.mu.Unlock()
	_ = server.Close()
	s.served.Wait()
}

func (s *Server) connState(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == http.StateClosed || state == http.StateHijacked {
		delete(s.conns, c)
		return
	}
	s.conns[c] = true
}

// Cut closes every connection, but goes on listening.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

// Reply makes fn decide about every batch from now on.
func (s *Server) Reply(fn func(*ingestv1.Batch) Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reply = fn
}

// Stream implements the service.
func (s *Server) Stream(ctx context.Context, stream *connect.BidiStream[ingestv1.StreamRequest, ingestv1.StreamResponse]) error {
	s.mu.Lock()
	s.streams++
	s.open++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open--
		s.announce()
	}()
	key := stream.RequestHeader().Get("Authorization")
	for {
		req, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if req.GetBatch() == nil {
			continue
		}
		ack, reply := s.take(req, key)
		if err := s.answer(ctx, stream, ack, reply); err != nil {
			return err
		}
	}
}

func (s *Server) answer(ctx context.Context, stream *connect.BidiStream[ingestv1.StreamRequest, ingestv1.StreamResponse], ack *ingestv1.Ack, reply Reply) error {
	if reply.Delay > 0 {
		timer := time.NewTimer(reply.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	switch {
	case reply.Cut:
		s.Cut()
		return connect.NewError(connect.CodeUnavailable, errors.New("cut"))
	case reply.Error != nil:
		return reply.Error
	case reply.Silent:
		return nil
	}
	times := 1
	if reply.Twice {
		times = 2
	}
	for range times {
		if err := stream.Send(&ingestv1.StreamResponse{Ack: ack}); err != nil {
			return err
		}
	}
	return nil
}

// Send implements the service.
func (s *Server) Send(_ context.Context, req *ingestv1.SendRequest) (*ingestv1.SendResponse, error) {
	ack, reply := s.take(&ingestv1.StreamRequest{ProjectId: req.GetProjectId(), Batch: req.GetBatch()}, "")
	return &ingestv1.SendResponse{Ack: ack}, reply.Error
}

// take stores a batch as the reply says.
func (s *Server) take(req *ingestv1.StreamRequest, key string) (*ingestv1.Ack, Reply) {
	batch := req.GetBatch()
	s.mu.Lock()
	decide := s.reply
	s.mu.Unlock()
	var reply Reply
	if decide != nil {
		reply = decide(batch)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := Batch{At: time.Now(), Attempt: batch.GetAttempt(), Key: key, Project: req.GetProjectId()}
	ack := &ingestv1.Ack{BatchId: batch.GetId()}
	if reply.RetryAfter > 0 {
		ack.RetryAfter = durationpb.New(reply.RetryAfter)
	}
	for _, e := range batch.GetEvents() {
		id := [16]byte(e.GetEventId())
		seen.IDs = append(seen.IDs, id)
		result := &ingestv1.EventResult{EventId: e.GetEventId(), Outcome: ingestv1.Outcome_OUTCOME_STORED, Retry: reply.Retry}
		switch {
		case reply.Outcome != 0:
			result.Outcome = reply.Outcome
		case reply.Discard:
		case batch.GetAttempt() > 1 && s.rows[id] > 0:
			result.Outcome = ingestv1.Outcome_OUTCOME_DUPLICATE
		default:
			s.rows[id]++
			s.events = append(s.events, e)
		}
		ack.Results = append(ack.Results, result)
	}
	if !reply.Discard {
		for _, d := range batch.GetDrops() {
			s.drops[d.GetReason()] += d.GetCount()
		}
	}
	s.batches = append(s.batches, seen)
	s.announce()
	return ack, reply
}

// announce wakes those who wait; the lock is held.
func (s *Server) announce() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// AwaitIdle waits until no stream is open.
func (s *Server) AwaitIdle(what string) {
	s.t.Helper()
	s.Await(what, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.open == 0
	})
}

// Await waits until the condition holds; it is asked after every batch.
func (s *Server) Await(what string, holds func() bool) {
	s.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			s.t.Fatalf("gave up waiting for: %s", what)
		}
	}
}

// Stored returns how many events are stored, and how many of them more than once.
func (s *Server) Stored() (events, doubled int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.rows {
		if n > 1 {
			doubled++
		}
	}
	return len(s.rows), doubled
}

// Has reports whether an event is stored.
func (s *Server) Has(id [16]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows[id] > 0
}

// Events returns the stored events in the order of storing.
func (s *Server) Events() []*eventv1.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*eventv1.Event(nil), s.events...)
}

// Batches returns every batch that arrived.
func (s *Server) Batches() []Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Batch(nil), s.batches...)
}

// Drops returns the drops that clients reported, by reason.
func (s *Server) Drops() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	drops := map[string]uint64{}
	for reason, n := range s.drops {
		drops[reason] = n
	}
	return drops
}

// Streams returns how many streams were opened.
func (s *Server) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams
}
