package clickhouse

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// TestAServerThatRefusesGetsNoMoreConnections asks a proxy again and again whose ClickHouse is away.
func TestAServerThatRefusesGetsNoMoreConnections(t *testing.T) {
	t.Parallel()
	var open atomic.Int32
	proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "nobody is there", http.StatusBadGateway)
	}))
	proxy.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	proxy.Start()
	defer proxy.Close()
	cfg := DefaultConfig()
	cfg.Address = proxy.Listener.Addr().String()
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 * cfg.Connections {
		if err := s.Ready(t.Context()); err == nil {
			t.Fatal("a proxy without ClickHouse is ready")
		}
	}
	if n := int(open.Load()); n > cfg.Connections {
		t.Errorf("%d connections are open, %d allowed", n, cfg.Connections)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
