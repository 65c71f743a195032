package native

import (
	"context"
	"io"
	"runtime"
	"testing"
	"weak"

	"google.golang.org/grpc"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/server/receive"
)

// forgetful is a sink that is done with its events at once, and counts those that are in
// memory all the same while it has not answered.
type forgetful struct{ held chan int }

func (f forgetful) Receive(_ context.Context, b *receive.Batch) (wait func() []outcome.Result) {
	var all []weak.Pointer[event.Event]
	for _, e := range b.Events {
		all = append(all, weak.Make(e))
	}
	results := make([]outcome.Result, len(b.Events))
	for i := range results {
		results[i].Kind = outcome.Stored
	}
	return func() []outcome.Result {
		runtime.GC()
		held := 0
		for _, p := range all {
			if p.Value() != nil {
				held++
			}
		}
		f.held <- held
		return results
	}
}

func TestAStreamLetsGoOfTheEventsItHasHandedOver(t *testing.T) {
	_, h, _, conn := serve(t, nil)
	sink := forgetful{make(chan int, 10)}
	h.sink = sink
	s, err := conn.NewStream(with(t.Context(), "key"), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, streamMethod)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		in := &ingestv1.StreamRequest{Batch: &ingestv1.Batch{Events: []*eventv1.Event{saying("a"), saying("b")}}}
		if err := s.SendMsg(in); err != nil {
			t.Fatal(err)
		}
		if held := <-sink.held; held != 0 {
			t.Errorf("%d of 2 events are held", held)
		}
		if err := s.RecvMsg(&ingestv1.StreamResponse{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := s.RecvMsg(&ingestv1.StreamResponse{}); err != io.EOF {
		t.Fatal(err)
	}
}
