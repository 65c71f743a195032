package native

import (
	"testing"

	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/proto"

	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/internal/wire"
)

func protoCodec() encoding.CodecV2 { return encoding.GetCodecV2("proto") }

// FuzzJSON must not crash, and what it takes must be protobuf that the decoder takes.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"events":[{"eventId":"fc6d8c0c43fc4630ad850ee518f1b9d0","tags":{"a":"b"},"trace":{"spanId":"00f067aa0ba902b7"}}]}`))
	f.Add([]byte(`{"attempt":2,"drops":[{"reason":"x","count":"3"}],"events":[{"contexts":{"os":{"n":[1,null,{}]}}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		b := &ingestv1.Batch{}
		data, err := fromJSON(text, b, func() *ingestv1.Batch { return b })
		if err != nil {
			return
		}
		if err := proto.Unmarshal(data, &ingestv1.Batch{}); err != nil {
			t.Fatal(err)
		}
		got, err := wire.NewDecoder(wire.DefaultLimits()).Request(wire.WrapBatch(data))
		if err != nil || got.Total() != len(b.Events) {
			t.Fatalf("%d events, %v", got.Total(), err)
		}
	})
}
