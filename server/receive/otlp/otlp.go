// Package otlp receives what OpenTelemetry's exporters send, over gRPC and over HTTP in
// protobuf and JSON. Exceptions in span events and in log records become events, and so
// do log records of level error and above; all else is answered as a success and
// counted, so that exporters stay quiet.
//
// It decides who may send, whether a request can be understood, and what in it is an
// error. It stores no spans, no logs and no metrics. What becomes of an event is the
// sink's business.
package otlp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/quota"
	"github.com/faultline-dev/faultline/server/receive"
)

// Config bounds what exporters may send and says what of it is an error.
type Config struct {
	// MessageBytes is the largest request, as it is sent and decompressed.
	MessageBytes int
	// UnderWayBytes bounds all requests that are read and not answered. When it is
	// reached, requests are refused after Patience, and exporters send them again.
	UnderWayBytes int64
	// Patience is how long a request waits for room.
	Patience time.Duration
	// Events is the largest number of errors in a request; those beyond it are rejected.
	Events int
	// Growth is how many times its own size the errors of a request may take in memory.
	// Stack traces beyond it stay text.
	Growth int
	// StackBytes is the memory for stack traces that came more than once, whose frames
	// events share. 0: none is kept.
	StackBytes int
	// ErrorSpans makes an event of a span with status error and no exception.
	ErrorSpans bool
}

// DefaultConfig suits one machine.
func DefaultConfig() Config {
	return Config{
		MessageBytes: 16 << 20, UnderWayBytes: 64 << 20, Patience: 2 * time.Second, Events: 10_000, Growth: 20,
		StackBytes: 16 << 20,
	}
}

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.MessageBytes < 1<<10:
		return fmt.Errorf("OTLP: requests of %d bytes hold no record, give at least 1024", c.MessageBytes)
	case c.UnderWayBytes < int64(c.MessageBytes):
		return fmt.Errorf("OTLP: %d bytes under way are less than one request of %d", c.UnderWayBytes, c.MessageBytes)
	case c.Patience <= 0:
		return errors.New("OTLP: patience must be positive")
	case c.Events < 1 || c.Growth < 1 || c.StackBytes < 0:
		return fmt.Errorf("OTLP: %d events that may grow %d times can carry nothing", c.Events, c.Growth)
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
	Metrics *Metrics
	Logger  *slog.Logger // nil: slog's default
	// TurnAway tells whether a project's requests are to be refused unread. nil: none are.
	TurnAway func(projectID uint32) bool
	// PrepareStack makes a stack of a platform into one that many events may share, or
	// reports false. Nil: no event shares its stack.
	PrepareStack func(platform string, s *event.Stacktrace) bool
}

// Metrics count what is not stored; what becomes of errors is counted behind the sink.
type Metrics struct {
	items *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{items: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "faultline_otlp_items_total",
		Help: "Spans, log records and metrics that exporters sent, by whether they were errors.",
	}, []string{"signal", "kind"})}
	r.MustRegister(m.items)
	return m
}

// Handler serves the three services.
type Handler struct {
	cfg     Config
	sink    receive.Sink
	keys    Keys
	metrics *Metrics
	log     *slog.Logger
	away    func(projectID uint32) bool
	room    *quota.Room // for requests
	stacks  *stacks
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
		cfg: cfg, sink: p.Sink, keys: p.Keys, metrics: p.Metrics, log: p.Logger, away: p.TurnAway,
		room: quota.NewRoom(cfg.UnderWayBytes, cfg.UnderWayBytes), stacks: newStacks(cfg.StackBytes, p.PrepareStack),
	}, nil
}

// signal is a kind of telemetry.
type signal uint8

const (
	traces signal = iota
	logs
	metrics
	signals
)

var signalNames = [signals]string{"traces", "logs", "metrics"}

// caller is who sends and how.
type caller struct {
	credential string
	project    uint32 // 0: the key's own
	ip         netip.Addr
}

