package otlp

import (
	"context"
	"net/http"
	"strconv"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // what exporters compress with
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// services are the names of the collector's services.
var services = [signals]string{
	traces:  "opentelemetry.proto.collector.trace.v1.TraceService",
	logs:    "opentelemetry.proto.collector.logs.v1.LogsService",
	metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
}

// MessageBytes is the largest message that the gRPC server must take.
func (h *Handler) MessageBytes() int { return h.cfg.MessageBytes }

// Register serves the three services on a grpc-go server that takes messages of
// MessageBytes.
//
// The bytes of a request are read as the unknown fields of an empty message, so that any
// codec hands them over undecoded.
func (h *Handler) Register(r grpc.ServiceRegistrar) {
	for s, name := range services {
		r.RegisterService(&grpc.ServiceDesc{
			ServiceName: name, HandlerType: (*any)(nil),
			Methods: []grpc.MethodDesc{{MethodName: "Export", Handler: h.grpcExport(signal(s))}},
		}, h)
	}
}

func (h *Handler) grpcExport(s signal) grpc.MethodHandler {
	return func(_ any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
		in := &emptypb.Empty{}
		if err := decode(in); err != nil {
			return nil, err
		}
		export := func(ctx context.Context, in any) (any, error) {
			out, err := h.raw(ctx, grpcCaller(ctx), s, in.(*emptypb.Empty))
			if err != nil {
				return nil, err.Err()
			}
			return out, nil
		}
		if intercept == nil {
			return export(ctx, in)
		}
		return intercept(ctx, in, &grpc.UnaryServerInfo{Server: h, FullMethod: "/" + services[s] + "/Export"}, export)
	}
}

// raw serves a request whose bytes are unknown fields, and answers in the same way.
func (h *Handler) raw(ctx context.Context, c caller, s signal, in *emptypb.Empty) (*emptypb.Empty, *status.Status) {
	var a answer
	access, hold, err := h.admit(ctx, c)
	if err == nil {
		defer hold.Release()
		a, err = h.export(ctx, c, access, hold, s, in.ProtoReflect().GetUnknown())
	}
	if err != nil {
		told, _ := h.toStatus(ctx, err)
		return nil, told
	}
	out := &emptypb.Empty{}
	out.ProtoReflect().SetUnknown(appendAnswer(nil, a))
	return out, nil
}

// appendAnswer writes an Export*ServiceResponse, which has the same fields for every
// signal. Nothing is said of a request that was taken whole.
func appendAnswer(b []byte, a answer) []byte {
	if a.rejected == 0 && a.message == "" {
		return b
	}
	var partial []byte
	if a.rejected > 0 {
		partial = protowire.AppendVarint(protowire.AppendTag(partial, 1, protowire.VarintType), uint64(a.rejected))
	}
	partial = protowire.AppendString(protowire.AppendTag(partial, 2, protowire.BytesType), a.message)
	return protowire.AppendBytes(protowire.AppendTag(b, 1, protowire.BytesType), partial)
}

// connectExport serves gRPC on the HTTP listener, for exporters that were given its port.
func (h *Handler) connectExport(s signal) (path string, handler http.Handler) {
	path = "/" + services[s] + "/Export"
	return path, connect.NewUnaryHandler(path, func(ctx context.Context, in *connect.Request[emptypb.Empty]) (*connect.Response[emptypb.Empty], error) {
		c := callerOf(in.Header(), in.Peer().Addr)
		out, told := h.raw(ctx, c, s, in.Msg)
		if told == nil {
			return connect.NewResponse(out), nil
		}
		err := connect.NewError(connect.Code(told.Code()), toldError(told.Message()))
		for _, d := range told.Details() {
			if m, ok := d.(proto.Message); ok {
				if detail, failed := connect.NewErrorDetail(m); failed == nil {
					err.AddDetail(detail)
				}
			}
		}
		return nil, err
	}, connect.WithReadMaxBytes(h.cfg.MessageBytes))
}

// toldError is what a caller is told.
type toldError string

func (e toldError) Error() string { return string(e) }

func grpcCaller(ctx context.Context) caller {
	md, _ := metadata.FromIncomingContext(ctx)
	header := http.Header{}
	for _, name := range credentialHeaders {
		if values := md.Get(name); len(values) > 0 {
			header.Set(name, values[0])
		}
	}
	address := ""
	if p, ok := peer.FromContext(ctx); ok {
		address = p.Addr.String()
	}
	return callerOf(header, address)
}

// projectNumber reads the id of a project; what is none gives 0.
func projectNumber(s string) uint32 {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
