package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// noon is the time around which samples happen.
var noon = time.Now().UTC().Truncate(24 * time.Hour).Add(-36 * time.Hour)

// fullEvent is an occurrence in which every field is set.
func fullEvent() *event.Occurrence {
	frame := event.Frame{
		Function: "(*Cart).Pay", Module: "shop/cart", Filename: "cart.go", AbsPath: "/src/shop/cart.go", Line: 42, Column: 7,
		InApp: event.InAppYes, PreContext: []string{"", "a := 1", "with\nbreak\x1b"}, ContextLine: "panic(err)", PostContext: []string{"}"},
		Vars: `{"a":1}`, Package: "libshop.so", InstructionAddr: 1<<64 - 1, ImageAddr: 4096, Symbol: "_ZN4shop3payEv", Platform: "native",
	}
	plainFrame := event.Frame{Function: "main", InApp: event.InAppNo, Line: 1}
	frame.Origin = &event.Origin{Function: "a", Module: "m", Filename: "f.js", AbsPath: "https://x/f.js", Line: 1, Column: 1 << 30, InApp: event.InAppYes, ContextLine: "a()", Inlined: true}
	plainFrame.Origin = &event.Origin{Inlined: true}
	e := &event.Event{
		ID: event.NewID(), Timestamp: noon.Add(123456789 * time.Nanosecond), Level: event.LevelFatal, Platform: "go", Logger: "root",
		Transaction: "POST /pay", ServerName: "web-1", Release: "shop@1.4.2", Dist: "amd64", Environment: "production",
		Message: event.Message{Template: "user %s", Formatted: "user 7", Params: []string{"7", ""}},
		Exceptions: []event.Exception{
			{
				Type: "*fs.PathError", Value: "open: 'x' \"y\" \\ \x00\n\t", Module: "io/fs", ThreadID: "17",
				Stack: event.Stacktrace{Frames: []event.Frame{plainFrame, frame}, Omitted: 3},
				Mechanism: event.Mechanism{
					Type: "panic", Handled: event.HandledNo, ID: 0, ParentID: -1, IsGroup: true, Source: "Unwrap",
					Synthetic: true, Description: "recovered", Data: `{"signal":11}`,
				},
			},
			{Type: "syscall.Errno", Value: "no such file", Mechanism: event.Mechanism{ID: 1, ParentID: 0}},
			{Type: "errors.errorString", Value: "third", Stack: event.Stacktrace{Frames: []event.Frame{plainFrame}}, Mechanism: event.Mechanism{ID: 5, ParentID: -1, Handled: event.HandledYes}},
		},
		Threads: []event.Thread{
			{ID: "1", Name: "main", Crashed: true, Current: true, State: "running", Stack: event.Stacktrace{Frames: []event.Frame{frame, plainFrame}, Omitted: 9}},
			{ID: "2"},
		},
		Breadcrumbs: []event.Breadcrumb{
			{Timestamp: noon.Add(-time.Second), Type: "http", Category: "http.client", Message: "GET /", Level: event.LevelInfo, Data: `{"status":200}`},
			{Message: "no time"},
		},
		User:     event.User{ID: "7", Email: "a@b.c", Username: "ab", Name: "A B", IP: "10.0.0.1", Data: []event.Tag{{Key: "plan", Value: "pro"}}},
		Request:  event.Request{URL: "https://shop/pay", Method: "POST", Query: "a=1&b=2", Headers: []event.Tag{{Key: "Accept", Value: "*/*"}, {Key: "Accept", Value: "text/html"}}, Cookies: "c=1", Body: "{}", Env: []event.Tag{{Key: "REMOTE_ADDR", Value: "::1"}}},
		Contexts: []event.Context{{Name: "os", Data: `{"name":"Linux"}`}, {Name: "device", Data: `{}`}},
		Tags:     []event.Tag{{Key: "region", Value: "eu"}, {Key: "a'b\"c", Value: "\\\n\x00"}},
		Extra:    `{"k":[1,2]}`, Fingerprint: []string{"{{ default }}", "x"},
		Modules:     []event.Tag{{Key: "net/http", Value: "1.26"}},
		SDK:         event.SDK{Name: "faultline.go", Version: "0.1.0", Integrations: []string{"http", "slog"}},
		Trace:       event.Trace{TraceID: [16]byte{1, 2, 3}, SpanID: [8]byte{4, 5}, ParentSpanID: [8]byte{6}},
		DebugImages: []event.DebugImage{{Type: "elf", DebugID: "d", CodeID: "c", CodeFile: "f", DebugFile: "g", ImageAddr: 1 << 63, ImageSize: 9, Arch: "arm64"}},
		Attachments: []event.Attachment{{Filename: "log.txt", ContentType: "text/plain", Type: "event.attachment", Size: 1 << 40}},
		Flags:       []event.Flag{{Name: "new-cart", Result: "true"}},
		Trimmed:     []string{"exceptions[0].value"}, Scrubbed: []string{"request.headers[0]"},
	}
	return &event.Occurrence{
		ProjectID: 1, KeyID: "k", ReceivedAt: noon.Add(5 * time.Millisecond), RetentionDays: 30, Event: e,
		Fingerprint: event.Fingerprint{1, 2, 3}, Title: "*fs.PathError: open", Culprit: "POST /pay",
		Parts: []event.Part{{Kind: "exception_type", Value: "*fs.PathError", Source: "exceptions[0].type"}, {Kind: "frame", Value: "shop/cart (*Cart).Pay", Source: "exceptions[0].frames[1]"}},
	}
}

