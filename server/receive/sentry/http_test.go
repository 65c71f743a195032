package sentry

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

const (
	testID     = "fc6d8c0c43fc4630ad850ee518f1b9d0"
	smallEvent = `{"event_id":"` + testID + `","message":"hello"}`
)

func TestPathsWithAndWithoutSlashAndPrefix(t *testing.T) {
	t.Parallel()
	f := func(path, prefix string, want endpoint, projectID uint32) {
		t.Helper()
		if r := parseRoute(path, prefix); r.endpoint != want || r.projectID != projectID {
			t.Errorf("%s: %v of %d", path, r.endpoint, r.projectID)
		}
	}
	f("/", "", endpointNone, 0)
	f("/api/", "", endpointNone, 0)
	f("/api/v1/envelope/", "", endpointNone, 0)
	f("/api/0/envelope/", "", endpointNone, 0)
	f("/api/99999999999/envelope/", "", endpointNone, 0)
	f("/api/7/unknown/", "", endpointNone, 7)
	f("/x/api/7/envelope/", "", endpointNone, 0)
	f("/api/7/envelope", "", endpointEnvelope, 7)
	f("/api/7/envelope/", "", endpointEnvelope, 7)
	f("/errors/in/api/7/envelope/", "/errors/in", endpointEnvelope, 7)
	f("/api/7/envelope/", "/errors/in", endpointEnvelope, 7)
	f("/api/7/store/", "", endpointStore, 7)
	f("/api/store/", "", endpointStore, 0)
	f("/api/7/security", "", endpointSecurity, 7)
	f("/api/7/csp-report/", "", endpointSecurity, 7)
	f("/api/7/minidump/", "", endpointMinidump, 7)
	f("/api/7/user-feedback/", "", endpointFeedback, 7)
	f("/api/7/cron/nightly/"+testKey+"/", "", endpointCron, 7)
}

func TestEveryFormOfCredentialsLetsIn(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	f := func(code int, path, body string, headers ...string) {
		t.Helper()
		w := p.send(t, "POST", path, body, headers...)
		if w.StatusCode != code || code != 200 && w.Header.Get("X-Sentry-Error") == "" || code == 200 && w.text != `{"id":"`+testID+`"}` {
			t.Errorf("%s %v: %d %s", path, headers, w.StatusCode, w.text)
		}
	}
	auth := "Sentry sentry_version=7, sentry_key=" + testKey + ", sentry_client=x/1"
	f(401, "/api/7/store/", smallEvent)
	f(403, "/api/7/store/?sentry_key=ffffffffffffffffffffffffffffffff", smallEvent)
	f(403, "/api/8/store/"+withKey, smallEvent)
	f(403, "/api/7/store/"+withKey, smallEvent, "X-Sentry-Auth: Sentry sentry_key=other")
	f(503, "/api/7/store/?sentry_key=away", smallEvent)
	f(200, "/api/7/store/"+withKey, smallEvent)
	f(200, "/api/7/store/"+withKey, smallEvent, "X-Sentry-Auth: "+auth)
	f(200, "/api/store/"+withKey, smallEvent)
	f(200, "/api/7/store/", smallEvent, "X-Sentry-Auth: "+auth)
	f(200, "/api/7/store", smallEvent, "X-Sentry-Auth: sentry sentry_key=\""+testKey+"\",sentry_version=2.0")
	f(200, "/api/7/store", smallEvent, "X-Sentry-Auth: sentry_secret=x sentry_key="+testKey)
	f(200, "/api/7/store/", smallEvent, "Authorization: "+auth)
	if e := p.event(t); e.SDK.Name != "x" || e.SDK.Version != "1" {
		t.Errorf("SDK %+v", e.SDK)
	}
	in := func(dsn string) string {
		return envelopeOf(`{"dsn":"`+dsn+`"}`, `{"type":"event"}`, smallEvent)
	}
	f(401, "/api/7/envelope/", in(""))
	f(403, "/api/7/envelope/", in("nonsense"))
	f(403, "/api/7/envelope/", in("https://"+testKey+"@x/8"))
	f(403, "/api/7/envelope/", in("https://other@x/7"))
	f(403, "/api/7/envelope/"+withKey, in("https://other@x/7"))
	f(200, "/api/7/envelope/", in("https://"+testKey+"@x/7"))
	f(200, "/api/7/envelope/", in("https://"+testKey+":secret@x/prefix/7"))
	f(200, "/api/7/envelope/"+withKey, in("nonsense"))
}

