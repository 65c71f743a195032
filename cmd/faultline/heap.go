package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// holdHeap keeps the process at about a number of bytes as long as what is in use leaves
// the collector room to work: Go lets a heap grow to twice what is in use, which is cheap
// while that is little and a waste under load. Where the program needs more, the collector
// still gets half of it beyond, so that it never takes over.
//
// A limit in the environment (GOMEMLIMIT) is somebody's own and stays.
func holdHeap(ctx context.Context, bytes int64) {
	if bytes <= 0 || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(heapInterval)
	defer tick.Stop()
	started := time.After(heapStart)
	for {
		metrics.Read(live)
		inUse := int64(live[0].Value.Uint64())
		debug.SetMemoryLimit(max(bytes, inUse+inUse/2+heapApart))
		select {
		case <-ctx.Done():
			return
		case <-started:
			debug.FreeOSMemory()
		case <-tick.C:
		}
	}
}

// heapInterval is how often the limit is adapted, heapApart what the Go runtime takes
// beside the heap: stacks, spans and tables. After heapStart, what only the start needed, such
// as the newest blocks, which it completes, is given back: left alone, Go would do it minutes later.
const (
	heapInterval = 500 * time.Millisecond
	heapApart    = 16 << 20
	heapStart    = 20 * time.Second
)
