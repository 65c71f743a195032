package api

import (
	"context"
	"errors"
	"log/slog"
	"strconv"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	adminv1 "github.com/faultline-dev/faultline/gen/go/faultline/admin/v1"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/server/auth"
	"github.com/faultline-dev/faultline/server/group/rules"
)

// domain names our reasons in google.rpc.ErrorInfo.
const domain = "faultline"

// toStatus is the one place where errors get their codes. The text of errors
// that callers cause is shown to them; everything else is logged under the id of
// the request, and only the id is shown.
func toStatus(ctx context.Context, log *slog.Logger, err error) *status.Status {
	var syntax *search.SyntaxError
	var mistakes *rules.Mistakes
	var retry interface{ Retryable() bool }
	switch {
	case errors.As(err, &mistakes):
		return rulesStatus(err, mistakes)
	case errors.As(err, &syntax):
		return syntaxStatus(syntax)
	case errors.Is(err, project.ErrUnauthenticated):
		return status.New(codes.Unauthenticated, err.Error())
	case errors.Is(err, project.ErrForbidden):
		return status.New(codes.PermissionDenied, err.Error())
	case errors.Is(err, project.ErrNotFound):
		return status.New(codes.NotFound, err.Error())
	case errors.Is(err, project.ErrChanged):
		return status.New(codes.Aborted, err.Error())
	case errors.Is(err, project.ErrExists):
		return status.New(codes.AlreadyExists, err.Error())
	case errors.Is(err, project.ErrInvalid), errors.Is(err, rule.ErrInvalid), errors.Is(err, issue.ErrStatus),
		errors.Is(err, issue.ErrID), errors.Is(err, event.ErrID):
		return status.New(codes.InvalidArgument, err.Error())
	case errors.Is(err, auth.ErrTooMany):
		return status.New(codes.ResourceExhausted, err.Error())
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return status.New(codes.Canceled, "the call was cancelled")
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil:
		return status.New(codes.DeadlineExceeded, "the call took longer than its deadline")
	case errors.As(err, &retry) && retry.Retryable():
		log.WarnContext(ctx, "a store could not answer", "request", requestID(ctx), "error", err)
		return status.New(codes.Unavailable, "a store cannot answer right now, try again; request "+requestID(ctx))
	}
	if s, ok := protocolStatus(err); ok {
		return s
	}
	return internalStatus(ctx, log, err)
}

// protocolStatus keeps the codes of errors that the protocols themselves make,
// such as for a message that cannot be decoded.
func protocolStatus(err error) (*status.Status, bool) {
	var c *connect.Error
	if errors.As(err, &c) && c.Code() != connect.CodeUnknown && c.Code() != connect.CodeInternal {
		return status.New(codes.Code(c.Code()), c.Message()), true
	}
	s, ok := status.FromError(err)
	if !ok || s.Code() == codes.Unknown || s.Code() == codes.Internal {
		return nil, false
	}
	return s, true
}

func internalStatus(ctx context.Context, log *slog.Logger, err error) *status.Status {
	log.ErrorContext(ctx, "a call failed", "request", requestID(ctx), "error", err)
	return status.New(codes.Internal, "internal error; request "+requestID(ctx))
}

// syntaxStatus tells where in a query the error is, for people in the message and
// for programs in the details.
func syntaxStatus(e *search.SyntaxError) *status.Status {
	s := status.New(codes.InvalidArgument, e.Error())
	return withDetails(s,
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "query", Description: e.Expected}}},
		&errdetails.ErrorInfo{Reason: "QUERY_SYNTAX", Domain: domain, Metadata: map[string]string{"column": strconv.Itoa(e.Column)}},
	)
}

// rulesStatus tells where in rules the mistakes are, for people in the message and for
// programs in the details.
func rulesStatus(err error, m *rules.Mistakes) *status.Status {
	found := &adminv1.RuleProblems{}
	add := func(field string, of rules.Errors) {
		for _, e := range of {
			found.Problems = append(found.Problems, &adminv1.RuleProblem{Field: field, Line: uint32(e.Line), Column: uint32(e.Column), Problem: e.Problem})
		}
	}
	add("fingerprint_rules", m.Fingerprints)
	add("stack_rules", m.Stacks)
	s := status.New(codes.InvalidArgument, err.Error())
	if with, failed := s.WithDetails(found); failed == nil {
		return with
	}
	return s
}

func withDetails(s *status.Status, badRequest *errdetails.BadRequest, info *errdetails.ErrorInfo) *status.Status {
	if with, err := s.WithDetails(badRequest, info); err == nil {
		return with
	}
	return s
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
