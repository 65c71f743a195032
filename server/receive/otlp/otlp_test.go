package otlp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	logspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logpb "go.opentelemetry.io/proto/otlp/logs/v1"
	spanpb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/server/receive"
)

const pythonStack = `Traceback (most recent call last):
  File "/srv/shop/cart.py", line 40, in checkout
    pay(cart)
  File "/srv/shop/pay.py", line 12, in pay
    raise CardDeclined("no funds")
shop.errors.CardDeclined: no funds
`

var resource = attrs("service.name", "cart", "service.version", "1.4.2", "deployment.environment.name", "staging", "host.name", "web-3",
	"telemetry.sdk.name", "opentelemetry", "telemetry.sdk.language", "python", "telemetry.sdk.version", "1.45.0",
	"os.type", "linux", "process.runtime.name", "cpython", "process.runtime.version", "3.11.7", "process.pid", 12, "process.command_args", []string{"python", "app.py"})

var (
	traceID = bytes.Repeat([]byte{0xab}, 16)
	spanID  = bytes.Repeat([]byte{0xcd}, 8)
)

func nano(t time.Time) uint64 { return uint64(t.UnixNano()) }

func thrownSpan(at time.Time) *spanpb.Span {
	return &spanpb.Span{
		TraceId: traceID, SpanId: spanID, ParentSpanId: bytes.Repeat([]byte{1}, 8), Name: "POST /checkout", EndTimeUnixNano: nano(at),
		Attributes: attrs("http.request.method", "POST", "http.route", "/checkout", "url.full", "https://shop.example/checkout?cart=7", "enduser.id", "eve",
			"http.response.status_code", 500, "user_agent.original", "curl/8", "client.address", "203.0.113.7"),
		Events: []*spanpb.Span_Event{
			{TimeUnixNano: nano(at.Add(-time.Second)), Name: "cache miss", Attributes: attrs("key", "cart-7")},
			{TimeUnixNano: nano(at), Name: "exception", Attributes: attrs("exception.type", "shop.errors.CardDeclined", "exception.message", "no funds",
				"exception.stacktrace", pythonStack, "exception.escaped", "True")},
		},
	}
}

func thrownRecord(at time.Time) *logpb.LogRecord {
	return &logpb.LogRecord{
		TimeUnixNano: nano(at), SeverityNumber: 17, SeverityText: "ERROR", Body: any_("checkout of cart 7 failed"), TraceId: traceID, SpanId: spanID,
		Attributes: attrs("exception.type", "CardDeclined", "exception.message", "no funds", "exception.stacktrace", pythonStack, "cart.items", 3,
			"cart.names", []string{"a", "b"}, "thread.name", "worker-1"),
	}
}

