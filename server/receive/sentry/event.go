package sentry

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// errJSON is returned for a payload that is no JSON object.
var errJSON = errors.New("the payload is no JSON object")

// The types of payload that an event item or a store request may hold.
const (
	typeTransaction = "transaction"
	typeFeedback    = "feedback"
)

// parsed is an event with what only matters until it is complete.
type parsed struct {
	*event.Event
	kind    string   // type of the payload
	inferIP string   // the SDK's wish: auto, never or empty
	ignored []string // paths of fields that could not be understood
	trimmed []string // paths of fields that the SDK trimmed
}

// decoders are idle decoders; one holds little.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// decodeEvent reads the payload of an event. Strings of the event alias the text.
// A field that cannot be understood is left out and named in ignored; only text
// that is no JSON object is an error.
func decodeEvent(text string) (parsed, error) {
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	defer d.release()
	d.reset(text)
	if d.kind() != '{' {
		return parsed{}, errJSON
	}
	p := parsed{Event: &event.Event{}}
	var l loose
	for d.enter(); d.more('}'); {
		d.field(&p, &l, d.key())
	}
	if !d.end() {
		return parsed{}, errJSON
	}
	l.settle(p.Event)
	p.ignored = d.ignored
	return p, nil
}

// loose are fields whose place in the event depends on others.
type loose struct {
	message  event.Message // "message"
	entry    event.Message // "logentry"
	culprit  string
	checksum string
	site     string
	stack    event.Stacktrace // of the event itself, as old clients send it
}

// field reads one member of an event.
func (d *decoder) field(p *parsed, l *loose, name string) {
	e := p.Event
	switch name {
	case "event_id":
		d.eventID(&e.ID)
	case "timestamp":
		d.time(&e.Timestamp, name)
	case "level":
		d.level(&e.Level, name)
	case "type":
		d.text(&p.kind, name)
	case "platform":
		d.text(&e.Platform, name)
	case "logger":
		d.text(&e.Logger, name)
	case "transaction":
		d.text(&e.Transaction, name)
	case "culprit":
		d.text(&l.culprit, name)
	case "server_name":
		d.text(&e.ServerName, name)
	case "site":
		d.text(&l.site, name)
	case "release":
		d.text(&e.Release, name)
	case "dist":
		d.text(&e.Dist, name)
	case "environment":
		d.text(&e.Environment, name)
	case "checksum":
		d.text(&l.checksum, name)
	case "message", "sentry.interfaces.Message":
		d.message(&l.message, name)
	case "logentry":
		d.message(&l.entry, name)
	case "exception", "sentry.interfaces.Exception":
		e.Exceptions = d.exceptionList()
	case "threads", "sentry.interfaces.Threads":
		e.Threads = d.threadList()
	case "stacktrace", "sentry.interfaces.Stacktrace":
		d.stacktrace(&l.stack, name)
	case "breadcrumbs", "sentry.interfaces.Breadcrumbs":
		e.Breadcrumbs = d.breadcrumbList()
	default:
		d.surroundings(p, name)
	}
}

// surroundings reads a member that tells of where an event happened.
func (d *decoder) surroundings(p *parsed, name string) {
	e := p.Event
	switch name {
	case "user", "sentry.interfaces.User":
		d.user(&e.User)
	case "request", "http", "sentry.interfaces.Http":
		d.request(&e.Request)
	case "contexts", "sentry.interfaces.Contexts":
		d.contexts(e)
	case "tags":
		e.Tags = d.pairs(name)
	case "extra":
		d.object(&e.Extra, name)
	case "fingerprint":
		d.fingerprint(e)
	case "modules":
		e.Modules = d.pairs(name)
	case "sdk":
		d.sdk(&e.SDK, &p.inferIP)
	case "debug_meta", "debugMeta", "sentry.interfaces.DebugMeta":
		d.debugMeta(e)
	case "_meta":
		p.trimmed = d.meta()
	default:
		d.skip()
	}
}

// settle puts what is loose into its place.
func (l *loose) settle(e *event.Event) {
	e.Message = l.entry
	if e.Message.Text() == "" {
		e.Message = l.message
	}
	interpolate(&e.Message)
	if e.Transaction == "" {
		e.Transaction = l.culprit
	}
	if len(e.Fingerprint) == 0 && l.checksum != "" {
		e.Fingerprint = []string{l.checksum}
	}
	l.placeStack(e)
	unwrapMessage(e)
	for i := 0; i < len(e.Tags); i++ {
		field := tagField(e, e.Tags[i].Key)
		if field == nil {
			continue
		}
		if *field == "" {
			*field = e.Tags[i].Value
		}
		e.Tags = append(e.Tags[:i], e.Tags[i+1:]...)
		i--
	}
	if _, found := e.Tag("site"); l.site != "" && !found {
		e.Tags = append(e.Tags, event.Tag{Key: "site", Value: l.site})
	}
}

// tagField is the field that a tag of an old client stands for.
func tagField(e *event.Event, key string) *string {
	switch key {
	case "environment":
		return &e.Environment
	case "sentry:release":
		return &e.Release
	case "sentry:dist":
		return &e.Dist
	}
	return nil
}

