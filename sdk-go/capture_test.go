package faultline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	faultline "github.com/faultline-dev/faultline/sdk-go"
	"github.com/faultline-dev/faultline/sdk-go/faultlinetest"
)

// panicky misbehaves wherever the SDK asks it something.
type panicky struct{}

func (panicky) Error() string         { panic("Error") }
func (panicky) Unwrap() error         { panic("Unwrap") }
func (panicky) StackTrace() []uintptr { panic("StackTrace") }
func (panicky) String() string        { panic("String") }

// endless wraps itself.
type endless struct{}

func (e endless) Error() string { return "endless" }
func (e endless) Unwrap() error { return e }

// uncomparable would panic if it were compared.
type uncomparable struct{ list []int }

func (uncomparable) Error() string { return "uncomparable" }
func (u uncomparable) Cause() error {
	return u
}

func TestNothingThatIsCapturedPanics(t *testing.T) {
	t.Parallel()
	f := func(name string, capture func(*faultline.Hub)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub, _ := faultlinetest.NewHub(t, faultline.ClientOptions{AttachStacktrace: true, AttachGoroutines: true})
			capture(hub)
			capture(nil)
			capture(faultline.NewHub(nil, nil))
			hub.Client().Close()
			capture(hub)
		})
	}
	f("nil error", func(h *faultline.Hub) { h.CaptureException(nil) })
	f("nil event", func(h *faultline.Hub) { h.CaptureEvent(nil) })
	f("nil panic", func(h *faultline.Hub) { h.Recover(nil) })
	f("nil breadcrumb", func(h *faultline.Hub) { h.AddBreadcrumb(nil, nil) })
	f("nil client", func(h *faultline.Hub) { h.BindClient(h.Client()) })
	f("panicking error", func(h *faultline.Hub) { h.CaptureException(panicky{}) })
	f("nil pointer in an error", func(h *faultline.Hub) { h.CaptureException((*orderError)(nil)) })
	f("endless chain", func(h *faultline.Hub) { h.CaptureException(endless{}) })
	f("uncomparable error", func(h *faultline.Hub) { h.CaptureException(uncomparable{}) })
	f("join of nothing", func(h *faultline.Hub) { h.CaptureException(errors.Join(io.EOF, nil)) })
	f("panicking value", func(h *faultline.Hub) { h.Scope().SetExtra("x", panicky{}) })
	f("value in a circle", func(h *faultline.Hub) {
		circle := map[string]any{}
		circle["self"] = circle
		h.Scope().SetExtra("x", circle)
		h.Scope().SetContext("x", circle)
		h.CaptureEvent(&faultline.Event{Extra: circle})
	})
	f("values that JSON does not know", func(h *faultline.Hub) {
		h.CaptureEvent(&faultline.Event{Extra: map[string]any{"c": make(chan int), "f": func() {}, "n": math.NaN(), "i": math.Inf(1)}})
	})
	f("text that is no UTF-8", func(h *faultline.Hub) {
		h.CaptureMessage("\xff")
		h.Scope().SetTag("\xff", "\xfe")
	})
	f("pop of nothing", func(h *faultline.Hub) { h.PopScope(); h.PopScope() })
	f("empty event", func(h *faultline.Hub) { h.CaptureEvent(&faultline.Event{Exception: make([]faultline.Exception, 1)}) })
}

func TestHooksDecideAndTheirPanicsDropTheEvent(t *testing.T) {
	t.Parallel()
	f := func(name string, hook func(*faultline.Event, *faultline.EventHint) *faultline.Event, want string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{BeforeSend: hook})
			id := hub.CaptureMessage("text")
			switch last := sent.Last(); {
			case want == "" && (last != nil || id != nil):
				t.Errorf("sent %v as %v", last, id)
			case want != "" && (last == nil || id == nil || last.Message != want):
				t.Errorf("sent %v as %v, want %q", last, id, want)
			}
		})
	}
	f("nil drops", func(*faultline.Event, *faultline.EventHint) *faultline.Event { return nil }, "")
	f("panic drops", func(*faultline.Event, *faultline.EventHint) *faultline.Event { panic("hook") }, "")
	f("change is sent", func(e *faultline.Event, _ *faultline.EventHint) *faultline.Event {
		e.Message = "changed"
		return e
	}, "changed")
	f("another event is sent", func(*faultline.Event, *faultline.EventHint) *faultline.Event {
		return &faultline.Event{EventID: "0123456789abcdef0123456789abcdef", Message: "other"}
	}, "other")
}