func TestAnExceptionInASpanIsAnEvent(t *testing.T) {
	t.Parallel()
	sink, _, conn := serve(t, nil)
	at := time.Now().Add(-time.Second).UTC()
	answer, err := tracepb.NewTraceServiceClient(conn).Export(with(t.Context(), "key"), spansOf(resource, thrownSpan(at), &spanpb.Span{Name: "fine", EndTimeUnixNano: nano(at)}))
	if err != nil || answer.PartialSuccess != nil {
		t.Fatal(answer, err)
	}
	b := sink.batches[0]
	if b.ProjectID != 7 || b.KeyID != "key-1" || b.Protocol != "otlp" || !b.ClientIP.IsLoopback() || len(b.Events) != 1 {
		t.Fatalf("%+v", b)
	}
	e := b.Events[0]
	if e.ID.IsZero() || !e.Timestamp.Equal(at) {
		t.Error(e.ID, e.Timestamp)
	}
	e.ID, e.Timestamp = event.ID{}, time.Time{}
	want := &event.Event{
		Level: event.LevelError, Platform: "python", Transaction: "POST /checkout", ServerName: "web-3", Release: "1.4.2", Environment: "staging",
		Exceptions: []event.Exception{{
			Type: "shop.errors.CardDeclined", Value: "no funds",
			Mechanism: event.Mechanism{Type: "opentelemetry", Handled: event.HandledNo, ParentID: -1},
			Stack: event.Stacktrace{Frames: []event.Frame{
				{Function: "checkout", Filename: "/srv/shop/cart.py", AbsPath: "/srv/shop/cart.py", Line: 40, ContextLine: "pay(cart)"},
				{Function: "pay", Filename: "/srv/shop/pay.py", AbsPath: "/srv/shop/pay.py", Line: 12, ContextLine: `raise CardDeclined("no funds")`},
			}},
		}},
		Breadcrumbs: []event.Breadcrumb{{Timestamp: at.Add(-time.Second), Type: "default", Category: "span.event", Message: "cache miss", Data: `{"key":"cart-7"}`}},
		User:        event.User{ID: "eve", IP: "203.0.113.7"},
		Request:     event.Request{URL: "https://shop.example/checkout?cart=7", Method: "POST", Headers: []event.Tag{{Key: "User-Agent", Value: "curl/8"}}},
		Contexts: []event.Context{
			{Name: "os", Data: `{"type":"linux"}`}, {Name: "runtime", Data: `{"name":"cpython","version":"3.11.7"}`},
			{Name: "process", Data: `{"pid":12,"command_args":["python","app.py"]}`}, {Name: "otel", Data: `{"scope":"shop.cart","scope_version":"2"}`},
		},
		Tags: []event.Tag{
			{Key: "http.route", Value: "/checkout"}, {Key: "http.response.status_code", Value: "500"},
			{Key: "service.name", Value: "cart"}, {Key: "process.runtime.name", Value: "cpython"},
		},
		SDK:   event.SDK{Name: "opentelemetry", Version: "1.45.0"},
		Trace: event.Trace{TraceID: [16]byte(traceID), SpanID: [8]byte(spanID), ParentSpanID: [8]byte(bytes.Repeat([]byte{1}, 8))},
	}
	if d := cmp.Diff(want, e); d != "" {
		t.Error(d)
	}
}

func TestALogRecordWithAnExceptionIsAnEvent(t *testing.T) {
	t.Parallel()
	sink, url, _ := serve(t, nil)
	at := time.Now().UTC()
	w, body := post(t, url+"/v1/logs", protobufType, marshal(t, logsOf(resource, thrownRecord(at), &logpb.LogRecord{SeverityNumber: 9, Body: any_("fine")})), nil)
	if w.StatusCode != 200 || len(body) != 0 || w.Header.Get("Content-Type") != protobufType {
		t.Fatal(w.StatusCode, body)
	}
	list := sink.events()
	if len(list) != 1 {
		t.Fatal(len(list))
	}
	e := list[0]
	// The text of the stack trace says more of the type than the attribute.
	if x := e.Exceptions[0]; x.Type != "shop.errors.CardDeclined" || x.Value != "no funds" || len(x.Stack.Frames) != 2 || x.Mechanism.Handled != event.HandledUnknown {
		t.Errorf("%+v", x)
	}
	if e.Message.Formatted != "checkout of cart 7 failed" || e.Logger != "shop.cart" || e.Level != event.LevelError || e.Extra != `{"cart.names":["a","b"]}` ||
		len(e.Threads) != 1 || e.Threads[0].Name != "worker-1" {
		t.Errorf("%+v", e)
	}
	if v, _ := e.Tag("cart.items"); v != "3" {
		t.Errorf("%+v", e.Tags)
	}
}

