package native

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1/ingestv1connect"
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
	hold    chan struct{}                            // nil: answer at once
}

func (n *notebook) Receive(ctx context.Context, b *receive.Batch) []outcome.Result {
	n.mu.Lock()
	n.batches = append(n.batches, b)
	hold := n.hold
	n.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
		}
	}
	results := make([]outcome.Result, len(b.Events))
	for i, e := range b.Events {
		results[i] = outcome.Result{EventID: e.ID, Kind: outcome.Stored}
		if n.answer != nil {
			results[i] = n.answer(b, i)
		}
	}
	return results
}

func (n *notebook) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.batches)
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

// serve starts both listeners.
func serve(t *testing.T, change func(*Config)) (sink *notebook, h *Handler, http1 string, conn *grpc.ClientConn) {
	t.Helper()
	cfg := DefaultConfig()
	if change != nil {
		change(&cfg)
	}
	sink = &notebook{}
	h, err := New(cfg, Parts{Sink: sink, Keys: keyring{}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
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
	server := grpc.NewServer(h.ServerOptions()...)
	h.Register(server)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	conn, err = grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return sink, h, web.URL, conn
}

func saying(text string) *eventv1.Event {
	id := event.NewID()
	return &eventv1.Event{EventId: id[:], Message: &eventv1.Message{Formatted: text}}
}

func with(ctx context.Context, key string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
}

const (
	sendMethod   = ingestv1connect.IngestServiceSendProcedure
	streamMethod = ingestv1connect.IngestServiceStreamProcedure
)

// client is IngestService, whichever way it is reached.
type client interface {
	Send(context.Context, *ingestv1.SendRequest) (*ingestv1.SendResponse, error)
}

type grpcClient struct {
	conn    *grpc.ClientConn
	key     string
	options []grpc.CallOption
}

func (c grpcClient) Send(ctx context.Context, in *ingestv1.SendRequest) (*ingestv1.SendResponse, error) {
	out := &ingestv1.SendResponse{}
	return out, c.conn.Invoke(with(ctx, c.key), sendMethod, in, out, c.options...)
}

func connectClient(url, key string, options ...connect.ClientOption) ingestv1connect.IngestServiceClient {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	auth := connect.WithInterceptors(bearerInterceptor(key))
	return ingestv1connect.NewIngestServiceClient(&http.Client{Transport: &http.Transport{Protocols: protocols}}, url, append(options, auth)...)
}

type bearerInterceptor string

func (b bearerInterceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, r connect.AnyRequest) (connect.AnyResponse, error) {
		r.Header().Set("Authorization", "Bearer "+string(b))
		return next(ctx, r)
	}
}

func (b bearerInterceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, s connect.Spec) connect.StreamingClientConn {
		c := next(ctx, s)
		c.RequestHeader().Set("Authorization", "Bearer "+string(b))
		return c
	}
}

