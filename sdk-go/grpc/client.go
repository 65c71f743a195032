package faultlinegrpc

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	faultline "github.com/faultline-dev/faultline/sdk-go"
)

// UnaryClientInterceptor returns an interceptor that notes every call as a
// breadcrumb in the scope of the hub that travels in the call's context.
func UnaryClientInterceptor() grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		start := time.Now()
		err := invoke(ctx, method, req, reply, conn, opts...)
		note(ctx, method, conn, err, time.Since(start))
		return err
	}
}

// StreamClientInterceptor returns an interceptor that notes every opened
// stream as a breadcrumb.
func StreamClientInterceptor() grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
		start := time.Now()
		stream, err := open(ctx, desc, conn, method, opts...)
		note(ctx, method, conn, err, time.Since(start))
		return stream, err
	}
}

func note(ctx context.Context, method string, conn *grpc.ClientConn, err error, took time.Duration) {
	level := faultline.LevelInfo
	if err != nil {
		level = faultline.LevelError
	}
	// A nil hub stands for the current one.
	faultline.GetHubFromContext(ctx).AddBreadcrumb(&faultline.Breadcrumb{
		Type: "http", Category: "grpc.client", Level: level, Message: method,
		Data: map[string]any{
			"target":      conn.CanonicalTarget(),
			"code":        status.Code(err).String(),
			"duration_ms": float64(took.Microseconds()) / 1000,
		},
	}, nil)
}
