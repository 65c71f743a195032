package sentry

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/faultline-dev/faultline/internal/event"
)

func decode(t testing.TB, text string) parsed {
	t.Helper()
	p, err := decodeEvent(text)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return p
}

func same(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestAWholeEvent(t *testing.T) {
	t.Parallel()
	p := decode(t, `{
  "event_id": "FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0", "timestamp": 1700000000.5, "platform": "python", "level": "warning", "logger": "shop.orders",
  "transaction": "GET /orders", "server_name": "web-1", "release": "shop@1.2.3", "dist": "7", "environment": "staging", "modules": {"django": "5.0"},
  "logentry": {"message": "order %s of %(who)s", "params": ["7"], "formatted": "order 7 of ada"},
  "exception": {"values": [
    {"type": "KeyError", "value": "'x'", "module": "builtins", "thread_id": 3, "mechanism": {"type": "chained", "exception_id": 1, "parent_id": 0, "source": "__cause__", "handled": true},
     "stacktrace": {"frames": [{"function": "inner", "filename": "a.py", "lineno": 5}]}},
    {"type": "ValueError", "value": "bad", "mechanism": {"type": "logging", "handled": false, "exception_id": 0, "data": {"a": 1}, "meta": {"signal": {"number": 11}}},
     "stacktrace": {"frames_omitted": [3, 9], "frames": [
       {"function": "main", "module": "shop", "filename": "shop.py", "abs_path": "/app/shop.py", "lineno": 10, "colno": 2, "in_app": true, "vars": {"x": "1", "y": [1, 2]},
        "pre_context": ["a", "\tb"], "context_line": "c", "post_context": ["d"]},
       {"function": "lib", "in_app": false, "instruction_addr": "0x7f00", "image_addr": 4096, "package": "/lib/x.so", "symbol": "_lib", "platform": "native"}]}}]},
  "threads": {"values": [{"id": 3, "name": "MainThread", "crashed": true, "current": true, "state": "RUNNABLE"}]},
  "breadcrumbs": {"values": [{"timestamp": "2023-11-14T22:13:19.25Z", "type": "http", "category": "httplib", "message": "m", "level": "log", "data": {"status": 200}}]},
  "user": {"id": 7, "email": "a@b.c", "username": "ada", "name": "Ada", "ip_address": "1.2.3.4", "geo": {"city": "Kyiv"}, "plan": "gold", "data": {"k": "v"}},
  "request": {"url": "https://x.y/orders?id=7#top", "method": "POST", "data": {"a": 1}, "headers": [["user-agent", "curl"], ["X-A", "1"]], "cookies": {"s": "1", "t": "2"}, "env": {"REMOTE_ADDR": "9.9.9.9"}},
  "contexts": {"runtime": {"name": "CPython", "version": "3.11"}, "trace": {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331", "op": "http"},
    "flags": {"values": [{"flag": "new-cart", "result": true}, {"flag": "color", "result": "red"}]}, "odd": null},
  "tags": [["shop", "berlin"], ["n", 1], ["gone", null], {"key": "k", "value": true}], "extra": {"sys.argv": ["shop.py"]}, "fingerprint": ["{{ default }}", 7],
  "sdk": {"name": "sentry.python", "version": "2.0.0", "integrations": ["django"], "packages": [{"name": "pypi:sentry-sdk", "version": "2"}]},
  "debug_meta": {"images": [{"type": "elf", "debug_id": "abc", "code_id": "def", "code_file": "/lib/x.so", "image_addr": "0x1000", "image_size": 10, "arch": "x86_64"}]}
}`)
	id, _ := event.ParseID(testID)
	want := &event.Event{
		ID: id, Timestamp: time.Unix(1700000000, 5e8).UTC(), Platform: "python", Level: event.LevelWarning, Logger: "shop.orders", Transaction: "GET /orders",
		ServerName: "web-1", Release: "shop@1.2.3", Dist: "7", Environment: "staging", Modules: []event.Tag{{Key: "django", Value: "5.0"}},
		Message: event.Message{Template: "order %s of %(who)s", Params: []string{"7"}, Formatted: "order 7 of ada"},
		Exceptions: []event.Exception{
			{Type: "ValueError", Value: "bad", Mechanism: event.Mechanism{Type: "logging", Handled: event.HandledNo, ID: 0, ParentID: -1, Data: `{"a":1,"meta":{"signal":{"number":11}}}`},
				Stack: event.Stacktrace{Omitted: 6, Frames: []event.Frame{
					{Function: "main", Module: "shop", Filename: "shop.py", AbsPath: "/app/shop.py", Line: 10, Column: 2, InApp: event.InAppYes, Vars: `{"x":"1","y":[1,2]}`,
						PreContext: []string{"a", "\tb"}, ContextLine: "c", PostContext: []string{"d"}},
					{Function: "lib", InApp: event.InAppNo, InstructionAddr: 0x7f00, ImageAddr: 4096, Package: "/lib/x.so", Symbol: "_lib", Platform: "native"}}}},
			{Type: "KeyError", Value: "'x'", Module: "builtins", ThreadID: "3", Mechanism: event.Mechanism{Type: "chained", Handled: event.HandledYes, ID: 1, ParentID: 0, Source: "__cause__"},
				Stack: event.Stacktrace{Frames: []event.Frame{{Function: "inner", Filename: "a.py", Line: 5}}}},
		},
		Threads:     []event.Thread{{ID: "3", Name: "MainThread", Crashed: true, Current: true, State: "RUNNABLE"}},
		Breadcrumbs: []event.Breadcrumb{{Timestamp: time.Date(2023, 11, 14, 22, 13, 19, 25e7, time.UTC), Type: "http", Category: "httplib", Message: "m", Level: event.LevelInfo, Data: `{"status":200}`}},
		User: event.User{ID: "7", Email: "a@b.c", Username: "ada", Name: "Ada", IP: "1.2.3.4",
			Data: []event.Tag{{Key: "city", Value: "Kyiv"}, {Key: "plan", Value: "gold"}, {Key: "k", Value: "v"}}},
		Request: event.Request{URL: "https://x.y/orders#top", Method: "POST", Query: "id=7", Body: `{"a":1}`, Cookies: "s=1; t=2",
			Headers: []event.Tag{{Key: "User-Agent", Value: "curl"}, {Key: "X-A", Value: "1"}}, Env: []event.Tag{{Key: "REMOTE_ADDR", Value: "9.9.9.9"}}},
		Contexts: []event.Context{{Name: "runtime", Data: `{"name":"CPython","version":"3.11"}`},
			{Name: "trace", Data: `{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","op":"http"}`}},
		Flags:       []event.Flag{{Name: "new-cart", Result: "true"}, {Name: "color", Result: "red"}},
		Tags:        []event.Tag{{Key: "shop", Value: "berlin"}, {Key: "n", Value: "1"}, {Key: "k", Value: "true"}},
		Extra:       `{"sys.argv":["shop.py"]}`,
		Fingerprint: []string{"{{ default }}", "7"},
		SDK:         event.SDK{Name: "sentry.python", Version: "2.0.0", Integrations: []string{"django"}},
		Trace: event.Trace{TraceID: [16]byte{0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c},
			SpanID: [8]byte{0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31}},
		DebugImages: []event.DebugImage{{Type: "elf", DebugID: "abc", CodeID: "def", CodeFile: "/lib/x.so", ImageAddr: 0x1000, ImageSize: 10, Arch: "x86_64"}},
	}
	same(t, p.Event, want)
	same(t, p.ignored, []string(nil))
}

func TestEveryShapeOfAFieldIsRead(t *testing.T) {
	t.Parallel()
	f := func(text string, check func(e *event.Event) bool) {
		t.Helper()
		p := decode(t, text)
		if !check(p.Event) {
			got, _ := json.MarshalIndent(p.Event, "", " ")
			t.Errorf("%s gives %s", text, got)
		}
		if len(p.ignored) > 0 {
			t.Errorf("%s: ignored %v", text, p.ignored)
		}
	}
	f(`{"exception":[{"type":"A"},{"type":"B"}]}`, func(e *event.Event) bool {
		return e.Exceptions[0].Type == "B" && e.Exceptions[1].Type == "A" && e.Exceptions[1].Mechanism.ParentID == 0
	})
	f(`{"exception":{"type":"A","value":{"a":[1]}}}`, func(e *event.Event) bool { return e.Exceptions[0].Value == `{"a":[1]}` })
	f(`{"exception":{"values":[null,{"value":"ValueError: no"},null]}}`, func(e *event.Event) bool {
		return len(e.Exceptions) == 1 && e.Exceptions[0].Type == "ValueError" && e.Exceptions[0].Value == "no"
	})
	f(`{"exception":["text only"]}`, func(e *event.Event) bool { return e.Exceptions[0].Value == "text only" })
	f(`{"exception":[{}]}`, func(e *event.Event) bool { return len(e.Exceptions) == 1 })
	f(`{"exception":{"values":[]}}`, func(e *event.Event) bool { return len(e.Exceptions) == 0 })
	f(`{"exception":{"values":null},"threads":null,"breadcrumbs":null}`, func(e *event.Event) bool { return len(e.Exceptions) == 0 })
	f(`{"sentry.interfaces.Exception":[{"type":"A","stacktrace":{"frames":null}}]}`, func(e *event.Event) bool { return e.Exceptions[0].Type == "A" })
	f(`{"exception":[{"type":"A","mechanism":"onerror"}]}`, func(e *event.Event) bool { return e.Exceptions[0].Mechanism.Type == "onerror" })
	f(`{"exception":[{"type":"A","raw_stacktrace":{"frames":[{"raw_function":"f()"}]}}]}`, func(e *event.Event) bool { return e.Exceptions[0].Stack.Frames[0].Function == "f()" })
	f(`{"exception":[{"type":"A"}],"stacktrace":{"frames":[{"function":"f"}]}}`, func(e *event.Event) bool { return e.Exceptions[0].Stack.Frames[0].Function == "f" })
	f(`{"stacktrace":[{"function":"f"}]}`, func(e *event.Event) bool { return e.Threads[0].Current && e.Threads[0].Stack.Frames[0].Function == "f" })
	f(`{"exception":[{"type":"A"}],"threads":[{"id":1},{"id":2,"crashed":true,"stacktrace":{"frames":[{"function":"f"}]}}]}`, func(e *event.Event) bool {
		return e.Exceptions[0].Stack.Frames[0].Function == "f" && e.Exceptions[0].ThreadID == "2" && len(e.Threads[1].Stack.Frames) == 0
	})
	f(`{"exception":[{"type":"A","stacktrace":{"frames":[{"function":"?","abs_path":"https://x.y/js/a.js?b","lineno":"12","colno":-1,"vars":[1,"b"]}]}}]}`, func(e *event.Event) bool {
		x := e.Exceptions[0].Stack.Frames[0]
		return x.Function == "" && x.Filename == "/js/a.js?b" && x.Line == 12 && x.Column == 0 && x.Vars == `{"0":1,"1":"b"}`
	})
	f(`{"message":"m"}`, func(e *event.Event) bool { return e.Message.Formatted == "m" })
	f(`{"logentry":"m"}`, func(e *event.Event) bool { return e.Message.Formatted == "m" })
	f(`{"message":{"message":"a %s c","params":["b"]}}`, func(e *event.Event) bool { return e.Message.Formatted == "a b c" && e.Message.Template == "a %s c" })
	f(`{"message":"","logentry":{"formatted":"m"}}`, func(e *event.Event) bool { return e.Message.Formatted == "m" })
	f(`{"logentry":{"message":"a %(x)s {y} {0}","params":{"x":1,"y":"z"}}}`, func(e *event.Event) bool { return e.Message.Formatted == "a 1 z x=1" })
	f(`{"logentry":{"message":"100 % {","params":["b"]}}`, func(e *event.Event) bool { return e.Message.Formatted == "" })
	f(`{"tags":{"a":"b","c":1,"d":true,"e":null}}`, func(e *event.Event) bool {
		return cmp.Equal(e.Tags, []event.Tag{{Key: "a", Value: "b"}, {Key: "c", Value: "1"}, {Key: "d", Value: "True"}})
	})
	f(`{"tags":{"environment":"dev","sentry:release":"r","x":"y"}}`, func(e *event.Event) bool { return e.Environment == "dev" && e.Release == "r" && len(e.Tags) == 1 })
	f(`{"message":"a: b","exception":[{"value":"a: b","mechanism":{"synthetic":true},"stacktrace":{"frames":[{"function":"f"}]}}]}`, func(e *event.Event) bool {
		return len(e.Exceptions) == 0 && e.Message.Formatted == "a: b" && e.Threads[0].Stack.Frames[0].Function == "f"
	})
	f(`{"culprit":"a in b","site":"s"}`, func(e *event.Event) bool { return e.Transaction == "a in b" && e.Tags[0].Value == "s" })
	f(`{"checksum":"abc"}`, func(e *event.Event) bool { return e.Fingerprint[0] == "abc" })
	f(`{"fingerprint":["a",1,true]}`, func(e *event.Event) bool { return slices.Equal(e.Fingerprint, []string{"a", "1", "True"}) })
	f(`{"request":{"query_string":{"a":"b c"},"headers":{"x":["1","2"]},"cookies":"a=b"}}`, func(e *event.Event) bool {
		return e.Request.Query == "a=b+c" && e.Request.Headers[0] == event.Tag{Key: "X", Value: "1, 2"} && e.Request.Cookies == "a=b"
	})
	f(`{"request":{"query_string":[["a","b"],["c","d"]],"data":"x=1"}}`, func(e *event.Event) bool { return e.Request.Query == "a=b&c=d" && e.Request.Body == "x=1" })
	f(`{"sdk":"old"}`, func(e *event.Event) bool { return e.SDK.Name == "old" })
	for text, want := range map[string]string{
		"1700000000": "2023-11-14T22:13:20Z", "1700000000123": "2023-11-14T22:13:20.123Z", `"1700000000.25"`: "2023-11-14T22:13:20.25Z", `"2023-11-14T22:13:20"`: "2023-11-14T22:13:20Z",
		`"2023-11-14 22:13:20.5"`: "2023-11-14T22:13:20.5Z", `"2023-11-14T23:13:20+01:00"`: "2023-11-14T22:13:20Z", `"2023-11-14T22:13:20.123456789Z"`: "2023-11-14T22:13:20.123456789Z", "null": "0001-01-01T00:00:00Z",
	} {
		f(`{"timestamp":`+text+`}`, func(e *event.Event) bool {
			want, _ := time.Parse(time.RFC3339Nano, want)
			return e.Timestamp.Sub(want).Abs() < time.Microsecond
		})
	}
	for text, want := range map[string]event.Level{
		`"fatal"`: 5, `"critical"`: 5, `"ERROR"`: 4, `"warn"`: 3, `"log"`: 2, `40`: 4, `"30"`: 3, `20`: 2, `10`: 1, `50`: 5, `null`: 0,
	} {
		f(`{"level":`+text+`}`, func(e *event.Event) bool { return e.Level == want })
	}
}

func TestAFieldThatCannotBeUnderstoodIsLeftOutAndNamed(t *testing.T) {
	t.Parallel()
	f := func(text string, ignored ...string) {
		t.Helper()
		p := decode(t, `{"message":"kept",`+text+`}`)
		same(t, p.ignored, ignored)
		if p.Message.Formatted != "kept" {
			t.Errorf("%s: the rest is lost", text)
		}
	}
	f(`"event_id":"short"`, "event_id")
	f(`"timestamp":"yesterday"`, "timestamp")
	f(`"timestamp":{}`, "timestamp")
	f(`"level":[1]`, "level")
	f(`"level":"loud"`, "level")
	f(`"tags":"x"`, "tags")
	f(`"exception":7`, "exception")
	f(`"exception":[{"type":"A","stacktrace":7,"mechanism":[]}]`, "exception.stacktrace", "exception.mechanism")
	f(`"exception":[{"type":"A","stacktrace":{"frames":[1,null,{"lineno":"x","in_app":"maybe","vars":"v"}]}}]`, "exception.stacktrace", "frame.lineno", "frame.in_app", "frame.vars")
	f(`"user":"ada"`, "user")
	f(`"request":[]`, "request")
	f(`"contexts":{"a":7}`, "contexts.a")
	f(`"contexts":{"trace":{"trace_id":"zz"}}`, "contexts.trace.trace_id")
	f(`"breadcrumbs":["x"]`, "breadcrumbs")
	f(`"fingerprint":"x"`, "fingerprint")
	f(`"extra":"x"`, "extra")
	f(`"debug_meta":{"images":7}`, "debug_meta.images")
	f(`"extra":`+strings.Repeat(`{"a":`, 100)+`1`+strings.Repeat(`}`, 100), "extra")
}

func TestOnlyTextThatIsNoObjectIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "null", "[]", `"x"`, "{", `{"message":"x"`, `{"message":"x"}}`, `{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`} {
		if _, err := decodeEvent(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestNumbersOfExceptionsThatMakeNoTreeBecomeAChain(t *testing.T) {
	t.Parallel()
	f := func(name, relations, want string) {
		t.Helper()
		var mechanisms []string
		for m := range strings.SplitSeq(relations, ";") {
			mechanisms = append(mechanisms, `{"type":"E","mechanism":{"type":"x"`+m+`}}`)
		}
		e := decode(t, `{"exception":[`+strings.Join(mechanisms, ",")+`]}`)
		var got []string
		for _, x := range e.Exceptions {
			got = append(got, strings.Trim(strings.Join(strings.Fields(string(rune('0'+x.Mechanism.ID))+"<"+string(rune('0'+x.Mechanism.ParentID))), ""), " "))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %s, want %s", name, s, want)
		}
	}
	f("none", ";;", "0</ 1<0 2<1")
	f("one", "", "0</")
	f("a tree", `,"exception_id":2,"parent_id":0;,"exception_id":1,"parent_id":0;,"exception_id":0`, "0</ 1<0 2<0")
	f("the cause first", `,"exception_id":0;,"exception_id":1,"parent_id":0`, "0</ 1<0")
	f("twice the same", `,"exception_id":1,"parent_id":0;,"exception_id":0,"parent_id":0`, "0</ 1<0")
	f("no such parent", `,"exception_id":1,"parent_id":5;,"exception_id":0`, "0</ 1<0")
	f("a cycle", `,"exception_id":2,"parent_id":1;,"exception_id":1,"parent_id":2;,"exception_id":0`, "0</ 1<0 2<1")
}

func TestWhatTheSDKTrimmedIsNamed(t *testing.T) {
	t.Parallel()
	p := decode(t, `{"_meta":{"extra":{"x":{"":{"len":100}},"y":{"":null}},"exception":{"values":{"0":{"value":{"":{"rem":[["!limit","s",1,2]]}}}}}}}`)
	same(t, p.trimmed, []string{"extra.x", "exception.values.0.value"})
}

func TestTinyElementsDoNotGrowWithoutLimit(t *testing.T) {
	t.Parallel()
	p := decode(t, `{"exception":[{"type":"A","stacktrace":{"frames":[`+strings.Repeat("{},", 300_000)+`{}]}}]}`)
	if n := len(p.Exceptions[0].Stack.Frames); n > 100_000 || !slices.Contains(p.ignored, "exception.stacktrace") {
		t.Errorf("%d frames, %v", n, p.ignored)
	}
}

// corpus is a folder of events as SDKs sent them, beside the project.
const corpus = "../../../../shared/corpus/sentry-events"

func TestEveryEventOfTheCorpusIsTaken(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(corpus, "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("the corpus of events is not here: " + corpus)
	}
	p := newPlace(t, nil)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for way, body := range map[string]string{
			"store": text, "envelope": envelopeOf("{}", `{"type":"event","length":`+jsonLength(text)+`}`, text),
		} {
			w := p.send(t, "POST", "/api/7/"+way+"/"+withKey, body)
			e := p.event(t)
			if w.StatusCode != 200 || !strings.Contains(w.text, e.ID.String()) {
				t.Errorf("%s as %s: %d %s", file, way, w.StatusCode, w.text)
			}
			if len(e.Exceptions) == 0 && e.Message.Text() == "" && len(e.Threads) == 0 {
				t.Errorf("%s as %s says nothing", file, way)
			}
		}
	}
}

func jsonLength(s string) string {
	n, _ := json.Marshal(len(s))
	return string(n)
}
