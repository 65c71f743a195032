package scrub

import (
	"slices"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/eventgen"
	"github.com/faultline-dev/faultline/internal/project"
)

// BenchmarkEvent is what an event of a Go server costs that holds no secret but in its
// headers.
func BenchmarkEvent(b *testing.B) {
	g := eventgen.New(eventgen.DefaultConfig(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)))
	events := make([]*event.Event, 500)
	for i := range events {
		events[i] = g.Event(i%50, uint64(i))
	}
	r := NewRules(project.DefaultSettings())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e := *events[i%len(events)]
		// What Event writes into must be as it was: lists of values, not what they point to.
		e.Tags, e.Request.Headers, e.Request.Env = slices.Clone(e.Tags), slices.Clone(e.Request.Headers), slices.Clone(e.Request.Env)
		Event(&e, r)
	}
}
