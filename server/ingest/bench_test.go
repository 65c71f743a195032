package ingest

import (
	"context"
	"io"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/eventgen"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/wire"
	"github.com/faultline-dev/faultline/server/normalize"
	"github.com/faultline-dev/faultline/server/receive"
)

// swift is a store that takes everything at once and keeps nothing.
type swift struct{ memory }

// dropped is rows that go nowhere.
type dropped struct{ list }

func (*dropped) Append(*event.Occurrence) {}

func (*dropped) Insert(context.Context, string) error { return nil }

func (*swift) Complete(context.Context, string) error { return nil }

func (*swift) InsertOutcomes(context.Context, string, []outcome.Count) error { return nil }

func (*swift) Known(_ context.Context, ids []issue.ID) (map[issue.ID]struct{}, error) {
	out := map[issue.ID]struct{}{}
	for _, id := range ids {
		out[id] = struct{}{}
	}
	return out, nil
}

// BenchmarkReceive is all that the ingester does beside the network and the store:
// decoding, the stages, blocks, acknowledgements.
func BenchmarkReceive(b *testing.B) {
	s := &swift{}
	s.settings = project.DefaultSettings()
	cfg := DefaultConfig()
	cfg.FlushMin, cfg.FlushMax = time.Millisecond, time.Millisecond
	p, err := New(cfg, Parts{
		Rows: func() Rows { return &dropped{} }, Store: s, Index: s, Spill: &disk{}, Publisher: &ear{}, Tail: &ear{}, Directory: s,
		Metrics: NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	const events = 100
	g := eventgen.New(eventgen.DefaultConfig(time.Now()))
	var requests [][]byte
	for i := range uint64(64) {
		batch := g.AppendBatch(nil, int(i%50), i*events, events)
		requests = append(requests, protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), batch))
	}
	stacks := wire.NewStacks(32<<20, func(platform string, st *event.Stacktrace) bool { return normalize.Stack(platform, st, cfg.Limits) })
	b.ReportAllocs()
	b.SetParallelism(16)
	b.ResetTimer()
	before := cpu()
	b.RunParallel(func(pb *testing.PB) {
		d := wire.NewSharingDecoder(wire.DefaultLimits(), stacks)
		for i := 0; pb.Next(); i++ {
			in, err := d.Request(append([]byte(nil), requests[i%len(requests)]...))
			if err != nil {
				b.Error(err)
				return
			}
			for _, e := range in.Events {
				e.ID = event.NewID()
			}
			results := p.Receive(ctx, &receive.Batch{ProjectID: uint32(i%50 + 1), ReceivedAt: time.Now(), Attempt: 1, Events: in.Events})()
			wire.AppendResponse(nil, acknowledgement(results))
		}
	})
	b.ReportMetric(float64((cpu()-before).Nanoseconds())/float64(b.N*events), "cpu-ns/event")
	cancel()
	<-done
}

// cpu is what this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func acknowledgement(results []outcome.Result) wire.Ack {
	return wire.Ack{BatchID: 1, Results: results}
}
