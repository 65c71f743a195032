package api

import (
	"context"

	"connectrpc.com/connect"
	"google.golang.org/grpc"

	queryv1 "github.com/faultline-dev/faultline/gen/go/faultline/query/v1"
	"github.com/faultline-dev/faultline/server/query"
)

// grpcQuery and connectQuery add the one call that streams, which the two
// protocols write differently.
type grpcQuery struct {
	queryv1.UnsafeQueryServiceServer // every method is here, or this does not compile
	queryServer
}

type connectQuery struct{ queryServer }

// Tail implements queryv1.QueryServiceServer.
func (s grpcQuery) Tail(r *queryv1.TailRequest, stream grpc.ServerStreamingServer[queryv1.TailResponse]) error {
	return s.tail(stream.Context(), r, stream.Send)
}

// Tail implements queryv1connect.QueryServiceHandler.
func (s connectQuery) Tail(ctx context.Context, r *queryv1.TailRequest, stream *connect.ServerStream[queryv1.TailResponse]) error {
	return s.tail(ctx, r, stream.Send)
}

func (s queryServer) tail(ctx context.Context, r *queryv1.TailRequest, send func(*queryv1.TailResponse) error) error {
	access, err := caller(ctx)
	if err != nil {
		return err
	}
	return s.query.Tail(ctx, access, r.ProjectId, r.Query, func(t query.Tailed) error {
		m := &queryv1.TailResponse{Skipped: t.Skipped}
		if t.Event != nil {
			m.Event = toEventSummary(*t.Event)
		} else if err := stillMay(ctx); err != nil { // each sign of life looks again
			return err
		}
		return send(m)
	})
}
