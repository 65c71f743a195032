package wire_test

import (
	"runtime"
	"testing"
	"time"
	"unsafe"
	"weak"

	"github.com/faultline-dev/faultline/internal/eventgen"
	"github.com/faultline-dev/faultline/internal/wire"
)

// TestAnIdleDecoderHoldsNothing guards the memory of streams, which are many and have a
// decoder each: a single word of an event would keep the texts of its batch.
func TestAnIdleDecoderHoldsNothing(t *testing.T) {
	g := eventgen.New(eventgen.DefaultConfig(time.Now()))
	d := wire.NewDecoder(wire.DefaultLimits())
	in, err := d.Request(wire.WrapBatch(g.AppendBatch(nil, 0, 0, 10)))
	if err != nil {
		t.Fatal(err)
	}
	last := in.Events[len(in.Events)-1]
	words := map[string]weak.Pointer[byte]{}
	for name, text := range map[string]string{"platform": last.Platform, "release": last.Release, "value": last.Exceptions[0].Value} {
		if text == "" {
			t.Fatalf("the event has no %s", name)
		}
		words[name] = weak.Make(unsafe.StringData(text))
	}
	in, last = wire.Batch{}, nil
	runtime.GC()
	for name, word := range words {
		if word.Value() != nil {
			t.Errorf("the %s of an event is held", name)
		}
	}
	runtime.KeepAlive(d)
}
