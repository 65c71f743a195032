package sentry

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// relation is what an exception says of its place among the others.
type relation struct {
	id, parent       int64
	hasID, hasParent bool
}

// exceptionList reads exceptions as they are sent, the one that was thrown last.
func (d *decoder) exceptionList() []event.Exception {
	defer empty(&d.exceptions)
	defer empty(&d.ids)
	hollow := 0
	d.list("exception", func() {
		if d.kind() == 'n' {
			d.skip()
			return
		}
		if !room[event.Exception](d, "exception") {
			d.skip()
			return
		}
		x, r := d.exception()
		if x.Type == "" && x.Value == "" && x.Module == "" && len(x.Stack.Frames) == 0 {
			hollow++
			return
		}
		d.exceptions, d.ids = append(d.exceptions, x), append(d.ids, r)
	})
	if len(d.exceptions) == 0 && hollow > 0 { // says that something was thrown, and nothing else
		d.exceptions, d.ids = append(d.exceptions, event.Exception{}), append(d.ids, relation{})
	}
	return thrownFirst(d.exceptions, d.ids)
}

// thrownFirst puts the exception that was thrown first and its causes after it,
// numbered so that each knows the one that holds it. Numbers that make no tree
// under the thrown one, as some clients send, are replaced by those of a chain.
func thrownFirst(list []event.Exception, ids []relation) []event.Exception {
	n := len(list)
	if n == 0 {
		return nil
	}
	tree := isTree(ids)
	out := make([]event.Exception, n)
	for i := range list {
		x, r := &out[n-1-i], ids[i]
		*x = list[i]
		switch {
		case !tree:
			x.Mechanism.ID, x.Mechanism.ParentID = n-1-i, n-2-i
		case i == n-1:
			x.Mechanism.ID, x.Mechanism.ParentID = int(r.id), -1
		default:
			x.Mechanism.ID, x.Mechanism.ParentID = int(r.id), int(r.parent)
		}
	}
	return out
}

// isTree reports whether numbers make a tree whose root is last, in which each
// exception stands before the one that holds it.
func isTree(ids []relation) bool {
	if len(ids) == 1 && !ids[0].hasParent && !ids[0].hasID {
		return true
	}
	seen := make(map[int64]struct{}, len(ids))
	for i := len(ids) - 1; i >= 0; i-- {
		r := ids[i]
		_, twice := seen[r.id]
		_, known := seen[r.parent]
		root := i == len(ids)-1
		if !r.hasID || twice || r.id < 0 || r.id > 1<<30 || root == r.hasParent || !root && !known {
			return false
		}
		seen[r.id] = struct{}{}
	}
	return true
}

func (d *decoder) exception() (x event.Exception, r relation) {
	if d.kind() != '{' {
		d.anyText(&x.Value)
		return x, r
	}
	var raw event.Stacktrace
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "type":
			d.anyText(&x.Type)
		case "value":
			d.anyText(&x.Value)
		case "module":
			d.text(&x.Module, "exception.module")
		case "thread_id":
			d.text(&x.ThreadID, "exception.thread_id")
		case "stacktrace":
			d.stacktrace(&x.Stack, "exception.stacktrace")
		case "raw_stacktrace":
			d.stacktrace(&raw, "exception.raw_stacktrace")
		case "mechanism":
			r = d.mechanism(&x.Mechanism)
		default:
			d.skip()
		}
	}
	if len(x.Stack.Frames) == 0 {
		x.Stack = raw
	}
	if x.Type == "" && !x.Mechanism.Synthetic { // "ValueError: no such user" in the value
		if kind, value, found := strings.Cut(x.Value, ":"); found && kind != "" && !strings.ContainsAny(kind, " \t\n") && !strings.HasPrefix(value, "//") {
			x.Type, x.Value = kind, strings.TrimSpace(value)
		}
	}
	return x, r
}

func (d *decoder) mechanism(m *event.Mechanism) (r relation) {
	switch d.kind() {
	case '{':
	case '"':
		m.Type = d.str()
		return r
	default:
		d.pass("exception.mechanism")
		return r
	}
	var data, meta event.Object
	var help string
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "type":
			d.text(&m.Type, "exception.mechanism.type")
		case "handled":
			if yes, ok := d.boolean("exception.mechanism.handled"); ok {
				m.Handled = event.HandledNo
				if yes {
					m.Handled = event.HandledYes
				}
			}
		case "synthetic":
			m.Synthetic, _ = d.boolean("exception.mechanism.synthetic")
		case "is_exception_group":
			m.IsGroup, _ = d.boolean("exception.mechanism.is_exception_group")
		case "exception_id":
			r.id, r.hasID = d.integer("exception.mechanism.exception_id")
		case "parent_id":
			r.parent, r.hasParent = d.integer("exception.mechanism.parent_id")
		case "source":
			d.text(&m.Source, "exception.mechanism.source")
		case "description":
			d.text(&m.Description, "exception.mechanism.description")
		case "help_link":
			d.text(&help, "exception.mechanism.help_link")
		case "data":
			d.object(&data, "exception.mechanism.data")
		case "meta", "posix_signal", "mach_exception":
			d.object(&meta, "exception.mechanism.meta")
		default:
			d.skip()
		}
	}
	if meta != "" {
		data = withMember(data, "meta", string(meta))
	}
	if help != "" {
		data = withMember(data, "help_link", quote(help))
	}
	m.Data = data
	return r
}

