//go:build e2e

package torture

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// link is a TCP proxy that can be cut, slowed down and blocked.
type link struct {
	address string
	target  string
	delay   atomic.Int64 // nanoseconds before each piece is passed on
	blocked atomic.Bool  // nothing is passed on, nothing is closed
	refused atomic.Bool  // new connections are closed at once

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// startLink passes connections on to a target until the test ends.
func startLink(t testing.TB, target string) *link {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &link{address: l.Addr().String(), target: target, conns: map[net.Conn]struct{}{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.carry(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.heal()
		p.cut()
		all.Wait()
	})
	return p
}

func (p *link) carry(c net.Conn) {
	defer c.Close()
	if p.refused.Load() {
		return
	}
	up, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer up.Close()
	p.keep(c, up)
	defer p.forget(c, up)
	var both sync.WaitGroup
	both.Go(func() { p.copy(up, c) })
	both.Go(func() { p.copy(c, up) })
	both.Wait()
}

// copy passes one direction on, and closes both ends when it ends.
func (p *link) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			for p.blocked.Load() {
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(time.Duration(p.delay.Load()))
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *link) keep(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.conns[c] = struct{}{}
	}
}

func (p *link) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
	}
}

// cut resets every connection; what was under way is lost.
func (p *link) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		c.Close()
	}
}

// heal passes everything on again.
func (p *link) heal() {
	p.delay.Store(0)
	p.blocked.Store(false)
	p.refused.Store(false)
}
