package ingest

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/eventgen"
	"github.com/faultline-dev/faultline/internal/wire"
	"github.com/faultline-dev/faultline/server/receive"
)

// careful is a store that takes events and looks what becomes of their memory while it
// works.
type careful struct {
	*memory
	taken, held atomic.Int64
}

func (c *careful) Take(_ context.Context, _ string, events []*event.Occurrence) error {
	var all []weak.Pointer[event.Event]
	for _, o := range events {
		all = append(all, weak.Make(o.Event))
	}
	clear(events)
	held := len(all)
	// Who handed the block over may still be on the way to waiting for it.
	for deadline := time.Now().Add(5 * time.Second); held > 0 && time.Now().Before(deadline); runtime.Gosched() {
		runtime.GC()
		held = 0
		for _, p := range all {
			if p.Value() != nil {
				held++
			}
		}
	}
	c.held.Add(int64(held))
	c.taken.Add(int64(len(all)))
	return nil
}

// TestEventsAreGoneWhileTheyAreStored guards the memory of an ingester: while a block is
// inserted nobody may hold its events, or they are in memory twice.
func TestEventsAreGoneWhileTheyAreStored(t *testing.T) {
	r := start(t, func(c *Config) { c.FlushMin, c.FlushMax = 10*time.Millisecond, 10*time.Millisecond })
	store := &careful{memory: r.store}
	r.writer.store = store
	g := eventgen.New(eventgen.DefaultConfig(time.Now()))
	data := wire.WrapBatch(g.AppendBatch(nil, 0, 0, 100))
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Receive(context.Background(), decoded(t, data))
	}()
	<-done
	if taken, held := store.taken.Load(), store.held.Load(); taken != 100 || held != 0 {
		t.Errorf("%d of %d events are held while they are stored", held, taken)
	}
}

func decoded(t *testing.T, data []byte) *receive.Batch {
	in, err := wire.NewDecoder(wire.DefaultLimits()).Request(data)
	if err != nil {
		t.Error(err)
	}
	return &receive.Batch{ProjectID: 1, KeyID: "k", Attempt: 1, ReceivedAt: time.Now(), Protocol: "native", Events: in.Events}
}
