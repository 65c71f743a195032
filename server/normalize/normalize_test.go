package normalize

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/faultline-dev/faultline/internal/event"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func options() Options { return Options{ReceivedAt: now, Limits: DefaultLimits()} }

func TestAbsurdTimesBecomeTheArrival(t *testing.T) {
	f := func(in, want time.Time) {
		t.Helper()
		e := event.Event{Timestamp: in}
		Event(&e, options())
		if !e.Timestamp.Equal(want) {
			t.Errorf("%v became %v, want %v", in, e.Timestamp, want)
		}
	}
	f(time.Time{}, now)
	f(now.Add(2*time.Minute), now)
	f(now.Add(-31*24*time.Hour), now)
	f(time.Unix(1<<60, 0), now)
	f(now.Add(30*time.Second), now.Add(30*time.Second))
	f(now.Add(-29*24*time.Hour), now.Add(-29*24*time.Hour))
}

func TestEmptyFieldsGetTheirDefaults(t *testing.T) {
	e := event.Event{Platform: "Klingon", Level: 77, Environment: "  "}
	Event(&e, options())
	if e.ID.IsZero() || e.Level != event.LevelError || e.Platform != "other" || e.Environment != "production" {
		t.Errorf("%+v", e)
	}
}

func TestLongFieldsAreTrimmedAndNamed(t *testing.T) {
	long := strings.Repeat("é", 10000)
	e := event.Event{
		Message:    event.Message{Formatted: long},
		Exceptions: []event.Exception{{Value: long, Stack: event.Stacktrace{Frames: make([]event.Frame, 1_000_000)}}},
		Tags:       []event.Tag{{Key: "k", Value: long}, {Key: "", Value: "x"}, {Key: "k", Value: "second"}, {Key: "n", Value: "a\nb"}},
		Contexts:   []event.Context{{Name: "big", Data: event.Object(`{"a":"` + long + `"}`)}},
	}
	e.Exceptions[0].Stack.Frames[0].Function = "first"
	e.Exceptions[0].Stack.Frames[999_999].Function = "crash"
	Event(&e, options())
	for _, path := range []string{"message.formatted", "exceptions[0].value", "exceptions[0].stacktrace.frames", "tags.k", "contexts.big"} {
		if !slices.Contains(e.Trimmed, path) {
			t.Errorf("%s is not in %v", path, e.Trimmed)
		}
	}
	if !utf8.ValidString(e.Message.Formatted) || len(e.Message.Formatted) > DefaultLimits().Message {
		t.Errorf("message has %d bytes", len(e.Message.Formatted))
	}
	frames := e.Exceptions[0].Stack.Frames
	if len(frames) != 250 || frames[0].Function != "first" || frames[249].Function != "crash" || e.Exceptions[0].Stack.Omitted != 999_750 {
		t.Errorf("%d frames, %d omitted", len(frames), e.Exceptions[0].Stack.Omitted)
	}
	if len(e.Tags) != 2 || e.Tags[1].Value != "a b" {
		t.Errorf("tags %v", e.Tags)
	}
}

func TestInvalidUTF8IsReplaced(t *testing.T) {
	e := event.Event{Message: event.Message{Formatted: "a\xffb"}, Extra: event.Object("{\"a\":\"\xff\"}")}
	Event(&e, options())
	if e.Message.Formatted != "a\uFFFDb" || !utf8.ValidString(string(e.Extra)) {
		t.Errorf("%q %q", e.Message.Formatted, e.Extra)
	}
}

func TestAutoAddressIsTheConnections(t *testing.T) {
	e := event.Event{User: event.User{IP: "{{auto}}"}}
	o := options()
	o.ClientIP = netip.MustParseAddr("::ffff:10.1.2.3")
	Event(&e, o)
	if e.User.IP != "10.1.2.3" {
		t.Errorf("got %q", e.User.IP)
	}
	e.User.IP = "{{auto}}"
	Event(&e, options())
	if e.User.IP != "" {
		t.Errorf("got %q without a connection", e.User.IP)
	}
}

func TestTheEnginesCallsAreNotThePrograms(t *testing.T) {
	e := &event.Event{Platform: "javascript", Exceptions: []event.Exception{{Stack: event.Stacktrace{Frames: []event.Frame{
		{Function: "checkout", Filename: "http://shop.example/page.js", Line: 1, InApp: event.InAppYes}, {Function: "Array.reduce", Filename: "<anonymous>", InApp: event.InAppYes},
		{Function: "eval", Filename: "<anonymous>", Line: 3, InApp: event.InAppYes},
	}}}}}
	Event(e, options())
	for i, f := range e.Exceptions[0].Stack.Frames {
		if (f.InApp == event.InAppYes) != (i != 1) {
			t.Errorf("%s: %v", f.Function, f.InApp)
		}
	}
}

func TestRustIsToldFromOtherNativeCode(t *testing.T) {
	e := &event.Event{Platform: "native", SDK: event.SDK{Name: "sentry.rust"}, Exceptions: []event.Exception{{Stack: event.Stacktrace{Frames: []event.Frame{
		{Function: "clone3"}, {Function: "shop::empty_the_shelf"}, {Function: "__rustc::rust_begin_unwind"}, {Function: "<sentry_panic::PanicIntegration as core::ops::Fn>::call"},
	}}}}}
	Event(e, options())
	if e.Platform != "rust" {
		t.Errorf("platform %q", e.Platform)
	}
	for i, f := range e.Exceptions[0].Stack.Frames {
		if (f.InApp == event.InAppYes) != (i == 1) {
			t.Errorf("%s: %v", f.Function, f.InApp)
		}
	}
}

func TestInAppIsDecidedByWhereLanguagesKeepLibraries(t *testing.T) {
	f := func(platform string, fr event.Frame, want event.InApp) {
		t.Helper()
		e := event.Event{Platform: platform, Exceptions: []event.Exception{{Stack: event.Stacktrace{Frames: []event.Frame{fr}}}}}
		Event(&e, options())
		if got := e.Exceptions[0].Stack.Frames[0].InApp; got != want {
			t.Errorf("%s %+v: %d", platform, fr, got)
		}
	}
	f("go", event.Frame{Module: "net/http", AbsPath: "/usr/lib/go/src/net/http/server.go"}, event.InAppNo)
	f("go", event.Frame{Module: "github.com/x/y", AbsPath: "/root/go/pkg/mod/github.com/x/y@v1/y.go"}, event.InAppNo)
	f("go", event.Frame{Module: "example.com/shop", AbsPath: "/src/shop/main.go"}, event.InAppYes)
	f("go", event.Frame{Module: "shop/order"}, event.InAppYes)
	f("go", event.Frame{Module: "main"}, event.InAppYes)
	f("python", event.Frame{AbsPath: "/app/.venv/lib/python3.12/site-packages/django/core.py"}, event.InAppNo)
	f("python", event.Frame{AbsPath: "/app/views.py"}, event.InAppYes)
	f("node", event.Frame{AbsPath: "/app/node_modules/express/index.js"}, event.InAppNo)
	f("java", event.Frame{Module: "java.util.ArrayList"}, event.InAppNo)
	f("java", event.Frame{Module: "com.example.Shop"}, event.InAppYes)
	f("java", event.Frame{Module: "java.util.ArrayList", InApp: event.InAppYes}, event.InAppYes)
}
