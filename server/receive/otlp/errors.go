package otlp

import (
	"context"
	"errors"
	"net/http"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/quota"
)

// What an exporter is told apart from what was rejected.
var (
	errNoRoom   = errors.New("the server has no room for more requests of this project now (otlp-under-way-bytes)")
	errAgain    = errors.New("not everything could be stored, send it again")
	errSize     = errors.New("the request is larger than otlp-message-bytes")
	errEncoding = errors.New("the request's encoding is not understood")
	errType     = errors.New("the request's content type is not understood")
	errJSON     = errors.New("malformed JSON")
	errMethod   = errors.New("use POST")
)

// retryAfter is what an exporter should wait when nothing better is known.
const retryAfter = time.Second

// retryable is an error after which the exporter should send the same again.
type retryable struct {
	error
	after   time.Duration
	limited bool // by a limit of ours, not by a failure
}

func (r retryable) Unwrap() error { return r.error }

// roomError says which limit a request met for which there was no room.
func roomError(err error) error {
	if errors.Is(err, quota.ErrNoRoom) {
		return retryable{errNoRoom, retryAfter, true}
	}
	return err
}

// toStatus is the one place where errors get their codes, and httpCode's beside it.
func (h *Handler) toStatus(ctx context.Context, err error) (*status.Status, int) {
	var again retryable
	var key interface{ Retryable() bool }
	switch {
	case errors.As(err, &again):
		code := http.StatusServiceUnavailable
		if again.limited {
			code = http.StatusTooManyRequests
		}
		return withRetry(codes.Unavailable, err.Error(), again.after), code
	case errors.Is(err, project.ErrUnauthenticated):
		return status.New(codes.Unauthenticated, err.Error()), http.StatusUnauthorized
	case errors.Is(err, project.ErrForbidden), errors.Is(err, project.ErrNotFound):
		return status.New(codes.PermissionDenied, err.Error()), http.StatusForbidden
	case errors.Is(err, errSize):
		return status.New(codes.ResourceExhausted, err.Error()), http.StatusRequestEntityTooLarge
	case errors.Is(err, errEncoding), errors.Is(err, errType):
		return status.New(codes.InvalidArgument, err.Error()), http.StatusUnsupportedMediaType
	case errors.Is(err, errMethod):
		return status.New(codes.Unimplemented, err.Error()), http.StatusMethodNotAllowed
	case errors.Is(err, errMalformed), errors.Is(err, errJSON):
		return status.New(codes.InvalidArgument, err.Error()), http.StatusBadRequest
	case ctx.Err() != nil:
		return status.FromContextError(ctx.Err()), http.StatusRequestTimeout
	case errors.As(err, &key) && key.Retryable():
		h.log.WarnContext(ctx, "a key cannot be checked now", "error", err)
		return withRetry(codes.Unavailable, "the key cannot be checked now, try again", retryAfter), http.StatusServiceUnavailable
	}
	h.log.ErrorContext(ctx, "receiving OTLP failed", "error", err)
	return withRetry(codes.Unavailable, "internal error", retryAfter), http.StatusServiceUnavailable
}

// withRetry is a status that says when to come back.
func withRetry(code codes.Code, message string, after time.Duration) *status.Status {
	s := status.New(code, message)
	if with, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(after)}); err == nil {
		return with
	}
	return s
}

// delay is what withRetry said.
func delay(s *status.Status) time.Duration {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.RetryInfo); ok {
			return info.RetryDelay.AsDuration()
		}
	}
	return 0
}
