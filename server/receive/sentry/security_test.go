package sentry

import (
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
)

func TestSecurityReportsOfBrowsers(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	f := func(path, body, title, fingerprint string) {
		t.Helper()
		w := p.send(t, "POST", path+withKey+"&sentry_release=r&sentry_environment=e", body, "Content-Type: application/csp-report", "User-Agent: Firefox")
		if w.StatusCode != 200 {
			t.Errorf("%s: %d %s", body, w.StatusCode, w.text)
			return
		}
		e := p.last(t).Events[0]
		if e.Message.Formatted != title || strings.Join(e.Fingerprint, " ") != fingerprint {
			t.Errorf("%q, %q", e.Message.Formatted, e.Fingerprint)
		}
		if e.Release != "r" || e.Environment != "e" || e.User.IP != "{{auto}}" || e.Request.Headers[len(e.Request.Headers)-1] != (event.Tag{Key: "User-Agent", Value: "Firefox"}) {
			t.Errorf("%+v", e)
		}
	}
	csp := func(directive, blocked string) string {
		return `{"csp-report":{"document-uri":"https://shop.example/cart","referrer":"https://r","violated-directive":"` + directive + ` 'self'","effective-directive":"` + directive + `","blocked-uri":"` + blocked + `","original-policy":"x"}}`
	}
	f("/api/7/security/", csp("script-src", "https://cdn.evil.example/a.js"), "Blocked 'script' from 'cdn.evil.example'", "csp script-src cdn.evil.example")
	f("/api/7/csp-report/", csp("img-src", "data"), "Blocked 'image' from 'data'", "csp img-src data")
	f("/api/csp-report/", csp("style-src-elem", "inline"), "Blocked unsafe inline 'style'", "csp style-src-elem unsafe-inline")
	f("/api/7/security", csp("script-src", "eval"), "Blocked unsafe eval() 'script'", "csp script-src unsafe-eval")
	f("/api/7/security", csp("connect-src", "https://shop.example/api"), "Blocked 'connect' from 'self'", "csp connect-src self")
	f("/api/7/security", csp("script-src", "blob"), "Blocked 'script' from 'blob'", "csp script-src blob")
	api := `[{"type":"deprecation","body":{}},{"body":{"blockedURL":"https://x.example/a","documentURL":"https://shop.example/","effectiveDirective":"font-src"},"age":1,"type":"csp-violation"}]`
	f("/api/7/security/", api, "Blocked 'font' from 'x.example'", "csp font-src x.example")
	if u := p.event(t).Request.URL; u != "https://shop.example/" {
		t.Errorf("URL %s", u)
	}
	f("/api/7/security/", `{"expect-ct-report":{"date-time":"2020","hostname":"a.example","port":443}}`, "Expect-CT failed for 'a.example'", "expectct a.example")
	f("/api/7/security/", `{"expect-staple-report":{"hostname":"a.example"}}`, "Expect-Staple failed for 'a.example'", "expectstaple a.example")
	f("/api/7/security/", `{"date-time":"2020","hostname":"a.example","port":443,"known-pins":[]}`, "Public key pinning validation failed for 'a.example'", "hpkp a.example")
	for _, bad := range []string{"", "{}", "x", "[", `{"csp-report":7}`, `{"csp-report":{}}`, `[{"type":"csp-violation"}`} {
		if w := p.send(t, "POST", "/api/7/security/"+withKey, bad); w.StatusCode != 400 {
			t.Errorf("%s: %d", bad, w.StatusCode)
		}
	}
	if w := p.send(t, "POST", "/api/7/security/"+withKey, `[{"type":"deprecation","body":{}}]`); w.StatusCode != 200 {
		t.Error(w.StatusCode)
	}
}

// FuzzReport must not crash, and makes events only of reports that say where.
func FuzzReport(f *testing.F) {
	f.Add(`{"csp-report":{"effective-directive":"script-src","blocked-uri":"https://a/b"}}`)
	f.Add(`[{"body":{"blockedURL":"inline"},"type":"csp-violation"},{"expect-ct":{"hostname":"x"}}]`)
	f.Add(`{"date-time":"2020","hostname":"a.example"}`)
	p := newPlace(f, nil)
	f.Fuzz(func(t *testing.T, text string) {
		in := &intake{h: p.handler}
		if err := in.report(text, reportRequest{}); err != nil {
			return
		}
		for _, e := range in.batch.Events {
			if e.Message.Formatted == "" || len(e.Fingerprint) == 0 {
				t.Fatalf("%+v", e)
			}
		}
	})
}

// FuzzEvent must not crash; what is taken must not depend on its being read twice.
func FuzzEvent(f *testing.F) {
	f.Add(`{"event_id":"x","exception":{"values":[{"type":"A","stacktrace":{"frames":[{"lineno":1,"vars":{"a":[1]}}]},"mechanism":{"exception_id":1}}]},"tags":[["a","b"]],"breadcrumbs":{"values":[{"timestamp":1}]}}`)
	f.Add(`{"request":{"url":"a?b#c","query_string":[["a","b"]],"headers":{"a":["b"]}},"user":{"id":1,"geo":{"a":"b"}},"contexts":{"trace":{"trace_id":"00"},"flags":{"values":[{"flag":"a","result":true}]}},"_meta":{"a":{"":{}}}}`)
	f.Add(`{"logentry":{"message":"%s {} {0} %(a)s","params":{"a":1}},"threads":[{"id":1,"crashed":true,"stacktrace":{"frames":[{}]}}],"exception":[{"value":"A: b"}],"level":"x","timestamp":"2020-01-01 00:00:00"}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := decodeEvent(text)
		if err != nil {
			return
		}
		if _, err := slow(text); err != nil && !strings.Contains(text, "NaN") && !strings.Contains(text, "Infinity") {
			t.Fatalf("%q is taken and is no JSON: %v", text, err)
		}
		for i := range p.Exceptions {
			if m := p.Exceptions[i].Mechanism; i == 0 && m.ParentID != -1 || i > 0 && m.ParentID < 0 {
				t.Fatalf("exception %d: %+v", i, m)
			}
		}
		for _, c := range p.Contexts {
			if _, err := slow(string(c.Data)); err != nil {
				t.Fatalf("context %q: %v", c.Data, err)
			}
		}
		again, err := decodeEvent(text)
		if err != nil {
			t.Fatal(err)
		}
		same(t, again.Event, p.Event)
	})
}
