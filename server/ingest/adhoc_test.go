package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/embedded"
	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
	"github.com/faultline-dev/faultline/internal/embedded/natstest"
	"github.com/faultline-dev/faultline/internal/eventgen"
	store "github.com/faultline-dev/faultline/internal/store/clickhouse"
	"github.com/faultline-dev/faultline/internal/wire"
	"github.com/faultline-dev/faultline/server/ingest"
	"github.com/faultline-dev/faultline/server/receive"
)

func procCPU(pid int) string {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	return f[11] + "+" + f[12]
}

func TestAdhoc(t *testing.T) {
	if os.Getenv("ADHOC") == "" {
		t.Skip()
	}
	engine, err := embedded.Start(t.Context(), enginetest.Config(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Stop(context.Background())
	cfg := store.DefaultConfig()
	cfg.Address, cfg.Secret = engine.Address(), engine.Secret()
	s, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Migrate(t.Context())
	_, conn := natstest.Start(t)
	b, err := bus.Open(t.Context(), conn, bus.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	p, err := ingest.New(ingest.DefaultConfig(), ingest.Parts{
		Store: s, Index: s, Spill: b, Publisher: b, Tail: b, Directory: anyProject{},
		Metrics: ingest.NewMetrics(reg), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- p.Run(ctx) }()
	g := eventgen.New(eventgen.DefaultConfig(time.Now().Add(-20 * time.Hour)))
	fmt.Println("engine before", procCPU(engine.PID()))
	var next atomic.Uint64
	var wg sync.WaitGroup
	const batches = 1000
	began := time.Now()
	var peak uint64
	for range 160 {
		wg.Go(func() {
			d := wire.NewDecoder(wire.DefaultLimits())
			for {
				n := next.Add(1)
				if n > batches {
					return
				}
				pr := g.Project(n)
				batch := g.AppendBatch(nil, pr, n*100, 100)
				in, _ := d.Request(protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), batch))
				p.Receive(ctx, &receive.Batch{ProjectID: uint32(pr + 1), KeyID: "k", ReceivedAt: time.Now().UTC(), Attempt: 1, Events: in.Events})
				if n == batches*3/4 {
					f, _ := os.Create("/tmp/heap.prof")
					runtime.GC()
					pprof.WriteHeapProfile(f)
					f.Close()
				}
			}
		})
	}
	go func() {
		for ctx.Err() == nil {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapSys)
			time.Sleep(50 * time.Millisecond)
		}
	}()
	wg.Wait()
	fmt.Println("took", time.Since(began), "engine after", procCPU(engine.PID()), "self", procCPU(os.Getpid()), "heapsys", peak>>20)
	families, _ := reg.Gather()
	for _, f := range families {
		if h := f.GetMetric()[0].GetHistogram(); h != nil {
			fmt.Println(f.GetName(), h.GetSampleCount(), h.GetSampleSum())
		}
	}
	stop()
	<-stopped
}
