package otlp

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"go.opentelemetry.io/proto/otlp/collector/logs/v1"
	logpb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"
)

// storm is a request with a hundred log records that each have an exception, as a
// collector sends them.
func storm(b testing.TB, records int) []byte {
	list := make([]*logpb.LogRecord, records)
	for i := range list {
		list[i] = thrownRecord(time.Now())
		list[i].SpanId = fmt.Appendf(nil, "span%04d", i)
	}
	return marshal(b, logsOf(resource, list...))
}

// BenchmarkErrors reads a request of 100 errors with stacks of a few frames: each read by
// itself, and shared with those before.
func BenchmarkErrors(b *testing.B) {
	b.Run("own", func(b *testing.B) { benchmarkErrors(b, nil) })
	b.Run("shared", func(b *testing.B) { benchmarkErrors(b, newStacks(1<<20, prepareStack)) })
}

func benchmarkErrors(b *testing.B, s *stacks) {
	_, h := handler(b, nil)
	h.stacks = s
	data := storm(b, 100)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r := h.newReader(7, len(data))
		if err := r.read(logs, data); err != nil || len(r.events) != 100 {
			b.Fatal(err)
		}
		runtime.KeepAlive(r)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/event")
}

// BenchmarkOther reads a request of 1000 records that are no errors.
func BenchmarkOther(b *testing.B) {
	_, h := handler(b, nil)
	list := make([]*logpb.LogRecord, 1000)
	for i := range list {
		list[i] = &logpb.LogRecord{TimeUnixNano: nano(time.Now()), SeverityNumber: 9, Body: any_("all is well"), TraceId: traceID, SpanId: spanID,
			Attributes: attrs("http.request.method", "GET", "http.route", "/cart/{id}", "cart.items", 3)}
	}
	data := marshal(b, logsOf(resource, list...))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r := h.newReader(7, len(data))
		if err := r.read(logs, data); err != nil || r.items != 1000 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/record")
}

// BenchmarkJSON makes protobuf of a request in JSON.
func BenchmarkJSON(b *testing.B) {
	data := []byte(jsonRecord(time.Now()))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fromJSON(logs, data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGenerated is what unmarshalling alone costs with the generated types, to
// compare.
func BenchmarkGenerated(b *testing.B) {
	data := storm(b, 100)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := proto.Unmarshal(data, &v1.ExportLogsServiceRequest{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/event")
}
