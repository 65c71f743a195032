package wire

import (
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// event reads an Event message into e.
func (d *Decoder) event(e *event.Event, data string) {
	var at stamp
	var extra merged
	c := cursor{rest: data}
	for c.next() && d.err == nil {
		switch c.key {
		case 1<<3 | bytesType:
			if err := setID(&e.ID, c.str); err != nil {
				d.fail(err)
			}
		case 2<<3 | bytesType:
			d.stamp(&at, c.str)
		case 3<<3 | varintType:
			e.Level = level(c.num)
		case 4<<3 | bytesType:
			d.mistaken = d.mistaken || d.relied && c.str != e.Platform
			e.Platform = d.own(c.str)
			d.platform = e.Platform
		case 5<<3 | bytesType:
			e.Logger = d.own(c.str)
		case 6<<3 | bytesType:
			e.Transaction = d.own(c.str)
		case 7<<3 | bytesType:
			e.ServerName = d.own(c.str)
		case 8<<3 | bytesType:
			e.Release = d.own(c.str)
		case 9<<3 | bytesType:
			e.Dist = d.own(c.str)
		case 10<<3 | bytesType:
			e.Environment = d.own(c.str)
		case 11<<3 | bytesType:
			d.message(&e.Message, c.str)
		case 12<<3 | bytesType:
			e.Exceptions = grow(d, &d.exceptions, e.Exceptions, &c)
			e.Exceptions = append(e.Exceptions, d.exception(c.str))
		case 13<<3 | bytesType:
			e.Threads = grow(d, &slab[event.Thread]{}, e.Threads, &c)
			e.Threads = append(e.Threads, d.thread(c.str))
		case 14<<3 | bytesType:
			e.Breadcrumbs = grow(d, &d.breadcrumbs, e.Breadcrumbs, &c)
			e.Breadcrumbs = append(e.Breadcrumbs, d.breadcrumb(c.str))
		case 15<<3 | bytesType:
			d.user(&e.User, c.str)
		case 16<<3 | bytesType:
			d.request(&e.Request, c.str)
		case 17<<3 | bytesType:
			e.Contexts = grow(d, &d.contexts, e.Contexts, &c)
			e.Contexts = append(e.Contexts, d.context(c.str))
		case 18<<3 | bytesType:
			e.Tags = d.tag(e.Tags, &c)
		case 19<<3 | bytesType:
			extra.add(c.str)
		case 20<<3 | bytesType:
			e.Fingerprint = d.text1(e.Fingerprint, &c)
		case 21<<3 | bytesType:
			e.Modules = d.tag(e.Modules, &c)
		case 22<<3 | bytesType:
			d.sdk(&e.SDK, c.str)
		case 23<<3 | bytesType:
			d.trace(&e.Trace, c.str)
		case 24<<3 | bytesType:
			e.DebugImages = grow(d, &slab[event.DebugImage]{}, e.DebugImages, &c)
			e.DebugImages = append(e.DebugImages, d.debugImage(c.str))
		case 25<<3 | bytesType:
			e.Attachments = grow(d, &slab[event.Attachment]{}, e.Attachments, &c)
			e.Attachments = append(e.Attachments, d.attachment(c.str))
		case 26<<3 | bytesType:
			e.Flags = grow(d, &slab[event.Flag]{}, e.Flags, &c)
			e.Flags = append(e.Flags, d.flag(c.str))
		case 27<<3 | bytesType:
			e.Trimmed = d.text1(e.Trimmed, &c)
		case 28<<3 | bytesType:
			e.Scrubbed = d.text1(e.Scrubbed, &c)
		}
	}
	d.check(&c, "event")
	e.Timestamp, e.Extra = at.time(), d.object(extra.bytes())
	e.Contexts = sortMap(e.Contexts, func(c *event.Context) string { return c.Name })
	e.Tags, e.Modules = sortTags(e.Tags), sortTags(e.Modules)
	e.User.Data, e.Request.Env = sortTags(e.User.Data), sortTags(e.Request.Env)
}

// text1 appends one string to a list.
func (d *Decoder) text1(list []string, c *cursor) []string {
	return append(grow(d, &d.strings, list, c), d.own(c.str))
}

// tag appends one entry of a map of strings.
func (d *Decoder) tag(list []event.Tag, c *cursor) []event.Tag {
	return append(grow(d, &d.tags, list, c), d.pair(c.str))
}

// pair reads two strings with the numbers 1 and 2: a map's entry or a header.
func (d *Decoder) pair(data string) event.Tag {
	var t event.Tag
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			t.Key = d.own(c.str)
		case 2<<3 | bytesType:
			t.Value = d.own(c.str)
		}
	}
	d.check(&c, "a pair of texts")
	return t
}

