// Package natstest gives tests a real NATS server with JetStream on disk. It is for tests
// only.
package natstest

import (
	"log/slog"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/faultline-dev/faultline/internal/embedded"
)

// Start runs a server for this test, in a folder of its own, and returns it with a
// connection. Both end with the test.
func Start(t testing.TB) (*embedded.NATS, *nats.Conn) {
	t.Helper()
	n := StartIn(t, t.TempDir())
	return n, Connect(t, n)
}

// StartIn runs a server for this test in the given folder. A test that stops it can start
// another one there.
func StartIn(t testing.TB, dir string) *embedded.NATS {
	t.Helper()
	cfg := embedded.DefaultNATSConfig()
	cfg.Data = dir
	cfg.Logger = slog.New(slog.DiscardHandler)
	n, err := embedded.StartNATS(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// Connect opens a connection that ends with the test.
func Connect(t testing.TB, n *embedded.NATS) *nats.Conn {
	t.Helper()
	conn, err := n.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}
