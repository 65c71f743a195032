package wire

import (
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/faultline-dev/faultline/internal/outcome"
)

// Ack says what became of a batch.
type Ack struct {
	BatchID    uint64
	Results    []outcome.Result
	RetryAfter time.Duration // 0: none
}

// AppendResponse appends the StreamResponse or SendResponse, which have the same
// fields, that holds the acknowledgement.
func AppendResponse(b []byte, a Ack) []byte {
	size := a.size()
	b = slices.Grow(b, 1+protowire.SizeBytes(size))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	if a.BatchID != 0 {
		b = protowire.AppendTag(b, 1, protowire.VarintType)
		b = protowire.AppendVarint(b, a.BatchID)
	}
	for i := range a.Results {
		b = appendResult(b, &a.Results[i])
	}
	if a.RetryAfter > 0 {
		b = protowire.AppendTag(b, 3, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(durationSize(a.RetryAfter)))
		b = appendDuration(b, a.RetryAfter)
	}
	return b
}

func (a Ack) size() int {
	n := 0
	if a.BatchID != 0 {
		n += 1 + protowire.SizeVarint(a.BatchID)
	}
	for i := range a.Results {
		n += 1 + protowire.SizeBytes(resultSize(&a.Results[i]))
	}
	if a.RetryAfter > 0 {
		n += 1 + protowire.SizeBytes(durationSize(a.RetryAfter))
	}
	return n
}

func resultSize(r *outcome.Result) int {
	n := 2
	if !r.EventID.IsZero() {
		n += 1 + protowire.SizeBytes(len(r.EventID))
	}
	if r.Reason != "" {
		n += 1 + protowire.SizeBytes(len(r.Reason))
	}
	if r.Message != "" {
		n += 1 + protowire.SizeBytes(len(r.Message))
	}
	if r.Retry {
		n += 2
	}
	return n
}

func appendResult(b []byte, r *outcome.Result) []byte {
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(resultSize(r)))
	if !r.EventID.IsZero() {
		b = protowire.AppendTag(b, 1, protowire.BytesType)
		b = protowire.AppendBytes(b, r.EventID[:])
	}
	b = protowire.AppendTag(b, 2, protowire.VarintType)
	b = append(b, byte(r.Kind))
	if r.Reason != "" {
		b = protowire.AppendTag(b, 3, protowire.BytesType)
		b = protowire.AppendString(b, string(r.Reason))
	}
	if r.Message != "" {
		b = protowire.AppendTag(b, 4, protowire.BytesType)
		b = protowire.AppendString(b, r.Message)
	}
	if r.Retry {
		b = protowire.AppendTag(b, 5, protowire.VarintType)
		b = append(b, 1)
	}
	return b
}

func durationSize(d time.Duration) int {
	n := 0
	if s := d / time.Second; s != 0 {
		n += 1 + protowire.SizeVarint(uint64(s))
	}
	if ns := d % time.Second; ns != 0 {
		n += 1 + protowire.SizeVarint(uint64(ns))
	}
	return n
}

func appendDuration(b []byte, d time.Duration) []byte {
	if s := d / time.Second; s != 0 {
		b = protowire.AppendTag(b, 1, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(s))
	}
	if ns := d % time.Second; ns != 0 {
		b = protowire.AppendTag(b, 2, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(ns))
	}
	return b
}