func TestOneThrowThatASpanAndALogReportIsOneEvent(t *testing.T) {
	t.Parallel()
	sink, _, conn := serve(t, nil)
	at := time.Date(2026, 11, 22, 12, 0, 30, 0, time.UTC)
	ctx := with(t.Context(), "key")
	if _, err := tracepb.NewTraceServiceClient(conn).Export(ctx, spansOf(resource, thrownSpan(at))); err != nil {
		t.Fatal(err)
	}
	client := logspb.NewLogsServiceClient(conn)
	if _, err := client.Export(ctx, logsOf(resource, thrownRecord(at.Add(3*time.Millisecond)))); err != nil {
		t.Fatal(err)
	}
	list := sink.events()
	if list[0].ID != list[1].ID {
		t.Error("the span's event and the log's differ")
	}
	// Another throw at the same place, in the same span, is another event.
	if _, err := client.Export(ctx, logsOf(resource, thrownRecord(at), thrownRecord(at))); err != nil {
		t.Fatal(err)
	}
	list = sink.events()
	if list[2].ID != list[0].ID || list[3].ID == list[0].ID {
		t.Error("two throws in one request are not told apart, or not told again")
	}
	// The same words in another span are another event.
	other := thrownRecord(at)
	other.SpanId = bytes.Repeat([]byte{9}, 8)
	if _, err := client.Export(ctx, logsOf(resource, other)); err != nil {
		t.Fatal(err)
	}
	if list = sink.events(); list[4].ID == list[0].ID {
		t.Error("two spans share an event")
	}
}

func TestErrorLogsWithoutAnExceptionAreMessages(t *testing.T) {
	t.Parallel()
	sink, h := handler(t, nil)
	f := func(l *logpb.LogRecord, level event.Level, template, formatted string) {
		t.Helper()
		before := len(sink.events())
		access, _ := keyring{}.Key(t.Context(), "key", 0)
		if _, err := h.export(t.Context(), caller{}, access, h.room.Hold(7, time.Second), logs, marshal(t, logsOf(nil, l))); err != nil {
			t.Fatal(err)
		}
		list := sink.events()[before:]
		if level == event.LevelUnknown {
			if len(list) > 0 {
				t.Errorf("%+v", list[0])
			}
			return
		}
		if len(list) != 1 || list[0].Level != level || list[0].Message.Template != template || list[0].Message.Formatted != formatted {
			t.Errorf("%+v", list)
		}
	}
	f(&logpb.LogRecord{SeverityNumber: 16, Body: any_("careful")}, event.LevelUnknown, "", "")
	f(&logpb.LogRecord{Body: any_("no severity")}, event.LevelUnknown, "", "")
	f(&logpb.LogRecord{SeverityText: "Error", Body: any_("by text")}, event.LevelError, "", "by text")
	f(&logpb.LogRecord{SeverityNumber: 21, Body: any_("dying")}, event.LevelFatal, "", "dying")
	f(&logpb.LogRecord{SeverityNumber: 17, Body: any_("order 7 failed"), Attributes: attrs("{OriginalFormat}", "order {id} failed")}, event.LevelError, "order {id} failed", "order 7 failed")
	f(&logpb.LogRecord{SeverityNumber: 17, Body: any_(map[string]string{"message": "inner"})}, event.LevelError, "", "inner")
	f(&logpb.LogRecord{SeverityNumber: 17, Body: any_(map[string]string{"a": "b"})}, event.LevelError, "", `{"a":"b"}`)
	f(&logpb.LogRecord{SeverityNumber: 17, EventName: "disk.full"}, event.LevelError, "", "disk.full")
}

