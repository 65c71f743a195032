package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/faultline-dev/faultline/internal/project"
)

// connectInterceptor turns errors and panics into codes. Who calls was found out
// before, by identify.
type connectInterceptor struct{ log *slog.Logger }

// WrapUnary implements connect.Interceptor.
func (i connectInterceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, r connect.AnyRequest) (res connect.AnyResponse, err error) {
		defer i.finish(ctx, &err)
		return next(ctx, r)
	}
}

// WrapStreamingHandler implements connect.Interceptor.
func (i connectInterceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) (err error) {
		defer i.finish(ctx, &err)
		return next(ctx, conn)
	}
}

// WrapStreamingClient implements connect.Interceptor; there are no clients here.
func (i connectInterceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

func (i connectInterceptor) finish(ctx context.Context, err *error) {
	if v := recover(); v != nil {
		if v == http.ErrAbortHandler {
			panic(v)
		}
		*err = toConnect(internalStatus(ctx, i.log, panicError(v)))
		return
	}
	if *err != nil {
		*err = toConnect(toStatus(ctx, i.log, *err))
	}
}

// ServerOptions are what a gRPC server needs for Register: who calls, codes for
// errors, and panics that become errors. Other services on the same server are
// left alone.
func (a *API) ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{grpc.ChainUnaryInterceptor(a.unary), grpc.ChainStreamInterceptor(a.stream)}
}

// ours reports whether a method is one of this API.
func ours(method string) bool {
	return strings.HasPrefix(method, "/faultline.query.") || strings.HasPrefix(method, "/faultline.admin.")
}

func (a *API) unary(ctx context.Context, message any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (res any, err error) {
	if !ours(info.FullMethod) {
		return next(ctx, message)
	}
	ctx = a.identify(ctx)
	defer a.finish(ctx, &err)
	// A header that cannot be sent has no reader any more.
	_ = grpc.SetHeader(ctx, metadata.Pairs(requestHeader, requestID(ctx)))
	return next(ctx, message)
}

func (a *API) stream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	if !ours(info.FullMethod) {
		return next(server, stream)
	}
	ctx := a.identify(stream.Context())
	defer a.finish(ctx, &err)
	_ = stream.SetHeader(metadata.Pairs(requestHeader, requestID(ctx)))
	return next(server, identified{stream, ctx})
}

type identified struct {
	grpc.ServerStream
	ctx context.Context
}

// Context knows the caller.
func (s identified) Context() context.Context { return s.ctx }

func (a *API) identify(ctx context.Context) context.Context {
	first := func(key string) string {
		if v := metadata.ValueFromIncomingContext(ctx, key); len(v) > 0 {
			return v[0]
		}
		return ""
	}
	r := &request{id: newRequestID(first(requestHeader))}
	ctx = withRequest(ctx, r)
	authorization := first("authorization")
	r.check = func(ctx context.Context) (project.Access, error) { return a.opts.Auth.API(ctx, authorization, "") }
	r.access, r.err = r.check(ctx)
	return ctx
}

func (a *API) finish(ctx context.Context, err *error) {
	if v := recover(); v != nil {
		*err = internalStatus(ctx, a.opts.Log, panicError(v)).Err()
		return
	}
	if *err != nil {
		*err = toStatus(ctx, a.opts.Log, *err).Err()
	}
}
