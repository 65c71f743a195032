package sentry

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/server/receive"
)

// typical is an event of 4.5 KB as a web server's SDK sends it.
func typical() string {
	var frames []string
	for i := range 12 {
		frames = append(frames, fmt.Sprintf(`{"filename":"shop/orders/step%d.py","abs_path":"/srv/shop/orders/step%d.py","function":"run_step_%d","module":"shop.orders.step%d","lineno":%d,"in_app":%v,`+
			`"pre_context":["    def run(self):"],"context_line":"        return self.next.run(\"%d\")","post_context":[""]}`, i, i, i, i, 10+i, i%3 == 0, i))
	}
	return `{"event_id":"` + testID + `","timestamp":"2026-11-22T12:00:00.123456Z","platform":"python","level":"error","release":"shop@1.2.3","environment":"production","server_name":"web-17",` +
		`"transaction":"POST /orders","exception":{"values":[{"type":"ValueError","value":"order 4711 cannot be placed","module":"builtins","mechanism":{"type":"generic","handled":true},"stacktrace":{"frames":[` + strings.Join(frames, ",") + `]}}]},` +
		`"breadcrumbs":{"values":[{"timestamp":"2026-11-22T11:59:58.000000Z","type":"http","category":"httplib","level":"info","data":{"url":"https://api.example/stock","method":"GET","status_code":200}},` +
		`{"timestamp":"2026-11-22T11:59:59.000000Z","type":"default","category":"query","message":"SELECT * FROM orders WHERE id = %s","level":"info"}]},` +
		`"user":{"id":"7","email":"ada@example.com","ip_address":"10.1.2.3"},"request":{"url":"https://shop.example/orders","method":"POST","headers":{"User-Agent":"Mozilla/5.0 (X11; Linux x86_64)","Accept":"*/*"},"query_string":"a=b"},` +
		`"tags":{"shop":"berlin","tier":"gold"},"contexts":{"runtime":{"name":"CPython","version":"3.11.7"},"trace":{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","op":"http.server"}},` +
		`"modules":{"django":"5.0","urllib3":"2.8.0"},"sdk":{"name":"sentry.python","version":"2.75.0","integrations":["django","logging","stdlib"],"packages":[{"name":"pypi:sentry-sdk","version":"2.75.0"}]}}`
}

func BenchmarkDecodeEvent(b *testing.B) {
	text := typical()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeEvent(text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSlowJSON is what the standard library takes for the same text.
func BenchmarkSlowJSON(b *testing.B) {
	text := []byte(typical())
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRequest is the way of an envelope through the handler, without a network
// and with a sink that does nothing.
func BenchmarkRequest(b *testing.B) {
	p := newPlace(b, nil)
	p.handler.sink = quiet{}
	h := p.handler.Wrap(http.NotFoundHandler())
	text := envelopeOf(`{"event_id":"`+testID+`","sent_at":"`+time.Now().UTC().Format(time.RFC3339)+`"}`, `{"type":"event"}`, typical())
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/api/7/envelope/", strings.NewReader(text))
		r.Header.Set("X-Sentry-Auth", "Sentry sentry_version=7, sentry_key="+testKey+", sentry_client=sentry.python/2.75.0")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Code, w.Body.String())
		}
	}
}

// quiet is a sink that stores everything nowhere.
type quiet struct{}

func (quiet) Receive(_ context.Context, b *receive.Batch) (wait func() []outcome.Result) {
	return func() []outcome.Result {
		results := make([]outcome.Result, len(b.Events))
		for i, e := range b.Events {
			results[i] = outcome.Result{EventID: e.ID, Kind: outcome.Stored}
		}
		return results
	}
}
