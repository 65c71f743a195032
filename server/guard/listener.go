package guard

import (
	"net"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// Listen wraps a listener, whose connections it counts and limits.
func (g *Guard) Listen(l net.Listener, name string) net.Listener {
	return &listener{Listener: l, guard: g, free: make(chan struct{}, g.cfg.Connections), open: g.open.WithLabelValues(name)}
}

type listener struct {
	net.Listener
	guard *Guard
	free  chan struct{} // one element for each open connection
	open  prometheus.Gauge
}

// Accept returns the next connection within the limit.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.free <- struct{}{}:
			l.open.Inc()
			return &conn{Conn: c, of: l}, nil
		default:
			l.guard.Held(Connections, c.RemoteAddr().String())
			c.Close()
		}
	}
}

// conn gives its place back when it is closed.
type conn struct {
	net.Conn
	of   *listener
	once sync.Once
}

// Close closes the connection.
func (c *conn) Close() error {
	c.once.Do(func() {
		<-c.of.free
		c.of.open.Dec()
	})
	return c.Conn.Close()
}
