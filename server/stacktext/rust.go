package stacktext

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// rust reads std::backtrace, the message of a panic above it, and the chain of causes
// that anyhow and eyre print.
func (p *parser) rust() {
	current := p.begin(&thrown{inner: true})
	top, causes, frames := current, false, false
	for _, line := range p.lines {
		s := strings.TrimSpace(line)
		switch {
		case s == "":
		case strings.EqualFold(s, "stack backtrace:"):
			causes, frames = false, true
		case s == "Caused by:":
			causes = true
		case causes && !frames && !strings.HasPrefix(s, "at "):
			if n := digits(s); n > 0 && strings.HasPrefix(s[n:], ": ") {
				s = s[n+2:]
			}
			t := &thrown{inner: true, parent: current, source: "source", value: s}
			current = p.begin(t)
		case isRustFrame(s):
			top.add(rustFrame(s))
			frames = true
		case strings.HasPrefix(s, "at ") && top.total > 0:
			if f := top.latest(); f.AbsPath == "" {
				rustPlace(f, s[3:])
			} else {
				// Functions that were put into their caller have no number of their own.
				next := event.Frame{Function: f.Function}
				rustPlace(&next, s[3:])
				top.add(next)
			}
		case strings.HasPrefix(s, "note: "):
		case top.total > 0 && strings.Contains(s, "::"):
			top.add(rustSymbol(s))
		case top.total > 0:
			p.unread++
		default:
			p.rustHead(top, line)
		}
	}
}

// rustHead reads the lines above the calls: "thread 'main' panicked at src/main.rs:4:5:".
func (p *parser) rustHead(t *thrown, line string) {
	rest, panicked := strings.CutPrefix(strings.TrimSpace(line), "thread ")
	if _, at, found := strings.Cut(rest, " panicked at "); panicked && found {
		t.kind = "panic"
		if text, quoted := strings.CutPrefix(at, "'"); quoted { // before Rust 1.73
			if i := strings.LastIndex(text, "', "); i >= 0 {
				t.value = text[:i]
			}
		}
		return
	}
	line = strings.TrimPrefix(line, "Error: ")
	if t.value == "" {
		t.value = line
		return
	}
	t.say(line)
}

// isRustFrame tells "12: 0x55d0c3 - core::panicking::panic" from other numbered lines:
// a symbol has no spaces outside its brackets.
func isRustFrame(s string) bool {
	n := digits(s)
	if n == 0 || n > 5 || !strings.HasPrefix(s[n:], ": ") {
		return false
	}
	name := strings.TrimSpace(s[n+2:])
	if strings.HasPrefix(name, "0x") {
		return true
	}
	if strings.HasPrefix(name, "from ") {
		return false
	}
	depth := 0
	for i := range len(name) {
		switch name[i] {
		case '<', '(', '[', '{':
			depth++
		case '>':
			if i > 0 && name[i-1] == '-' {
				continue
			}
			depth--
		case ')', ']', '}':
			depth--
		case ' ':
			if depth <= 0 {
				return false
			}
		}
	}
	return name != "" && (isLetter(name[0]) || name[0] == '<')
}

func rustFrame(s string) event.Frame {
	s = strings.TrimSpace(s[digits(s)+2:])
	var address uint64
	if strings.HasPrefix(s, "0x") {
		at, name, _ := strings.Cut(s, " - ")
		address, s = hex(at[2:]), strings.TrimSpace(name)
	}
	if i := strings.LastIndex(s, " (0x"); i > 0 && strings.HasSuffix(s, ")") {
		address, s = hex(s[i+4:]), s[:i]
	}
	f := rustSymbol(s)
	f.InstructionAddr = address
	return f
}

func rustSymbol(s string) event.Frame {
	// The hash at the end differs from build to build.
	if i := strings.LastIndex(s, "::h"); i > 0 && len(s)-i == 19 {
		s = s[:i]
	}
	f := event.Frame{Function: s}
	switch {
	case s == "<unknown>":
		f.Function = ""
	case strings.HasPrefix(s, "rust_begin_unwind"), strings.HasPrefix(s, "__rust"), strings.HasPrefix(s, "_start"), strings.Contains(s, "__rust_begin_short_backtrace"),
		strings.HasPrefix(s, "__libc_start"), s == "main", s == "clone", s == "clone3", s == "start_thread", strings.HasPrefix(s, "_pthread"), strings.HasPrefix(s, "__clone"):
		f.InApp = event.InAppNo
	}
	return f
}

func rustPlace(f *event.Frame, s string) {
	rest, last, ok := cutNumber(s, ':')
	if !ok {
		f.AbsPath, f.Filename = s, s
		return
	}
	f.Line = last
	if path, line, ok := cutNumber(rest, ':'); ok {
		rest, f.Line, f.Column = path, line, last
	}
	f.AbsPath, f.Filename = rest, strings.TrimPrefix(rest, "./")
	if strings.HasPrefix(rest, "/rustc/") || strings.Contains(rest, "/.cargo/registry/") || strings.Contains(rest, "/rustlib/") {
		f.InApp = event.InAppNo
	}
}
