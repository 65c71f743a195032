package clickhouse

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"
	"weak"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/faultline-dev/faultline/internal/event"
)

func TestABlockGivesItsEventsBack(t *testing.T) {
	t.Parallel()
	b := newBlock()
	rapid.Check(t, func(r *rapid.T) {
		b.reset()
		events := rapid.SliceOfN(rapid.Custom(anyOccurrence), 1, 5).Draw(r, "events")
		b.fill(events, "token")
		got, err := b.occurrences()
		if err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(inTableOrder(events), got, notShared); diff != "" {
			r.Fatalf("appended (-) and read (+):\n%s", diff)
		}
	})
}

// TestABlockLetsGoOfItsEvents guards the memory of an ingester: what was taken out of the
// slice must not be held by a column.
func TestABlockLetsGoOfItsEvents(t *testing.T) {
	b := newBlock()
	events := typicalEvents(50, 1)
	var held []weak.Pointer[event.Event]
	for _, o := range events {
		held = append(held, weak.Make(o.Event))
	}
	b.fill(events, "token")
	clear(events)
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
	want := inTableOrder(events)
	taken := slices.Clone(events)
	if err := away.Take(ctx, "x", taken); err == nil {
		t.Fatal("stored in nothing")
	}
	if diff := cmp.Diff(want, taken, notShared); diff != "" {
		t.Errorf("taken (-) and put back (+):\n%s", diff)
	}
}
