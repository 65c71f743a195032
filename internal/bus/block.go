package bus

import (
	"errors"
	"fmt"
	"iter"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	busv1 "github.com/faultline-dev/faultline/gen/go/faultline/bus/v1"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/wire"
)

// maxBlock bounds a decompressed block.
const maxBlock = 1 << 30

// encodeBlock makes the bytes of a busv1.SpillBatch event by event, and says how many there
// are.
func encodeBlock(token string, events iter.Seq2[*event.Occurrence, error]) (data []byte, n int, err error) {
	data = protowire.AppendString(protowire.AppendTag(nil, fieldToken, protowire.BytesType), token)
	var one []byte
	for o, err := range events {
		if err != nil {
			return nil, n, fmt.Errorf("read event %d of a block: %w", n, err)
		}
		if one, err = (proto.MarshalOptions{}).MarshalAppend(one[:0], spillable(o)); err != nil {
			return nil, n, fmt.Errorf("encode event %d of a block: %w", n, err)
		}
		data = protowire.AppendBytes(protowire.AppendTag(data, fieldEvents, protowire.BytesType), one)
		n++
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, n, fmt.Errorf("compress a block: %w", err)
	}
	return w.EncodeAll(data, nil), n, nil
}

// The numbers of the fields of busv1.SpillBatch.
const (
	fieldToken  = 1
	fieldEvents = 2
)

func spillable(o *event.Occurrence) *busv1.SpilledEvent {
	s := &busv1.SpilledEvent{
		ProjectId: o.ProjectID, ReceivedAt: stamp(o.ReceivedAt), Event: wire.ToProto(o.Event), Fingerprint: o.Fingerprint[:],
		Title: o.Title, Culprit: o.Culprit, RetentionDays: uint32(o.RetentionDays), KeyId: o.KeyID,
	}
	for _, p := range o.Parts {
		s.Parts = append(s.Parts, &busv1.FingerprintPart{Kind: p.Kind, Value: p.Value, Source: p.Source})
	}
	return s
}

func decodeBlock(data []byte) (token string, events []*event.Occurrence, err error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock))
	if err != nil {
		return "", nil, fmt.Errorf("decompress a block: %w", err)
	}
	defer r.Close()
	if data, err = r.DecodeAll(data, nil); err != nil {
		return "", nil, fmt.Errorf("decompress a block: %w", err)
	}
	var batch busv1.SpillBatch
	if err := proto.Unmarshal(data, &batch); err != nil {
		return "", nil, fmt.Errorf("decode a block: %w", err)
	}
	if batch.Token == "" || len(batch.Events) == 0 {
		return "", nil, errors.New("decode a block: it has no token or no events")
	}
	for i, s := range batch.Events {
		o, err := spilled(s)
		if err != nil {
			return "", nil, fmt.Errorf("decode event %d of a block: %w", i, err)
		}
		events = append(events, o)
	}
	return batch.Token, events, nil
}

func spilled(s *busv1.SpilledEvent) (*event.Occurrence, error) {
	if len(s.Fingerprint) != 16 || s.Event == nil {
		return nil, errIDLength
	}
	e, err := wire.FromProto(s.Event)
	if err != nil {
		return nil, err
	}
	o := &event.Occurrence{
		ProjectID: s.ProjectId, ReceivedAt: moment(s.ReceivedAt), Event: e, Fingerprint: event.Fingerprint(s.Fingerprint),
		Title: s.Title, Culprit: s.Culprit, RetentionDays: uint16(s.RetentionDays), KeyID: s.KeyId,
	}
	for _, p := range s.Parts {
		o.Parts = append(o.Parts, event.Part{Kind: p.Kind, Value: p.Value, Source: p.Source})
	}
	return o, nil
}
