package otlp

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// logEvent makes an event of a log record.
func (r *reader) logEvent(o *origin, l *logRecord, level event.Level) error {
	d := o.draft()
	e := d.event
	e.Logger = o.scopeName
	e.Trace = l.trace
	e.Level = level
	e.Timestamp = unixNano(l.time)
	if err := d.attributes(l.attributes); err != nil {
		return err
	}
	d.route()
	d.body(l.body)
	if l.name == "" {
		l.name = d.eventName
	}
	if l.name != "" {
		e.Tags = append(e.Tags, event.Tag{Key: "event.name", Value: l.name})
	}
	if d.thrown.is() {
		if strings.HasSuffix(l.name, "exception") && level >= event.LevelError {
			d.thrown.escaped = true
		}
		d.exception(r)
		if e.Message.Formatted == e.Exceptions[0].Value {
			e.Message = event.Message{}
		}
	} else {
		d.where()
		if e.Message.Text() == "" {
			e.Message.Formatted = first(l.name, l.severityText, "log record without a body")
		}
	}
	d.finish()
	r.identify(e, l.time, d.mark)
	r.take(e)
	return nil
}

// body makes the message. Of a map, the member that is called so is the message.
func (d *draft) body(v value) {
	m := &d.event.Message
	m.Template = d.template
	if v.kind != mapValue {
		m.Formatted = v.String()
		return
	}
	f := fields{rest: v.data}
	for f.next() {
		if !f.bytes(1) {
			continue
		}
		key, member, err := attribute(f.data)
		switch {
		case err != nil:
		case m.Formatted == "" && member.kind == stringValue && (key == "message" || key == "msg" || key == "log"):
			m.Formatted = text(member.data)
		default:
			d.more("body."+key, member)
		}
	}
	if m.Formatted == "" && len(v.data) <= maxObject {
		m.Formatted = v.String()
	}
}

// first is the first text that says something.
func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func lower(s string) string {
	if len(s) > 16 {
		return ""
	}
	return strings.ToLower(s)
}
