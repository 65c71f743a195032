package otlp

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unsafe"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/stacktext"
)

// thrown is what the attributes say of an exception.
type thrown struct {
	kind    string
	value   string
	stack   string
	told    bool // there is a message, which may be empty
	escaped bool
}

func (t *thrown) is() bool { return t.kind != "" || t.told || t.stack != "" }

const (
	frameSize      = int(unsafe.Sizeof(event.Frame{}))
	breadcrumbSize = int(unsafe.Sizeof(event.Breadcrumb{}))
)

// exception makes the exceptions of what the attributes say.
func (d *draft) exception(r *reader) {
	e, t := d.event, &d.thrown
	trace := d.stack(r)
	e.Exceptions = trace.Exceptions
	if len(e.Exceptions) == 0 {
		e.Exceptions = []event.Exception{{Mechanism: event.Mechanism{ParentID: -1}}}
		e.Exceptions[0].Stack.Frames = d.codeFrame()
		if trace.Platform == "" && t.kind == "" {
			t.kind = headType(t.stack)
		}
	}
	x := &e.Exceptions[0]
	d.mark = throwMark(x, t)
	// The type as the text has it is better where it only says more.
	if t.kind != "" && !strings.HasSuffix(x.Type, "."+t.kind) {
		x.Type = t.kind
	}
	if t.value != "" {
		x.Value = t.value
	}
	if x.Type == "" {
		x.Type = "Error"
	}
	x.Mechanism.Type = "opentelemetry"
	if t.escaped {
		x.Mechanism.Handled = event.HandledNo
	}
	if e.Platform == "" {
		e.Platform = trace.Platform
	}
	if t.stack != "" && (trace.Frames() == 0 || trace.Unread > 0) {
		d.event.Contexts = append(d.event.Contexts, event.Context{Name: "stack trace", Data: putText("", "text", t.stack)})
	}
}

// stack reads the stack trace, if there is memory for its frames.
func (d *draft) stack(r *reader) stacktext.Result {
	t := &d.thrown
	if t.stack == "" {
		return stacktext.Result{}
	}
	trace, shared := r.stacks.parse(r.project, t.stack, stacktext.Hint{Platform: d.event.Platform, Type: t.kind, Value: t.value})
	if shared {
		return trace
	}
	foreign(&trace, d.event.Platform)
	if size := trace.Frames() * frameSize; size <= r.budget {
		r.budget -= size
		return trace
	}
	return stacktext.Result{}
}

// throwMark is what two reports of one throw have in common, even if they saw different
// parts of the stack or one of them none: the type without its package, and the words.
func throwMark(x *event.Exception, t *thrown) string {
	kind := first(t.kind, x.Type)
	kind = kind[strings.LastIndexByte(kind, '.')+1:]
	value := strings.TrimSpace(first(x.Value, t.value))
	if kind == "" && value == "" {
		value = t.stack
	}
	return "throw\x00" + kind + "\x00" + value
}

// headType is the type in the first line of a text of unknown form.
func headType(stack string) string {
	line, _, _ := strings.Cut(stack, "\n")
	kind, _, found := strings.Cut(line, ": ")
	if !found || len(kind) > 200 || strings.ContainsAny(kind, " \t") {
		return ""
	}
	return kind
}

// codeFrame is the only frame of an exception without a stack: where it was reported.
func (d *draft) codeFrame() []event.Frame {
	f := event.Frame{Function: d.facts[codeFunction], Module: d.facts[codeNamespace], AbsPath: d.facts[codeFile], Filename: d.facts[codeFile]}
	if f.Function == "" && f.AbsPath == "" {
		return nil
	}
	f.Line, f.Column = number(d.facts[codeLine]), number(d.facts[codeColumn])
	if f.Module == "" {
		// code.function.name is qualified.
		slash := strings.LastIndexByte(f.Function, '/')
		if dot := strings.LastIndexByte(f.Function[slash+1:], '.'); dot > 0 {
			f.Module, f.Function = f.Function[:slash+1+dot], f.Function[slash+1+dot+1:]
		}
	}
	return []event.Frame{f}
}

// where shows in a context where a log record was written.
func (d *draft) where() {
	for _, c := range [...]struct {
		name string
		fact fact
	}{{"function", codeFunction}, {"namespace", codeNamespace}, {"file", codeFile}, {"line", codeLine}, {"stack", codeStack}} {
		if s := d.facts[c.fact]; s != "" {
			d.context("code", c.name, stringOf(s))
		}
	}
}

func number(s string) uint32 {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// samePlatform tells whether two names are the same for the frames of a stack.
func samePlatform(told, seen string) bool {
	switch seen {
	case "javascript", "node":
		return told == "javascript" || told == "node" || told == "nodejs" || told == "webjs"
	case "csharp":
		return told == "dotnet" || told == "csharp"
	case "elixir":
		return told == "erlang" || told == "elixir"
	case "java":
		return told == "java" || told == "kotlin"
	}
	return told == seen
}

// identify gives an event an id that it has each time it is sent. A throw within a span
// is told by its mark and the minute, because a span and a log record report it at
// different moments; of equal ones in one request, each has its own. Everything else is
// told by its exact time and words. What has neither time nor span cannot be told.
func (r *reader) identify(e *event.Event, nano uint64, mark string) {
	zero := event.Trace{}
	inSpan := e.Trace.SpanID != zero.SpanID && e.Trace.TraceID != zero.TraceID
	if nano == 0 && !inSpan {
		return
	}
	h := xxh3.New()
	h.WriteString("faultline.otlp.1")
	h.Write(e.Trace.TraceID[:])
	h.Write(e.Trace.SpanID[:])
	if inSpan && mark != "" {
		nano -= nano % uint64(minute)
	}
	var n [8]byte
	binary.LittleEndian.PutUint64(n[:], nano)
	h.Write(n[:])
	if mark == "" {
		mark = e.Level.String() + "\x00" + e.Logger + "\x00" + e.Message.Template + "\x00" + e.Message.Formatted
	}
	h.WriteString(mark)
	sum := h.Sum128().Bytes()
	if r.repeat == nil {
		r.repeat = map[event.ID]uint64{}
	}
	again := r.repeat[event.ID(sum)]
	r.repeat[event.ID(sum)] = again + 1
	if again > 0 {
		binary.LittleEndian.PutUint64(n[:], again)
		h.Write(n[:])
		sum = h.Sum128().Bytes()
	}
	e.ID = event.ID(sum)
	e.ID[6] = e.ID[6]&0x0f | 0x80 // version 8: made of what is known
	e.ID[8] = e.ID[8]&0x3f | 0x80
}

const minute = 60e9
