package otlp

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/faultline-dev/faultline/internal/event"
)

// span is what a Span says, attributes and events undecoded.
type span struct {
	*reader
	origin     *origin
	trace      event.Trace
	name       string
	kind       uint64
	end        uint64
	failed     bool
	reason     string
	attributes [][]byte
	events     [][]byte
}

// statusError is Status.STATUS_CODE_ERROR.
const statusError = 2

func (s *span) status(data []byte) error {
	f := fields{rest: data}
	for f.next() {
		switch {
		case f.bytes(2):
			s.reason = f.text()
		case f.num == 3 && f.typ == protowire.VarintType:
			s.failed = f.n == statusError
		}
	}
	return f.err("status")
}

// spanEvent is what an Event of a span says.
type spanEvent struct {
	time       uint64
	name       string
	attributes [][]byte
	thrown     bool
}

func readSpanEvent(data []byte) (e spanEvent, err error) {
	f := fields{rest: data}
	for f.next() {
		switch {
		case f.num == 1 && f.typ == protowire.Fixed64Type:
			e.time = f.n
		case f.bytes(2):
			e.name = f.text()
		case f.bytes(3):
			e.attributes = append(e.attributes, f.data)
		}
	}
	e.thrown = e.name == "exception"
	return e, f.err("event of a span")
}

// maxBreadcrumbs is how many of the events before an exception are kept with it.
const maxBreadcrumbs = 50

// read takes the exceptions; what happened in the span before each are its breadcrumbs.
func (s *span) read() error {
	if len(s.events) == 0 && !(s.failed && s.cfg.ErrorSpans) {
		return nil
	}
	var base *draft
	var crumbs []event.Breadcrumb
	found := false
	for _, data := range s.events {
		e, err := readSpanEvent(data)
		if err != nil {
			return err
		}
		if !e.thrown {
			crumb, err := breadcrumb(&e)
			if err != nil {
				return err
			}
			if crumbs = append(crumbs, crumb); len(crumbs) > 2*maxBreadcrumbs {
				crumbs = append(crumbs[:0], crumbs[len(crumbs)-maxBreadcrumbs:]...)
			}
			continue
		}
		found = true
		if base == nil {
			if base, err = s.base(); err != nil {
				return err
			}
		}
		d := base.clone()
		if err := d.attributes(e.attributes); err != nil {
			return err
		}
		d.event.Level = event.LevelError
		d.event.Timestamp = unixNano(e.time)
		d.breadcrumbs(s.reader, crumbs)
		d.exception(s.reader)
		d.finish()
		s.identify(d.event, e.time, d.mark)
		s.take(d.event)
	}
	if !found && s.failed && s.cfg.ErrorSpans {
		return s.errorSpan(crumbs)
	}
	return nil
}

// base is what all events of the span have in common.
func (s *span) base() (*draft, error) {
	d := s.origin.draft()
	d.event.Trace = s.trace
	d.event.Transaction = s.name
	if err := d.attributes(s.attributes); err != nil {
		return nil, err
	}
	d.route()
	return d, nil
}

// errorSpan makes an event of a span that failed without saying by what.
func (s *span) errorSpan(crumbs []event.Breadcrumb) error {
	d, err := s.base()
	if err != nil {
		return err
	}
	d.event.Level = event.LevelError
	d.event.Timestamp = unixNano(s.end)
	text := s.reason
	if text == "" {
		text = d.tag("error.type")
	}
	if text == "" {
		text = "span " + s.name + " failed"
	}
	d.event.Message.Formatted = text
	d.breadcrumbs(s.reader, crumbs)
	d.finish()
	s.identify(d.event, s.end, "")
	s.take(d.event)
	return nil
}

func breadcrumb(e *spanEvent) (event.Breadcrumb, error) {
	b := event.Breadcrumb{Timestamp: unixNano(e.time), Type: "default", Category: "span.event", Message: e.name}
	n := 0
	for _, data := range e.attributes {
		key, v, err := attribute(data)
		if err != nil {
			return b, err
		}
		if n++; n <= maxCrumbData {
			b.Data = put(b.Data, key, v)
		}
	}
	return b, nil
}

// maxCrumbData is how many attributes of a breadcrumb are kept.
const maxCrumbData = 20
