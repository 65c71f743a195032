package embedded_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/faultline-dev/faultline/internal/embedded"
	"github.com/faultline-dev/faultline/internal/embedded/natstest"
)

func stream(t *testing.T, conn *nats.Conn) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "EVENTS", Subjects: []string{"events.>"}, Storage: jetstream.FileStorage, Duplicates: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return js, s
}

func TestNATSKeepsAcknowledgedMessagesAcrossARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := natstest.StartIn(t, dir)
	conn := natstest.Connect(t, first)
	js, _ := stream(t, conn)
	for range 2 { // the same message id twice is one message
		if _, err := js.Publish(t.Context(), "events.a", []byte("body"), jetstream.WithMsgID("1")); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}

	conn = natstest.Connect(t, natstest.StartIn(t, dir))
	_, s := stream(t, conn)
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.State.Msgs != 1 {
		t.Fatalf("%d messages after the restart, want 1", info.State.Msgs)
	}
}

func TestNATSRefusesAFolderInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	natstest.StartIn(t, dir)
	cfg := embedded.DefaultNATSConfig()
	cfg.Data = dir
	_, err := embedded.StartNATS(cfg)
	var held *embedded.HeldError
	if !errors.As(err, &held) || held.PID != os.Getpid() {
		t.Fatalf("got %v, want the holder of the folder", err)
	}
}

func TestNATSListensOnLoopbackWithASecretOnly(t *testing.T) {
	t.Parallel()
	cfg := embedded.DefaultNATSConfig()
	cfg.Data, cfg.Listen, cfg.Logger = t.TempDir(), "127.0.0.1:0", slog.New(slog.DiscardHandler)
	n, err := embedded.StartNATS(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Stop()
	conn, err := nats.Connect(n.URL())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	_, address, _ := strings.Cut(n.URL(), "@")
	if conn, err := nats.Connect("nats://" + address); err == nil {
		conn.Close()
		t.Fatal("connected without the secret")
	}
	inside := natstest.Connect(t, n)
	if err := inside.FlushTimeout(5 * time.Second); err != nil {
		t.Fatal(err)
	}

	cfg.Data, cfg.Listen = t.TempDir(), "0.0.0.0:0"
	if _, err := embedded.StartNATS(cfg); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Fatalf("got %v, want a refusal of the address", err)
	}
}

func TestNATSRefusesMoreThanItsStore(t *testing.T) {
	t.Parallel()
	cfg := embedded.DefaultNATSConfig()
	cfg.Data, cfg.MaxStore, cfg.Logger = t.TempDir(), 1<<20, slog.New(slog.DiscardHandler)
	n, err := embedded.StartNATS(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Stop() })
	js, _ := stream(t, natstest.Connect(t, n))
	body := make([]byte, 256<<10)
	for range 8 {
		if _, err = js.Publish(t.Context(), "events.a", body); err != nil {
			break
		}
	}
	if err == nil {
		t.Fatal("the store took more than it may hold")
	}
}

func TestNATSConfigRefusesNonsense(t *testing.T) {
	t.Parallel()
	f := func(change func(*embedded.NATSConfig), want string) {
		t.Helper()
		cfg := embedded.DefaultNATSConfig()
		cfg.Data = "somewhere"
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	f(func(c *embedded.NATSConfig) { c.Data = "" }, "data folder")
	f(func(c *embedded.NATSConfig) { c.MaxStore = 0 }, "store")
	f(func(c *embedded.NATSConfig) { c.MaxMemory = -1 }, "memory")
	f(func(c *embedded.NATSConfig) { c.MaxPayload = 1 << 30 }, "largest message")
	f(func(c *embedded.NATSConfig) { c.SyncInterval = 0 }, "sync")
	f(func(c *embedded.NATSConfig) { c.StartTimeout = 0 }, "start timeout")
}

func BenchmarkNATSPublish(b *testing.B) {
	_, conn := natstest.Start(b)
	js, err := jetstream.New(conn)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := js.CreateStream(context.Background(), jetstream.StreamConfig{Name: "B", Subjects: []string{"b"}}); err != nil {
		b.Fatal(err)
	}
	body := make([]byte, 2<<10)
	for b.Loop() {
		if _, err := js.Publish(context.Background(), "b", body); err != nil {
			b.Fatal(err)
		}
	}
}
