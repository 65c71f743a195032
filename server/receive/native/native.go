// Package native receives events in Faultline's own protocol: IngestService over
// grpc-go for volume, the same over Connect, gRPC and gRPC-Web on the HTTP listener,
// and a REST route for programs that have nothing but HTTP. All of them hand the
// bytes of a request to one decoder and the batch to one sink.
//
// It decides who may send and whether bytes can be understood, and bounds what a
// request may cost before that is known. What becomes of an event is the sink's
// business.
package native

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/wire"
	"github.com/faultline-dev/faultline/server/quota"
	"github.com/faultline-dev/faultline/server/receive"
)

// Config bounds what clients may send.
type Config struct {
	// MessageBytes is the largest message, decompressed.
	MessageBytes int
	// UnderWayBytes bounds all messages that are read and not answered, and once more those
	// that wait for that. Projects share it fairly. When a project's part is used up, its
	// streams are not read and its other requests are refused after Patience.
	UnderWayBytes int64
	// Window is how many batches of one stream are under way at once. The stream is not
	// read while it is full.
	Window int
	// Streams is how many streams may be open at once; one project has eight ninths at most.
	Streams int
	// Patience is how long a request that is no stream waits for room.
	Patience time.Duration
	// StackBytes is the memory for stack traces that came more than once. Events share
	// them, which makes taking another one of the same issue cheap. 0: none is kept.
	StackBytes int
	// Limits bound single events and batches.
	Limits wire.Limits
}

// DefaultConfig suits one machine.
func DefaultConfig() Config {
	return Config{
		MessageBytes: 4 << 20, UnderWayBytes: 64 << 20, Window: 16, Streams: 12_000, Patience: time.Second, StackBytes: 16 << 20,
		Limits: wire.DefaultLimits(),
	}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.MessageBytes < 1<<10:
		return fmt.Errorf("native ingest: messages of %d bytes hold no event, give at least 1024", c.MessageBytes)
	case c.UnderWayBytes < int64(c.MessageBytes):
		return fmt.Errorf("native ingest: %d bytes under way are less than one message of %d", c.UnderWayBytes, c.MessageBytes)
	case c.Window < 1 || c.Streams < 1:
		return fmt.Errorf("native ingest: %d streams with a window of %d can carry nothing", c.Streams, c.Window)
	case c.Patience <= 0:
		return errors.New("native ingest: patience must be positive")
	case c.StackBytes < 0:
		return fmt.Errorf("native ingest: %d bytes of stacks are less than none", c.StackBytes)
	}
	return c.Limits.Validate()
}

// Keys checks credentials.
//
// Key tells what a credential may do in a project; 0 stands for the key's own. The
// error is project.ErrUnauthenticated for a credential that is unknown, revoked or
// expired, and project.ErrForbidden for one that does not reach the project; its
// text is safe to show. It is asked for every batch and must be quick.
type Keys interface {
	Key(ctx context.Context, credential string, projectID uint32) (project.Access, error)
}

// Parts are what a handler works with.
type Parts struct {
	Sink receive.Sink
	Keys Keys
	// TurnAway tells whether a project's requests are to be refused unread. nil: none are.
	// Streams are not asked: they wait.
	TurnAway func(projectID uint32) bool
	// PrepareStack makes a stack into one that events may share, and reports false if
	// they may not. nil: no stack is shared.
	PrepareStack func(platform string, s *event.Stacktrace) bool
	Logger       *slog.Logger // nil: slog's default
}

// Handler serves IngestService.
type Handler struct {
	cfg      Config
	sink     receive.Sink
	keys     Keys
	turnAway func(projectID uint32) bool
	log      *slog.Logger
	room     *quota.Room  // for messages
	streams  *quota.Room  // for open streams
	stacks   *wire.Stacks // nil: none are shared
	turns    turns
	stopping chan struct{}
}

// New makes a handler.
func New(cfg Config, p Parts) (*Handler, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if p.Logger == nil {
		p.Logger = slog.Default()
	}
	h := &Handler{
		cfg: cfg, sink: p.Sink, keys: p.Keys, turnAway: p.TurnAway, log: p.Logger, room: quota.NewRoom(cfg.UnderWayBytes, cfg.UnderWayBytes),
		streams: quota.NewRoom(int64(cfg.Streams), 0), turns: newTurns(), stopping: make(chan struct{}),
	}
	if p.PrepareStack != nil && cfg.StackBytes > 0 {
		h.stacks = wire.NewStacks(cfg.StackBytes, p.PrepareStack)
	}
	return h, nil
}

