package faultline_test

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"

	faultline "github.com/faultline-dev/faultline/sdk-go"
	"github.com/faultline-dev/faultline/sdk-go/internal/ingesttest"
)

// TestAThousandGoroutinesKeepWithinTheLimits captures more than a stalled
// server takes: memory stays bounded, and every event is accounted for.
func TestAThousandGoroutinesKeepWithinTheLimits(t *testing.T) {
	const goroutines, each, limit = 1000, 100, 8 << 20
	server := ingesttest.New(t)
	var stalled atomic.Bool
	stalled.Store(true)
	server.Reply(func(*ingestv1.Batch) ingesttest.Reply {
		return ingesttest.Reply{Silent: stalled.Load(), Discard: stalled.Load()}
	})
	hub := start(t, server, func(o *faultline.ClientOptions) { o.MaxQueueBytes, o.MaxQueueEvents = limit, 5000 })
	hub.Scope().SetTag("load", "yes")
	failure := errors.New("again")

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			mine := hub.Clone()
			for range each {
				mine.CaptureException(failure)
			}
		})
	}
	wg.Wait()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 3*limit {
		t.Errorf("the heap grew by %d bytes, limit %d", grown, limit)
	}

	stats := hub.Client().Stats()
	dropped := stats.Dropped["queue_overflow"]
	if dropped == 0 || stats.Pending > 5000 {
		t.Errorf("pending %d, dropped %d", stats.Pending, dropped)
	}
	stalled.Store(false)
	server.Cut()
	flush(t, hub)
	stored, doubled := server.Stored()
	if uint64(stored)+dropped != goroutines*each || doubled != 0 {
		t.Errorf("stored %d and dropped %d of %d, %d more than once", stored, dropped, goroutines*each, doubled)
	}
	hub.Client().Close()
	// A report whose acknowledgement the cut took is told again.
	if told := server.Drops()["queue_overflow"]; told < dropped {
		t.Errorf("the server was told of %d drops, there were %d", told, dropped)
	}
}

func TestCapturesRaceWithClose(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	hub := start(t, server, nil)
	var wg sync.WaitGroup
	var captured atomic.Int64
	for range 8 {
		wg.Go(func() {
			for range 500 {
				if hub.CaptureMessage("m") != nil {
					captured.Add(1)
				}
			}
		})
	}
	hub.Client().Close()
	wg.Wait()
	stored, doubled := server.Stored()
	dropped := 0
	for _, n := range hub.Client().Stats().Dropped {
		dropped += int(n)
	}
	if int64(stored+dropped) != captured.Load() || doubled != 0 {
		t.Errorf("captured %d, stored %d, dropped %d, doubled %d", captured.Load(), stored, dropped, doubled)
	}
}