// enter checks that the caller may send.
func (h *Handler) enter(ctx context.Context, c caller) (project.Access, error) {
	if c.credential == "" {
		return project.Access{}, fmt.Errorf("%w: send a DSN's public key, an API key or a token, for example with OTEL_EXPORTER_OTLP_HEADERS=\"authorization=Bearer KEY\" or x-api-key=KEY", project.ErrUnauthenticated)
	}
	access, err := h.keys.Key(ctx, c.credential, c.project)
	if errors.Is(err, project.ErrForbidden) && c.project == 0 {
		return access, fmt.Errorf("%w; with a token, name the project in the header x-faultline-project", err)
	}
	return access, err
}

// answer is what an exporter is told of a request that was taken.
type answer struct {
	rejected int64 // spans or log records
	message  string
}

// admit checks that the caller may send and is not to come back later, and begins to hold
// memory for its request, which must be released if there is no error.
func (h *Handler) admit(ctx context.Context, c caller) (project.Access, *quota.Hold, error) {
	a, err := h.enter(ctx, c)
	if err != nil {
		return a, nil, err
	}
	if h.away != nil && h.away(a.ProjectID) {
		return a, nil, retryable{receive.ErrTurnedAway, retryAfter, true}
	}
	return a, h.room.Hold(a.ProjectID, h.cfg.Patience), nil
}

// export hands the errors of a request to the sink and says what became of them. The
// request is protobuf.
func (h *Handler) export(ctx context.Context, c caller, a project.Access, hold *quota.Hold, s signal, data []byte) (answer, error) {
	if err := hold.Grow(ctx, int64(len(data))); err != nil {
		return answer{}, roomError(err)
	}
	r := h.newReader(a.ProjectID, len(data))
	err := r.read(s, data)
	b := &receive.Batch{
		ProjectID: a.ProjectID, KeyID: a.KeyID, KeyRate: a.KeyRate, MadeAt: unixNano(r.newest), ReceivedAt: r.now, ClientIP: c.ip,
		Protocol: "otlp", Events: r.events, Patience: h.cfg.Patience,
	}
	if b.KeyID == "" {
		b.KeyID = a.TokenID
	}
	switch {
	case err != nil:
		b.Events, b.Refused = nil, []receive.Refused{{Reason: outcome.Malformed, Count: 1}}
	case r.beyond > 0:
		b.Refused = []receive.Refused{{Reason: outcome.BatchEvents, Count: r.beyond}}
	}
	var results []outcome.Result
	if len(b.Events)+len(b.Refused) > 0 {
		results = h.sink.Receive(ctx, b)()
	}
	if err != nil {
		return answer{}, err
	}
	h.metrics.items.WithLabelValues(signalNames[s], "error").Add(float64(r.errors))
	h.metrics.items.WithLabelValues(signalNames[s], "other").Add(float64(r.items - r.errors))
	return h.settle(r, results)
}

// settle makes one answer of the results. If anything may be accepted later, the
// exporter is asked to send all of it again: what is stored will be known by its id.
func (h *Handler) settle(r *reader, results []outcome.Result) (answer, error) {
	var out answer
	var refused outcome.Result
	var wait time.Duration
	again, limited := false, true
	last := -1
	for i, result := range results {
		switch result.Kind {
		case outcome.Stored, outcome.Duplicate, outcome.Filtered:
			continue
		}
		if result.Retry {
			again, limited, wait = true, limited && result.Kind == outcome.Limited, max(wait, result.RetryAfter)
			refused = result
			continue
		}
		if refused.Kind == 0 {
			refused = result
		}
		if r.owners[i] != last {
			last = r.owners[i]
			out.rejected++
		}
	}
	if again {
		return answer{}, retryable{fmt.Errorf("%w: %s", errAgain, refused.Message), max(wait, retryAfter), limited}
	}
	if refused.Kind != 0 {
		out.message = fmt.Sprintf("errors in %d of them were refused: %s", out.rejected, refused.Reason)
		if refused.Message != "" {
			out.message += ": " + refused.Message
		}
	}
	if r.beyond > 0 {
		out.rejected += int64(r.beyond)
		out.message = fmt.Sprintf("a request may hold %d errors (events), %d more were rejected: send smaller batches", h.cfg.Events, r.beyond)
	}
	return out, nil
}
