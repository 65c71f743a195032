package faultline

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/sdk-go/internal/spool"
	"github.com/faultline-dev/faultline/sdk-go/internal/stream"
)

// encodeTogether is how many events are encoded before they are handed on.
const encodeTogether = 64

// maxIntake bounds the events that wait for their encoding.
const maxIntake = 100_000

// streamTransport encodes events on a goroutine of its own and hands them to
// the stream. What callers hand over they no longer change.
type streamTransport struct {
	options ClientOptions
	app     *inApp
	log     *debugLog
	sources *sources
	stream  *stream.Stream

	intake chan queued
	mu     sync.RWMutex // held while sending to intake, so that it can be closed
	closed bool
	done   chan struct{}
}

// queued is an event that was let in and is not encoded yet.
type queued struct {
	event  *Event
	ticket stream.Ticket
}

func newStreamTransport(o ClientOptions, dsn *Dsn, app *inApp, log *debugLog) (*streamTransport, error) {
	key := either(o.APIKey, dsn.PublicKey())
	if key == "" {
		return nil, fmt.Errorf("%w: no public key, and no APIKey", ErrDsn)
	}
	cfg := stream.DefaultConfig()
	cfg.BaseURL, cfg.Key, cfg.ProjectID = dsn.BaseURL(), key, dsn.ProjectID()
	cfg.MaxEvents, cfg.MaxBytes, cfg.Compress = o.MaxQueueEvents, o.MaxQueueBytes, o.Compress
	cfg.Logf = log.printf
	cfg.HTTPClient = newHTTPClient(o, dsn)
	if o.SpoolDir != "" {
		sp, err := spool.Open(spool.Options{Dir: o.SpoolDir, MaxBytes: o.SpoolMaxBytes, Sync: o.SpoolSync})
		if err != nil {
			return nil, err
		}
		cfg.Spool = sp
	}
	t := &streamTransport{
		options: o,
		app:     app,
		log:     log,
		sources: newSources(either(o.SourceRoot, ".")),
		stream:  stream.New(cfg),
		intake:  make(chan queued, min(o.MaxQueueEvents, maxIntake)),
		done:    make(chan struct{}),
	}
	go func() {
		defer close(t.done)
		t.encodeAll()
	}()
	return t, nil
}

// newHTTPClient speaks HTTP/2 only: in cleartext for http, over TLS for https.
func newHTTPClient(o ClientOptions, dsn *Dsn) *http.Client {
	var protocols http.Protocols
	protocols.SetHTTP2(dsn.scheme == "https")
	protocols.SetUnencryptedHTTP2(dsn.scheme == "http")
	transport := &http.Transport{
		Protocols:           &protocols,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		IdleConnTimeout:     90 * time.Second,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
	if dsn.scheme == "https" {
		transport.Proxy = http.ProxyFromEnvironment
		if o.TLSConfig != nil {
			transport.TLSClientConfig = o.TLSConfig.Clone()
		}
	}
	return &http.Client{Transport: transport}
}

// SendEvent lets an event in or counts it as dropped.
func (t *streamTransport) SendEvent(event *Event) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		t.stream.Drop(stream.DropShutdown, 1)
		return
	}
	ticket, ok := t.stream.Reserve(estimate(event))
	if !ok {
		return
	}
	select {
	case t.intake <- queued{event, ticket}:
	default:
		t.stream.Release(ticket, stream.DropQueueOverflow)
	}
}

// estimate guesses what an event takes in memory and on the wire.
func estimate(e *Event) int {
	n := 1500 + len(e.Message) + 200*len(e.Breadcrumbs) + 60*len(e.Tags) + 100*(len(e.Extra)+len(e.Contexts)) + len(e.goroutines)
	for i := range e.Exception {
		n += len(e.Exception[i].Type) + len(e.Exception[i].Value)
		n += e.Exception[i].Stacktrace.estimate()
	}
	for i := range e.Threads {
		n += e.Threads[i].Stacktrace.estimate()
	}
	if e.Request != nil {
		n += len(e.Request.URL) + len(e.Request.QueryString) + len(e.Request.Data) + 80*len(e.Request.Headers)
	}
	return n
}

