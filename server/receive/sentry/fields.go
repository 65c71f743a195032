package sentry

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

func (d *decoder) breadcrumbList() []event.Breadcrumb {
	defer empty(&d.crumbs)
	d.list("breadcrumbs", func() {
		if d.kind() != '{' {
			d.pass("breadcrumbs")
			return
		}
		if !room[event.Breadcrumb](d, "breadcrumbs") {
			d.skip()
			return
		}
		d.crumbs = append(d.crumbs, event.Breadcrumb{})
		d.breadcrumb(&d.crumbs[len(d.crumbs)-1])
	})
	return keep(d.crumbs)
}

func (d *decoder) breadcrumb(b *event.Breadcrumb) {
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "timestamp":
			d.time(&b.Timestamp, "breadcrumbs.timestamp")
		case "type":
			d.text(&b.Type, "breadcrumbs.type")
		case "category":
			d.text(&b.Category, "breadcrumbs.category")
		case "message":
			d.anyText(&b.Message)
		case "level":
			d.level(&b.Level, "breadcrumbs.level")
		case "data":
			d.object(&b.Data, "breadcrumbs.data")
		default:
			d.skip()
		}
	}
}

func (d *decoder) user(u *event.User) {
	if d.kind() != '{' {
		d.pass("user")
		return
	}
	*u = event.User{}
	var data []event.Tag
	for d.enter(); d.more('}'); {
		switch name := d.key(); name {
		case "id":
			d.text(&u.ID, "user.id")
		case "email":
			d.text(&u.Email, "user.email")
		case "username":
			d.text(&u.Username, "user.username")
		case "name":
			d.text(&u.Name, "user.name")
		case "ip_address":
			d.text(&u.IP, "user.ip_address")
		case "data", "geo":
			data = append(data, d.pairs("user."+name)...)
		default:
			t := event.Tag{Key: name}
			d.pairValue(&t, "user")
			data = append(data, d.tags...)
			empty(&d.tags)
		}
	}
	u.Data = data
}

func (d *decoder) request(r *event.Request) {
	if d.kind() != '{' {
		d.pass("request")
		return
	}
	*r = event.Request{}
	fragment := ""
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "url":
			d.text(&r.URL, "request.url")
		case "method":
			d.text(&r.Method, "request.method")
		case "query_string":
			r.Query = d.joined("request.query_string", "&", url.QueryEscape)
		case "fragment":
			d.text(&fragment, "request.fragment")
		case "data":
			d.anyText(&r.Body)
		case "cookies":
			r.Cookies = d.joined("request.cookies", "; ", func(s string) string { return s })
		case "headers":
			r.Headers = d.pairs("request.headers")
			for i := range r.Headers {
				r.Headers[i].Key = http.CanonicalHeaderKey(r.Headers[i].Key)
			}
		case "env":
			r.Env = d.pairs("request.env")
		default:
			d.skip()
		}
	}
	if before, after, found := strings.Cut(r.URL, "#"); found {
		r.URL = before
		if fragment == "" {
			fragment = after
		}
	}
	if before, after, found := strings.Cut(r.URL, "?"); found {
		r.URL = before
		if r.Query == "" {
			r.Query = after
		}
	}
	r.Query = strings.TrimPrefix(r.Query, "?")
	if fragment != "" {
		r.URL += "#" + fragment
	}
}

// joined reads a text, or pairs that are joined as in a query string or cookie.
func (d *decoder) joined(path, separator string, escape func(string) string) string {
	if d.isText() {
		return d.take()
	}
	var b strings.Builder
	for i, t := range d.pairs(path) {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(escape(t.Key))
		b.WriteByte('=')
		b.WriteString(escape(t.Value))
	}
	return b.String()
}

func (d *decoder) contexts(e *event.Event) {
	if d.kind() != '{' {
		d.pass("contexts")
		return
	}
	e.Contexts = nil
	for d.enter(); d.more('}'); {
		name := d.key()
		if d.kind() != '{' {
			d.pass("contexts." + name)
			continue
		}
		switch name {
		case "trace":
			ahead := d.cursor
			d.trace(&e.Trace)
			d.pos, d.first, d.bad = ahead.pos, ahead.first, ahead.bad
		case "flags":
			d.flags(e)
			continue
		}
		var c event.Context
		if !room[event.Context](d, "contexts") {
			d.skip()
			continue
		}
		if d.object(&c.Data, "contexts."+name); c.Data != "" {
			c.Name = name
			e.Contexts = append(e.Contexts, c)
		}
	}
}

