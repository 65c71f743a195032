package native

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/server/receive"
)

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
		if err := s.SendMsg(&frame{data: data}); err != nil {
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
		return outcome.Result{EventID: b.Events[i].ID, Kind: outcome.Limited, Reason: outcome.Buffer, Message: "no room (ingest-room-bytes)", Retry: true, RetryAfter: 3 * time.Second}
	}
	in := &ingestv1.SendRequest{Batch: &ingestv1.Batch{Events: []*eventv1.Event{saying("x")}}}
	_, err := grpcClient{conn: conn, key: "key"}.Send(t.Context(), in)
	if s := status.Convert(err); s.Code() != codes.ResourceExhausted || len(s.Details()) != 1 || s.Message() != "no room (ingest-room-bytes)" {
		t.Fatalf("%v %v", err, s.Details())
	}
	w := post(t, url, "7", "key", `{"events":[{}]}`, nil)
	if w.StatusCode != http.StatusTooManyRequests || w.Header.Get("Retry-After") != "3" {
		t.Fatalf("%d %v", w.StatusCode, w.Header)
	}
}
