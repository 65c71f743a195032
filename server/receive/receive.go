// Package receive is the one door through which every protocol hands over
// events. A protocol's decoder turns bytes into a Batch and gives it to a Sink;
// it knows no store and decides nothing about an event but whether it could be
// decoded.
package receive

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
)

// ErrTurnedAway is why a request is refused, perhaps unread: so much of its project waits
// for room already that it had better come later.
var ErrTurnedAway = errors.New("the server has no room for more events of this project now (ingest-room-bytes)")

// Batch is a group of events that arrived together for one project.
type Batch struct {
	ProjectID  uint32
	KeyID      string       // key or token that let it in, for outcomes
	KeyRate    project.Rate // what that key may send; zero: no limit
	Attempt    uint32       // 1 for the first sending; above 1 the writer looks for what is stored already; 0: the client does not count
	MadeAt     time.Time    // by the client's clock; it cannot have sent the batch earlier. Zero: not known. Read where Attempt is 0
	ReceivedAt time.Time
	ClientIP   netip.Addr // the connection's, or that of a trusted proxy's header
	Protocol   string     // native, sentry, otlp: a label for metrics
	Events     []*event.Event
	Refused    []Refused     // what could not be decoded: the protocol answers for it, the sink counts it
	Drops      []Drop        // what the client itself gave up
	Patience   time.Duration // how long to wait for room; 0: as long as the context lives
	Memory     Memory        // of the events; nil: the garbage collector's
}

// Memory is that of the events of a batch, but for their texts. Who owns the events frees it
// once when nobody needs them any more, or leaves it to the garbage collector.
type Memory interface {
	Free()
}

// Refused counts what could not be decoded, and what came beside events and is not kept.
type Refused struct {
	Kind   outcome.Kind // 0: Invalid
	Reason outcome.Reason
	Count  uint64
}

// Drop counts events that a client dropped.
type Drop struct {
	Reason string
	Count  uint64
}

// Sink takes batches.
//
// Receive must do at once what needs no waiting, and frees the batch's memory as soon as
// nobody needs its events. What it returns must be called once; it waits until each event is
// stored or refused, and must return exactly one result an event, in order. It may block for
// as long as there is no room; it must return when ctx ends, with results that say Retry for
// what was not stored. The sink owns the batch and its events from the call of Receive on.
type Sink interface {
	Receive(ctx context.Context, b *Batch) (wait func() []outcome.Result)
}
