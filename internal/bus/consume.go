package bus

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/faultline-dev/faultline/internal/event"
)

// Later is what a handler returns when it is too early for a message: it comes again after
// the delay, and nobody is troubled with an error.
type Later struct {
	Delay time.Duration
	Why   string
}

// Error says what the handler waits for.
func (l Later) Error() string { return fmt.Sprintf("not before %v: %s", l.Delay, l.Why) }

// consumer is one durable consumer: where its messages come from, how they are read, and what
// is done with them.
type consumer[M proto.Message, T any] struct {
	stream, name, subject string
	workers               int // 0: as configured

	empty  func() M
	read   func(M) (T, error)
	about  func(T) event.Fingerprint // messages about the same are handled in order
	handle func(context.Context, T) error
}

// item is a message on its way to its worker.
type item[T any] struct {
	msg   jetstream.Msg
	meta  *jetstream.MsgMetadata
	value T
}

// laneLength is how many messages wait for one worker.
const laneLength = 8

// consume handles messages until ctx ends, and returns when the last handler has. It outlives
// lost connections and restarts of the server.
func consume[M proto.Message, T any](ctx context.Context, b *Bus, c consumer[M, T]) error {
	if c.workers == 0 {
		c.workers = b.cfg.Workers
	}
	open := &held{log: b.log}
	lanes := make([]chan item[T], c.workers)
	var workers sync.WaitGroup
	for i := range lanes {
		lanes[i] = make(chan item[T], laneLength)
		workers.Go(func() {
			for it := range lanes[i] {
				work(ctx, b, c, it)
				open.remove(it.msg)
			}
		})
	}
	stopped := make(chan struct{})
	workers.Go(func() { open.keepAlive(b.cfg.AckWait/3, stopped) })
	seed := maphash.MakeSeed()
	for ctx.Err() == nil {
		err := pull(ctx, b, c, func(it item[T]) {
			open.add(it.msg)
			lanes[maphash.Comparable(seed, c.about(it.value))%uint64(len(lanes))] <- it
		})
		if err != nil && ctx.Err() == nil {
			b.log.Warn("consumer interrupted", "consumer", c.name, "error", err)
			pause(ctx, time.Second)
		}
	}
	close(stopped)
	for _, lane := range lanes {
		close(lane)
	}
	workers.Wait()
	return context.Cause(ctx)
}

// pull makes the consumer where it is missing and dispatches its messages.
func pull[M proto.Message, T any](ctx context.Context, b *Bus, c consumer[M, T], dispatch func(item[T])) error {
	made, err := b.js.CreateOrUpdateConsumer(ctx, c.stream, jetstream.ConsumerConfig{
		Durable: c.name, FilterSubject: c.subject, AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: b.cfg.AckWait, MaxDeliver: -1, MaxAckPending: 64 * c.workers,
	})
	if err != nil {
		return fmt.Errorf("make the consumer: %w", err)
	}
	messages, err := made.Messages(jetstream.PullMaxMessages(2 * c.workers))
	if err != nil {
		return fmt.Errorf("ask for messages: %w", err)
	}
	defer b.giveBack(messages)
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("wait for a message: %w", err)
		}
		if it, ok := decode(ctx, b, c, msg); ok {
			dispatch(it)
		}
	}
}

// giveBack returns what was fetched and not looked at, so that it need not wait for AckWait.
func (b *Bus) giveBack(messages jetstream.MessagesContext) {
	messages.Drain()
	for {
		msg, err := messages.Next(jetstream.NextMaxWait(time.Second))
		if err != nil {
			messages.Stop()
			return
		}
		b.settle(msg.Nak())
	}
}

// decode reads a message. One that cannot be read, or has been tried too often, is given up.
func decode[M proto.Message, T any](ctx context.Context, b *Bus, c consumer[M, T], msg jetstream.Msg) (item[T], bool) {
	meta, err := msg.Metadata()
	if err != nil {
		b.log.Error("a message without its position was dropped", "consumer", c.name, "error", err)
		return item[T]{}, false
	}
	it := item[T]{msg: msg, meta: meta}
	m := c.empty()
	if err = proto.Unmarshal(msg.Data(), m); err == nil {
		it.value, err = c.read(m)
	}
	if err == nil && meta.NumDelivered > uint64(b.cfg.MaxDeliver) {
		err = errors.New("handling it ended the process, or never answered")
	}
	if err != nil {
		b.giveUp(ctx, msg, meta, err)
		return it, false
	}
	return it, true
}

// work handles one message and settles it.
func work[M proto.Message, T any](ctx context.Context, b *Bus, c consumer[M, T], it item[T]) {
	if ctx.Err() != nil {
		b.settle(it.msg.Nak())
		return
	}
	err := guarded(ctx, c.handle, it.value)
	var later Later
	switch {
	case err == nil:
		b.settle(it.msg.Ack())
	case ctx.Err() != nil:
		b.settle(it.msg.Nak())
	case errors.As(err, &later):
		b.settle(it.msg.NakWithDelay(later.Delay))
	case it.meta.NumDelivered >= uint64(b.cfg.MaxDeliver):
		b.giveUp(ctx, it.msg, it.meta, err)
	default:
		wait := b.cfg.Backoff[min(int(it.meta.NumDelivered), len(b.cfg.Backoff))-1]
		b.log.Warn("message failed and will be tried again", "consumer", c.name, "subject", it.msg.Subject(),
			"delivery", it.meta.NumDelivered, "wait", wait, "error", err)
		b.settle(it.msg.NakWithDelay(wait))
	}
}

// guarded calls a handler and makes an error of a panic, so that no message can end the
// process.
func guarded[T any](ctx context.Context, handle func(context.Context, T) error, value T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler panicked: %v", p)
		}
	}()
	return handle(ctx, value)
}

// settle logs an answer that could not be given. The message comes again then, and handlers
// can take that.
func (b *Bus) settle(err error) {
	if err != nil {
		b.log.Debug("a message could not be settled and will come again", "error", err)
	}
}

// pause waits, or returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
