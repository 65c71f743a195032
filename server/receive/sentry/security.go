package sentry

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// errReport is returned for a body that is no security report.
var errReport = errors.New("the payload is no security report: none of csp-report, expect-ct-report, expect-staple-report, a public key pin or a list of the Reporting API")

// reportsAtOnce bounds the reports of one request.
const reportsAtOnce = 100

// reportRequest is what the request tells of a report beside its body.
type reportRequest struct {
	release, environment, userAgent string
}

// security reads the security reports of a browser.
func (in *intake) security(text string, r *http.Request) error {
	q := r.URL.Query()
	return in.report(strings.TrimSpace(text), reportRequest{
		release: q.Get("sentry_release"), environment: q.Get("sentry_environment"), userAgent: r.UserAgent(),
	})
}

// report reads one report, or a list of the Reporting API, in which those that are
// of no known type are passed over.
func (in *intake) report(text string, r reportRequest) error {
	if len(text) > in.h.cfg.EventBytes {
		return errEventBytes
	}
	d := &decoder{}
	d.reset(text)
	if d.kind() != '[' {
		e := d.oneReport()
		if !d.end() || e == nil {
			return errReport
		}
		in.addReport(e, r)
		return nil
	}
	var list []*event.Event
	for d.enter(); d.more(']'); {
		if len(list) == reportsAtOnce {
			d.skip()
			continue
		}
		if e := d.oneReport(); e != nil {
			list = append(list, e)
		}
	}
	if !d.end() {
		return errReport
	}
	for _, e := range list {
		in.addReport(e, r)
	}
	return nil
}

func (in *intake) addReport(e *event.Event, r reportRequest) {
	e.Release, e.Environment = r.release, r.environment
	if r.userAgent != "" {
		e.Request.Headers = append(e.Request.Headers, event.Tag{Key: "User-Agent", Value: r.userAgent})
	}
	e.User.IP = autoIP
	in.add(parsed{Event: e})
}

// oneReport reads a report in any of its forms; nil for what is none.
func (d *decoder) oneReport() *event.Event {
	if d.kind() != '{' {
		d.skip()
		return nil
	}
	start := d.cursor
	var kind string
	var found *event.Event
	for d.enter(); d.more('}'); {
		switch name := d.key(); name {
		case "csp-report", "csp":
			found = cspEvent(d.members())
		case "expect-ct-report", "expect-ct":
			found = hostReport("expectct", "Expect-CT failed for", d.members())
		case "expect-staple-report", "expect-staple":
			found = hostReport("expectstaple", "Expect-Staple failed for", d.members())
		case "hpkp":
			found = hostReport("hpkp", "Public key pinning validation failed for", d.members())
		case "type":
			d.text(&kind, name)
		case "body":
			if m := d.members(); kind == "csp-violation" || kind == "" && m.get("effective-directive") != "" {
				found = cspEvent(m)
			}
		default:
			d.skip()
		}
	}
	if found != nil || d.bad {
		return found
	}
	// Public key pins have no wrapping; a type may also stand behind its body.
	after := *d
	d.cursor.pos, d.cursor.first = start.pos, start.first
	m := d.members()
	d.cursor.pos, d.cursor.first = after.pos, after.first
	if m.get("hostname") != "" && m.get("date-time") != "" {
		return hostReport("hpkp", "Public key pinning validation failed for", m)
	}
	if kind == "csp-violation" {
		inner := &decoder{}
		inner.reset(m.get("body"))
		if inner.kind() == '{' {
			return cspEvent(inner.members())
		}
	}
	return nil
}

// report is the members of a report under the names of the older form, with
// dashes, and its JSON.
type report struct {
	fields map[string]string
	raw    string
}

func (r report) get(name string) string { return r.fields[name] }

// members reads an object whose values are texts. Names like blockedURL become
// blocked-uri.
func (d *decoder) members() report {
	r := report{fields: map[string]string{}}
	if d.kind() != '{' {
		d.skip()
		return r
	}
	ahead := d.cursor
	r.raw = d.raw()
	if d.bad {
		return r
	}
	inner := decoder{cursor: ahead}
	for inner.enter(); inner.more('}'); {
		name := dashed(inner.key())
		var value string
		inner.anyText(&value)
		if _, twice := r.fields[name]; !twice && len(r.fields) < 100 {
			r.fields[name] = value
		}
	}
	return r
}

