package native

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

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

func (n *notebook) Receive(ctx context.Context, b *receive.Batch) (wait func() []outcome.Result) {
	return func() []outcome.Result {
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
