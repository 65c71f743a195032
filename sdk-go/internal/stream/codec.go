package stream

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// frame is a StreamRequest whose events are encoded already, so that an event
// is encoded once however often it is sent.
type frame struct {
	projectID uint32
	batchID   uint64
	attempt   uint32
	events    [][]byte
	drops     []Drop
}

// codec writes frames and reads protobuf messages.
type codec struct{}

// Name is the name under which servers know the encoding.
func (codec) Name() string { return "proto" }

// Marshal encodes a frame or a protobuf message.
func (c codec) Marshal(m any) ([]byte, error) { return c.MarshalAppend(nil, m) }

// MarshalAppend encodes a frame or a protobuf message behind dst.
func (codec) MarshalAppend(dst []byte, m any) ([]byte, error) {
	switch m := m.(type) {
	case *frame:
		return m.append(dst), nil
	case proto.Message:
		return proto.MarshalOptions{}.MarshalAppend(dst, m)
	default:
		return nil, fmt.Errorf("encode %T: not a protobuf message", m)
	}
}

// Unmarshal decodes a protobuf message.
func (codec) Unmarshal(data []byte, m any) error {
	msg, ok := m.(proto.Message)
	if !ok {
		return fmt.Errorf("decode %T: not a protobuf message", m)
	}
	return proto.Unmarshal(data, msg)
}

// Field numbers of faultline.ingest.v1 StreamRequest, Batch and ClientDrop.
const (
	fieldRequestProjectID = 1
	fieldRequestBatch     = 2
	fieldBatchID          = 1
	fieldBatchAttempt     = 2
	fieldBatchEvents      = 3
	fieldBatchDrops       = 4
	fieldDropReason       = 1
	fieldDropCount        = 2
)

func (f *frame) append(dst []byte) []byte {
	if f.projectID != 0 {
		dst = protowire.AppendTag(dst, fieldRequestProjectID, protowire.VarintType)
		dst = protowire.AppendVarint(dst, uint64(f.projectID))
	}
	dst = protowire.AppendTag(dst, fieldRequestBatch, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(f.batchSize()))
	dst = protowire.AppendTag(dst, fieldBatchID, protowire.VarintType)
	dst = protowire.AppendVarint(dst, f.batchID)
	dst = protowire.AppendTag(dst, fieldBatchAttempt, protowire.VarintType)
	dst = protowire.AppendVarint(dst, uint64(f.attempt))
	for _, event := range f.events {
		dst = protowire.AppendTag(dst, fieldBatchEvents, protowire.BytesType)
		dst = protowire.AppendBytes(dst, event)
	}
	for _, drop := range f.drops {
		dst = protowire.AppendTag(dst, fieldBatchDrops, protowire.BytesType)
		dst = protowire.AppendVarint(dst, uint64(dropSize(drop)))
		dst = protowire.AppendTag(dst, fieldDropReason, protowire.BytesType)
		dst = protowire.AppendString(dst, drop.Reason)
		dst = protowire.AppendTag(dst, fieldDropCount, protowire.VarintType)
		dst = protowire.AppendVarint(dst, drop.Count)
	}
	return dst
}

// batchSize relies on every tag taking one byte, as field numbers below 16 do.
func (f *frame) batchSize() int {
	size := 1 + protowire.SizeVarint(f.batchID) + 1 + protowire.SizeVarint(uint64(f.attempt))
	for _, event := range f.events {
		size += 1 + protowire.SizeBytes(len(event))
	}
	for _, drop := range f.drops {
		size += 1 + protowire.SizeBytes(dropSize(drop))
	}
	return size
}

func dropSize(d Drop) int {
	return 1 + protowire.SizeBytes(len(d.Reason)) + 1 + protowire.SizeVarint(d.Count)
}