func (s *Stacktrace) estimate() int {
	if s == nil {
		return 0
	}
	return 100 * (len(s.pcs) + len(s.Frames))
}

// encodeAll encodes what comes in until the intake is closed.
func (t *streamTransport) encodeAll() {
	batch := make([]stream.Event, 0, encodeTogether)
	for q := range t.intake {
		batch = t.encodeInto(batch[:0], q)
		for more := true; more && len(batch) < encodeTogether; {
			select {
			case q, ok := <-t.intake:
				if !ok {
					more = false
					break
				}
				batch = t.encodeInto(batch, q)
			default:
				more = false
			}
		}
		t.stream.Push(batch)
		clear(batch)
	}
}

// encodeInto encodes one event, or gives it up.
func (t *streamTransport) encodeInto(batch []stream.Event, q queued) []stream.Event {
	data, err := t.encode(q.event)
	switch {
	case err != nil:
		t.log.printf("event dropped (%s): %v", stream.DropInternal, err)
		t.stream.Release(q.ticket, stream.DropInternal)
		return batch
	case len(data) > t.options.MaxEventBytes:
		t.log.printf("event dropped (%s): %d bytes", stream.DropTooLarge, len(data))
		t.stream.Release(q.ticket, stream.DropTooLarge)
		return batch
	}
	id, _ := q.event.EventID.bytes()
	return append(batch, stream.Event{ID: id, Data: data, Ticket: q.ticket})
}

// encode finishes an event and encodes it. One that is too large is encoded
// once more without what a person can do without.
func (t *streamTransport) encode(e *Event) (data []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("encode event: panic: %v", r)
		}
	}()
	e.resolve(t.app)
	if !t.options.DisableSourceContext {
		for i := range e.Exception {
			t.sources.annotateStack(e.Exception[i].Stacktrace)
		}
		for i := range e.Threads {
			if e.Threads[i].Current {
				t.sources.annotateStack(e.Threads[i].Stacktrace)
			}
		}
	}
	if data, err = e.encode(); err != nil {
		return nil, err
	}
	if len(data) > t.options.MaxEventBytes {
		e.lighten(t.options.MaxEventBytes / 4)
		return e.encode()
	}
	return data, nil
}

func (s *sources) annotateStack(stack *Stacktrace) {
	if stack != nil {
		s.annotate(stack.Frames)
	}
}

// lighten removes what makes an event heavy, and cuts long texts.
func (e *Event) lighten(room int) {
	e.Threads, e.Extra = nil, nil
	e.Modules = map[string]string{} // none, rather than the program's
	if over := len(e.Breadcrumbs) - 20; over > 0 {
		e.Breadcrumbs = e.Breadcrumbs[over:]
	}
	e.Message = e.Message[:min(len(e.Message), room/4)]
	each := room / max(1, len(e.Exception))
	for i := range e.Exception {
		x := &e.Exception[i]
		x.Value = x.Value[:min(len(x.Value), each)]
		if x.Stacktrace == nil {
			continue
		}
		for j := range x.Stacktrace.Frames {
			f := &x.Stacktrace.Frames[j]
			f.PreContext, f.ContextLine, f.PostContext, f.Vars = nil, "", nil, nil
		}
	}
	if e.Request != nil {
		r := *e.Request
		r.Data = r.Data[:min(len(r.Data), room/4)]
		e.Request = &r
	}
}

// Flush waits until every event let in before has its outcome.
func (t *streamTransport) Flush(ctx context.Context) bool { return t.stream.Flush(ctx) }

// Close stops taking events, flushes until ctx ends and waits for every goroutine.
func (t *streamTransport) Close(ctx context.Context) bool {
	t.mu.Lock()
	first := !t.closed
	t.closed = true
	if first {
		close(t.intake)
	}
	t.mu.Unlock()
	<-t.done
	if !first {
		return true
	}
	return t.stream.Close(ctx)
}

func (t *streamTransport) recordDrop(reason string) { t.stream.Drop(reason, 1) }

func (t *streamTransport) stats() Stats { return Stats(t.stream.Stats()) }
