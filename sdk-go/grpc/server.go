// Package faultlinegrpc reports panics and failures of gRPC services and notes
// outgoing calls as breadcrumbs. It is a module of its own, so that only those
// who use gRPC depend on it. It does not read messages.
package faultlinegrpc

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	faultline "github.com/faultline-dev/faultline/sdk-go"
)

// ServerOptions configures the server's interceptors. The zero value reports
// panics, and errors with a code that tells of a fault of the server.
type ServerOptions struct {
	// Repanic panics again after reporting. Otherwise the caller gets the
	// code Internal.
	Repanic bool
	// WaitForDelivery waits until the event is stored before it goes on.
	WaitForDelivery bool
	// Timeout bounds that wait. Zero is 2 seconds.
	Timeout time.Duration
	// Report says whether an error that a method returned becomes an event.
	// Nil reports Unknown, Internal, DataLoss and Unimplemented.
	Report func(method string, err error) bool
}

func (o ServerOptions) complete() ServerOptions {
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Second
	}
	if o.Report == nil {
		o.Report = func(_ string, err error) bool {
			return slices.Contains([]codes.Code{codes.Unknown, codes.Internal, codes.DataLoss, codes.Unimplemented}, status.Code(err))
		}
	}
	return o
}

// UnaryServerInterceptor returns an interceptor for unary methods.
func UnaryServerInterceptor(options ServerOptions) grpc.UnaryServerInterceptor {
	options = options.complete()
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (_ any, err error) {
		ctx, hub := begin(ctx, info.FullMethod)
		defer options.recover(ctx, hub, &err)
		resp, err := handler(ctx, req)
		options.report(ctx, hub, info.FullMethod, err)
		return resp, err
	}
}

// StreamServerInterceptor returns an interceptor for streaming methods.
func StreamServerInterceptor(options ServerOptions) grpc.StreamServerInterceptor {
	options = options.complete()
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
		ctx, hub := begin(stream.Context(), info.FullMethod)
		defer options.recover(ctx, hub, &err)
		err = handler(srv, &serverStream{stream, ctx})
		options.report(ctx, hub, info.FullMethod, err)
		return err
	}
}

// serverStream carries the hub in its context.
type serverStream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context returns the stream's context with the hub.
func (s *serverStream) Context() context.Context { return s.ctx }

// begin gives a call a scope of its own.
func begin(ctx context.Context, method string) (context.Context, *faultline.Hub) {
	// A nil hub stands for the current one.
	hub := faultline.GetHubFromContext(ctx).Clone()
	hub.Client().AddIntegration("grpc")
	facts := faultline.Context{"method": method}
	if p, ok := peer.FromContext(ctx); ok && hub.Client().Options().SendDefaultPII {
		facts["peer"] = p.Addr.String()
	}
	md, _ := metadata.FromIncomingContext(ctx)
	if agent := md.Get("user-agent"); len(agent) > 0 {
		facts["user_agent"] = agent[0]
	}
	scope := hub.Scope()
	scope.SetTransaction(method)
	scope.SetContext("grpc", facts)
	if parent := md.Get("traceparent"); len(parent) > 0 {
		if trace, ok := faultline.ParseTraceparent(parent[0]); ok {
			scope.SetTrace(trace)
		}
	}
	return faultline.SetHubOnContext(ctx, hub), hub
}

// recover reports a panic of a method. It must be deferred itself.
func (o ServerOptions) recover(ctx context.Context, hub *faultline.Hub, err *error) {
	recovered := recover()
	if recovered == nil {
		return
	}
	if id := hub.RecoverWithContext(ctx, recovered); id != nil && o.WaitForDelivery {
		hub.Flush(o.Timeout)
	}
	if o.Repanic {
		panic(recovered)
	}
	*err = status.Error(codes.Internal, "internal error")
}

// report makes an event of an error that a method returned.
func (o ServerOptions) report(ctx context.Context, hub *faultline.Hub, method string, err error) {
	if err == nil || !o.Report(method, err) {
		return
	}
	event := &faultline.Event{
		Level:     faultline.LevelError,
		Exception: hub.Client().Exceptions(err, "grpc"),
		Tags:      map[string]string{"grpc.code": status.Code(err).String()},
	}
	hub.CaptureEventWithHint(event, &faultline.EventHint{OriginalException: err, Context: ctx})
}