func TestEveryEncodingIsUnderstood(t *testing.T) {
	t.Parallel()
	p := newPlace(t, func(c *Config) { c.RequestBytes, c.BodyBytes, c.UnderWayBytes = 1<<20, 2<<20, 8<<20 })
	packed := func(open func(io.Writer) io.WriteCloser, s string) string {
		var b bytes.Buffer
		w := open(&b)
		io.WriteString(w, s)
		w.Close()
		return b.String()
	}
	gz := func(s string) string {
		return packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, s)
	}
	zl := func(s string) string {
		return packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, s)
	}
	raw := func(s string) string {
		return packed(func(w io.Writer) io.WriteCloser { z, _ := flate.NewWriter(w, 6); return z }, s)
	}
	br := func(s string) string {
		return packed(func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }, s)
	}
	zs := func(s string) string {
		return packed(func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z }, s)
	}
	bomb := strings.Repeat(" ", 3<<20)
	for range 2 { // the second time with decompressors used before
		for _, f := range []struct {
			encoding, body string
			code           int
		}{
			{"", smallEvent, 200}, {"identity", smallEvent, 200}, {"gzip", gz(smallEvent), 200}, {"x-gzip", gz(smallEvent), 200}, {"deflate", zl(smallEvent), 200},
			{"deflate", raw(smallEvent), 200}, {"br", br(smallEvent), 200}, {"zstd", zs(smallEvent), 200}, {"gzip, br", br(gz(smallEvent)), 200}, {"GZIP", gz(smallEvent), 200},
			{"lzma", smallEvent, 415}, {"gzip,gzip,gzip,gzip", smallEvent, 415},
			{"gzip", smallEvent, 400}, {"deflate", smallEvent, 400}, {"br", smallEvent + "xxxx", 400}, {"zstd", smallEvent, 400}, {"gzip", gz(smallEvent)[:40], 400},
			{"gzip", gz(bomb), 413}, {"deflate", zl(bomb), 413}, {"br", br(bomb), 413}, {"zstd", zs(bomb), 413}, {"", bomb, 413},
		} {
			w := p.send(t, "POST", "/api/7/store/"+withKey, f.body, "Content-Encoding: "+f.encoding)
			if w.StatusCode != f.code {
				t.Errorf("%s: %d %s", f.encoding, w.StatusCode, w.text)
			}
			if f.code == 413 && !strings.Contains(w.text, "-bytes") {
				t.Errorf("%s: the limit is not named: %s", f.encoding, w.text)
			}
		}
	}
	// What old clients do below HTTP.
	b64 := base64.StdEncoding.EncodeToString
	for name, body := range map[string]string{
		"base64": b64([]byte(smallEvent)), "zlib": b64([]byte(zl(smallEvent))), "gzip": b64([]byte(gz(smallEvent))),
		"form": "sentry_data=" + url.QueryEscape(smallEvent), "packed form": "a=b&sentry_data=" + url.QueryEscape(b64([]byte(zl(smallEvent)))),
	} {
		if w := p.send(t, "POST", "/api/7/store/"+withKey, body); w.StatusCode != 200 {
			t.Errorf("%s: %d %s", name, w.StatusCode, w.text)
		}
	}
	w := p.send(t, "GET", "/api/7/store/"+withKey+"&sentry_data="+url.QueryEscape(b64([]byte(zl(smallEvent)))), "")
	if w.StatusCode != 200 || w.Header.Get("Content-Type") != "image/gif" || w.text != gif {
		t.Errorf("GET: %d %v %q", w.StatusCode, w.Header, w.text)
	}
	if w := p.send(t, "POST", "/api/7/store/"+withKey, b64([]byte(zl(bomb)))); w.StatusCode != 413 {
		t.Errorf("bomb in base64: %d", w.StatusCode)
	}
}

