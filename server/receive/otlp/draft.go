package otlp

import (
	"slices"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// draft is an event that is being made of attributes.
type draft struct {
	event     *event.Event
	facts     [factCount]string
	thrown    thrown
	eventName string
	template  string
	outer     []event.Tag // of scope and resource: the event's own come first
	extra     []byte      // a JSON object without its last brace
	mark      string      // what tells the throw apart from others, whoever reports it
	wide      bool        // of a resource or scope: what is no tag is shown as a context
}

func newDraft() *draft { return &draft{event: &event.Event{}} }

// clone makes a copy that can be changed on its own.
func (d *draft) clone() *draft {
	c := *d
	e := *d.event
	e.Tags = slices.Clone(e.Tags)
	e.Contexts = slices.Clone(e.Contexts)
	e.Request.Headers = slices.Clone(e.Request.Headers)
	e.User.Data = slices.Clone(e.User.Data)
	c.extra = slices.Clone(d.extra)
	c.event = &e
	return &c
}

// maxTags is how many attributes become tags; what is beyond is shown beside them.
const maxTags = 150

// maxTag is the longest text that becomes a tag.
const maxTag = 200

func (d *draft) attributes(list [][]byte) error {
	for _, data := range list {
		if err := d.attribute(data); err != nil {
			return err
		}
	}
	return nil
}

// attribute reads a KeyValue and puts it where it belongs.
func (d *draft) attribute(data []byte) error {
	key, v, err := attribute(data)
	if err != nil || key == "" || v.kind == noValue {
		return err
	}
	d.set(key, v)
	return nil
}

// set puts an attribute where it belongs: a field of the event, a context, a tag, or
// else the extra facts.
func (d *draft) set(key string, v value) {
	p, known := places[key]
	if known {
		switch {
		case p.fact != noFact:
			d.facts[p.fact] = v.String()
		case p.put != nil:
			p.put(d, v)
		default:
			d.context(p.context, p.name, v)
		}
		if !p.alsoTag {
			return
		}
	}
	if name, found := strings.CutPrefix(key, "http.request.header."); found {
		d.header(name, v)
		return
	}
	if v.scalar() && len(v.data) <= maxTag && len(d.event.Tags) < maxTags && !slices.Contains(v.data, '\n') {
		if s := v.String(); s != "" {
			d.event.Tags = append(d.event.Tags, event.Tag{Key: key, Value: s})
		}
		return
	}
	if d.wide {
		d.context("resource", key, v)
		return
	}
	d.more(key, v)
}

// more adds an extra fact, as long as there is room.
func (d *draft) more(key string, v value) {
	if len(d.extra)+len(key)+len(v.data) > maxObject {
		return
	}
	before := len(d.extra)
	if before == 0 {
		d.extra = append(d.extra, '{')
	} else {
		d.extra = append(d.extra, ',')
	}
	d.extra = append(appendText(d.extra, key), ':')
	d.extra = appendValue(d.extra, v, 0)
	if len(d.extra) > maxObject {
		d.extra = d.extra[:before]
	}
}

// maxContext bounds one context.
const maxContext = 4 << 10

// context adds a fact to a context.
func (d *draft) context(name, key string, v value) {
	list := d.event.Contexts
	i := slices.IndexFunc(list, func(c event.Context) bool { return c.Name == name })
	if i < 0 {
		list = append(list, event.Context{Name: name})
		i = len(list) - 1
		d.event.Contexts = list
	}
	if len(list[i].Data)+len(v.data) > maxContext {
		return
	}
	list[i].Data = put(list[i].Data, key, v)
}

func (d *draft) header(name string, v value) {
	if len(d.event.Request.Headers) >= maxTags {
		return
	}
	s := v.String()
	if v.kind == arrayValue {
		s = strings.Join(v.texts(), ", ")
	}
	d.event.Request.Headers = append(d.event.Request.Headers, event.Tag{Key: name, Value: s})
}

// texts are the elements of a list.
func (v value) texts() []string {
	var out []string
	f := fields{rest: v.data}
	for f.next() {
		if f.bytes(1) {
			element, _ := anyValue(f.data)
			out = append(out, element.String())
		}
	}
	return out
}

// tag is the value of a tag of the event itself.
func (d *draft) tag(key string) string {
	s, _ := d.event.Tag(key)
	return s
}

// route completes the request, and names the transaction after the route if nothing
// better is known.
func (d *draft) route() {
	r := &d.event.Request
	if r.URL == "" && d.facts[urlPath] != "" {
		if host := d.facts[serverAddress]; host != "" {
			r.URL = first(d.facts[urlScheme], "http") + "://" + host
			if port := d.facts[serverPort]; port != "" && port != "80" && port != "443" {
				r.URL += ":" + port
			}
		}
		r.URL += d.facts[urlPath]
	}
	if r.Query == "" {
		r.Query = d.facts[urlQuery]
	}
	if d.event.Transaction == "" && d.facts[httpRoute] != "" {
		d.event.Transaction = strings.TrimSpace(r.Method + " " + d.facts[httpRoute])
	}
	if d.facts[userAgent] != "" && !slices.ContainsFunc(r.Headers, func(h event.Tag) bool { return strings.EqualFold(h.Key, "User-Agent") }) {
		r.Headers = append(r.Headers, event.Tag{Key: "User-Agent", Value: d.facts[userAgent]})
	}
}

// breadcrumbs copies those that there is memory for.
func (d *draft) breadcrumbs(r *reader, list []event.Breadcrumb) {
	list = list[max(0, len(list)-maxBreadcrumbs):]
	if size := len(list) * breadcrumbSize; size <= r.budget {
		r.budget -= size
		d.event.Breadcrumbs = slices.Clone(list)
	}
}

// finish puts together what was gathered.
func (d *draft) finish() {
	d.event.Tags = append(d.event.Tags, d.outer...)
	if len(d.extra) > 0 {
		d.event.Extra = event.Object(append(d.extra, '}'))
	}
	if id, name := d.facts[threadID], d.facts[threadName]; id != "" || name != "" {
		d.event.Threads = []event.Thread{{ID: id, Name: name, Current: true, Crashed: len(d.event.Exceptions) > 0}}
		if len(d.event.Exceptions) > 0 {
			d.event.Exceptions[0].ThreadID = id
		}
	}
}