func TestAHookSeesTheWholeEventAndItsOrigin(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	var seen *faultline.Event
	var hint *faultline.EventHint
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{
		BeforeSend: func(e *faultline.Event, h *faultline.EventHint) *faultline.Event {
			if len(e.Exception) == 0 {
				return e
			}
			seen, hint = e, h
			e.Exception[0].Stacktrace.Frames[0].InApp = false
			delete(e.Contexts, "runtime")
			e.Tags["added"] = "yes"
			return e
		},
	})
	hub.Scope().SetTag("tag", "value")
	hub.Scope().AddEventProcessor(func(e *faultline.Event, _ *faultline.EventHint) *faultline.Event {
		e.Tags["processed"] = "yes"
		return e
	})
	hub.CaptureException(fmt.Errorf("wrapped: %w", cause))
	if hint.EventID != sent.Last().EventID || !errors.Is(hint.OriginalException, cause) {
		t.Errorf("hint: %+v", hint)
	}
	if seen.Tags["processed"] != "yes" || seen.Contexts["os"] == nil || len(seen.Exception) != 2 {
		t.Errorf("seen: %+v", seen)
	}
	last := sent.Last()
	if last.Contexts["runtime"] != nil {
		t.Error("what the hook removed came back")
	}
	seen.Tags["late"] = "yes"
	hub.CaptureMessage("second")
	if first := sent.Events()[0]; first.Tags["late"] != "" || first.Tags["added"] != "yes" {
		t.Errorf("tags of the first event: %v", first.Tags)
	}
	if second := sent.Last(); second.Tags["added"] != "" || second.Message != "second" {
		t.Errorf("the hook changed the scope: %v", second.Tags)
	}
}

func TestIgnoreErrors(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{IgnoreErrors: []string{"^context canceled$", `\.PathError$`}})
	hub.CaptureException(context.Canceled)
	hub.CaptureException(&fs.PathError{Op: "open", Path: "/x", Err: io.EOF})
	hub.CaptureException(io.EOF)
	if got := sent.Events(); len(got) != 1 || got[0].Exception[0].Value != "EOF" {
		t.Errorf("sent %d events", len(got))
	}
	if _, err := faultline.NewClient(faultline.ClientOptions{IgnoreErrors: []string{"("}}); !errors.Is(err, faultline.ErrOptions) {
		t.Errorf("a pattern that is none: %v", err)
	}
}

func TestSampling(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{SampleRate: 0.25})
	const n = 4000
	for range n {
		hub.CaptureMessage("m")
	}
	if got := len(sent.Events()); got < n/5 || got > n*3/10 {
		t.Errorf("sent %d of %d at 0.25", got, n)
	}
	for _, rate := range []float64{-0.1, 1.1, math.NaN()} {
		if _, err := faultline.NewClient(faultline.ClientOptions{SampleRate: rate}); !errors.Is(err, faultline.ErrOptions) {
			t.Errorf("SampleRate %v: %v", rate, err)
		}
	}
}