// stampedEvent is a small occurrence of an issue at a time.
func stampedEvent(projectID uint32, fingerprint byte, at time.Time) *event.Occurrence {
	e := &event.Event{
		ID: event.NewID(), Timestamp: at, Level: event.LevelError, Platform: "go", Environment: "production", Release: "shop@1.0.0",
		Exceptions: []event.Exception{{Type: "E", Value: fmt.Sprintf("value %d", fingerprint), Mechanism: event.Mechanism{ParentID: -1}}},
		User:       event.User{ID: fmt.Sprint(at.Unix() % 7)},
		Tags:       []event.Tag{{Key: "region", Value: "eu"}},
	}
	return &event.Occurrence{
		ProjectID: projectID, ReceivedAt: at.Add(time.Millisecond).Truncate(time.Millisecond), RetentionDays: 30, Event: e, Fingerprint: event.Fingerprint{fingerprint},
		Title: fmt.Sprintf("E: value %d", fingerprint), Culprit: "main",
	}
}

// typicalEvents are n occurrences like those that SDKs send: 20 frames with source, 10
// breadcrumbs, a request, contexts and tags, of a few hundred issues.
func typicalEvents(n int, seed uint64) []*event.Occurrence {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]*event.Occurrence, n)
	for i := range out {
		out[i] = typicalEvent(r)
	}
	return out
}

