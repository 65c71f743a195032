package stacktext

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// ruby reads Exception#full_message in both orders, and backtraces joined by line
// breaks.
func (p *parser) ruby() {
	lines := p.lines
	for i := range lines {
		lines[i] = dropEscapes(lines[i])
	}
	if len(lines) > 0 && strings.HasSuffix(strings.TrimSpace(lines[0]), "Traceback (most recent call last):") {
		p.rubyReversed(lines[1:])
		return
	}
	var current *thrown
	for _, line := range lines {
		s := strings.TrimSpace(line)
		s, from := strings.CutPrefix(s, "from ")
		f, rest, ok := rubyFrame(s)
		switch {
		case ok && rest != "" && !from:
			parent := current
			current = p.begin(&thrown{inner: true, parent: parent})
			if parent != nil {
				current.source = "cause"
			}
			current.kind, current.value = rubyMessage(rest)
			current.add(f)
		case ok:
			if current == nil {
				current = p.begin(&thrown{inner: true})
			}
			current.add(f)
		case s == "":
		case current == nil:
			current = p.begin(&thrown{inner: true})
			current.kind, current.value = typeAndValue(s)
		case current.total <= 1:
			current.sayRuby(s)
		default:
			p.unread++
		}
	}
}

// sayRuby adds a line to the message; the type may stand at its end.
func (t *thrown) sayRuby(s string) {
	if t.kind == "" {
		kind, value := rubyMessage(s)
		t.kind, s = kind, value
	}
	t.say(s)
}

// rubyReversed reads "\t2: from file.rb:3:in `f'", where the crash comes last.
func (p *parser) rubyReversed(lines []string) {
	t := p.begin(&thrown{})
	for _, line := range lines {
		s := strings.TrimSpace(line)
		if n := digits(s); n > 0 && strings.HasPrefix(s[n:], ": from ") {
			s = s[n+len(": from "):]
		}
		f, rest, ok := rubyFrame(s)
		switch {
		case ok:
			t.add(f)
			if rest != "" {
				t.kind, t.value = rubyMessage(rest)
			}
		case s != "" && (t.kind != "" || t.value != ""):
			t.sayRuby(s)
		case s != "":
			p.unread++
		}
	}
}

// rubyMessage splits "divided by 0 (ZeroDivisionError)".
func rubyMessage(s string) (kind, value string) {
	if i := strings.LastIndex(s, " ("); i >= 0 && strings.HasSuffix(s, ")") && isType(s[i+2:len(s)-1]) {
		return s[i+2 : len(s)-1], s[:i]
	}
	if s == "unhandled exception" {
		return "RuntimeError", ""
	}
	return "", s
}

// isRubyFrame tells a line of Ruby that cannot be anything else.
func isRubyFrame(s string) bool {
	if n := digits(s); n > 0 && strings.HasPrefix(s[n:], ": from ") {
		s = s[n+len(": from "):]
	}
	s = strings.TrimPrefix(s, "from ")
	f, _, ok := rubyFrame(dropEscapes(s))
	return ok && (f.Function != "" || strings.HasSuffix(f.AbsPath, ".rb") || strings.HasSuffix(f.AbsPath, ".erb"))
}

// rubyFrame reads "file.rb:3:in 'Class#method': rest". Before Ruby 3.4 the first quote
// is a backtick.
func rubyFrame(s string) (f event.Frame, rest string, ok bool) {
	i := strings.Index(s, ":in ")
	if i > 0 && i+4 < len(s) && (s[i+4] == '`' || s[i+4] == '\'') {
		path, line, numbered := cutNumber(s[:i], ':')
		if !numbered {
			return f, "", false
		}
		name := s[i+5:]
		// A name holds no quote but in "block in 'x'", so the first one that ends it counts.
		end := strings.IndexByte(name, '\'')
		if end < 0 {
			return f, "", false
		}
		rubyPlace(&f, path, line)
		f.Function, rest = name[:end], name[end+1:]
		rest = strings.TrimPrefix(rest, ": ")
		return f, rest, true
	}
	// Without a method: "file.rb:3" or "file.rb:3: message (Type)".
	path, line, numbered := cutNumber(s, ':')
	if !numbered {
		j := strings.Index(s, ".rb:")
		if j < 0 {
			return f, "", false
		}
		n := digits(s[j+4:])
		if n == 0 || !strings.HasPrefix(s[j+4+n:], ": ") {
			return f, "", false
		}
		path, line, rest = s[:j+3], number(s[j+4:j+4+n]), s[j+4+n+2:]
	}
	if strings.ContainsAny(path, " \t()@") || !strings.HasSuffix(path, ".rb") && !strings.HasSuffix(path, ".erb") && !strings.HasPrefix(path, "<internal:") {
		return f, "", false
	}
	rubyPlace(&f, path, line)
	return f, rest, true
}

func rubyPlace(f *event.Frame, path string, line uint32) {
	f.AbsPath, f.Filename, f.Line = path, path, line
	if i := strings.LastIndex(path, "/gems/"); i >= 0 {
		f.Filename = path[i+len("/gems/"):]
	}
}

// dropEscapes removes the colours of a terminal.
func dropEscapes(s string) string {
	if strings.IndexByte(s, '\x1b') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\x1b' {
			out = append(out, s[i])
			continue
		}
		for i+1 < len(s) && s[i] != 'm' {
			i++
		}
	}
	return string(out)
}
