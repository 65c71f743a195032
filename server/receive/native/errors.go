package native

import (
	"context"
	"errors"
	"fmt"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/wire"
	"github.com/faultline-dev/faultline/server/quota"
)

// What a caller is told apart from outcomes of events.
var (
	errStreams  = errors.New("as many streams are open as one project or this server may have (native-streams); use another server or try again later")
	errStopping = errors.New("the server is stopping; connect again")
	errNoRoom   = errors.New("the server has no room for more messages of this project now (native-under-way-bytes)")
	errSize     = errors.New("the request is larger than native-message-bytes")
	errEncoding = errors.New("the request's encoding is not understood")
)

// noRoom is a limit of the server's with the time to wait.
type noRoom struct {
	error
	after time.Duration
}

func (n noRoom) Unwrap() error { return n.error }

// tooLarge says how large a message may be.
func (h *Handler) tooLarge() error {
	return fmt.Errorf("%w: %d bytes, decompressed", errSize, h.cfg.MessageBytes)
}

// roomError says which limit a request met for which there was no room.
func roomError(err error) error {
	if errors.Is(err, quota.ErrNoRoom) {
		return noRoom{errNoRoom, retryAfter}
	}
	return err
}

// streamsAfter is how long to wait when there are too many streams.
const streamsAfter = 10 * time.Second

// toStatus is the one place where errors get their codes.
func (h *Handler) toStatus(ctx context.Context, err error) *status.Status {
	var retry interface{ Retryable() bool }
	var full noRoom
	switch {
	case errors.Is(err, project.ErrUnauthenticated):
		return status.New(codes.Unauthenticated, err.Error())
	case errors.Is(err, project.ErrForbidden):
		return status.New(codes.PermissionDenied, err.Error())
	case errors.Is(err, project.ErrNotFound):
		return status.New(codes.NotFound, err.Error())
	case errors.Is(err, wire.ErrMalformed), errors.Is(err, errJSON), errors.Is(err, errEncoding):
		return status.New(codes.InvalidArgument, err.Error())
	case errors.As(err, &full):
		s := status.New(codes.ResourceExhausted, err.Error())
		if with, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(full.after)}); err == nil {
			return with
		}
		return s
	case errors.Is(err, errSize):
		return status.New(codes.ResourceExhausted, err.Error())
	case errors.Is(err, errStopping):
		return status.New(codes.Unavailable, err.Error())
	case ctx.Err() != nil:
		return status.FromContextError(ctx.Err())
	case errors.As(err, &retry) && retry.Retryable():
		h.log.WarnContext(ctx, "a key cannot be checked now", "error", err)
		return status.New(codes.Unavailable, "the key cannot be checked now, try again")
	}
	if s, ok := status.FromError(err); ok {
		return s
	}
	var c *connect.Error
	if errors.As(err, &c) {
		return status.New(codes.Code(c.Code()), c.Message())
	}
	h.log.ErrorContext(ctx, "receiving events failed", "error", err)
	return status.New(codes.Internal, "internal error")
}

// toConnect is a status in Connect's words; the codes are the same numbers.
func toConnect(s *status.Status) *connect.Error {
	err := connect.NewError(connect.Code(s.Code()), errors.New(s.Message()))
	for _, d := range s.Details() {
		if m, ok := d.(proto.Message); ok {
			if detail, failed := connect.NewErrorDetail(m); failed == nil {
				err.AddDetail(detail)
			}
		}
	}
	return err
}