func TestExceptionsWithLittleToSayAreStillEvents(t *testing.T) {
	t.Parallel()
	sink, h := handler(t, nil)
	f := func(kind, value string, handled event.Handled, frames int, shown bool, l *logpb.LogRecord) {
		t.Helper()
		before := len(sink.events())
		access, _ := keyring{}.Key(t.Context(), "key", 0)
		if _, err := h.export(t.Context(), caller{}, access, h.room.Hold(7, time.Second), logs, marshal(t, logsOf(nil, l))); err != nil {
			t.Fatal(err)
		}
		e := sink.events()[before]
		text := false
		for _, c := range e.Contexts {
			text = text || c.Name == "stack trace"
		}
		if x := e.Exceptions[0]; x.Type != kind || x.Value != value || x.Mechanism.Handled != handled || len(x.Stack.Frames) != frames || text != shown {
			t.Errorf("%+v %v", x, e.Contexts)
		}
	}
	f("Error", "only this", 0, 0, false, &logpb.LogRecord{Attributes: attrs("exception.message", "only this")})
	f("E", "", 0, 0, false, &logpb.LogRecord{Attributes: attrs("exception.type", "E")})
	f("java.lang.E", "m", 0, 1, false, &logpb.LogRecord{Attributes: attrs("exception.stacktrace", "java.lang.E: m\n\tat a.B.c(B.java:3)")})
	f("Strange", "", 0, 0, true, &logpb.LogRecord{Attributes: attrs("exception.stacktrace", "Strange: thing\nin no known form")})
	f("E", "m", event.HandledNo, 0, false, &logpb.LogRecord{EventName: "http.server.exception", SeverityNumber: 17, Attributes: attrs("exception.type", "E", "exception.message", "m")})
	f("*errors.errorString", "m", 0, 1, false, &logpb.LogRecord{Attributes: attrs("exception.type", "*errors.errorString", "exception.message", "m",
		"code.function.name", "github.com/acme/shop.(*Cart).Pay", "code.file.path", "/src/cart.go", "code.line.number", 7)})
}

func TestWhatIsStoredIsToldFromWhatMustComeAgain(t *testing.T) {
	t.Parallel()
	sink, url, conn := serve(t, nil)
	record := thrownRecord(time.Now())
	f := func(r outcome.Result, rejected int64, rpc codes.Code, code int) {
		t.Helper()
		sink.answer = func(*receive.Batch, int) outcome.Result { return r }
		answer, err := logspb.NewLogsServiceClient(conn).Export(with(t.Context(), "key"), logsOf(nil, record))
		if status.Code(err) != rpc || answer.GetPartialSuccess().GetRejectedLogRecords() != rejected {
			t.Errorf("%v: %v, %v", r, answer, err)
		}
		if rpc == codes.Unavailable {
			info, ok := status.Convert(err).Details()[0].(*errdetails.RetryInfo)
			if !ok || info.RetryDelay.AsDuration() < time.Second {
				t.Errorf("%v: %v", r, status.Convert(err).Details())
			}
		}
		w, body := post(t, url+"/v1/logs", protobufType, marshal(t, logsOf(nil, record)), nil)
		if w.StatusCode != code || (w.Header.Get("Retry-After") != "") != (code >= 429) {
			t.Errorf("%v: %d %v", r, w.StatusCode, w.Header)
		}
		if code == 200 {
			out := &logspb.ExportLogsServiceResponse{}
			if err := proto.Unmarshal(body, out); err != nil || out.GetPartialSuccess().GetRejectedLogRecords() != rejected || (out.GetPartialSuccess().GetErrorMessage() != "") != (rejected > 0) {
				t.Errorf("%v: %v %v", r, out, err)
			}
		} else if s := (&rpcstatus.Status{}); proto.Unmarshal(body, s) != nil || s.Message == "" {
			t.Errorf("%v: %q", r, body)
		}
	}
	f(outcome.Result{Kind: outcome.Stored}, 0, codes.OK, 200)
	f(outcome.Result{Kind: outcome.Duplicate}, 0, codes.OK, 200)
	f(outcome.Result{Kind: outcome.Filtered, Reason: "filter_release"}, 0, codes.OK, 200)
	f(outcome.Result{Kind: outcome.Limited, Reason: outcome.RateLimit, RetryAfter: time.Minute}, 1, codes.OK, 200)
	f(outcome.Result{Kind: outcome.Invalid, Reason: outcome.Empty}, 1, codes.OK, 200)
	f(outcome.Result{Kind: outcome.Lost, Reason: outcome.StageFailed}, 1, codes.OK, 200)
	f(outcome.Result{Kind: outcome.Limited, Reason: outcome.Buffer, Retry: true, RetryAfter: 3 * time.Second}, 0, codes.Unavailable, 429)
	f(outcome.Result{Kind: outcome.Lost, Reason: outcome.StoreFailed, Retry: true}, 0, codes.Unavailable, 503)
}