// stamp is a Timestamp message while its fields arrive.
type stamp struct {
	seconds int64
	nanos   int32
	present bool
}

func (s stamp) time() time.Time {
	if !s.present {
		return time.Time{}
	}
	return time.Unix(s.seconds, int64(s.nanos)).UTC()
}

func (d *Decoder) stamp(s *stamp, data string) {
	s.present = true
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | varintType:
			s.seconds = int64(c.num)
		case 2<<3 | varintType:
			s.nanos = int32(c.num)
		}
	}
	d.check(&c, "timestamp")
}

func (d *Decoder) message(m *event.Message, data string) {
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			m.Template = d.own(c.str)
		case 2<<3 | bytesType:
			m.Formatted = d.own(c.str)
		case 3<<3 | bytesType:
			m.Params = d.text1(m.Params, &c)
		}
	}
	d.check(&c, "message")
}

func (d *Decoder) breadcrumb(data string) event.Breadcrumb {
	var b event.Breadcrumb
	var at stamp
	var object merged
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			d.stamp(&at, c.str)
		case 2<<3 | bytesType:
			b.Type = d.own(c.str)
		case 3<<3 | bytesType:
			b.Category = d.own(c.str)
		case 4<<3 | bytesType:
			b.Message = d.own(c.str)
		case 5<<3 | varintType:
			b.Level = level(c.num)
		case 6<<3 | bytesType:
			object.add(c.str)
		}
	}
	d.check(&c, "breadcrumb")
	b.Timestamp, b.Data = at.time(), d.object(object.bytes())
	return b
}

func (d *Decoder) user(u *event.User, data string) {
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			u.ID = d.own(c.str)
		case 2<<3 | bytesType:
			u.Email = d.own(c.str)
		case 3<<3 | bytesType:
			u.Username = d.own(c.str)
		case 4<<3 | bytesType:
			u.Name = d.own(c.str)
		case 5<<3 | bytesType:
			u.IP = d.own(c.str)
		case 6<<3 | bytesType:
			u.Data = d.tag(u.Data, &c)
		}
	}
	d.check(&c, "user")
}

func (d *Decoder) request(r *event.Request, data string) {
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			r.URL = d.own(c.str)
		case 2<<3 | bytesType:
			r.Method = d.own(c.str)
		case 3<<3 | bytesType:
			r.Query = d.own(c.str)
		case 4<<3 | bytesType:
			r.Headers = d.tag(r.Headers, &c)
		case 5<<3 | bytesType:
			r.Cookies = d.own(c.str)
		case 6<<3 | bytesType:
			r.Body = d.own(c.str)
		case 7<<3 | bytesType:
			r.Env = d.tag(r.Env, &c)
		}
	}
	d.check(&c, "request")
}

func (d *Decoder) sdk(s *event.SDK, data string) {
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			s.Name = d.own(c.str)
		case 2<<3 | bytesType:
			s.Version = d.own(c.str)
		case 3<<3 | bytesType:
			s.Integrations = d.text1(s.Integrations, &c)
		}
	}
	d.check(&c, "sdk")
}

func (d *Decoder) trace(t *event.Trace, data string) {
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			setTrace(t.TraceID[:], c.str)
		case 2<<3 | bytesType:
			setTrace(t.SpanID[:], c.str)
		case 3<<3 | bytesType:
			setTrace(t.ParentSpanID[:], c.str)
		}
	}
	d.check(&c, "trace")
}

func (d *Decoder) attachment(data string) event.Attachment {
	var a event.Attachment
	c := cursor{rest: data}
	for c.next() {
		switch c.key {
		case 1<<3 | bytesType:
			a.Filename = d.own(c.str)
		case 2<<3 | bytesType:
			a.ContentType = d.own(c.str)
		case 3<<3 | bytesType:
			a.Type = d.own(c.str)
		case 4<<3 | varintType:
			a.Size = c.num
		}
	}
	d.check(&c, "attachment")
	return a
}

func (d *Decoder) flag(data string) event.Flag {
	p := d.pair(data)
	return event.Flag{Name: p.Key, Result: p.Value}
}