// Stacks counts how often a stack was found among those that events share.
func (h *Handler) Stacks() wire.StackStats {
	if h.stacks == nil {
		return wire.StackStats{}
	}
	return h.stacks.Stats()
}

// Stop asks all streams to end: what is under way is acknowledged, nothing more is
// read. It must be called once at most, before the listeners are closed.
func (h *Handler) Stop() { close(h.stopping) }

// caller is who sends and how.
type caller struct {
	credential string
	ip         netip.Addr
	patience   time.Duration // 0: no end
}

// enter checks that the caller may send to the project.
func (h *Handler) enter(ctx context.Context, c caller, projectID uint32) (project.Access, error) {
	if c.credential == "" {
		return project.Access{}, fmt.Errorf("%w: send the header \"authorization: Bearer KEY\" with a DSN's public key, an API key or a token", project.ErrUnauthenticated)
	}
	return h.keys.Key(ctx, c.credential, projectID)
}

// payer checks a credential and says in whose room its messages go: that of the key's
// project; 0 for a token that has not named one yet.
func (h *Handler) payer(ctx context.Context, c caller, projectID uint32) (uint32, error) {
	// A key that is good for nothing is refused at once; whether it reaches the project is
	// known when a message names it.
	a, err := h.enter(ctx, c, projectID)
	if err != nil && !(projectID == 0 && errors.Is(err, project.ErrForbidden)) {
		return 0, err
	}
	return a.ProjectID, nil
}

// take hands a batch to the sink. What it returns waits until it says what became of it.
//
// It lets go of the batch's events, because the sink may be done with them long before
// they are stored.
func (h *Handler) take(ctx context.Context, c caller, a project.Access, in *wire.Batch) (wait func() wire.Ack) {
	total := in.Total()
	b := &receive.Batch{
		ProjectID: a.ProjectID, KeyID: a.KeyID, KeyRate: a.KeyRate, Attempt: max(in.Attempt, 1), ReceivedAt: time.Now().UTC(), ClientIP: c.ip,
		Protocol: "native", Events: in.Events, Patience: c.patience,
	}
	if b.KeyID == "" {
		b.KeyID = a.TokenID
	}
	for _, r := range in.Refused {
		b.Refused = countRefused(b.Refused, r.Reason)
	}
	for _, d := range in.Drops {
		b.Drops = append(b.Drops, receive.Drop(d))
	}
	if in.Memory != nil {
		b.Memory = in.Memory
	}
	in.Events, in.Memory = nil, nil
	results := h.sink.Receive(ctx, b)
	return func() wire.Ack { return acknowledge(in, total, results()) }
}

func countRefused(list []receive.Refused, r outcome.Reason) []receive.Refused {
	for i := range list {
		if list[i].Reason == r {
			list[i].Count++
			return list
		}
	}
	return append(list, receive.Refused{Reason: r, Count: 1})
}

// acknowledge puts the results of the sink and the refusals of the decoder into
// the order of the batch, which held so many events.
func acknowledge(in *wire.Batch, total int, results []outcome.Result) wire.Ack {
	ack := wire.Ack{BatchID: in.ID, Results: results}
	if len(in.Refused) > 0 {
		ack.Results = make([]outcome.Result, 0, total)
		for _, r := range in.Refused {
			taken := r.Index - len(ack.Results)
			ack.Results = append(ack.Results, results[:taken]...)
			results = results[taken:]
			ack.Results = append(ack.Results, outcome.Result{EventID: r.ID, Kind: outcome.Invalid, Reason: r.Reason, Message: r.Err.Error()})
		}
		ack.Results = append(ack.Results, results...)
	}
	for i := range ack.Results {
		ack.RetryAfter = max(ack.RetryAfter, ack.Results[i].RetryAfter)
	}
	return ack
}

// none tells whether every event was refused with the outcome, and may be sent
// again if that is asked for.
func none(a wire.Ack, k outcome.Kind, retry bool) bool {
	for i := range a.Results {
		if a.Results[i].Kind != k || retry && !a.Results[i].Retry {
			return false
		}
	}
	return len(a.Results) > 0
}