func typicalEvent(r *rand.Rand) *event.Occurrence {
	kind := r.IntN(300)
	at := noon.Add(-time.Duration(r.IntN(6*3600)) * time.Second)
	e := &event.Event{
		ID: event.NewID(), Timestamp: at.Add(time.Duration(r.IntN(1e9))), Level: event.LevelError, Platform: "python",
		Transaction: fmt.Sprintf("/api/v%d/orders/{id}", kind%20), ServerName: fmt.Sprintf("web-%d", r.IntN(20)),
		Release: fmt.Sprintf("shop@1.%d.0", r.IntN(30)), Environment: "production",
		User:    event.User{ID: fmt.Sprint(r.IntN(50000)), Email: fmt.Sprintf("user%d@example.com", r.IntN(50000)), IP: fmt.Sprintf("10.%d.%d.%d", r.IntN(255), r.IntN(255), r.IntN(255))},
		Request: event.Request{URL: fmt.Sprintf("https://shop.example.com/api/orders/%d", r.IntN(1e6)), Method: "POST", Query: "page=1", Headers: []event.Tag{{Key: "User-Agent", Value: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"}, {Key: "Accept", Value: "application/json"}, {Key: "Host", Value: "shop.example.com"}}},
		Contexts: []event.Context{
			{Name: "os", Data: `{"name":"Linux","version":"6.8.0"}`}, {Name: "runtime", Data: `{"name":"CPython","version":"3.13.1"}`},
			{Name: "trace", Data: event.Object(fmt.Sprintf(`{"op":"http.server","span_id":"%016x"}`, r.Uint64()))},
		},
		Tags: []event.Tag{{Key: "region", Value: [...]string{"eu", "us", "ap"}[r.IntN(3)]}, {Key: "tenant", Value: fmt.Sprint(r.IntN(500))}, {Key: "browser.name", Value: "Firefox"}, {Key: "os.name", Value: "Linux"}, {Key: "runtime.name", Value: "CPython"}},
		SDK:  event.SDK{Name: "sentry.python", Version: "2.1.0", Integrations: []string{"django", "redis", "logging"}},
	}
	for i := range 8 {
		e.Trace.TraceID[i], e.Trace.SpanID[i] = byte(r.Uint32()), byte(r.Uint32())
	}
	x := event.Exception{Type: fmt.Sprintf("OrderError%d", kind%40), Value: fmt.Sprintf("order %d of user %d cannot be placed: ledger %d is locked", r.IntN(1e6), r.IntN(5e4), kind), Module: "shop.orders", Mechanism: event.Mechanism{Type: "django", Handled: event.HandledNo, ParentID: -1}}
	for i := range 20 {
		x.Stack.Frames = append(x.Stack.Frames, event.Frame{
			Function: fmt.Sprintf("handle_%d", (kind*7+i*3)%400), Module: fmt.Sprintf("shop.mod%d", (kind+i)%60), Filename: fmt.Sprintf("shop/mod%d.py", (kind+i)%60), AbsPath: fmt.Sprintf("/srv/app/shop/mod%d.py", (kind+i)%60),
			Line: uint32(kind + i*13), InApp: event.InApp(1 + i%2), ContextLine: fmt.Sprintf("        return self.next_%d(request, order)", i),
			PreContext:  []string{"    def handle(self, request, order):", "        order.check()", "        if not order.ok:", "            raise OrderError(order)", ""},
			PostContext: []string{"", "    def other(self):", "        pass"},
		})
	}
	e.Exceptions = []event.Exception{x}
	for i := range 10 {
		e.Breadcrumbs = append(e.Breadcrumbs, event.Breadcrumb{Timestamp: e.Timestamp.Add(-time.Duration(10-i) * time.Second), Type: "http", Category: "httplib", Level: event.LevelInfo, Data: event.Object(fmt.Sprintf(`{"url":"http://ledger/%d","status_code":200}`, r.IntN(1000)))})
	}
	o := &event.Occurrence{
		ProjectID: uint32(1 + kind%5), KeyID: "k", ReceivedAt: e.Timestamp.Add(20 * time.Millisecond).Truncate(time.Millisecond), RetentionDays: 90, Event: e,
		Fingerprint: event.Fingerprint{byte(kind), byte(kind >> 8), 77}, Title: x.Type + ": " + x.Value, Culprit: e.Transaction,
		Parts: []event.Part{{Kind: "exception_type", Value: x.Type, Source: "exceptions[0].type"}},
	}
	for i := range 10 {
		o.Parts = append(o.Parts, event.Part{Kind: "frame", Value: x.Stack.Frames[2*i].Module + " " + x.Stack.Frames[2*i].Function, Source: fmt.Sprintf("exceptions[0].frames[%d]", 2*i)})
	}
	return o
}
