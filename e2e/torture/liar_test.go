//go:build e2e

package torture

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// How a liar treats statements.
const (
	honest  = iota
	refuse  // nothing runs: too much memory, says the answer
	drop    // inserts run, and the connection breaks before the answer
	hang    // inserts run, and the answer comes too late
	gateway // nothing runs: a proxy's bad gateway
)

// liar stands between the server and ClickHouse.
type liar struct {
	address string
	mode    atomic.Int32
	healed  atomic.Pointer[chan struct{}]
}

// startLiar passes statements on to an engine until the test ends.
func startLiar(t testing.TB, engine string) *liar {
	t.Helper()
	l := &liar{}
	l.set(honest)
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: engine})
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		insert := strings.HasPrefix(strings.TrimSpace(r.URL.Query().Get("query")), "INSERT")
		switch mode := l.mode.Load(); {
		case mode == refuse:
			io.Copy(io.Discard, r.Body)
			w.Header().Set("X-ClickHouse-Exception-Code", "241")
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, "Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)")
		case mode == gateway:
			w.WriteHeader(http.StatusBadGateway)
		case insert && mode == drop:
			forward.ServeHTTP(httptest.NewRecorder(), apart(r))
			panic(http.ErrAbortHandler)
		case insert && mode == hang:
			until := *l.healed.Load()
			forward.ServeHTTP(httptest.NewRecorder(), apart(r))
			select {
			case <-until:
			case <-r.Context().Done():
			}
			panic(http.ErrAbortHandler)
		default:
			forward.ServeHTTP(w, r)
		}
	}))
	s.Config.ErrorLog = nil
	t.Cleanup(func() {
		l.set(honest)
		s.CloseClientConnections()
		s.Close()
	})
	l.address = s.Listener.Addr().String()
	return l
}

// apart is a request that outlives the client that sent it.
func apart(r *http.Request) *http.Request {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), time.Minute)
	context.AfterFunc(ctx, cancel)
	return r.WithContext(ctx)
}

// set changes the mode, and ends what hangs.
func (l *liar) set(mode int32) {
	fresh := make(chan struct{})
	l.mode.Store(mode)
	if old := l.healed.Swap(&fresh); old != nil {
		close(*old)
	}
}
