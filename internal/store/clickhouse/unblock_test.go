package clickhouse

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/faultline-dev/faultline/internal/event"
)

func TestABlockGivesItsEventsBack(t *testing.T) {
	t.Parallel()
	b := newBlock(nil)
	rapid.Check(t, func(r *rapid.T) {
		b.reset()
		events := rapid.SliceOfN(rapid.Custom(anyOccurrence), 1, 5).Draw(r, "events")
		events = append(events, events[0], events[len(events)-1])
		for _, o := range events {
			b.Append(o)
		}
		got, err := all(b)
		if err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(events, got, notShared); diff != "" {
			r.Fatalf("appended (-) and read (+):\n%s", diff)
		}
	})
}

// all reads a block back.
func all(b *Block) (list []*event.Occurrence, err error) {
	for o, damage := range b.All() {
		list, err = append(list, o), errors.Join(err, damage)
	}
	return list, err
}

// TestABlockLetsGoOfItsEvents guards the memory of an ingester: what was appended must not
// be held by a column.
func TestABlockLetsGoOfItsEvents(t *testing.T) {
	b := newBlock(nil)
	events := typicalEvents(50, 1)
	var held []weak.Pointer[event.Event]
	for _, o := range events {
		held = append(held, weak.Make(o.Event))
	}
	for i, o := range events {
		b.Append(o)
		events[i] = nil
	}
	runtime.GC()
	for i, p := range held {
		if p.Value() != nil {
			t.Errorf("event %d is still held", i)
		}
	}
	runtime.KeepAlive(b)
}

func TestWhatCouldNotBeInsertedComesBack(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	cfg.Address = "127.0.0.1:1"
	away, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	events := append(typicalEvents(20, 5), fullEvent())
	b := away.Block()
	defer b.Free()
	for _, o := range events {
		b.Append(o)
	}
	if err := b.Insert(ctx, "x"); err == nil {
		t.Fatal("stored in nothing")
	}
	got, err := all(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(events, got, notShared); diff != "" {
		t.Errorf("appended (-) and read back (+):\n%s", diff)
	}
}
