package bus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/faultline-dev/faultline/internal/event"
)

// spillPause is how long the drainer waits after a failure at most.
const spillPause = 5 * time.Second

// Insert stores a spilled block. Again tells that it may have been handed over before, to a
// process that ended before it could say how it went; earlier failures of this process count
// as none.
type Insert = func(ctx context.Context, token string, again bool, events []*event.Occurrence) error

// DrainSpill hands over spilled blocks, oldest first and one at a time over all processes,
// until ctx ends. A block is removed once insert returns nil; until then it is offered again,
// under the same token, and the ones behind it wait; so insert must return nil for a block that
// it gives up. A block that cannot be read becomes a dead letter.
func (b *Bus) DrainSpill(ctx context.Context, insert Insert) error {
	for ctx.Err() == nil {
		if err := b.drain(ctx, insert); err != nil && ctx.Err() == nil {
			b.log.Warn("draining the spill was interrupted", "error", err)
			pause(ctx, time.Second)
		}
	}
	return context.Cause(ctx)
}

func (b *Bus) drain(ctx context.Context, insert Insert) error {
	s, err := b.js.Stream(ctx, streamSpill)
	if err != nil {
		return fmt.Errorf("open the spill: %w", err)
	}
	made, err := s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: "drain", FilterSubject: "spill.*", AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: b.cfg.AckWait, MaxDeliver: -1, MaxAckPending: 1,
	})
	if err != nil {
		return fmt.Errorf("make the consumer of the spill: %w", err)
	}
	messages, err := made.Messages(jetstream.PullMaxMessages(1))
	if err != nil {
		return fmt.Errorf("ask for spilled blocks: %w", err)
	}
	defer b.giveBack(messages)
	// A server that was killed forgets what it handed out last, so the first block may have
	// been tried although it says that it was not. Those behind it waited for it.
	for first := true; ; first = false {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("wait for a spilled block: %w", err)
		}
		if err := b.drainOne(ctx, s, msg, first, insert); err != nil {
			return err
		}
	}
}

// drainOne inserts one block, however long that takes, and removes it.
func (b *Bus) drainOne(ctx context.Context, s jetstream.Stream, msg jetstream.Msg, first bool, insert Insert) error {
	meta, err := msg.Metadata()
	if err != nil {
		return fmt.Errorf("place a spilled block: %w", err)
	}
	open := &held{log: b.log}
	open.add(msg)
	stopped, done := make(chan struct{}), make(chan struct{})
	go func() { defer close(done); open.keepAlive(b.cfg.AckWait/3, stopped) }()
	defer func() { close(stopped); <-done }()

	data, err := b.gather(ctx, s, msg)
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		b.settle(msg.Nak())
		return err
	}
	var token string
	var events []*event.Occurrence
	if err == nil {
		token, events, err = decodeBlock(data)
	}
	if err != nil {
		b.giveUp(ctx, msg, meta, err)
		return nil
	}
	if err := b.insertBlock(ctx, token, first || meta.NumDelivered > 1, events, insert); err != nil {
		b.settle(msg.Nak())
		return err
	}
	if err := msg.DoubleAck(ctx); err != nil {
		return fmt.Errorf("remove a drained block: %w", err)
	}
	return b.removePieces(ctx, s, msg, meta)
}

// gather returns the bytes of a block.
func (b *Bus) gather(ctx context.Context, s jetstream.Stream, msg jetstream.Msg) ([]byte, error) {
	if msg.Headers().Get(headerPieces) == "" {
		return msg.Data(), nil
	}
	var data []byte
	for positions := msg.Data(); len(positions) >= 8; positions = positions[8:] {
		at := binary.BigEndian.Uint64(positions)
		piece, err := s.GetMsg(ctx, at)
		if err != nil {
			return nil, fmt.Errorf("read piece %d of a spilled block: %w", at, err)
		}
		data = append(data, piece.Data...)
	}
	return data, nil
}

// insertBlock offers a block until it is taken or ctx ends.
func (b *Bus) insertBlock(ctx context.Context, token string, again bool, events []*event.Occurrence, insert Insert) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, spillPause) {
		err := insert(ctx, token, again, events)
		if err == nil || ctx.Err() != nil {
			return err
		}
		b.log.Warn("spilled events cannot be inserted yet", "events", len(events), "wait", wait, "error", err)
		pause(ctx, wait)
	}
}

// removePieces removes the pieces of a drained block, and those that its writer left behind
// before it. When no block waits, the pieces of writers that are gone are removed too.
func (b *Bus) removePieces(ctx context.Context, s jetstream.Stream, msg jetstream.Msg, meta *jetstream.MsgMetadata) error {
	if msg.Headers().Get(headerPieces) != "" {
		err := s.Purge(ctx, jetstream.WithPurgeSubject(msg.Subject()+".piece"), jetstream.WithPurgeSequence(meta.Sequence.Stream))
		if err != nil {
			return fmt.Errorf("remove the pieces of a drained block: %w", err)
		}
	}
	if meta.NumPending > 0 {
		return nil
	}
	return b.sweepPieces(ctx, s)
}