func TestTheSameInEveryEncodingAndOnEveryRoute(t *testing.T) {
	t.Parallel()
	sink, url, conn := serve(t, nil)
	at := time.Now()
	in := logsOf(resource, thrownRecord(at))
	binary := marshal(t, in)
	text := []byte(jsonRecord(at))
	want := 0
	f := func(name string, code int) {
		t.Helper()
		if want++; code != 200 || len(sink.events()) != want {
			t.Fatalf("%s: %d, %d events", name, code, len(sink.events()))
		}
	}
	compress := func(data []byte, encoding string) []byte {
		var b bytes.Buffer
		switch encoding {
		case "gzip":
			z := gzip.NewWriter(&b)
			z.Write(data)
			z.Close()
		case "zstd":
			z, _ := zstd.NewWriter(&b)
			z.Write(data)
			z.Close()
		}
		return b.Bytes()
	}
	for _, path := range []string{"/v1/logs", "/otlp/v1/logs"} {
		w, _ := post(t, url+path, protobufType, binary, nil)
		f(path, w.StatusCode)
		w, body := post(t, url+path, "application/json; charset=utf-8", text, nil)
		f(path+" json", w.StatusCode)
		if string(body) != "{}" || w.Header.Get("Content-Type") != jsonType {
			t.Errorf("%s", body)
		}
	}
	for _, encoding := range []string{"gzip", "zstd"} {
		w, _ := post(t, url+"/v1/logs", protobufType, compress(binary, encoding), map[string]string{"Content-Encoding": encoding})
		f(encoding, w.StatusCode)
		w, _ = post(t, url+"/v1/logs", jsonType, compress(text, encoding), map[string]string{"Content-Encoding": encoding})
		f(encoding+" json", w.StatusCode)
	}
	for _, headers := range []map[string]string{
		{"Authorization": "", "X-Api-Key": "key"}, {"Authorization": "", "X-Faultline-Key": "key"}, {"Authorization": "Bearer token", "X-Faultline-Project": "7"},
		{"Authorization": "", "X-Sentry-Auth": "Sentry sentry_version=7, sentry_key=key"},
	} {
		w, _ := post(t, url+"/v1/logs", protobufType, binary, headers)
		f(fmt.Sprint(headers), w.StatusCode)
	}
	w, _ := post(t, url+"/otlp/key/v1/logs", jsonType, text, map[string]string{"Authorization": ""})
	f("key in path", w.StatusCode)
	for name, c := range map[string]*grpc.ClientConn{"gRPC": conn, "gRPC on the HTTP listener": dial(t, strings.TrimPrefix(url, "http://"))} {
		for _, option := range [][]grpc.CallOption{nil, {grpc.UseCompressor("gzip")}} {
			if _, err := logspb.NewLogsServiceClient(c).Export(with(t.Context(), "key"), in, option...); err != nil {
				t.Fatal(name, err)
			}
			f(name, 200)
		}
		ctx := metadata.AppendToOutgoingContext(t.Context(), "x-api-key", "key")
		if _, err := metricspb.NewMetricsServiceClient(c).Export(ctx, &metricspb.ExportMetricsServiceRequest{}); err != nil {
			t.Error(name, err)
		}
	}
	first := *sink.events()[0]
	first.Extra = ""
	for i, e := range sink.events() {
		e.Extra = "" // members stand in the order of the encoding
		if d := cmp.Diff(&first, e); d != "" {
			t.Errorf("%d: %s", i, d)
		}
	}
}

