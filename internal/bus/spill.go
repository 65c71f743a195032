package bus

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faultline-dev/faultline/internal/event"
)

// A block is one SpillBatch, compressed. Most fit one message. The bytes of a larger one go
// ahead in pieces on spill.<writer>.piece; the message that names them by their positions in
// the stream goes last on spill.<writer> and makes the block whole: without it the pieces are
// nothing, and nobody was told that the events are safe. The block is never divided into
// several inserts, because its token may already stand in ClickHouse for all of it.
const headerPieces = "Faultline-Pieces"

// headroom is what a message needs besides its body.
const headroom = 4 << 10

// Spill puts a block of events on disk, to be inserted into ClickHouse under its token by
// DrainSpill. When it returns nil the events survive the end of every process. Spilling a
// block again under the same token does nothing within Config.DuplicateWindow. An event
// that comes with an error makes it fail.
func (b *Bus) Spill(ctx context.Context, token string, events iter.Seq2[*event.Occurrence, error]) error {
	data, n, err := encodeBlock(token, events)
	if err != nil {
		return err
	}
	select {
	case b.spilling <- struct{}{}:
		defer func() { <-b.spilling }()
	case <-ctx.Done():
		return fmt.Errorf("wait to spill: %w", context.Cause(ctx))
	}
	msg := &nats.Msg{Subject: b.spillSubject(), Data: data}
	if room := int(b.conn.MaxPayload()) - headroom; len(data) > room {
		positions, err := b.spillPieces(ctx, token, data, room)
		if err != nil {
			return err
		}
		msg.Header, msg.Data = nats.Header{headerPieces: {strconv.Itoa(len(positions) / 8)}}, positions
	}
	if _, err := b.spillMessage(ctx, msg, token); err != nil {
		return fmt.Errorf("spill %d events: %w", n, err)
	}
	return nil
}

// spillPieces publishes a block in pieces and returns their positions, 8 bytes each.
func (b *Bus) spillPieces(ctx context.Context, token string, data []byte, room int) ([]byte, error) {
	var positions []byte
	i := 0
	for piece := range slices.Chunk(data, room) {
		msg := &nats.Msg{Subject: b.spillSubject() + ".piece", Data: piece}
		at, err := b.spillMessage(ctx, msg, token+"/"+strconv.Itoa(i))
		if err != nil {
			return nil, fmt.Errorf("spill piece %d of a block of %d bytes: %w", i, len(data), err)
		}
		positions = binary.BigEndian.AppendUint64(positions, at)
		i++
	}
	return positions, nil
}

func (b *Bus) spillMessage(ctx context.Context, msg *nats.Msg, id string) (position uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.PublishTimeout)
	defer cancel()
	ack, err := b.js.PublishMsg(ctx, msg, jetstream.WithMsgID("spill-"+id))
	if err != nil {
		return 0, err
	}
	b.spilled.add(ack.Sequence)
	return ack.Sequence, nil
}

// stretch is of positions in a stream that follow each other.
type stretch struct {
	mu          sync.Mutex
	first, last uint64
}

// add puts a position behind the others, or begins anew if there are others between. One that is not behind them is of a
// message that was there already.
func (s *stretch) add(at uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at <= s.last {
		return
	}
	if s.first == 0 || at > s.last+1 {
		s.first = at
	}
	s.last = at
}

// holds tells whether all positions from first to last are in it.
func (s *stretch) holds(first, last uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first > 0 && first >= s.first && last <= s.last
}

func (b *Bus) spillSubject() string { return "spill." + b.cfg.Writer }

// SpillPending tells how many messages and bytes wait for ClickHouse, and whether this process is known to have put all
// of them there. It is not known of one whose acknowledgement was lost, nor of those before it.
func (b *Bus) SpillPending(ctx context.Context) (messages, bytes uint64, own bool, err error) {
	s, err := b.js.Stream(ctx, streamSpill)
	if err != nil {
		return 0, 0, false, fmt.Errorf("look at the spill: %w", err)
	}
	state := s.CachedInfo().State
	return state.Msgs, state.Bytes, state.Msgs == 0 || b.spilled.holds(state.FirstSeq, state.LastSeq), nil
}

// orphan is the age from which pieces of a block that was never made whole are removed.
const orphan = time.Hour

// sweepPieces removes pieces that no block names. It may be called only while no block waits.
func (b *Bus) sweepPieces(ctx context.Context, s jetstream.Stream) error {
	info, err := s.Info(ctx, jetstream.WithSubjectFilter("spill.*.piece"))
	if err != nil {
		return fmt.Errorf("look for pieces of lost blocks: %w", err)
	}
	for subject := range info.State.Subjects {
		last, err := s.GetLastMsgForSubject(ctx, subject)
		if err != nil {
			return fmt.Errorf("look for pieces of lost blocks: %w", err)
		}
		if time.Since(last.Time) < orphan || !strings.HasSuffix(subject, ".piece") {
			continue
		}
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeSequence(last.Sequence+1)); err != nil {
			return fmt.Errorf("remove pieces of lost blocks: %w", err)
		}
	}
	return nil
}
