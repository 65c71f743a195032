package ingest

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
	"weak"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/eventgen"
	"github.com/faultline-dev/faultline/internal/wire"
	"github.com/faultline-dev/faultline/server/receive"
)

// careful is rows that let go of events, and look what has become of their memory when
// they are inserted.
type careful struct {
	list
	all         []weak.Pointer[event.Event]
	texts       []weak.Pointer[byte]
	taken, held *atomic.Int64
}

func (c *careful) Append(o *event.Occurrence) {
	c.all = append(c.all, weak.Make(o.Event))
	c.texts = append(c.texts, weak.Make(unsafe.StringData(o.Event.Exceptions[0].Value)))
}

func (c *careful) Insert(context.Context, string) error {
	held := len(c.all) + len(c.texts)
	// Who handed the block over may still be on the way to waiting for it.
	for deadline := time.Now().Add(5 * time.Second); held > 0 && time.Now().Before(deadline); runtime.Gosched() {
		runtime.GC()
		held = 0
		for _, p := range c.all {
			if p.Value() != nil {
				held++
			}
		}
		for _, p := range c.texts {
			if p.Value() != nil {
				held++
			}
		}
	}
	c.held.Add(int64(held))
	c.taken.Add(int64(len(c.all)))
	return nil
}

// TestEventsAreGoneWhileTheyAreStored guards the memory of an ingester: from the moment at
// which events are in a block nobody may hold them, or they are in memory twice.
func TestEventsAreGoneWhileTheyAreStored(t *testing.T) {
	r := start(t, func(c *Config) { c.FlushMin, c.FlushMax = 10*time.Millisecond, 10*time.Millisecond })
	var taken, held atomic.Int64
	r.writer.newRows = func() Rows { return &careful{taken: &taken, held: &held} }
	g := eventgen.New(eventgen.DefaultConfig(time.Now()))
	data := wire.WrapBatch(g.AppendBatch(nil, 0, 0, 100))
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Receive(context.Background(), decoded(t, data))
	}()
	<-done
	if taken.Load() != 100 || held.Load() != 0 {
		t.Errorf("%d of %d events are held while they are stored", held.Load(), taken.Load())
	}
}

func decoded(t *testing.T, data []byte) *receive.Batch {
	in, err := wire.NewDecoder(wire.DefaultLimits()).Request(data)
	if err != nil {
		t.Error(err)
	}
	return &receive.Batch{ProjectID: 1, KeyID: "k", Attempt: 1, ReceivedAt: time.Now(), Protocol: "native", Events: in.Events}
}