// jsonRecord is thrownRecord as OpenTelemetry's SDK for JavaScript writes it.
func jsonRecord(at time.Time) string {
	quote := func(s string) string {
		b, _ := json.Marshal(s)
		return string(b)
	}
	var list []string
	for _, kv := range resource {
		list = append(list, fmt.Sprintf(`{"key":%q,"value":%s}`, kv.Key, jsonValue(kv.Value)))
	}
	return fmt.Sprintf(`{"resourceLogs":[{"schemaUrl":"x","resource":{"attributes":[%s],"droppedAttributesCount":0},"scopeLogs":[{"scope":{"name":"shop.cart","version":"2"},"logRecords":[
	{"timeUnixNano":"%d","severityNumber":17,"severityText":"ERROR","flags":1,"traceId":"%X","spanId":"%x","body":{"stringValue":"checkout of cart 7 failed"},"attributes":[
	{"key":"exception.type","value":{"stringValue":"CardDeclined"}},{"key":"exception.message","value":{"stringValue":"no funds"}},
	{"key":"exception.stacktrace","value":{"stringValue":%s}},{"key":"cart.items","value":{"intValue":3}},
	{"key":"cart.names","value":{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}},{"key":"thread.name","value":{"stringValue":"worker-1"}}]}]}]}]}`,
		strings.Join(list, ","), at.UnixNano(), traceID, spanID, quote(pythonStack))
}

func jsonValue(v *commonpb.AnyValue) string {
	switch v := v.Value.(type) {
	case *commonpb.AnyValue_StringValue:
		return fmt.Sprintf(`{"stringValue":%q}`, v.StringValue)
	case *commonpb.AnyValue_IntValue:
		return fmt.Sprintf(`{"intValue":"%d"}`, v.IntValue)
	case *commonpb.AnyValue_ArrayValue:
		var list []string
		for _, e := range v.ArrayValue.Values {
			list = append(list, jsonValue(e))
		}
		return `{"arrayValue":{"values":[` + strings.Join(list, ",") + `]}}`
	}
	return "{}"
}

func TestRequestsThatCannotBeServedSayWhy(t *testing.T) {
	t.Parallel()
	sink, url, conn := serve(t, func(c *Config) { c.MessageBytes, c.Events = 2000, 2 })
	f := func(code int, says, path, media, body string, headers map[string]string) {
		t.Helper()
		w, answer := post(t, url+path, media, []byte(body), headers)
		if w.StatusCode != code || !strings.Contains(string(answer), says) {
			t.Errorf("%d %s", w.StatusCode, answer)
		}
		if w.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Error("no CORS")
		}
	}
	f(401, "authorization=Bearer KEY", "/v1/logs", jsonType, "{}", map[string]string{"Authorization": ""})
	f(401, "unknown", "/v1/traces", jsonType, "{}", map[string]string{"Authorization": "Bearer nobody"})
	f(403, "x-faultline-project", "/v1/traces", jsonType, "{}", map[string]string{"Authorization": "Bearer token"})
	f(403, "not this project", "/v1/traces", jsonType, "{}", map[string]string{"X-Faultline-Project": "8"})
	f(415, "text/plain", "/v1/logs", "text/plain", "{}", nil)
	f(415, "br", "/v1/logs", jsonType, "{}", map[string]string{"Content-Encoding": "br"})
	f(400, "malformed", "/v1/logs", jsonType, "{", nil)
	f(400, "malformed", "/v1/logs", jsonType, `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"xyz"}]}]}]}`, nil)
	f(400, "malformed", "/v1/logs", jsonType, `{} {}`, nil)
	f(400, "malformed", "/v1/logs", protobufType, "\x0a\xff", nil)
	f(400, "cannot be read", "/v1/logs", jsonType, "{}", map[string]string{"Content-Encoding": "gzip"})
	f(413, "otlp-message-bytes: 2000", "/v1/logs", jsonType, `{"a":"`+strings.Repeat("x", 3000)+`"}`, nil)
	f(200, "{}", "/v1/metrics", jsonType, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a"}]}]}]}`, nil)
	f(200, "{}", "/v1/logs", jsonType, `{}`, nil)
	f(200, "", "/v1/traces", protobufType, "", nil)
	record := `{"severityNumber":17,"body":{"stringValue":"x"}}`
	f(200, `"rejectedLogRecords":"1"`, "/v1/logs", jsonType, `{"resourceLogs":[{"scopeLogs":[{"logRecords":[`+record+","+record+","+record+`]}]}]}`, nil)
	w, err := client.Get(url + "/v1/logs")
	if err != nil || w.StatusCode != 405 {
		t.Error(w.StatusCode, err)
	}
	w.Body.Close()
	for _, c := range []struct {
		key  string
		want codes.Code
	}{{"nobody", codes.Unauthenticated}, {"token", codes.PermissionDenied}} {
		_, err := tracepb.NewTraceServiceClient(conn).Export(with(t.Context(), c.key), &tracepb.ExportTraceServiceRequest{})
		if status.Code(err) != c.want {
			t.Error(c.key, err)
		}
	}
	var refused uint64
	for _, b := range sink.batches {
		for _, r := range b.Refused {
			refused += r.Count
		}
	}
	if refused != 2 { // one malformed in protobuf, one beyond the limit
		t.Errorf("%d refused", refused)
	}
}

