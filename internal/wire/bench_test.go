package wire_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/internal/eventgen"
	"github.com/faultline-dev/faultline/internal/wire"
)

const batchEvents = 100

func request() []byte {
	g := eventgen.New(eventgen.DefaultConfig(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)))
	batch := g.AppendBatch(nil, 0, 0, batchEvents)
	return protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), batch)
}

func perEvent(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batchEvents), "ns/event")
}

func BenchmarkDecoder(b *testing.B) {
	data := request()
	d := wire.NewDecoder(wire.DefaultLimits())
	b.ReportAllocs()
	for b.Loop() {
		batch, err := d.Request(data)
		if err != nil || len(batch.Events) != batchEvents {
			b.Fatal(err)
		}
		batch.Memory.Free()
	}
	perEvent(b)
}

func BenchmarkGeneratedCode(b *testing.B) {
	data := request()
	b.ReportAllocs()
	for b.Loop() {
		var m ingestv1.StreamRequest
		if err := proto.Unmarshal(data, &m); err != nil {
			b.Fatal(err)
		}
		for _, e := range m.Batch.Events {
			if _, err := wire.FromProto(e); err != nil {
				b.Fatal(err)
			}
		}
	}
	perEvent(b)
}