func TestScopesDoNotLeakIntoEachOther(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{MaxBreadcrumbs: 3})
	hub.Scope().SetTag("who", "parent")
	hub.AddBreadcrumb(&faultline.Breadcrumb{Message: "1"}, nil)
	hub.WithScope(func(scope *faultline.Scope) {
		scope.SetTag("who", "child")
		scope.SetTag("only", "child")
		scope.AddBreadcrumb(&faultline.Breadcrumb{Message: "child"}, 3)
		scope.SetLevel(faultline.LevelFatal)
		hub.CaptureMessage("inside")
	})
	other := hub.Clone()
	other.Scope().SetUser(faultline.User{ID: "other"})
	for i := range 5 {
		hub.AddBreadcrumb(&faultline.Breadcrumb{Message: fmt.Sprint(i + 2)}, nil)
	}
	hub.CaptureMessage("outside")
	other.CaptureMessage("beside")
	inside, outside, beside := sent.Events()[0], sent.Events()[1], sent.Events()[2]
	if inside.Tags["who"] != "child" || inside.Level != faultline.LevelFatal || len(inside.Breadcrumbs) != 2 {
		t.Errorf("inside: %v %v %d", inside.Tags, inside.Level, len(inside.Breadcrumbs))
	}
	if len(outside.Tags) != 1 || outside.Tags["who"] != "parent" || outside.User.ID != "" || outside.Level != faultline.LevelInfo {
		t.Errorf("outside: %v %v", outside.Tags, outside.User)
	}
	if got := outside.Breadcrumbs; len(got) != 3 || got[0].Message != "4" || got[2].Message != "6" {
		t.Errorf("breadcrumbs: %d", len(got))
	}
	if beside.User.ID != "other" || len(beside.Breadcrumbs) != 1 {
		t.Errorf("beside: %v %d", beside.User, len(beside.Breadcrumbs))
	}
}

func TestWhatIsCapturedIsACopy(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
	facts := map[string]any{"n": 1, "in": map[string]any{"n": 1}}
	hub.Scope().SetContext("facts", facts)
	event := &faultline.Event{Message: "m", Extra: map[string]any{"list": []any{1}}}
	hub.CaptureEvent(event)
	facts["n"], facts["in"].(map[string]any)["n"] = 2, 2
	event.Extra["list"].([]any)[0] = 2
	got := sent.Last()
	want := map[string]any{"n": 1.0, "in": map[string]any{"n": 1.0}}
	if !reflect.DeepEqual(got.Contexts["facts"], want) || got.Extra["list"].([]any)[0] != 1.0 {
		t.Errorf("changed afterwards: %v %v", got.Contexts["facts"], got.Extra)
	}
}

func TestHubsTravelInContexts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	if faultline.HasHubOnContext(ctx) || faultline.GetHubFromContext(ctx) != nil {
		t.Error("an empty context has a hub")
	}
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
	ctx = faultline.SetHubOnContext(ctx, hub)
	if faultline.GetHubFromContext(ctx) != hub {
		t.Error("the hub is lost")
	}
	func() {
		defer faultline.RecoverWithContext(ctx)
		panic("in context")
	}()
	last := sent.Last()
	if last == nil || last.Exception[0].Value != "in context" || hub.LastEventID() != last.EventID {
		t.Fatalf("recovered: %+v", last)
	}
}

func nested(depth int) {
	if depth == 0 {
		var list []int
		_ = list[depth+5]
	}
	nested(depth - 1)
}

func TestAPanicIsUnhandledAndItsStackEndsWhereItHappened(t *testing.T) {
	t.Parallel()
	f := func(name string, panics func(), kind, value, function string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
			ctx := faultline.SetHubOnContext(context.Background(), hub)
			func() {
				defer faultline.RecoverWithContext(ctx)
				panics()
			}()
			event := sent.Last()
			x := event.Exception[0]
			if event.Level != faultline.LevelFatal || *x.Mechanism.Handled || x.Mechanism.Type != "panic" {
				t.Errorf("level %s, mechanism %+v", event.Level, x.Mechanism)
			}
			if x.Type != kind || x.Value != value {
				t.Errorf("%s: %s", x.Type, x.Value)
			}
			frames := x.Stacktrace.Frames
			if last := frames[len(frames)-1]; last.Function != function || !last.InApp {
				t.Errorf("the stack ends in %+v", last)
			}
		})
	}
	f("text", func() { panic("boom") }, "panic", "boom", "TestAPanicIsUnhandledAndItsStackEndsWhereItHappened.func2")
	f("number", func() { panic(42) }, "panic: int", "42", "TestAPanicIsUnhandledAndItsStackEndsWhereItHappened.func3")
	f("error", func() { panic(io.EOF) }, "*errors.errorString", "EOF", "TestAPanicIsUnhandledAndItsStackEndsWhereItHappened.func4")
	f("index", func() { nested(3) }, "runtime.boundsError", "runtime error: index out of range [5] with length 0", "nested")
	f("nil pointer", func() { var p *orderError; p.order++ }, "runtime.errorString",
		"runtime error: invalid memory address or nil pointer dereference", "TestAPanicIsUnhandledAndItsStackEndsWhereItHappened.func6")
	f("in a deferred function", func() {
		defer func() { panic("second") }()
		panic("first")
	}, "panic", "second", "TestAPanicIsUnhandledAndItsStackEndsWhereItHappened.func7.1")
}