// dashed turns effectiveDirective into effective-directive, and documentURL into
// document-uri.
func dashed(name string) string {
	if strings.ContainsAny(name, "-_") {
		return name
	}
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		upper := 'A' <= c && c <= 'Z'
		if upper && i > 0 && (name[i-1] < 'A' || name[i-1] > 'Z') {
			b.WriteByte('-')
		}
		if upper {
			c |= 0x20
		}
		b.WriteByte(c)
	}
	s := b.String()
	switch s {
	case "blocked-url", "document-url":
		return strings.TrimSuffix(s, "url") + "uri"
	}
	return s
}

// cspEvent makes an event of a violated content security policy. Those that break
// the same directive with the same source are one issue.
func cspEvent(r report) *event.Event {
	directive := r.get("effective-directive")
	if directive == "" {
		directive = r.get("violated-directive")
	}
	directive, _, _ = strings.Cut(strings.TrimSpace(directive), " ")
	directive = strings.ToLower(directive)
	blocked := blockedSource(r.get("blocked-uri"), r.get("document-uri"))
	if blocked == "" && directive == "script-src" && strings.Contains(r.get("violated-directive"), "unsafe-inline") {
		blocked = "unsafe-inline"
	}
	if directive == "" {
		return nil
	}
	e := &event.Event{
		Logger: "csp", Platform: "other", Message: event.Message{Formatted: cspText(directive, blocked)},
		Fingerprint: []string{"csp", directive, blocked},
		Tags:        []event.Tag{{Key: "effective-directive", Value: directive}, {Key: "blocked-uri", Value: r.get("blocked-uri")}},
		Request:     event.Request{URL: r.get("document-uri")},
		Contexts:    []event.Context{{Name: "csp", Data: event.Object(r.raw)}},
	}
	if referrer := r.get("referrer"); referrer != "" {
		e.Request.Headers = []event.Tag{{Key: "Referer", Value: referrer}}
	}
	return e
}

// blockedSource is what a policy would name: a keyword, a scheme or a host.
func blockedSource(uri, document string) string {
	uri = strings.TrimSpace(uri)
	switch uri {
	case "", "self", "'self'":
		return strings.Trim(uri, "'")
	case "inline", "eval", "wasm-eval":
		return "unsafe-" + uri
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme == "" {
		return uri
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss":
	default:
		return u.Scheme
	}
	if own, err := url.Parse(document); err == nil && own.Host == u.Host && u.Host != "" {
		return "self"
	}
	return u.Host
}

// directiveNames are the words for what a directive governs.
var directiveNames = map[string]string{
	"base-uri": "base URI", "child-src": "child", "connect-src": "connect", "font-src": "font", "form-action": "form action", "frame-ancestors": "frame ancestors",
	"frame-src": "frame", "img-src": "image", "manifest-src": "manifest", "media-src": "media", "object-src": "object", "plugin-types": "plugin", "style-src": "style",
	"style-src-elem": "style", "style-src-attr": "inline style", "script-src": "script", "script-src-elem": "script", "script-src-attr": "inline script", "worker-src": "worker",
	"prefetch-src": "prefetch", "default-src": "resource", "navigate-to": "navigation",
}

// cspText says what was blocked.
func cspText(directive, blocked string) string {
	what := directiveNames[directive]
	if what == "" {
		what = directive
	}
	switch blocked {
	case "":
		return "Blocked " + what
	case "unsafe-inline":
		return "Blocked unsafe inline '" + what + "'"
	case "unsafe-eval", "unsafe-wasm-eval":
		return "Blocked unsafe eval() '" + what + "'"
	}
	return "Blocked '" + what + "' from '" + blocked + "'"
}

// hostReport makes an event of a report about a host's certificate.
func hostReport(kind, text string, r report) *event.Event {
	host := r.get("hostname")
	if host == "" {
		return nil
	}
	return &event.Event{
		Logger: kind, Platform: "other", Message: event.Message{Formatted: text + " '" + host + "'"},
		Fingerprint: []string{kind, host},
		Tags:        []event.Tag{{Key: "hostname", Value: host}},
		Request:     event.Request{URL: "https://" + host},
		Contexts:    []event.Context{{Name: kind, Data: event.Object(r.raw)}},
	}
}
