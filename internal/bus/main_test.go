package bus

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/faultline-dev/faultline/internal/embedded/natstest"
	"github.com/faultline-dev/faultline/internal/event"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func config() Config {
	cfg := DefaultConfig()
	cfg.Backoff = []time.Duration{time.Millisecond, 5 * time.Millisecond}
	cfg.MaxDeliver, cfg.AckWait = 4, time.Second
	cfg.Logger = slog.New(slog.DiscardHandler)
	return cfg
}

func open(t *testing.T) *Bus {
	t.Helper()
	_, conn := natstest.Start(t)
	b, err := Open(t.Context(), conn, config())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// run calls a loop until the test ends, and waits for its end.
func run(t *testing.T, loop func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); loop(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// next waits for a value.
func next[T any](t *testing.T, values <-chan T) T {
	t.Helper()
	select {
	case v := <-values:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing arrived")
		panic("unreachable")
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); {
		if time.Now().After(deadline) {
			t.Fatalf("not reached: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)

func summary(n byte) event.Summary {
	return event.Summary{
		EventID: event.ID{1, n}, ProjectID: 7, Fingerprint: event.Fingerprint{2, n}, Timestamp: noon, ReceivedAt: noon.Add(time.Second),
		Title: "TypeError: x is undefined", Culprit: "checkout in pay", Level: event.LevelFatal, Platform: "javascript",
		Release: "web@1.2.3", Environment: "production", Transaction: "POST /pay", ServerName: "web-1", User: "ada",
		Tags: []event.Tag{{Key: "browser", Value: "Firefox"}, {Key: "region", Value: "eu"}},
	}
}
