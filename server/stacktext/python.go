package stacktext

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// python reads what traceback.format_exception writes: blocks that stand for one
// exception each, the cause before what it caused, and trees of groups.
func (p *parser) python() {
	r := &pythonReader{parser: p, last: map[int]*thrown{}}
	for _, line := range p.lines {
		r.line(line)
	}
	if r.current != nil && r.current.total == 0 && r.current.kind == "" && r.current.value == "" {
		p.found = p.found[:len(p.found)-1]
	}
	// A cause stands before what it caused, which result wants first.
	for _, t := range p.found {
		if t.parent != nil && !p.has(t.parent) {
			t.parent = nil
		}
	}
}

func (p *parser) has(t *thrown) bool {
	for _, f := range p.found {
		if f == t {
			return true
		}
	}
	return false
}

// pythonReader is the state of reading.
type pythonReader struct {
	*parser
	current *thrown
	depth   int             // of groups
	last    map[int]*thrown // the latest exception of each depth
	ended   bool            // the type of current has been read
	source  bool            // a source line may follow
	chain   string          // how the exception before belongs to the next
}

const (
	pythonCause   = "The above exception was the direct cause of the following exception:"
	pythonContext = "During handling of the above exception, another exception occurred:"
)

func (r *pythonReader) line(line string) {
	depth, content, separator := pythonPrefix(line)
	if separator {
		if strings.ContainsAny(content, "0123456789.") {
			r.member(depth)
		}
		return
	}
	trimmed := strings.TrimSpace(content)
	switch {
	case strings.HasSuffix(trimmed, "Traceback (most recent call last):") && !strings.HasPrefix(trimmed, `File "`):
		// A member of a group may have been begun by its number.
		if r.current == nil || r.ended || r.current.total > 0 || r.depth != depth {
			r.open(depth)
		}
	case trimmed == pythonCause:
		r.chain = "__cause__"
	case trimmed == pythonContext:
		r.chain = "__context__"
	case strings.HasPrefix(trimmed, `File "`) && !r.ended:
		r.frame(depth, trimmed)
	case r.current == nil:
		// Words before the first block.
	case r.ended:
		if r.chain == "" && (trimmed != "" || r.current.value != "") {
			r.current.say(content)
		}
	case trimmed == "":
	case indent(content) > 0 && r.current.total > 0:
		r.below(trimmed)
	default:
		r.current.kind, r.current.value = pythonType(trimmed)
		r.ended = true
	}
}

// open begins an exception at a depth. It takes the place of the one before, if that
// is its cause.
func (r *pythonReader) open(depth int) {
	t := &thrown{}
	before := r.last[depth]
	if r.chain != "" && before != nil {
		t.parent, t.source = before.parent, before.source
		before.parent, before.source = t, r.chain
	} else if depth > 0 && r.last[depth-1] != nil {
		t.parent, t.source = r.last[depth-1], "exceptions"
	}
	r.use(t, depth)
}

// member begins an exception of a group.
func (r *pythonReader) member(depth int) {
	t := &thrown{}
	if group := r.last[depth-1]; group != nil {
		group.group = true
		t.parent, t.source = group, "exceptions"
	}
	r.use(t, depth)
}

func (r *pythonReader) use(t *thrown, depth int) {
	r.current, r.depth, r.ended, r.source, r.chain = r.begin(t), depth, false, false, ""
	r.last[depth] = t
}

// frame reads `File "x.py", line 3, in f`.
func (r *pythonReader) frame(depth int, s string) {
	if r.current == nil {
		r.open(depth)
	}
	f, ok := pythonFrame(s)
	if !ok {
		r.unread++
		return
	}
	r.current.add(f)
	r.source = true
}

// below reads what stands below a frame.
func (r *pythonReader) below(s string) {
	switch {
	case strings.Trim(s, "^~- ") == "":
	case strings.HasPrefix(s, "[Previous line repeated "):
		rest := s[len("[Previous line repeated "):]
		r.current.omitted += int(min(number(rest[:digits(rest)]), MaxText))
	case r.source:
		r.latest().ContextLine = s
		r.source = false
	}
}

// latest is the frame that was added last.
func (t *thrown) latest() *event.Frame {
	if len(t.last) == 0 {
		return &t.calls[len(t.calls)-1]
	}
	return &t.last[(t.total-1-half)%half]
}

func (r *pythonReader) latest() *event.Frame { return r.current.latest() }

func pythonFrame(s string) (event.Frame, bool) {
	path, rest, found := strings.Cut(s[len(`File "`):], `", line `)
	if !found {
		return event.Frame{}, false
	}
	n := digits(rest)
	f := event.Frame{AbsPath: path, Filename: pythonFile(path), Line: number(rest[:n])}
	if name, found := strings.CutPrefix(rest[n:], ", in "); found {
		f.Function = strings.TrimSpace(name)
	}
	return f, n > 0
}

// pythonFile is a path as it is imported, where that can be told.
func pythonFile(path string) string {
	for _, mark := range [...]string{"/site-packages/", "/dist-packages/", `\site-packages\`} {
		if i := strings.LastIndex(path, mark); i >= 0 {
			return path[i+len(mark):]
		}
	}
	return path
}

func pythonType(s string) (kind, value string) {
	kind, value = typeAndValue(s)
	if kind == "" && isType(s) {
		return s, ""
	}
	return kind, value
}

// pythonPrefix takes off what draws the tree of a group: "  | " before each line,
// "  +-+---- 1 ----" between members.
func pythonPrefix(line string) (depth int, content string, separator bool) {
	n := indent(line)
	s := line[n:]
	switch {
	case n == 0 || s == "" || s[0] != '|' && s[0] != '+':
		return 0, line, false
	case s == "|":
		return n / 2, "", false
	case strings.HasPrefix(s, "| "), strings.HasPrefix(s, "+ "):
		return n / 2, s[2:], false
	case strings.HasPrefix(s, "+-+--"):
		return n/2 + 1, s, true
	case strings.HasPrefix(s, "+---"):
		return n / 2, s, true
	}
	return 0, line, false
}