func (d *decoder) trace(t *event.Trace) {
	if d.kind() != '{' {
		d.pass("contexts.trace")
		return
	}
	id := func(dst []byte, path string) {
		var s string
		d.text(&s, path)
		s = strings.ReplaceAll(s, "-", "")
		if s == "" {
			return
		}
		if len(s) != 2*len(dst) || !isHex(s) {
			d.ignore(path)
			return
		}
		hex.Decode(dst, []byte(s))
	}
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "trace_id":
			id(t.TraceID[:], "contexts.trace.trace_id")
		case "span_id":
			id(t.SpanID[:], "contexts.trace.span_id")
		case "parent_span_id":
			id(t.ParentSpanID[:], "contexts.trace.parent_span_id")
		default:
			d.skip()
		}
	}
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < '0' || c > '9' || s[i] != c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// flags reads the feature flags, oldest first.
func (d *decoder) flags(e *event.Event) {
	e.Flags = nil
	d.list("contexts.flags", func() {
		if d.kind() != '{' {
			d.pass("contexts.flags")
			return
		}
		var f event.Flag
		for d.enter(); d.more('}'); {
			switch d.key() {
			case "flag":
				d.text(&f.Name, "contexts.flags.flag")
			case "result":
				if k := d.kind(); k == 't' || k == 'f' {
					f.Result = d.literal()
				} else {
					d.anyText(&f.Result)
				}
			default:
				d.skip()
			}
		}
		if f.Name != "" && room[event.Flag](d, "contexts.flags") {
			e.Flags = append(e.Flags, f)
		}
	})
}

func (d *decoder) sdk(s *event.SDK, inferIP *string) {
	if d.kind() != '{' {
		d.text(&s.Name, "sdk")
		return
	}
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "name":
			d.text(&s.Name, "sdk.name")
		case "version":
			d.text(&s.Version, "sdk.version")
		case "integrations":
			s.Integrations = d.texts("sdk.integrations")
		case "settings":
			if d.kind() != '{' {
				d.pass("sdk.settings")
				continue
			}
			for d.enter(); d.more('}'); {
				if d.key() == "infer_ip" {
					d.text(inferIP, "sdk.settings.infer_ip")
				} else {
					d.skip()
				}
			}
		default:
			d.skip()
		}
	}
}

func (d *decoder) debugMeta(e *event.Event) {
	if d.kind() != '{' {
		d.pass("debug_meta")
		return
	}
	e.DebugImages = nil
	for d.enter(); d.more('}'); {
		if d.key() != "images" {
			d.skip()
			continue
		}
		if d.kind() != '[' {
			d.pass("debug_meta.images")
			continue
		}
		for d.enter(); d.more(']'); {
			if d.kind() != '{' || !room[event.DebugImage](d, "debug_meta.images") {
				d.pass("debug_meta.images")
				continue
			}
			e.DebugImages = append(e.DebugImages, event.DebugImage{})
			d.image(&e.DebugImages[len(e.DebugImages)-1])
		}
	}
}

func (d *decoder) image(m *event.DebugImage) {
	const path = "debug_meta.images"
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "type":
			d.text(&m.Type, path)
		case "debug_id", "uuid":
			d.text(&m.DebugID, path)
		case "code_id":
			d.text(&m.CodeID, path)
		case "code_file", "name":
			d.text(&m.CodeFile, path)
		case "debug_file":
			d.text(&m.DebugFile, path)
		case "image_addr":
			d.address(&m.ImageAddr, path)
		case "image_size":
			d.address(&m.ImageSize, path)
		case "arch":
			d.text(&m.Arch, path)
		default:
			d.skip()
		}
	}
}

// meta reads the tree of what the SDK did to fields, and returns the paths of
// those that it trimmed: where a member "" tells of a length, a removal or an error.
func (d *decoder) meta() []string {
	var paths []string
	var path []string
	var walk func()
	walk = func() {
		if d.kind() != '{' || len(path) >= maxObject {
			d.skip()
			return
		}
		for d.enter(); d.more('}'); {
			name := d.key()
			if name == "" {
				if d.kind() == '{' && len(paths) < maxIgnored {
					paths = append(paths, strings.Join(path, "."))
				}
				d.skip()
				continue
			}
			path = append(path, name)
			walk()
			path = path[:len(path)-1]
		}
	}
	walk()
	return paths
}