func TestBrowsersMayAskBefore(t *testing.T) {
	t.Parallel()
	_, url, _ := serve(t, nil)
	r, _ := http.NewRequest(http.MethodOptions, url+"/v1/traces", nil)
	r.Header.Set("Origin", "https://shop.example")
	r.Header.Set("Access-Control-Request-Headers", "content-type,x-custom")
	w, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	if w.StatusCode != 204 || w.Header.Get("Access-Control-Allow-Headers") != "content-type,x-custom" {
		t.Error(w.StatusCode, w.Header)
	}
}

func TestTheSinkIsToldWhenARequestWasMade(t *testing.T) {
	t.Parallel()
	sink, h := handler(t, nil)
	access, _ := keyring{}.Key(t.Context(), "key", 0)
	at := time.Now().Add(-time.Minute).UTC()
	if _, err := h.export(t.Context(), caller{}, access, h.room.Hold(7, time.Second), logs, marshal(t, logsOf(nil, thrownRecord(at.Add(-time.Hour)), thrownRecord(at)))); err != nil {
		t.Fatal(err)
	}
	if b := sink.batches[0]; b.Attempt != 0 || !b.MadeAt.Equal(at) {
		t.Errorf("attempt %d, made at %v, want %v", b.Attempt, b.MadeAt, at)
	}
}

func TestSpansThatFailAreEventsIfAskedFor(t *testing.T) {
	t.Parallel()
	span := &spanpb.Span{Name: "job", Status: &spanpb.Status{Code: spanpb.Status_STATUS_CODE_ERROR, Message: "gave up"}, TraceId: traceID, SpanId: spanID, EndTimeUnixNano: nano(time.Now())}
	for _, asked := range []bool{false, true} {
		sink, h := handler(t, func(c *Config) { c.ErrorSpans = asked })
		access, _ := keyring{}.Key(t.Context(), "key", 0)
		if _, err := h.export(t.Context(), caller{}, access, h.room.Hold(7, time.Second), traces, marshal(t, spansOf(nil, span))); err != nil {
			t.Fatal(err)
		}
		if list := sink.events(); len(list) > 0 != asked || asked && list[0].Message.Formatted != "gave up" {
			t.Errorf("%v: %+v", asked, list)
		}
	}
}