// The next types have the shapes of well-known packages' errors.
type (
	programCounter uintptr
	pkgError       struct{ stack []programCounter }
	goError        struct{ stack []uintptr }
	oopsError      struct{ frames []runtime.Frame }
	xFrame         struct{ frames [3]uintptr }
	xError         struct {
		msg   string
		frame xFrame
	}
)

func (e *pkgError) Error() string                 { return "pkg/errors" }
func (e *pkgError) StackTrace() []programCounter  { return e.stack }
func (e *goError) Error() string                  { return "go-errors" }
func (e *goError) Callers() []uintptr             { return e.stack }
func (e *oopsError) Error() string                { return "oops" }
func (e *oopsError) StackFrames() []runtime.Frame { return e.frames }
func (e *xError) Error() string                   { return e.msg }
func originOfErrors() (pcs []uintptr) {
	pcs = make([]uintptr, 10)
	return pcs[:runtime.Callers(1, pcs)]
}
func pkgCounters(pcs []uintptr) (o []programCounter) {
	for _, pc := range pcs {
		o = append(o, programCounter(pc))
	}
	return o
}

func TestTheStackThatAnErrorCarriesIsUsed(t *testing.T) {
	t.Parallel()
	pcs := originOfErrors()
	frame, _ := runtime.CallersFrames(pcs).Next()
	f := func(err error) {
		t.Helper()
		hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
		hub.CaptureException(fmt.Errorf("wrapped: %w", err))
		list := sent.Last().Exception
		outer, inner := list[0].Stacktrace.Frames, list[1].Stacktrace
		if last := outer[len(outer)-1]; !strings.HasPrefix(last.Function, "TestTheStackThatAnErrorCarriesIsUsed") {
			t.Errorf("%v: the wrapper's stack ends in %s", err, last.Function)
		}
		if inner == nil || inner.Frames[len(inner.Frames)-1].Function != "originOfErrors" {
			t.Errorf("%v: the cause's stack is %+v", err, inner)
		}
		hub.CaptureException(err)
		if got := sent.Last().Exception[0].Stacktrace.Frames; got[len(got)-1].Function != "originOfErrors" {
			t.Errorf("%v: captured directly, the stack ends in %s", err, got[len(got)-1].Function)
		}
	}
	f(&pkgError{pkgCounters(pcs)})
	f(&goError{pcs})
	f(&oopsError{[]runtime.Frame{frame}})
	f(&xError{"xerrors", xFrame{[3]uintptr{0, pcs[0], 0}}})
}

func TestRequestsAreDescribedWithoutSecrets(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "https://shop.example.com/orders?id=7", nil)
	r.Header.Set("Authorization", "Bearer secret")
	r.Header.Set("Cookie", "session=secret")
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r.Header.Set("Accept", "text/html")
	f := func(pii bool) *faultline.Request {
		hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{SendDefaultPII: pii})
		hub.Scope().SetRequest(r)
		hub.CaptureMessage("m")
		return sent.Last().Request
	}
	plain, full := f(false), f(true)
	if plain.URL != "https://shop.example.com/orders" || plain.QueryString != "id=7" || plain.Method != "POST" {
		t.Errorf("request: %+v", plain)
	}
	want := http.Header{"Accept": {"text/html"}, "Host": {"shop.example.com"}}
	if !reflect.DeepEqual(plain.Headers, want) || plain.Cookies != "" || plain.Env != nil {
		t.Errorf("without permission: %+v", plain)
	}
	if full.Cookies != "session=secret" || full.Headers.Get("Authorization") == "" || full.Env["REMOTE_ADDR"] == "" {
		t.Errorf("with permission: %+v", full)
	}
}

