package guard

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// HTTP sets the limits of a server. streams are the paths on which clients send for as
// long as they like.
func (g *Guard) HTTP(s *http.Server, streams map[string]bool) {
	s.ReadHeaderTimeout, s.IdleTimeout, s.MaxHeaderBytes = g.cfg.HeaderTimeout, g.cfg.IdleTimeout, g.cfg.HeaderBytes
	s.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 1000, SendPingTimeout: g.cfg.Keepalive, PingTimeout: g.cfg.KeepaliveTimeout}
	s.Handler = g.bodies(s.Handler, streams)
	v := &visits{guard: g}
	s.ConnContext, s.ConnState = v.enter, v.change
}

// visits tells which connections end before they have asked for anything.
type visits struct {
	guard *Guard
	all   sync.Map // net.Conn → *visit
}

type visit struct {
	began  time.Time
	spoke  atomic.Bool // it has sent something
	served atomic.Bool // a request of it has been served
}

type visitKey struct{}

func (v *visits) enter(ctx context.Context, c net.Conn) context.Context {
	one := &visit{began: time.Now()}
	v.all.Store(c, one)
	return context.WithValue(ctx, visitKey{}, one)
}

func (v *visits) change(c net.Conn, state http.ConnState) {
	found, ok := v.all.Load(c)
	if !ok {
		return
	}
	one := found.(*visit)
	switch state {
	case http.StateActive:
		one.spoke.Store(true)
	case http.StateClosed, http.StateHijacked:
		v.all.Delete(c)
		switch {
		case one.served.Load():
		case time.Since(one.began) >= v.guard.cfg.HeaderTimeout:
			v.guard.Held(SlowHeaders, c.RemoteAddr().String())
		case one.spoke.Load():
			v.guard.Held(BadHeaders, c.RemoteAddr().String())
		}
	}
}

// bodies lets no body come slower than the rate.
func (g *Guard) bodies(next http.Handler, streams map[string]bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if one, ok := r.Context().Value(visitKey{}).(*visit); ok && !one.served.Load() {
			one.served.Store(true)
		}
		if r.Body != nil && r.Body != http.NoBody && !streams[r.URL.Path] {
			r.Body = &body{ReadCloser: r.Body, guard: g, control: http.NewResponseController(w), began: time.Now(), peer: r.RemoteAddr}
		}
		next.ServeHTTP(w, r)
	})
}

// deadlineStep is how much of a body is read before its deadline is moved.
const deadlineStep = 64 << 10

// body is a request's body that must not come too slowly.
type body struct {
	io.ReadCloser
	guard   *Guard
	control *http.ResponseController
	began   time.Time
	peer    string
	read    int64
	allowed int64 // how much may be read before the deadline is moved
}

// Read reads within the time that the bytes so far give.
func (b *body) Read(p []byte) (int, error) {
	if b.read >= b.allowed {
		b.allowed = b.read + deadlineStep
		b.control.SetReadDeadline(b.began.Add(b.guard.cfg.BodyGrace + time.Duration(b.read)*time.Second/time.Duration(b.guard.cfg.BodyRate)))
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.guard.Held(SlowBody, b.peer)
	case err != nil:
		b.control.SetReadDeadline(time.Time{}) // the answer may take its time
	}
	return n, err
}
