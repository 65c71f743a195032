package otlp

import (
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/faultline-dev/faultline/internal/event"
)

// reader finds the errors of one request. Their strings alias the request.
type reader struct {
	cfg     *Config
	stacks  *stacks
	project uint32
	now     time.Time
	budget  int // bytes of memory that frames and breadcrumbs may still take

	events []*event.Event
	owners []int // which span or log record each event is of
	items  int   // spans, log records or metrics
	errors int   // of these, errors
	beyond uint64
	newest uint64 // the latest time of any item
	repeat map[event.ID]uint64
}

// growthBase is memory that every request may take, however small it is.
const growthBase = 64 << 10

func (h *Handler) newReader(project uint32, size int) *reader {
	return &reader{cfg: &h.cfg, stacks: h.stacks, project: project, now: time.Now().UTC(), budget: growthBase + h.cfg.Growth*size}
}

// read walks over a request. The three signals have the same shape: resources hold
// scopes, and scopes hold items.
func (r *reader) read(s signal, data []byte) error {
	f := fields{rest: data}
	for f.next() {
		if f.bytes(1) {
			if err := r.resource(s, f.data); err != nil {
				return err
			}
		}
	}
	return f.err("request")
}

func (r *reader) resource(s signal, data []byte) error {
	var o origin
	if s != metrics {
		f := fields{rest: data}
		for f.next() {
			if f.bytes(1) {
				if err := o.resource(f.data); err != nil {
					return err
				}
			}
		}
	}
	f := fields{rest: data}
	for f.next() {
		if f.bytes(2) {
			if err := r.scope(s, &o, f.data); err != nil {
				return err
			}
		}
	}
	return f.err("resource")
}

func (r *reader) scope(s signal, o *origin, data []byte) error {
	here := *o
	if s != metrics {
		f := fields{rest: data}
		for f.next() {
			if f.bytes(1) {
				if err := here.scope(f.data); err != nil {
					return err
				}
			}
		}
	}
	f := fields{rest: data}
	for f.next() {
		if !f.bytes(2) {
			continue
		}
		r.items++
		var err error
		switch s {
		case traces:
			err = r.span(&here, f.data)
		case logs:
			err = r.record(&here, f.data)
		}
		if err != nil {
			return err
		}
	}
	return f.err("scope")
}

// take keeps an event, unless there are too many.
func (r *reader) take(e *event.Event) {
	if n := len(r.owners); n == 0 || r.owners[n-1] != r.items {
		r.errors++
	}
	if len(r.events) >= r.cfg.Events {
		r.beyond++
		return
	}
	r.events = append(r.events, e)
	r.owners = append(r.owners, r.items)
}

// saw notes the time of an item.
func (r *reader) saw(nano uint64) {
	if nano > r.newest && nano < math.MaxInt64 {
		r.newest = nano
	}
}

// unixNano is a time of the protocol; zero: not told.
func unixNano(n uint64) time.Time {
	if n == 0 || n > math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(0, int64(n)).UTC()
}

// logRecord is what a LogRecord says, attributes undecoded.
type logRecord struct {
	time, observed uint64
	severity       uint64
	severityText   string
	name           string
	body           value
	attributes     [][]byte
	trace          event.Trace
}

// record takes a log record that is an error.
func (r *reader) record(o *origin, data []byte) error {
	var l logRecord
	thrown := false
	f := fields{rest: data}
	for f.next() {
		switch {
		case f.num == 1 && f.typ == protowire.Fixed64Type:
			l.time = f.n
		case f.num == 11 && f.typ == protowire.Fixed64Type:
			l.observed = f.n
		case f.num == 2 && f.typ == protowire.VarintType:
			l.severity = f.n
		case f.bytes(3):
			l.severityText = f.text()
		case f.bytes(5):
			v, err := anyValue(f.data)
			if err != nil {
				return err
			}
			l.body = v
		case f.bytes(6):
			l.attributes = append(l.attributes, f.data)
			thrown = thrown || isExceptionKey(f.data)
		case f.bytes(9):
			copy(l.trace.TraceID[:], f.data)
		case f.bytes(10):
			copy(l.trace.SpanID[:], f.data)
		case f.bytes(12):
			l.name = f.text()
		}
	}
	if err := f.err("log record"); err != nil {
		return err
	}
	if l.time == 0 {
		l.time = l.observed
	}
	r.saw(max(l.time, l.observed))
	level := severityLevel(l.severity, l.severityText)
	if !thrown && level < event.LevelError {
		return nil
	}
	return r.logEvent(o, &l, level)
}

// isExceptionKey looks whether a KeyValue's name begins with "exception." without
// decoding more of it. The name stands first in what every exporter sends; where it does
// not, the attribute is read.
func isExceptionKey(data []byte) bool {
	const prefix = "exception."
	if len(data) > 2 && data[0] == 1<<3|byte(protowire.BytesType) {
		return len(data) > 2+len(prefix) && text(data[2:2+len(prefix)]) == prefix
	}
	key, _, err := attribute(data)
	return err == nil && len(key) > len(prefix) && key[:len(prefix)] == prefix
}

// span takes the exceptions among the events of a span.
func (r *reader) span(o *origin, data []byte) error {
	s := span{reader: r, origin: o}
	var end uint64
	f := fields{rest: data}
	for f.next() {
		switch {
		case f.bytes(1):
			copy(s.trace.TraceID[:], f.data)
		case f.bytes(2):
			copy(s.trace.SpanID[:], f.data)
		case f.bytes(4):
			copy(s.trace.ParentSpanID[:], f.data)
		case f.bytes(5):
			s.name = f.text()
		case f.num == 6 && f.typ == protowire.VarintType:
			s.kind = f.n
		case f.num == 8 && f.typ == protowire.Fixed64Type:
			end = f.n
		case f.bytes(9):
			s.attributes = append(s.attributes, f.data)
		case f.bytes(11):
			s.events = append(s.events, f.data)
		case f.bytes(15):
			if err := s.status(f.data); err != nil {
				return err
			}
		}
	}
	if err := f.err("span"); err != nil {
		return err
	}
	r.saw(end)
	s.end = end
	return s.read()
}

// severityLevel is the level of a log record.
func severityLevel(n uint64, name string) event.Level {
	switch {
	case n == 0:
		l, _ := event.ParseLevel(lower(name))
		return l
	case n <= 8:
		return event.LevelDebug
	case n <= 12:
		return event.LevelInfo
	case n <= 16:
		return event.LevelWarning
	case n <= 20:
		return event.LevelError
	}
	return event.LevelFatal
}
