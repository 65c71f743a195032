// Package faultlinehttp reports panics of net/http handlers, gives every
// request a scope of its own, and notes outgoing requests as breadcrumbs. It
// reads no request or response body unless it is told to, and changes neither.
package faultlinehttp

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"time"
	"unicode/utf8"

	faultline "github.com/faultline-dev/faultline/sdk-go"
)

// Options configures a Handler. The zero value recovers panics, answers 500
// and reports in the background.
type Options struct {
	// Repanic panics again after reporting, so that an outer handler or
	// net/http itself sees the panic.
	Repanic bool
	// WaitForDelivery waits until the event is stored before it goes on.
	WaitForDelivery bool
	// Timeout bounds that wait. Zero is 2 seconds.
	Timeout time.Duration
	// MaxBody is how many bytes of the request's body, as far as the handler
	// reads it, go into an event. Zero is none.
	MaxBody int
}

// Handler wraps HTTP handlers.
type Handler struct{ options Options }

// New returns a Handler.
func New(options Options) *Handler {
	if options.Timeout <= 0 {
		options.Timeout = 2 * time.Second
	}
	return &Handler{options: options}
}

// HandleFunc wraps a function.
func (h *Handler) HandleFunc(f http.HandlerFunc) http.HandlerFunc {
	return h.Handle(f).ServeHTTP
}

// Handle wraps a handler.
func (h *Handler) Handle(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hub := faultline.GetHubFromContext(r.Context())
		if hub == nil {
			hub = faultline.CurrentHub()
		}
		hub = hub.Clone()
		hub.Client().AddIntegration("net/http")
		ctx := faultline.SetHubOnContext(r.Context(), hub)
		r = r.WithContext(ctx)
		scope := hub.Scope()
		scope.SetRequest(r)
		scope.SetTransaction(transaction(r))
		if trace, ok := faultline.ParseTraceparent(r.Header.Get("traceparent")); ok {
			scope.SetTrace(trace)
		}
		if h.options.MaxBody > 0 && r.Body != nil && r.Body != http.NoBody {
			body := &capturedBody{ReadCloser: r.Body, left: h.options.MaxBody}
			r.Body = body
			scope.AddEventProcessor(body.process)
		}
		writer := &statusWriter{ResponseWriter: w}
		defer h.recover(ctx, hub, writer, r)
		next.ServeHTTP(writer, r)
	})
}

// transaction names the request by its route where the multiplexer knows it.
func transaction(r *http.Request) string {
	if r.Pattern != "" {
		return r.Pattern
	}
	return r.Method + " " + r.URL.Path
}

// recover reports a panic of the handler. It must be deferred itself.
func (h *Handler) recover(ctx context.Context, hub *faultline.Hub, w *statusWriter, r *http.Request) {
	recovered := recover()
	if recovered == nil {
		return
	}
	if recovered == http.ErrAbortHandler {
		panic(recovered) // the way to end a response, not a fault
	}
	if r.Pattern != "" {
		hub.Scope().SetTransaction(r.Pattern)
	}
	id := hub.RecoverWithContext(ctx, recovered)
	if id != nil && h.options.WaitForDelivery {
		hub.Flush(h.options.Timeout)
	}
	if h.options.Repanic {
		panic(recovered)
	}
	if !w.wrote {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	// What was sent looks complete; cutting the connection says that it is not.
	panic(http.ErrAbortHandler)
}

// statusWriter knows whether the response has begun.
type statusWriter struct {
	http.ResponseWriter
	wrote bool
}

// WriteHeader notes that the response has begun.
func (w *statusWriter) WriteHeader(status int) {
	w.wrote = w.wrote || status >= 200
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that the response has begun.
func (w *statusWriter) Write(p []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(p)
}

// Flush sends what was written so far.
func (w *statusWriter) Flush() {
	w.wrote = true
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// ReadFrom keeps the fast way of copying files.
func (w *statusWriter) ReadFrom(r io.Reader) (int64, error) {
	w.wrote = true
	return io.Copy(w.ResponseWriter, r)
}

// Hijack hands the connection over to the handler, for protocols other than HTTP.
func (w *statusWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.wrote = true
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap lets http.ResponseController reach the writer's other abilities.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// capturedBody keeps the beginning of what a handler reads.
type capturedBody struct {
	io.ReadCloser
	left int
	kept bytes.Buffer
}

// Read keeps what passes, up to the limit.
func (b *capturedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	keep := min(n, b.left)
	b.kept.Write(p[:keep])
	b.left -= keep
	return n, err
}

// process adds the body to an event.
func (b *capturedBody) process(event *faultline.Event, _ *faultline.EventHint) *faultline.Event {
	if event.Request != nil && event.Request.Data == "" && utf8.Valid(b.kept.Bytes()) {
		event.Request.Data = b.kept.String()
	}
	return event
}