func TestChunkedBodiesAndExpectContinueAreTaken(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	r, err := http.NewRequest("POST", p.url+"/api/7/envelope/"+withKey, io.MultiReader(strings.NewReader("{}\n{\"type\":\"event\"}\n"), strings.NewReader(smallEvent)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Expect", "100-continue")
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}
	defer client.CloseIdleConnections()
	w, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	w.Body.Close()
	if w.StatusCode != 200 || p.event(t).Message.Formatted != "hello" {
		t.Error(w.Status)
	}
}

func TestBrowsersMayAskBeforehand(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	w := p.send(t, "OPTIONS", "/api/7/envelope/", "", "Origin: https://shop.example", "Access-Control-Request-Method: POST")
	if w.StatusCode != 204 || !strings.Contains(w.Header.Get("Access-Control-Allow-Headers"), "X-Sentry-Auth") || !strings.Contains(w.Header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("%d %v", w.StatusCode, w.Header)
	}
	if w := p.send(t, "PUT", "/api/7/envelope/"+withKey, ""); w.StatusCode != 405 {
		t.Error(w.StatusCode)
	}
}

func TestTheAnswerSaysWhatBecameOfTheEvent(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	f := func(r outcome.Result, code int, header ...string) {
		t.Helper()
		p.answer = func(*event.Event) outcome.Result { return r }
		w := p.send(t, "POST", "/api/7/store/"+withKey, smallEvent)
		if w.StatusCode != code {
			t.Errorf("%v: %d %s", r, w.StatusCode, w.text)
		}
		if code == 200 && w.text != `{"id":"`+testID+`"}` {
			t.Errorf("%v: %s", r, w.text)
		}
		for i := 0; i < len(header); i += 2 {
			if got := w.Header.Get(header[i]); got != header[i+1] {
				t.Errorf("%v: %s is %q", r, header[i], got)
			}
		}
	}
	f(outcome.Result{Kind: outcome.Stored}, 200, "Retry-After", "")
	f(outcome.Result{Kind: outcome.Duplicate}, 200)
	f(outcome.Result{Kind: outcome.Filtered}, 200)
	f(outcome.Result{Kind: outcome.Limited, Reason: outcome.RateLimit, RetryAfter: 1500 * time.Millisecond}, 429,
		"Retry-After", "2", "X-Sentry-Rate-Limits", "2:error;default;security;feedback;user_report_v2:project:rate_limit")
	f(outcome.Result{Kind: outcome.Limited, Reason: outcome.Buffer, Retry: true}, 429, "Retry-After", "1")
	f(outcome.Result{Kind: outcome.Lost, Reason: outcome.StoreFailed, Retry: true}, 503, "Retry-After", "1")
	f(outcome.Result{Kind: outcome.Lost, Reason: outcome.StageFailed}, 400)
	f(outcome.Result{Kind: outcome.Invalid, Reason: outcome.Empty}, 400)
	f(outcome.Result{Kind: outcome.Invalid, Reason: outcome.EventSize}, 413)
}

func TestLargeEventsAreRefusedByName(t *testing.T) {
	t.Parallel()
	p := newPlace(t, func(c *Config) { c.EventBytes = 2000 })
	large := `{"message":"` + strings.Repeat("x", 2000) + `"}`
	w := p.send(t, "POST", "/api/7/store/"+withKey, large)
	if w.StatusCode != 413 || !strings.Contains(w.text, "sentry-event-bytes") {
		t.Error(w.StatusCode, w.text)
	}
	if b := p.last(t); len(b.Refused) != 1 || b.Refused[0].Reason != outcome.EventSize {
		t.Errorf("%+v", b)
	}
	w = p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf("{}", `{"type":"event"}`, large))
	if w.StatusCode != 413 || !strings.Contains(w.text, "sentry-event-bytes") {
		t.Error(w.StatusCode, w.text)
	}
	w = p.send(t, "POST", "/api/7/envelope/"+withKey, envelopeOf("{}", `{"type":"event"}`, large, `{"type":"event"}`, smallEvent))
	if b := p.last(t); w.StatusCode != 200 || len(b.Refused) != 1 || len(b.Events) != 1 {
		t.Errorf("%d %+v", w.StatusCode, b)
	}
}