// placeStack gives a stack that stands apart to the exception it belongs to: that
// of the event itself, or of the thread that crashed.
func (l *loose) placeStack(e *event.Event) {
	if len(l.stack.Frames) > 0 {
		if len(e.Exceptions) == 1 && len(e.Exceptions[0].Stack.Frames) == 0 {
			e.Exceptions[0].Stack = l.stack
		} else if len(e.Exceptions) == 0 {
			e.Threads = append(e.Threads, event.Thread{Current: true, Stack: l.stack})
		}
	}
	if len(e.Exceptions) != 1 || len(e.Exceptions[0].Stack.Frames) > 0 {
		return
	}
	crashed := -1
	for i := range e.Threads {
		if e.Threads[i].Crashed {
			if crashed >= 0 {
				return
			}
			crashed = i
		}
	}
	if crashed >= 0 {
		e.Exceptions[0].Stack = e.Threads[crashed].Stack
		e.Threads[crashed].Stack = event.Stacktrace{}
		if e.Exceptions[0].ThreadID == "" {
			e.Exceptions[0].ThreadID = e.Threads[crashed].ID
		}
	}
}

// unwrapMessage takes a message out of the exception without a type in which
// JavaScript's SDKs send its stack.
func unwrapMessage(e *event.Event) {
	if len(e.Exceptions) != 1 {
		return
	}
	x := &e.Exceptions[0]
	if x.Type != "" || x.Value == "" || x.Value != e.Message.Text() {
		return
	}
	if len(x.Stack.Frames) > 0 {
		e.Threads = append(e.Threads, event.Thread{ID: x.ThreadID, Current: true, Stack: x.Stack})
	}
	e.Exceptions = nil
}

func (d *decoder) eventID(dst *event.ID) {
	var s string
	d.text(&s, "event_id")
	if s == "" {
		return
	}
	id, err := event.ParseID(s)
	if err != nil {
		d.ignore("event_id")
		return
	}
	*dst = id
}

// message reads a text, or an object with a template, parameters and the text.
func (d *decoder) message(m *event.Message, path string) {
	if d.kind() != '{' {
		d.text(&m.Formatted, path)
		return
	}
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "formatted":
			d.text(&m.Formatted, path+".formatted")
		case "message":
			d.text(&m.Template, path+".message")
		case "params":
			m.Params = d.params(path + ".params")
		default:
			d.skip()
		}
	}
}

// params reads the parameters of a message: a list, or an object whose members
// become "name=value".
func (d *decoder) params(path string) []string {
	if d.kind() != '{' {
		return d.texts(path)
	}
	var out []string
	for _, t := range d.pairs(path) {
		out = append(out, t.Key+"="+t.Value)
	}
	return out
}

// interpolate makes the text of a message that came as template and parameters.
func interpolate(m *event.Message) {
	if m.Formatted != "" || m.Template == "" || len(m.Params) == 0 {
		return
	}
	var b strings.Builder
	next := 0
	named := func(name string) (string, bool) {
		for _, p := range m.Params {
			if value, found := strings.CutPrefix(p, name+"="); found {
				return value, true
			}
		}
		return "", false
	}
	for rest := m.Template; rest != ""; {
		i := strings.IndexAny(rest, "%{")
		if i < 0 || i+1 >= len(rest) {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		rest = rest[i:]
		value, length := "", 0
		switch {
		case rest[0] == '%' && rest[1] == '(':
			if end := strings.IndexByte(rest, ')'); end > 0 && end+1 < len(rest) {
				if v, ok := named(rest[2:end]); ok {
					value, length = v, end+2
				}
			}
		case rest[0] == '%' && strings.IndexByte("sdifvrxq", rest[1]) >= 0 && next < len(m.Params):
			value, length = m.Params[next], 2
			next++
		case rest[0] == '{':
			value, length = brace(rest, m.Params, &next, named)
		}
		if length == 0 {
			value, length = rest[:1], 1
		}
		b.WriteString(value)
		rest = rest[length:]
	}
	if text := b.String(); text != m.Template {
		m.Formatted = text
	}
}

// brace is the value of {}, {0} or {name} at the beginning of a text.
func brace(rest string, params []string, next *int, named func(string) (string, bool)) (value string, length int) {
	end := strings.IndexByte(rest, '}')
	if end < 0 {
		return "", 0
	}
	name := rest[1:end]
	if name == "" {
		if *next >= len(params) {
			return "", 0
		}
		*next++
		return params[*next-1], end + 1
	}
	if len(name) <= 3 && strings.Trim(name, "0123456789") == "" {
		n := 0
		for _, c := range name {
			n = 10*n + int(c-'0')
		}
		if n < len(params) {
			return params[n], end + 1
		}
		return "", 0
	}
	if v, ok := named(name); ok {
		return v, end + 1
	}
	return "", 0
}

// fingerprint reads a list of texts and numbers; anything else is no fingerprint.
func (d *decoder) fingerprint(e *event.Event) {
	if d.kind() != '[' {
		d.pass("fingerprint")
		return
	}
	e.Fingerprint = nil
	defer empty(&d.lines)
	for d.enter(); d.more(']'); {
		var s string
		if d.text(&s, "fingerprint"); s != "" && room[string](d, "fingerprint") {
			d.lines = append(d.lines, s)
		}
	}
	e.Fingerprint = d.kept.keep(d.lines)
}

// shift moves the times of an event by the drift of the sender's clock.
func shift(e *event.Event, by time.Duration) {
	if !e.Timestamp.IsZero() {
		e.Timestamp = e.Timestamp.Add(by)
	}
	for i := range e.Breadcrumbs {
		if c := &e.Breadcrumbs[i]; !c.Timestamp.IsZero() {
			c.Timestamp = c.Timestamp.Add(by)
		}
	}
}
