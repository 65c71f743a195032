package main

import (
	"bytes"
	"context"
	"testing"
)

func TestAStopDuringTheStartIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	args := []string{"serve", "--data", t.TempDir(), "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"}
	if code := run(ctx, args, output{&out, &errs}); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
}
