package faultlinegrpc

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	health "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	faultline "github.com/faultline-dev/faultline/sdk-go"
	"github.com/faultline-dev/faultline/sdk-go/faultlinetest"
)

// service does what the name that it is asked for says.
type service struct {
	health.UnimplementedHealthServer
}

func (service) Check(ctx context.Context, r *health.HealthCheckRequest) (*health.HealthCheckResponse, error) {
	return &health.HealthCheckResponse{}, act(ctx, r.GetService())
}

func (service) Watch(r *health.HealthCheckRequest, stream grpc.ServerStreamingServer[health.HealthCheckResponse]) error {
	return act(stream.Context(), r.GetService())
}

func act(ctx context.Context, name string) error {
	faultline.GetHubFromContext(ctx).Scope().SetTag("asked", name)
	switch name {
	case "panic":
		panic("boom")
	case "internal":
		return status.Error(codes.Internal, "broken")
	case "missing":
		return status.Error(codes.NotFound, "no such thing")
	}
	return nil
}

// connect starts a server whose calls report to the hub, and a client of it.
func connect(t *testing.T, hub *faultline.Hub) health.HealthClient {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer(
		grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			return next(faultline.SetHubOnContext(ctx, hub), req)
		}, UnaryServerInterceptor(ServerOptions{})),
		grpc.ChainStreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			return next(srv, &serverStream{stream, faultline.SetHubOnContext(stream.Context(), hub)})
		}, StreamServerInterceptor(ServerOptions{})),
	)
	health.RegisterHealthServer(server, service{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	conn, err := grpc.NewClient("passthrough:///test",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(UnaryClientInterceptor()), grpc.WithStreamInterceptor(StreamClientInterceptor()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Stop()
		<-done
	})
	return health.NewHealthClient(conn)
}

func TestPanicsAndFaultsOfMethodsAreReported(t *testing.T) {
	t.Parallel()
	f := func(name string, code codes.Code, reported bool) {
		call := func(kind string, method string, do func(context.Context, health.HealthClient) error) {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
				ctx := metadata.AppendToOutgoingContext(t.Context(),
					"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
				if err := do(ctx, connect(t, hub)); status.Code(err) != code {
					t.Errorf("answered %v", err)
				}
				events := sent.Events()
				if !reported {
					if len(events) != 0 {
						t.Errorf("reported: %+v", events[0])
					}
					return
				}
				if len(events) != 1 {
					t.Fatalf("%d events", len(events))
				}
				e := events[0]
				if e.Transaction != method || e.Tags["asked"] != name || e.Trace.TraceID[0] != 0x0a || e.Contexts["grpc"]["method"] != method {
					t.Errorf("event: %q %v %v %v", e.Transaction, e.Tags, e.Trace, e.Contexts["grpc"])
				}
			})
		}
		call("unary", "/grpc.health.v1.Health/Check", func(ctx context.Context, c health.HealthClient) error {
			_, err := c.Check(ctx, &health.HealthCheckRequest{Service: name})
			return err
		})
		call("stream", "/grpc.health.v1.Health/Watch", func(ctx context.Context, c health.HealthClient) error {
			stream, err := c.Watch(ctx, &health.HealthCheckRequest{Service: name})
			if err != nil {
				return err
			}
			if _, err = stream.Recv(); err != nil && code == codes.OK {
				return nil // the end of the stream
			}
			return err
		})
	}
	f("panic", codes.Internal, true)
	f("internal", codes.Internal, true)
	f("missing", codes.NotFound, false)
	f("fine", codes.OK, false)
}

func TestOutgoingCallsAreBreadcrumbs(t *testing.T) {
	t.Parallel()
	server, _ := faultlinetest.NewHub(t, faultline.ClientOptions{})
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
	client := connect(t, server)
	ctx := faultline.SetHubOnContext(t.Context(), hub)
	_, _ = client.Check(ctx, &health.HealthCheckRequest{Service: "missing"})
	hub.CaptureMessage("m")
	crumbs := sent.Last().Breadcrumbs
	if len(crumbs) != 1 || crumbs[0].Message != "/grpc.health.v1.Health/Check" || crumbs[0].Data["code"] != "NotFound" {
		t.Errorf("breadcrumbs: %+v", crumbs)
	}
}