func TestAMessageMayCarryAStack(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{AttachStacktrace: true})
	hub.CaptureMessage("m")
	frames := sent.Last().Threads[0].Stacktrace.Frames
	if last := frames[len(frames)-1]; last.Function != "TestAMessageMayCarryAStack" {
		t.Errorf("the stack ends in %s", last.Function)
	}
}

func TestGoroutinesOfFatalEvents(t *testing.T) {
	t.Parallel()
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{AttachGoroutines: true})
	stop := make(chan struct{})
	defer close(stop)
	go func() { <-stop }()
	func() {
		defer func() { hub.Recover(recover()) }()
		panic("boom")
	}()
	event := sent.Last()
	if len(event.Threads) < 2 || !event.Threads[0].Current || !event.Threads[0].Crashed {
		t.Fatalf("threads: %+v", event.Threads)
	}
	if event.Exception[0].ThreadID != event.Threads[0].ID || event.Threads[0].State != "running" {
		t.Errorf("thread %q %q", event.Threads[0].ID, event.Threads[0].State)
	}
}

func TestEnvironmentVariablesFillIn(t *testing.T) {
	t.Setenv("FAULTLINE_DSN", "http://key@127.0.0.1:1/3")
	t.Setenv("FAULTLINE_ENVIRONMENT", "staging")
	t.Setenv("FAULTLINE_RELEASE", "v1")
	hub, sent := faultlinetest.NewHub(t, faultline.ClientOptions{})
	hub.CaptureMessage("m")
	if e := sent.Last(); e.Environment != "staging" || e.Release != "v1" {
		t.Errorf("event: %s %s", e.Environment, e.Release)
	}
	if got := hub.Client().Options().Dsn; got != "http://key@127.0.0.1:1/3" {
		t.Errorf("DSN: %s", got)
	}
	t.Setenv("FAULTLINE_DSN", "nonsense")
	if err := faultline.Init(faultline.ClientOptions{}); !errors.Is(err, faultline.ErrDsn) {
		t.Errorf("Init: %v", err)
	}
	t.Setenv("FAULTLINE_DSN", "http://127.0.0.1:1/3")
	if _, err := faultline.NewClient(faultline.ClientOptions{}); !errors.Is(err, faultline.ErrDsn) {
		t.Errorf("no key: %v", err)
	}
}

func TestDebuggingOutputGoesToItsWriterOnly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	hub, _ := faultlinetest.NewHub(t, faultline.ClientOptions{Debug: true, DebugWriter: &out, SampleRate: 0.000001})
	hub.CaptureMessage("m")
	if !strings.Contains(out.String(), "sample_rate") {
		t.Errorf("written: %q", out.String())
	}
	hub, _ = faultlinetest.NewHub(t, faultline.ClientOptions{DebugWriter: &out, SampleRate: 0.000001})
	before := out.Len()
	hub.CaptureMessage("m")
	if out.Len() != before {
		t.Error("written although Debug is off")
	}
}

func TestFlushObeysItsDeadline(t *testing.T) {
	t.Parallel()
	client, err := faultline.NewClient(faultline.ClientOptions{Dsn: "http://key@127.0.0.1:1/1", ShutdownTimeout: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if !client.Flush(time.Millisecond) {
		t.Error("nothing to flush, and not flushed")
	}
	client.CaptureMessage("m", nil, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if client.FlushWithContext(ctx) {
		t.Error("flushed to nobody")
	}
}
