package stacktext

import (
	"slices"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// golang reads what the runtime prints when a program dies, debug.Stack, and the
// "%+v" of errors that carry a stack. Of several goroutines the first is read.
func (p *parser) golang() {
	g := &goReader{parser: p, current: &thrown{inner: true}}
	for i := 0; i < len(p.lines) && !g.done; i++ {
		i += g.line(i)
	}
	g.end()
	// An error that wraps another stands below it.
	slices.Reverse(g.segments)
	for i, t := range g.segments {
		if i > 0 {
			t.parent, t.source = g.segments[i-1], "cause"
		}
		p.begin(t)
	}
}

// goReader is the state of reading.
type goReader struct {
	*parser
	current    *thrown
	segments   []*thrown
	goroutines int
	done       bool
}

// line reads a line and returns how many after it belong to it.
func (g *goReader) line(i int) int {
	line := g.lines[i]
	s := strings.TrimSpace(line)
	switch {
	case s == "" || strings.HasPrefix(s, "exit status ") || strings.HasPrefix(s, "[signal ") || strings.HasPrefix(s, "...") && strings.HasSuffix(s, "elided..."):
		return 0
	case strings.HasPrefix(s, "goroutine ") && strings.HasSuffix(s, ":"):
		g.goroutines++
		g.done = g.goroutines > 1 && g.current.total > 0
		return 0
	case strings.HasPrefix(s, "created by "):
		return 1
	}
	if i+1 < len(g.lines) && isGoPlace(g.lines[i+1]) {
		g.current.add(goFrame(s, strings.TrimSpace(g.lines[i+1])))
		return 1
	}
	switch {
	case isGoPlace(line):
		g.unread++
	case g.current.total > 0 && g.goroutines == 0:
		g.end()
		g.say(line)
	case g.current.total > 0:
		g.unread++
	default:
		g.say(line)
	}
	return 0
}

// say adds a line to the message.
func (g *goReader) say(line string) {
	t := g.current
	if t.kind == "" && t.value == "" {
		for _, kind := range [...]string{"panic", "fatal error", "runtime"} {
			if rest, found := strings.CutPrefix(line, kind+": "); found {
				t.kind, t.value = kind, strings.TrimSuffix(rest, " [recovered]")
				return
			}
		}
		t.value = line
		return
	}
	t.say(line)
}

// end ends an exception and begins the next.
func (g *goReader) end() {
	if g.current.total > 0 {
		g.current.calls, g.current.last, g.current.total = goTrim(g.current)
		if len(g.segments) < MaxExceptions {
			g.segments = append(g.segments, g.current)
		}
	}
	g.current = &thrown{inner: true}
}

// goTrim takes off the inner end what does not belong to the program that went wrong:
// what recovered from a panic, what the runtime does to raise one, and the functions
// that took the stack.
func goTrim(t *thrown) (calls, last []event.Frame, total int) {
	frames := t.frames()
	start := 0
	for i := range frames {
		if frames[i].Module == "runtime" && (frames[i].Function == "panic" || frames[i].Function == "gopanic") {
			start = i + 1
		}
	}
	for start < len(frames)-1 && isGoMachinery(&frames[start]) {
		start++
	}
	kept := frames[min(start, len(frames)-1):]
	n := min(len(kept), half)
	return kept[:n], kept[n:], t.total - (len(frames) - len(kept))
}

func isGoMachinery(f *event.Frame) bool {
	switch {
	case f.Module == "runtime", f.Module == "runtime/debug" && f.Function == "Stack":
		return true
	case f.Module == "go.opentelemetry.io/otel/sdk/trace":
		return f.Function == "recordStackTrace" || strings.HasSuffix(f.Function, ").RecordError") || strings.HasSuffix(f.Function, ").End") || strings.Contains(f.Function, ").End.")
	}
	return false
}

// isGoPlace tells "\t/path/file.go:12 +0x1d".
func isGoPlace(line string) bool {
	if line == "" || line[0] != '\t' && line[0] != ' ' {
		return false
	}
	path, n := goPlace(strings.TrimSpace(line))
	return n > 0 && (strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".s") || strings.HasSuffix(path, ".c")) && !strings.HasPrefix(path, "at ")
}

func goPlace(s string) (path string, line uint32) {
	if i := strings.LastIndex(s, " +0x"); i > 0 {
		s = s[:i]
	}
	path, line, _ = cutNumber(s, ':')
	return path, line
}

// goFrame reads "package.(*Type).Method(0x1, {0x2, 0x3})" and its place.
func goFrame(call, place string) event.Frame {
	name := call
	if strings.HasSuffix(name, ")") {
		depth := 0
		for i := len(name) - 1; i > 0; i-- {
			switch name[i] {
			case ')':
				depth++
			case '(':
				depth--
			}
			if depth == 0 {
				name = name[:i]
				break
			}
		}
	}
	f := event.Frame{}
	f.AbsPath, f.Line = goPlace(place)
	dot := goPackageEnd(name)
	f.Module, f.Function = unescapeDots(name[:max(dot, 0)]), name[dot+1:]
	if dot < 0 && name == "panic" {
		f.Module = "runtime"
	}
	f.Filename = base(f.AbsPath)
	if f.Module != "" && f.Module != "main" {
		f.Filename = f.Module + "/" + f.Filename
	}
	if strings.Contains(f.AbsPath, "/go/src/") && !strings.Contains(firstElement(f.Module), ".") && f.Module != "main" || f.Module == "runtime" || strings.HasPrefix(f.AbsPath, "_cgo_") {
		f.InApp = event.InAppNo
	}
	return f
}

func firstElement(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// goPackageEnd is where the dot stands that ends a package's path; -1: there is none.
// Type arguments may hold slashes and dots of their own.
func goPackageEnd(name string) int {
	end := len(name)
	if i := strings.IndexAny(name, "[("); i >= 0 {
		end = i
	}
	slash := strings.LastIndexByte(name[:end], '/')
	dot := strings.IndexByte(name[slash+1:], '.')
	if dot < 0 {
		return -1
	}
	return slash + 1 + dot
}

// unescapeDots undoes what the linker does to dots in the last element of a path.
func unescapeDots(s string) string {
	if !strings.Contains(s, "%2e") {
		return s
	}
	return strings.ReplaceAll(s, "%2e", ".")
}
