package stacktext

import (
	"slices"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// php reads Exception::__toString, what PHP prints when nobody catches, and
// getTraceAsString. A line tells where its function was called, so that places move
// by one. An exception stands after its cause.
func (p *parser) php() {
	r := &phpReader{parser: p}
	for _, line := range p.lines {
		r.line(line)
	}
	r.end()
	slices.Reverse(r.chain)
	for i, t := range r.chain {
		if i > 0 {
			t.parent, t.source = r.chain[i-1], "previous"
		}
		p.begin(t)
	}
}

type phpReader struct {
	*parser
	chain   []*thrown
	current *thrown
	place   event.Frame // where the function of the next line was left
}

func (r *phpReader) line(line string) {
	s := strings.TrimSpace(line)
	next, chained := strings.CutPrefix(s, "Next ")
	switch {
	case s == "", s == "Stack trace:", strings.HasPrefix(s, "thrown in "):
	case r.current == nil, chained:
		r.end()
		if !chained {
			next = phpHead(s)
		}
		r.current = &thrown{inner: true}
		if isPHPFrame(s) {
			r.frame(s)
			return
		}
		r.current.kind, r.current.value = typeAndValue(next)
		r.say("")
	case isPHPFrame(s):
		r.frame(s)
	case r.current.total == 0:
		r.say("\n" + line)
	default:
		r.unread++
	}
}

// say adds to the message, whose last words tell the place of the crash: " in FILE:12".
func (r *phpReader) say(s string) {
	t := r.current
	if len(t.value) < maxValue {
		t.value += s
	}
	value, line, ok := cutNumber(strings.TrimSpace(t.value), ':')
	if !ok {
		return
	}
	if i := strings.LastIndex(value, " in "); i >= 0 {
		r.place = event.Frame{AbsPath: value[i+4:], Filename: value[i+4:], Line: line}
		t.value = value[:i]
	} else if t.kind == "" {
		if kind, path, found := strings.Cut(value, " in "); found && isType(kind) {
			t.kind, t.value, r.place = kind, "", event.Frame{AbsPath: path, Filename: path, Line: line}
		}
	}
	if t.kind == "" && isType(t.value) {
		t.kind, t.value = t.value, ""
	}
}

func phpHead(s string) string {
	for _, prefix := range [...]string{"PHP ", "Fatal error: ", "Uncaught "} {
		s = strings.TrimSpace(strings.TrimPrefix(s, prefix))
	}
	return s
}

func isPHPFrame(s string) bool {
	n := 0
	if s != "" && s[0] == '#' {
		n = digits(s[1:])
	}
	return n > 0 && len(s) > n+2 && s[n+1] == ' ' && (strings.HasSuffix(s, ")") || strings.HasSuffix(s, "{main}") || strings.Contains(s, "): "))
}

// frame reads "#0 /app/a.php(12): Shop\Cart->add(Object(Item))".
func (r *phpReader) frame(s string) {
	s = strings.TrimLeft(s[1+digits(s[1:]):], " ")
	f := r.place
	r.place = event.Frame{}
	call := s
	switch {
	case s == "{main}":
		f.Function = "{main}"
		r.current.add(f)
		return
	case strings.HasPrefix(s, "[internal function]: "):
		call = s[len("[internal function]: "):]
		r.place.InApp = event.InAppNo
	default:
		if i := strings.Index(s, "): "); i > 0 {
			if open := strings.LastIndexByte(s[:i], '('); open > 0 {
				r.place.AbsPath, r.place.Line = s[:open], number(s[open+1:i])
				r.place.Filename = r.place.AbsPath
				call = s[i+3:]
			}
		}
	}
	if i := strings.IndexByte(call, '('); i > 0 {
		call = call[:i]
	}
	f.Function = call
	for _, mark := range [...]string{"->", "::"} {
		if class, method, found := strings.Cut(call, mark); found {
			f.Module, f.Function = class, method
			break
		}
	}
	r.current.add(f)
}

func (r *phpReader) end() {
	if r.current != nil && len(r.chain) < MaxExceptions {
		// A trace without {main} ends in a file that called the outermost function.
		if r.place.AbsPath != "" {
			r.current.add(r.place)
		}
		r.chain = append(r.chain, r.current)
	}
	r.current, r.place = nil, event.Frame{}
}
