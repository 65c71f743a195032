package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	busv1 "github.com/faultline-dev/faultline/gen/go/faultline/bus/v1"
)

// giveUp moves a message to the stream of dead letters. If that fails the message stays and
// is tried again later.
func (b *Bus) giveUp(ctx context.Context, msg jetstream.Msg, meta *jetstream.MsgMetadata, cause error) {
	b.log.Error("message given up", "stream", meta.Stream, "subject", msg.Subject(), "deliveries", meta.NumDelivered, "error", cause)
	err := b.publish(ctx, message{
		subject: "dead." + meta.Stream,
		id:      "dead-" + meta.Stream + "-" + strconv.FormatUint(meta.Sequence.Stream, 10),
		body: &busv1.DeadLetter{
			Subject: msg.Subject(), Stream: meta.Stream, Data: msg.Data(), Error: cause.Error(),
			Deliveries: uint32(meta.NumDelivered), Time: stamp(time.Now()),
		},
	})
	if err != nil {
		b.log.Error("a dead letter could not be kept; the message stays", "error", err)
		b.settle(msg.NakWithDelay(b.cfg.Backoff[len(b.cfg.Backoff)-1]))
		return
	}
	b.settle(msg.TermWithReason("dead letter"))
}

// DeadLetters lists messages that were given up, newest first, at most limit.
func (b *Bus) DeadLetters(ctx context.Context, limit int) ([]DeadLetter, error) {
	s, err := b.js.Stream(ctx, streamDead)
	if err != nil {
		return nil, fmt.Errorf("open the stream of dead letters: %w", err)
	}
	var out []DeadLetter
	state := s.CachedInfo().State
	for seq := state.LastSeq; seq >= state.FirstSeq && seq > 0 && len(out) < limit; seq-- {
		raw, err := s.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read dead letter %d: %w", seq, err)
		}
		var m busv1.DeadLetter
		if err := proto.Unmarshal(raw.Data, &m); err != nil {
			return nil, fmt.Errorf("decode dead letter %d: %w", seq, err)
		}
		out = append(out, DeadLetter{
			Subject: m.Subject, Stream: m.Stream, Data: m.Data, Error: m.Error, Deliveries: m.Deliveries, Time: moment(m.Time),
		})
	}
	return out, nil
}
