package faultlineslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"

	faultline "github.com/faultline-dev/faultline/sdk-go"
	"github.com/faultline-dev/faultline/sdk-go/faultlinetest"
)

func TestErrorsBecomeEventsAndOthersBreadcrumbs(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{AttachStacktrace: true})
	var out bytes.Buffer
	log := slog.New(New(slog.NewTextHandler(&out, nil), Options{Hub: hub}))
	log.Debug("debugging", "n", 1)
	log.Info("starting")
	log.Warn("slow", "took", 3)
	cause := errors.New("disk full")
	log.With("service", "shop").WithGroup("order").Error("save failed", "id", 7, "err", fmt.Errorf("write: %w", cause))

	events := sent.Events()
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	e := events[0]
	if e.Message != "save failed" || e.Level != faultline.LevelError || len(e.Exception) != 2 || e.Exception[1].Value != "disk full" {
		t.Errorf("event: %q %s %+v", e.Message, e.Level, e.Exception)
	}
	order, _ := e.Contexts["slog"]["order"].(map[string]any)
	if e.Contexts["slog"]["service"] != "shop" || order["id"] != 7.0 {
		t.Errorf("attributes: %v", e.Contexts["slog"])
	}
	frames := e.Exception[0].Stacktrace.Frames
	if last := frames[len(frames)-1]; last.Function != "TestErrorsBecomeEventsAndOthersBreadcrumbs" {
		t.Errorf("the stack ends in %s.%s", last.Module, last.Function)
	}
	if got := e.Breadcrumbs; len(got) != 3 || got[2].Level != faultline.LevelWarning || got[2].Data["took"] != 3.0 {
		t.Errorf("breadcrumbs: %d", len(got))
	}
	for _, line := range []string{"starting", "slow", "save failed", "service=shop", "order.id=7"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%q did not reach the wrapped handler:\n%s", line, out.String())
		}
	}
	if strings.Contains(out.String(), "debugging") {
		t.Error("the wrapped handler got a level that it does not want")
	}
}

func TestAMessageWithoutErrorHasTheStackOfItsCaller(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{AttachStacktrace: true})
	ctx := faultline.SetHubOnContext(context.Background(), hub)
	slog.New(New(nil, Options{})).ErrorContext(ctx, "no error value")
	frames := sent.Last().Threads[0].Stacktrace.Frames
	if last := frames[len(frames)-1]; last.Function != "TestAMessageWithoutErrorHasTheStackOfItsCaller" {
		t.Errorf("the stack ends in %s.%s", last.Module, last.Function)
	}
}

// TestAttributesAreThoseOfSlog runs the standard library's checks against the
// attributes of events.
func TestAttributesAreThoseOfSlog(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
	level := slog.LevelDebug
	err := slogtest.TestHandler(New(nil, Options{Hub: hub, EventLevel: level}), func() []map[string]any {
		var results []map[string]any
		for _, e := range sent.Events() {
			result := map[string]any{slog.MessageKey: e.Message, slog.LevelKey: e.Level, slog.TimeKey: e.Timestamp}
			for k, v := range e.Contexts["slog"] {
				result[k] = v
			}
			results = append(results, result)
		}
		return results
	})
	if err != nil && !strings.Contains(err.Error(), "zero Record.Time") {
		t.Error(err)
	}
}