func TestWhatIsCompressedWithinARequestIsOneEventAndHeld(t *testing.T) {
	t.Parallel()
	p := newPlace(t, func(c *Config) { c.Patience = time.Millisecond })
	f := func(code int, says, path string, content []byte, header ...string) {
		t.Helper()
		var z bytes.Buffer
		packer := gzip.NewWriter(&z)
		packer.Write(content)
		packer.Close()
		body := z.String()
		if strings.Contains(path, "store") {
			body = base64.StdEncoding.EncodeToString(z.Bytes())
		}
		if w := p.send(t, "POST", path+withKey, body, header...); w.StatusCode != code || !strings.Contains(w.text, says) {
			t.Errorf("%s: %d %s", path, w.StatusCode, w.text)
		}
	}
	large := bytes.Repeat([]byte(" "), 50<<20)
	f(200, "id", "/api/7/store/", []byte(smallEvent))
	f(413, "sentry-event-bytes", "/api/7/store/", large)
	f(400, "no minidump", "/api/7/minidump/", large)
	room := p.handler.cfg.UnderWayBytes
	if !p.handler.room.TryAcquire(8, room-(1<<20)) {
		t.Fatal("room is taken")
	}
	f(429, "sentry-under-way-bytes", "/api/7/minidump/", large)
	p.handler.room.Release(8, room-(1<<20))
	if !p.handler.room.TryAcquire(7, room) {
		t.Error("room was not given back")
	}
}

func TestRequestsBeyondTheRoomAreLimited(t *testing.T) {
	t.Parallel()
	p := newPlace(t, func(c *Config) { c.Patience = time.Millisecond })
	if !p.handler.room.TryAcquire(7, p.handler.cfg.UnderWayBytes) {
		t.Fatal("room is taken")
	}
	w := p.send(t, "POST", "/api/7/store/"+withKey, smallEvent)
	if w.StatusCode != 429 || w.Header.Get("Retry-After") == "" {
		t.Error(w.StatusCode, w.text)
	}
	p.handler.room.Release(7, p.handler.cfg.UnderWayBytes)
	if w := p.send(t, "POST", "/api/7/store/"+withKey, smallEvent); w.StatusCode != 200 {
		t.Error(w.StatusCode, w.text)
	}
	if !p.handler.room.TryAcquire(7, p.handler.cfg.UnderWayBytes) {
		t.Error("room was not given back")
	}
}

// FuzzAuth must not crash, and a key that is found must stand in the header.
func FuzzAuth(f *testing.F) {
	f.Add("Sentry sentry_key=abc, sentry_version=7", "sentry_key=abc&sentry_timestamp=1700000000")
	f.Add("sentry_key='a',sentry_timestamp=1700000000123", "")
	f.Add("Sentry", "sentry_key=%zz")
	f.Fuzz(func(t *testing.T, header, query string) {
		c := headerCredentials(header)
		if !strings.Contains(header, c.key) {
			t.Fatalf("%q gives %q", header, c.key)
		}
		requestCredentials(http.Header{"X-Sentry-Auth": {header}, "Authorization": {header}}, query)
		parseDSN(header)
		if r := parseRoute(header, query); slices.Contains([]endpoint{endpointEnvelope, endpointMinidump}, r.endpoint) && r.projectID == 0 {
			t.Fatalf("%q: %+v", header, r)
		}
	})
}
