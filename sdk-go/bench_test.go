package faultline

import (
	"errors"
	"testing"

	"github.com/faultline-dev/faultline/sdk-go/internal/stream"
)

// benchmarkCaller measures what a capture costs the caller: a stand-in for
// the encoding goroutine throws away what it gets.
func benchmarkCaller(b *testing.B, options ClientOptions, capture func(hub *Hub)) {
	options.Dsn = "http://key@127.0.0.1:1/1"
	options, err := options.complete()
	if err != nil {
		b.Fatal(err)
	}
	cfg := stream.DefaultConfig()
	t := &streamTransport{options: options, stream: stream.New(cfg), intake: make(chan queued, options.MaxQueueEvents), done: make(chan struct{})}
	go func() {
		defer close(t.done)
		for q := range t.intake {
			t.stream.Release(q.ticket, stream.DropShutdown)
		}
	}()
	hub := NewHub(&Client{options: options, transport: t, app: &inApp{}, log: &debugLog{}}, nil)
	for _, tag := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		hub.Scope().SetTag(tag, "value")
	}
	for range 100 {
		hub.AddBreadcrumb(&Breadcrumb{Message: "crumb"}, nil)
	}
	b.ReportAllocs()
	for b.Loop() {
		capture(hub)
	}
	b.StopTimer()
	hub.Client().options.ShutdownTimeout = 1
	hub.Client().Close()
}

// BenchmarkCaptureMessage is the cost without a stack.
func BenchmarkCaptureMessage(b *testing.B) {
	benchmarkCaller(b, ClientOptions{}, func(hub *Hub) { hub.CaptureMessage("message") })
}

// BenchmarkCaptureMessageWithStack is the cost with a stack: the difference is the stack.
func BenchmarkCaptureMessageWithStack(b *testing.B) {
	benchmarkCaller(b, ClientOptions{AttachStacktrace: true}, func(hub *Hub) { hub.CaptureMessage("message") })
}

// BenchmarkCaptureException is the cost of an error with its stack.
func BenchmarkCaptureException(b *testing.B) {
	err := errors.New("failure")
	benchmarkCaller(b, ClientOptions{}, func(hub *Hub) { hub.CaptureException(err) })
}

// BenchmarkRequestScope is the cost of a scope for a request.
func BenchmarkRequestScope(b *testing.B) {
	benchmarkCaller(b, ClientOptions{}, func(hub *Hub) { hub.Clone().Scope().SetTag("request", "1") })
}

// BenchmarkEncode is the work of the background goroutine for an event with a stack.
func BenchmarkEncode(b *testing.B) {
	options, err := ClientOptions{}.complete()
	if err != nil {
		b.Fatal(err)
	}
	t := &streamTransport{options: options, app: &inApp{}, log: &debugLog{}, sources: newSources(".")}
	client := &Client{options: options, transport: noTransport{}, app: t.app, log: t.log}
	event, _ := client.eventFromError(errors.New("failure"))
	client.fill(event)
	stack := event.Exception[0].Stacktrace
	b.ReportAllocs()
	for b.Loop() {
		e, s := *event, *stack
		e.Exception = []Exception{{Type: "error", Value: "failure", Stacktrace: &s}}
		if _, err := t.encode(&e); err != nil {
			b.Fatal(err)
		}
	}
}
