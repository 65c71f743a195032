package otlp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	logspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logpb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	spanpb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/receive"
)

// notebook is a sink that writes down what it gets.
type notebook struct {
	mu      sync.Mutex
	batches []*receive.Batch
	answer  func(*receive.Batch, int) outcome.Result // nil: stored
}

func (n *notebook) Receive(_ context.Context, b *receive.Batch) (wait func() []outcome.Result) {
	return func() []outcome.Result {
		n.mu.Lock()
		n.batches = append(n.batches, b)
		n.mu.Unlock()
		results := make([]outcome.Result, len(b.Events))
		for i, e := range b.Events {
			results[i] = outcome.Result{EventID: e.ID, Kind: outcome.Stored}
			if n.answer != nil {
				results[i] = n.answer(b, i)
			}
		}
		return results
	}
}

func (n *notebook) events() []*event.Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []*event.Event
	for _, b := range n.batches {
		out = append(out, b.Events...)
	}
	return out
}

// keyring knows one key of project 7, and one token.
type keyring struct{}

func (keyring) Key(_ context.Context, credential string, projectID uint32) (project.Access, error) {
	switch {
	case credential == "key" && (projectID == 0 || projectID == 7):
		return project.Access{ProjectID: 7, KeyID: "key-1"}, nil
	case credential == "token" && projectID != 0:
		return project.Access{ProjectID: projectID, TokenID: "token-1"}, nil
	case credential == "key", credential == "token":
		return project.Access{}, fmt.Errorf("%w: not this project", project.ErrForbidden)
	}
	return project.Access{}, fmt.Errorf("%w: unknown", project.ErrUnauthenticated)
}

func handler(t testing.TB, change func(*Config)) (*notebook, *Handler) {
	t.Helper()
	cfg := DefaultConfig()
	if change != nil {
		change(&cfg)
	}
	sink := &notebook{}
	h, err := New(cfg, Parts{Sink: sink, Keys: keyring{}, Metrics: NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return sink, h
}

// serve starts both listeners.
func serve(t testing.TB, change func(*Config)) (sink *notebook, url string, conn *grpc.ClientConn) {
	t.Helper()
	sink, h := handler(t, change)
	mux := http.NewServeMux()
	h.Mount(mux)
	web := httptest.NewUnstartedServer(mux)
	web.Config.Protocols = new(http.Protocols)
	web.Config.Protocols.SetHTTP1(true)
	web.Config.Protocols.SetUnencryptedHTTP2(true)
	web.Start()
	t.Cleanup(web.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(h.MessageBytes()))
	h.Register(server)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return sink, web.URL, dial(t, listener.Addr().String())
}

func dial(t testing.TB, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func with(ctx context.Context, key string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
}

// client keeps no connections, because the end of another test's server closes those of
// the default client.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// post sends a body and returns the answer with its body read.
func post(t testing.TB, url, media string, body []byte, headers map[string]string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", media)
	r.Header.Set("Authorization", "Bearer key")
	for name, v := range headers {
		r.Header.Set(name, v)
	}
	w, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w, text
}

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// attrs makes attributes of names and values in turn.
func attrs(pairs ...any) []*commonpb.KeyValue {
	var out []*commonpb.KeyValue
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, &commonpb.KeyValue{Key: pairs[i].(string), Value: any_(pairs[i+1])})
	}
	return out
}

func any_(v any) *commonpb.AnyValue {
	switch v := v.(type) {
	case string:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: v}}
	case bool:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: v}}
	case int:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: int64(v)}}
	case float64:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: v}}
	case []string:
		list := &commonpb.ArrayValue{}
		for _, s := range v {
			list.Values = append(list.Values, any_(s))
		}
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}
	case map[string]string:
		list := &commonpb.KeyValueList{}
		for k, s := range v {
			list.Values = append(list.Values, &commonpb.KeyValue{Key: k, Value: any_(s)})
		}
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: list}}
	}
	panic("no such value")
}

func logsOf(resource []*commonpb.KeyValue, records ...*logpb.LogRecord) *logspb.ExportLogsServiceRequest {
	return &logspb.ExportLogsServiceRequest{ResourceLogs: []*logpb.ResourceLogs{{
		Resource:  &resourcepb.Resource{Attributes: resource},
		ScopeLogs: []*logpb.ScopeLogs{{Scope: &commonpb.InstrumentationScope{Name: "shop.cart", Version: "2"}, LogRecords: records}},
	}}}
}

func spansOf(resource []*commonpb.KeyValue, spans ...*spanpb.Span) *tracepb.ExportTraceServiceRequest {
	return &tracepb.ExportTraceServiceRequest{ResourceSpans: []*spanpb.ResourceSpans{{
		Resource:   &resourcepb.Resource{Attributes: resource},
		ScopeSpans: []*spanpb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "shop.cart", Version: "2"}, Spans: spans}},
	}}}
}

func TestABodyIsReadOnlyIntoRoomThatIsHeld(t *testing.T) {
	t.Parallel()
	_, h := handler(t, func(c *Config) { c.Patience = time.Millisecond })
	mux := http.NewServeMux()
	h.Mount(mux)
	f := func(says string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "/v1/logs", iotest.ErrReader(errors.New("it was read")))
		r.ContentLength = 1 << 20
		r.Header.Set("Authorization", "Bearer key")
		r.Header.Set("Content-Type", protobufType)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if !h.room.TryAcquire(8, h.cfg.UnderWayBytes) {
		t.Fatal("room is taken")
	}
	f("otlp-under-way-bytes")
	h.room.Release(8, h.cfg.UnderWayBytes)
	h.away = func(uint32) bool { return true }
	f("ingest-room-bytes")
	if !h.room.TryAcquire(8, h.cfg.UnderWayBytes) {
		t.Error("room was not given back")
	}
}