func (b bearerInterceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

func TestSendIsTheSameOverEveryProtocol(t *testing.T) {
	t.Parallel()
	sink, _, url, conn := serve(t, nil)
	f := func(name string, c client) {
		t.Helper()
		before, e := sink.count(), saying(name)
		got, err := c.Send(t.Context(), &ingestv1.SendRequest{ProjectId: 7, Batch: &ingestv1.Batch{
			Attempt: 3, Events: []*eventv1.Event{e}, Drops: []*ingestv1.ClientDrop{{Reason: "before_send", Count: 2}},
		}})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r := got.GetAck().GetResults()
		if len(r) != 1 || r[0].Outcome != ingestv1.Outcome_OUTCOME_STORED || !bytes.Equal(r[0].EventId, e.EventId) {
			t.Fatalf("%s: %v", name, got)
		}
		b := sink.batches[before]
		if b.ProjectID != 7 || b.KeyID != "key-1" || b.Attempt != 3 || b.Events[0].Message.Formatted != name ||
			len(b.Drops) != 1 || !b.ClientIP.IsLoopback() || b.Patience == 0 {
			t.Fatalf("%s: %+v", name, b)
		}
	}
	f("grpc", grpcClient{conn: conn, key: "key"})
	f("grpc gzip", grpcClient{conn: conn, key: "key", options: []grpc.CallOption{grpc.UseCompressor("gzip")}})
	f("grpc zstd", grpcClient{conn: conn, key: "key", options: []grpc.CallOption{grpc.UseCompressor("zstd")}})
	f("connect", connectClient(url, "key"))
	f("connect gzip", connectClient(url, "key", connect.WithSendGzip()))
	f("connect json", connectClient(url, "key", connect.WithProtoJSON()))
	f("connect grpc", connectClient(url, "key", connect.WithGRPC()))
	f("connect grpc-web", connectClient(url, "key", connect.WithGRPCWeb()))
}

func TestKeysThatDoNotReachAreRefused(t *testing.T) {
	t.Parallel()
	_, _, url, conn := serve(t, nil)
	f := func(key string, projectID uint32, want codes.Code, rest int) {
		t.Helper()
		in := &ingestv1.SendRequest{ProjectId: projectID, Batch: &ingestv1.Batch{Events: []*eventv1.Event{saying("x")}}}
		_, err := grpcClient{conn: conn, key: key}.Send(t.Context(), in)
		if status.Code(err) != want {
			t.Fatalf("grpc, %s for %d: %v", key, projectID, err)
		}
		_, err = connectClient(url, key).Send(t.Context(), in)
		if got := codes.Code(connect.CodeOf(err)); err != nil && got != want || (err == nil) != (want == codes.OK) {
			t.Fatalf("connect, %s for %d: %v", key, projectID, err)
		}
		if err := streamOnce(t, conn, key, &ingestv1.StreamRequest{ProjectId: projectID, Batch: in.Batch}); status.Code(err) != want {
			t.Fatalf("stream, %s for %d: %v", key, projectID, err)
		}
		if rest != 0 {
			w := post(t, url, fmt.Sprint(projectID), key, `{"events":[{"message":{"formatted":"x"}}]}`, nil)
			if w.StatusCode != rest {
				t.Fatalf("REST, %s for %d: %d", key, projectID, w.StatusCode)
			}
		}
	}
	f("nobody", 7, codes.Unauthenticated, 401)
	f("", 7, codes.Unauthenticated, 401)
	f("key", 8, codes.PermissionDenied, 403)
	f("token", 0, codes.PermissionDenied, 400)
	f("token", 8, codes.OK, 200)
	f("key", 0, codes.OK, 0)
}

// streamOnce sends one message on a stream of its own and reads one answer.
func streamOnce(t *testing.T, conn *grpc.ClientConn, key string, in *ingestv1.StreamRequest) error {
	t.Helper()
	s, err := conn.NewStream(with(t.Context(), key), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, streamMethod)
	if err != nil {
		return err
	}
	if err := s.SendMsg(in); err != nil && err != io.EOF {
		return err
	}
	s.CloseSend()
	return s.RecvMsg(&ingestv1.StreamResponse{})
}

func TestStreamsAcknowledgeEveryBatchAndEndWhenAllAreThere(t *testing.T) {
	t.Parallel()
	sink, _, url, conn := serve(t, nil)
	f := func(name string, open func() (send func(*ingestv1.StreamRequest) error, closeSend func() error, receive func() (*ingestv1.StreamResponse, error))) {
		t.Helper()
		before := sink.count()
		send, closeSend, receive := open()
		const batches = 50
		for id := range uint64(batches) {
			in := &ingestv1.StreamRequest{Batch: &ingestv1.Batch{Id: id + 1, Events: []*eventv1.Event{saying("a"), saying("b")}}}
			if err := send(in); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if id == 10 {
				send(&ingestv1.StreamRequest{}) // only a sign of life
			}
		}
		if err := closeSend(); err != nil {
			t.Fatal(err)
		}
		seen := map[uint64]bool{}
		for {
			out, err := receive()
			if err != nil {
				if err != io.EOF && !strings.Contains(err.Error(), "EOF") {
					t.Fatalf("%s: %v", name, err)
				}
				break
			}
			if len(out.Ack.Results) != 2 || seen[out.Ack.BatchId] {
				t.Fatalf("%s: %v", name, out)
			}
			seen[out.Ack.BatchId] = true
		}
		if len(seen) != batches || sink.count()-before != batches {
			t.Fatalf("%s: %d acknowledgements", name, len(seen))
		}
	}
	f("grpc-go", func() (func(*ingestv1.StreamRequest) error, func() error, func() (*ingestv1.StreamResponse, error)) {
		s, err := conn.NewStream(with(t.Context(), "key"), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, streamMethod)
		if err != nil {
			t.Fatal(err)
		}
		return func(m *ingestv1.StreamRequest) error { return s.SendMsg(m) }, s.CloseSend, func() (*ingestv1.StreamResponse, error) {
			out := &ingestv1.StreamResponse{}
			return out, s.RecvMsg(out)
		}
	})
	for name, option := range map[string]connect.ClientOption{"connect": connect.WithClientOptions(), "connect grpc": connect.WithGRPC()} {
		f(name, func() (func(*ingestv1.StreamRequest) error, func() error, func() (*ingestv1.StreamResponse, error)) {
			s, err := connectClient(url, "key", option).Stream(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return s.Send, s.CloseRequest, s.Receive
		})
	}
}

func TestABatchThatCannotBeReadIsRefusedAndTheStreamGoesOn(t *testing.T) {
	t.Parallel()
	sink, _, _, conn := serve(t, nil)
	s, err := conn.NewStream(with(t.Context(), "key"), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, streamMethod, grpc.ForceCodecV2(rawCodec{protoCodec()}))
	if err != nil {
		t.Fatal(err)
	}
	exchange := func(data []byte) *ingestv1.Ack {
		t.Helper()
		if err := s.SendMsg(&frame{data}); err != nil {
			t.Fatal(err)
		}
		out := &ingestv1.StreamResponse{}
		if err := s.RecvMsg(out); err != nil {
			t.Fatal(err)
		}
		return out.Ack
	}
	good, err := proto.Marshal(&ingestv1.StreamRequest{Batch: &ingestv1.Batch{Id: 2, Events: []*eventv1.Event{saying("good")}}})
	if err != nil {
		t.Fatal(err)
	}
	ack := exchange([]byte{0x12, 0x04, 0x08, 0x01, 0x1a, 0x7f})
	if r := ack.Results; ack.BatchId != 1 || len(r) != 1 || r[0].Outcome != ingestv1.Outcome_OUTCOME_INVALID || r[0].Reason != "malformed" {
		t.Fatalf("%v", ack)
	}
	if ack := exchange(good); ack.BatchId != 2 || ack.Results[0].Outcome != ingestv1.Outcome_OUTCOME_STORED {
		t.Fatalf("%v", ack)
	}
	if b := sink.batches[0]; len(b.Events) != 0 || len(b.Refused) != 1 || b.Refused[0].Count != 1 {
		t.Fatalf("%+v", b)
	}
}

func TestAFullWindowStopsReading(t *testing.T) {
	t.Parallel()
	sink, _, _, conn := serve(t, func(c *Config) { c.Window = 2 })
	sink.hold = make(chan struct{})
	s, err := conn.NewStream(with(t.Context(), "key"), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, streamMethod)
	if err != nil {
		t.Fatal(err)
	}
	for id := range uint64(5) {
		if err := s.SendMsg(&ingestv1.StreamRequest{Batch: &ingestv1.Batch{Id: id + 1, Events: []*eventv1.Event{saying("x")}}}); err != nil {
			t.Fatal(err)
		}
	}
	s.CloseSend()
	for range 5 {
		if n := sink.count(); n > 2 {
			t.Fatalf("%d batches are under way", n)
		}
		sink.hold <- struct{}{}
		if err := s.RecvMsg(&ingestv1.StreamResponse{}); err != nil {
			t.Fatal(err)
		}
		sink.mu.Lock()
		sink.batches = sink.batches[1:]
		sink.mu.Unlock()
	}
}

func TestStoppingAcknowledgesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	sink, h, _, conn := serve(t, nil)
	sink.hold = make(chan struct{})
	s, err := conn.NewStream(with(t.Context(), "key"), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, streamMethod)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SendMsg(&ingestv1.StreamRequest{Batch: &ingestv1.Batch{Id: 1, Events: []*eventv1.Event{saying("x")}}}); err != nil {
		t.Fatal(err)
	}
	sink.hold <- struct{}{} // it is there
	h.Stop()
	if err := s.RecvMsg(&ingestv1.StreamResponse{}); err != nil {
		t.Fatal(err)
	}
	if err := s.RecvMsg(&ingestv1.StreamResponse{}); status.Code(err) != codes.Unavailable {
		t.Fatal(err)
	}
}

func TestStreamsAreCounted(t *testing.T) {
	t.Parallel()
	sink, _, _, conn := serve(t, func(c *Config) { c.Streams = 1 })
	sink.hold = make(chan struct{})
	first, err := conn.NewStream(with(t.Context(), "key"), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, streamMethod)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.SendMsg(&ingestv1.StreamRequest{Batch: &ingestv1.Batch{Events: []*eventv1.Event{saying("x")}}}); err != nil {
		t.Fatal(err)
	}
	sink.hold <- struct{}{}
	other, err := grpc.NewClient(conn.Target(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := streamOnce(t, other, "key", &ingestv1.StreamRequest{}); status.Code(err) != codes.ResourceExhausted {
		t.Fatal(err)
	}
}

func TestMessagesThatAreTooLargeAreRefusedByName(t *testing.T) {
	t.Parallel()
	sink, _, url, conn := serve(t, func(c *Config) { c.MessageBytes = 64 << 10 })
	large := &ingestv1.SendRequest{Batch: &ingestv1.Batch{Events: []*eventv1.Event{saying(strings.Repeat("x", 1<<20))}}}
	f := func(name string, c client) {
		t.Helper()
		_, err := c.Send(t.Context(), large)
		if code := status.Code(err); code != codes.ResourceExhausted && connect.CodeOf(err) != connect.CodeResourceExhausted {
			t.Fatalf("%s: %v", name, err)
		}
	}
	f("grpc", grpcClient{conn: conn, key: "key"})
	f("grpc gzip", grpcClient{conn: conn, key: "key", options: []grpc.CallOption{grpc.UseCompressor("gzip")}})
	f("grpc zstd", grpcClient{conn: conn, key: "key", options: []grpc.CallOption{grpc.UseCompressor("zstd")}})
	f("connect", connectClient(url, "key"))
	f("connect gzip", connectClient(url, "key", connect.WithSendGzip()))
	if sink.count() != 0 {
		t.Fatal("something reached the sink")
	}
}

func TestNoRoomIsToldWithATimeToWait(t *testing.T) {
	t.Parallel()
	sink, _, url, conn := serve(t, nil)
	sink.answer = func(b *receive.Batch, i int) outcome.Result {
		return outcome.Result{EventID: b.Events[i].ID, Kind: outcome.Limited, Reason: outcome.Buffer, Retry: true, RetryAfter: 3 * time.Second}
	}
	in := &ingestv1.SendRequest{Batch: &ingestv1.Batch{Events: []*eventv1.Event{saying("x")}}}
	_, err := grpcClient{conn: conn, key: "key"}.Send(t.Context(), in)
	if s := status.Convert(err); s.Code() != codes.ResourceExhausted || len(s.Details()) != 1 {
		t.Fatalf("%v %v", err, s.Details())
	}
	w := post(t, url, "7", "key", `{"events":[{}]}`, nil)
	if w.StatusCode != http.StatusTooManyRequests || w.Header.Get("Retry-After") != "3" {
		t.Fatalf("%d %v", w.StatusCode, w.Header)
	}
}

// post sends to the REST route.
func post(t *testing.T, url, projectID, key, body string, header map[string]string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/projects/"+projectID+"/events:batch", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Body.Close() })
	return w
}

func TestRESTTakesIDsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	_, _, url, _ := serve(t, nil)
	const want = "fc6d8c0c43fc4630ad850ee518f1b9d0"
	raw, err := event.ParseID(want)
	if err != nil {
		t.Fatal(err)
	}
	f := func(id, want string) {
		t.Helper()
		w := post(t, url, "7", "key", `{"events":[{"eventId":"`+id+`","message":{"formatted":"x"}}]}`, nil)
		var got ackJSON
		if err := json.NewDecoder(w.Body).Decode(&got); err != nil || w.StatusCode != 200 {
			t.Fatalf("%d %v", w.StatusCode, err)
		}
		if r := got.Results; len(r) != 1 || r[0].Outcome != "OUTCOME_STORED" || r[0].EventID != want {
			t.Fatalf("%s: %+v", id, got)
		}
	}
	f(want, want)
	f(strings.ToUpper(want), want)
	f("fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0", want)
	f(base64.StdEncoding.EncodeToString(raw[:]), want)
	f("AAAA", "")
	f("", "")
}

func TestRESTRefusesByName(t *testing.T) {
	t.Parallel()
	sink, _, url, _ := serve(t, func(c *Config) { c.MessageBytes = 64 << 10 })
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(bytes.Repeat([]byte(" "), 1<<20))
	z.Close()
	f := func(project, body string, header map[string]string, code int, says string) {
		t.Helper()
		w := post(t, url, project, "key", body, header)
		text, _ := io.ReadAll(w.Body)
		if w.StatusCode != code || !strings.Contains(string(text), says) || !json.Valid(text) {
			t.Fatalf("%.40s: %d %s", body, w.StatusCode, text)
		}
	}
	f("7", `"no object"`, nil, 400, "malformed JSON")
	f("7", `{"events":7}`, nil, 400, "malformed JSON")
	f("7", `{"events":[`, nil, 400, "malformed JSON")
	f("7", "\x1a\x7f", map[string]string{"Content-Type": "application/x-protobuf"}, 400, "malformed protobuf")
	f("x", `{}`, nil, 400, "project id")
	f("7", strings.Repeat(" ", 1<<20), nil, 413, "message_bytes")
	f("7", bomb.String(), map[string]string{"Content-Encoding": "gzip"}, 413, "message_bytes")
	f("7", "no gzip", map[string]string{"Content-Encoding": "gzip"}, 415, "gzip")
	f("7", "no zstd", map[string]string{"Content-Encoding": "zstd"}, 415, "")
	f("7", `{}`, map[string]string{"Content-Encoding": "br"}, 415, "br")
	for _, b := range sink.batches {
		if len(b.Events) > 0 {
			t.Fatalf("%+v reached the sink", b)
		}
	}
}

func TestBrowsersMaySendFromAnywhere(t *testing.T) {
	t.Parallel()
	_, _, url, _ := serve(t, nil)
	for _, path := range []string{"/api/v1/projects/7/events:batch", sendMethod} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodOptions, url+path, nil)
		r.Header.Set("Origin", "https://shop.example")
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		if w.StatusCode != http.StatusNoContent || w.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Fatalf("%s: %d %v", path, w.StatusCode, w.Header)
		}
	}
}
