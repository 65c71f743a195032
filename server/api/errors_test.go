package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"google.golang.org/grpc/codes"
)

// busy is a failure that passes by itself.
type busy struct{}

func (busy) Error() string   { return "clickhouse at 10.0.0.7: too many queries" }
func (busy) Retryable() bool { return true }

func TestWhatFailedInsideIsNotShown(t *testing.T) {
	f := func(cause error, code codes.Code, want string) {
		t.Helper()
		ctx := withRequest(context.Background(), &request{id: "req-8"})
		if s := toStatus(ctx, slog.New(slog.DiscardHandler), fmt.Errorf("list: %w", cause)); s.Code() != code || s.Message() != want {
			t.Errorf("%v", s)
		}
	}
	f(busy{}, codes.Unavailable, "a store cannot answer right now, try again; request req-8")
	f(errors.New("a column of db 10.0.0.7 is missing"), codes.Internal, "internal error; request req-8")
}
