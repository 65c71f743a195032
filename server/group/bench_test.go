package group

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/eventgen"
)

var generator = sync.OnceValue(func() *eventgen.Generator {
	return eventgen.New(eventgen.DefaultConfig(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)))
})

// load is what the benchmark of the whole product sends.
func load(n int) []*event.Event {
	g := generator()
	events := make([]*event.Event, n)
	for i := range events {
		events[i] = g.Event(g.Project(uint64(i)), uint64(i))
	}
	return events
}

// BenchmarkEvent groups each event by itself.
func BenchmarkEvent(b *testing.B) {
	events := load(4096)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Event(events[i%len(events)])
	}
}

// BenchmarkGrouper is the way of ingest: most events are of an issue seen lately.
func BenchmarkGrouper(b *testing.B) {
	events := load(4096)
	g := NewGrouper(DefaultMemory)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		g.Event(events[i%len(events)], nil)
	}
}

// BenchmarkGrouperShared is the same where the decoder has recognised the stacks.
func BenchmarkGrouperShared(b *testing.B) {
	events := load(4096)
	seen := map[string]uint64{}
	for _, e := range events {
		for i := range e.Exceptions {
			s := &e.Exceptions[i].Stack
			name := s.Frames[len(s.Frames)-1].Function + e.Exceptions[i].Type + s.Frames[0].Function
			if seen[name] == 0 {
				seen[name] = uint64(len(seen) + 1)
			}
			s.Shared = seen[name]
		}
	}
	g := NewGrouper(DefaultMemory)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		g.Event(events[i%len(events)], nil)
	}
}

func BenchmarkParameterize(b *testing.B) {
	f := func(name, text string) {
		b.Run(name, func(b *testing.B) {
			text = strings.Repeat(text, 8)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				Parameterize(text)
			}
		})
	}
	f("dense", "GET https://api.example.com/v1/users/42 failed for user 4711 (10.0.0.7:5432) after 12.5ms: connection refused by the other side of the pipe; ")
	f("words", "the connection was refused by the other side of the pipe before the handshake of the session could be completed, and no more is known; ")
	f("log", `2026-11-22T18:33:31.123Z could not save "order-4711" for ada@example.com: duplicate key value violates unique constraint "orders_pkey" in fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0; `)
}
