package faultline_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	eventv1 "github.com/faultline-dev/faultline/gen/go/faultline/event/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	faultline "github.com/faultline-dev/faultline/sdk-go"
	"github.com/faultline-dev/faultline/sdk-go/internal/ingesttest"
)

var update = flag.Bool("update", false, "rewrite golden files")

type orderError struct {
	order int
	err   error
}

func (e *orderError) Error() string { return fmt.Sprintf("order %d: %v", e.order, e.err) }

func (e *orderError) Unwrap() error { return e.err }

// charge fails the way real programs do: wrapped, joined and wrapped again.
func charge() error {
	card := fmt.Errorf("charge card: %w", &fs.PathError{Op: "open", Path: "/var/key.pem", Err: fs.ErrNotExist})
	return &orderError{order: 42, err: errors.Join(card, errors.New("notify: mailbox full"))}
}

func TestTheEventOfAWrappedError(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	hub := start(t, server, func(o *faultline.ClientOptions) {
		o.Release, o.Environment, o.Dist, o.ServerName = "shop@1.4.2", "staging", "7", "web-1"
	})
	hub.ConfigureScope(func(scope *faultline.Scope) {
		scope.SetTag("region", "eu")
		scope.SetUser(faultline.User{ID: "7", Email: "a@example.com", Data: map[string]string{"plan": "pro"}})
		scope.SetContext("cart", faultline.Context{"items": 3, "total": 12.5, "open": true})
		scope.SetExtra("ids", []int{1, 2, 3})
		scope.SetTransaction("POST /orders")
		scope.SetFlag("new-checkout", "on")
		scope.SetFingerprint([]string{"{{ default }}", "eu"})
	})
	hub.AddBreadcrumb(&faultline.Breadcrumb{
		Category: "auth", Message: "signed in", Level: faultline.LevelInfo,
		Timestamp: time.Unix(1_700_000_000, 0), Data: map[string]any{"method": "otp"},
	}, nil)
	hub.CaptureException(charge())
	flush(t, hub)
	golden(t, "wrapped_error.json", normalised(t, server.Events()[0]))
}

// normalised replaces what differs between machines and runs, and leaves out
// the standard library's frames.
func normalised(t *testing.T, stored *eventv1.Event) *eventv1.Event {
	t.Helper()
	e := proto.Clone(stored).(*eventv1.Event)
	if len(e.EventId) != 16 || time.Since(e.Timestamp.AsTime()) > time.Minute {
		t.Errorf("id %x at %v", e.EventId, e.Timestamp.AsTime())
	}
	e.EventId, e.Timestamp = nil, nil
	for name, facts := range e.Contexts {
		if name == "os" || name == "runtime" || name == "device" || name == "app" {
			for key := range facts.Fields {
				facts.Fields[key] = structpb.NewStringValue("(" + name + ")")
			}
		}
	}
	if e.Modules["github.com/faultline-dev/faultline/sdk-go"] == "" {
		t.Errorf("modules: %v", e.Modules)
	}
	e.Modules = map[string]string{"(modules)": "(versions)"}
	for _, x := range e.Exceptions {
		if x.Stacktrace == nil {
			continue
		}
		var own []*eventv1.Frame
		for _, f := range x.Stacktrace.Frames {
			if f.GetInApp() {
				f.AbsPath = filepath.Base(f.AbsPath)
				own = append(own, f)
			}
		}
		x.Stacktrace.Frames = own
	}
	return e
}

func golden(t *testing.T, name string, msg proto.Message) {
	t.Helper()
	raw, err := protojson.Marshal(msg)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer // protojson varies its spaces
	if err := json.Indent(&got, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs (run with -update to accept):\n%s", name, got.Bytes())
	}
}