// withMember adds a member, whose value is JSON, to the end of an object.
func withMember(o event.Object, name, value string) event.Object {
	if o == "" {
		return event.Object(`{"` + name + `":` + value + `}`)
	}
	return o[:len(o)-1] + event.Object(`,"`+name+`":`+value+`}`)
}

func (d *decoder) stacktrace(s *event.Stacktrace, path string) {
	*s = event.Stacktrace{}
	switch d.kind() {
	case '{':
	case '[': // the frames alone
		d.frameList(s, path)
		return
	default:
		d.pass(path)
		return
	}
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "frames":
			d.frameList(s, path)
		case "frames_omitted":
			d.omitted(s, path)
		default:
			d.skip()
		}
	}
}

// omitted reads the first frame that was left out and the first after it.
func (d *decoder) omitted(s *event.Stacktrace, path string) {
	if d.kind() != '[' {
		d.pass(path)
		return
	}
	var bounds []int64
	for d.enter(); d.more(']'); {
		if i, ok := d.integer(path); ok && len(bounds) < 2 {
			bounds = append(bounds, i)
		}
	}
	if len(bounds) == 2 && bounds[1] > bounds[0] && bounds[1]-bounds[0] < 1<<31 {
		s.Omitted = int(bounds[1] - bounds[0])
	}
}

func (d *decoder) frameList(s *event.Stacktrace, path string) {
	if d.kind() != '[' {
		d.pass(path)
		return
	}
	defer empty(&d.frames)
	for d.enter(); d.more(']'); {
		if d.kind() != '{' {
			d.pass(path)
			continue
		}
		if !room[event.Frame](d, path) {
			d.skip()
			continue
		}
		d.frames = append(d.frames, event.Frame{})
		d.frame(&d.frames[len(d.frames)-1])
	}
	s.Frames = keep(d.frames)
}

func (d *decoder) frame(f *event.Frame) {
	var raw string
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "function":
			d.text(&f.Function, "frame.function")
		case "raw_function":
			d.text(&raw, "frame.raw_function")
		case "symbol":
			d.text(&f.Symbol, "frame.symbol")
		case "module":
			d.text(&f.Module, "frame.module")
		case "package":
			d.text(&f.Package, "frame.package")
		case "filename":
			d.text(&f.Filename, "frame.filename")
		case "abs_path":
			d.text(&f.AbsPath, "frame.abs_path")
		case "lineno":
			d.count(&f.Line, "frame.lineno")
		case "colno":
			d.count(&f.Column, "frame.colno")
		case "in_app":
			if yes, ok := d.boolean("frame.in_app"); ok {
				f.InApp = event.InAppNo
				if yes {
					f.InApp = event.InAppYes
				}
			}
		case "pre_context":
			f.PreContext = d.texts("frame.pre_context")
		case "context_line":
			d.text(&f.ContextLine, "frame.context_line")
		case "post_context":
			f.PostContext = d.texts("frame.post_context")
		case "vars":
			d.object(&f.Vars, "frame.vars")
		case "platform":
			d.text(&f.Platform, "frame.platform")
		case "instruction_addr":
			d.address(&f.InstructionAddr, "frame.instruction_addr")
		case "image_addr":
			d.address(&f.ImageAddr, "frame.image_addr")
		default:
			d.skip()
		}
	}
	if f.Function == "" {
		f.Function = raw
	}
	if f.Function == "?" || f.Function == "<anonymous>" {
		f.Function = ""
	}
	if f.Filename == "" {
		f.Filename = pathOf(f.AbsPath)
	}
}

// pathOf is the path of a URL, or the path itself.
func pathOf(s string) string {
	i := strings.Index(s, "://")
	if i < 0 {
		return s
	}
	if j := strings.IndexByte(s[i+3:], '/'); j >= 0 {
		return s[i+3+j:]
	}
	return s
}

func (d *decoder) threadList() []event.Thread {
	var list []event.Thread
	d.list("threads", func() {
		if d.kind() != '{' {
			d.pass("threads")
			return
		}
		if !room[event.Thread](d, "threads") {
			d.skip()
			return
		}
		list = append(list, d.thread())
	})
	return list
}

func (d *decoder) thread() (t event.Thread) {
	var raw event.Stacktrace
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "id":
			d.text(&t.ID, "threads.id")
		case "name":
			d.text(&t.Name, "threads.name")
		case "state":
			d.text(&t.State, "threads.state")
		case "crashed":
			t.Crashed, _ = d.boolean("threads.crashed")
		case "current":
			t.Current, _ = d.boolean("threads.current")
		case "stacktrace":
			d.stacktrace(&t.Stack, "threads.stacktrace")
		case "raw_stacktrace":
			d.stacktrace(&raw, "threads.raw_stacktrace")
		default:
			d.skip()
		}
	}
	if len(t.Stack.Frames) == 0 {
		t.Stack = raw
	}
	return t
}
