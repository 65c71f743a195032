package faultline_test

import (
	"errors"
	"testing"
	"time"

	faultline "github.com/faultline-dev/faultline/sdk-go"
	"github.com/faultline-dev/faultline/sdk-go/internal/ingesttest"
)

// start returns a hub whose client sends to the server; it ends with the test.
func start(t testing.TB, server *ingesttest.Server, change func(*faultline.ClientOptions)) *faultline.Hub {
	t.Helper()
	options := faultline.ClientOptions{Dsn: server.DSN(), Debug: true, DebugWriter: logWriter{t}, ShutdownTimeout: 5 * time.Second}
	if change != nil {
		change(&options)
	}
	client, err := faultline.NewClient(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return faultline.NewHub(client, nil)
}

// logWriter sends debugging output to the test's log.
type logWriter struct{ t testing.TB }

func (w logWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", p)
	return len(p), nil
}

func flush(t testing.TB, hub *faultline.Hub) {
	t.Helper()
	if !hub.Flush(20 * time.Second) {
		t.Fatalf("not flushed: %+v", hub.Client().Stats())
	}
}

func TestAnEventIsStoredWhenFlushReturns(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	hub := start(t, server, nil)
	id := hub.CaptureException(errors.New("boom"))
	if id == nil {
		t.Fatal("no event id")
	}
	flush(t, hub)
	events := server.Events()
	if len(events) != 1 || events[0].GetExceptions()[0].GetValue() != "boom" {
		t.Fatalf("stored: %v", events)
	}
	if got := server.Batches()[0]; got.Key != "Bearer 0123456789abcdef0123456789abcdef" || got.Project != 1 {
		t.Errorf("sent as %q to project %d", got.Key, got.Project)
	}
	t.Log(events[0])
}
