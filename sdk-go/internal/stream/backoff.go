package stream

import (
	"errors"
	"math/rand/v2"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// backoff doubles a delay with every failure, up to a limit, and spreads
// clients apart by jitter.
type backoff struct {
	min, max time.Duration
	failures int
}

// next returns how long to wait after one more failure.
func (b *backoff) next() time.Duration {
	d := b.max
	if b.failures < 20 && b.min<<b.failures < b.max {
		d = b.min << b.failures
	}
	b.failures++
	return d/2 + rand.N(d/2+1)
}

// reset forgets the failures.
func (b *backoff) reset() { b.failures = 0 }

// hint returns the delay that the server asked for in a google.rpc.RetryInfo
// detail.
func hint(err error) (time.Duration, bool) {
	var rpc *connect.Error
	if !errors.As(err, &rpc) {
		return 0, false
	}
	for _, detail := range rpc.Details() {
		if detail.Type() == "google.rpc.RetryInfo" {
			return retryInfo(detail.Bytes())
		}
	}
	return 0, false
}

// retryInfo reads google.rpc.RetryInfo: one Duration in field 1.
func retryInfo(b []byte) (time.Duration, bool) {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return 0, false
		}
		b = b[n:]
		if num == 1 && typ == protowire.BytesType {
			value, n := protowire.ConsumeBytes(b)
			if n < 0 {
				return 0, false
			}
			var d durationpb.Duration
			if err := proto.Unmarshal(value, &d); err != nil {
				return 0, false
			}
			return d.AsDuration(), true
		}
		n = protowire.ConsumeFieldValue(num, typ, b)
		if n < 0 {
			return 0, false
		}
		b = b[n:]
	}
	return 0, false
}

// refused reports whether the server answered that it will never take what
// was sent, whoever asks and whenever.
func refused(err error) bool {
	switch connect.CodeOf(err) {
	case connect.CodeInvalidArgument, connect.CodeOutOfRange:
		return true
	case connect.CodeResourceExhausted:
		_, later := hint(err)
		return !later
	default:
		return false
	}
}

// locked reports whether the server does not know or allow the key, which
// waiting a second will not change.
func locked(err error) bool {
	switch connect.CodeOf(err) {
	case connect.CodeUnauthenticated, connect.CodePermissionDenied, connect.CodeNotFound, connect.CodeUnimplemented:
		return true
	default:
		return false
	}
}
