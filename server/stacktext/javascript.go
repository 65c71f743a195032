package stacktext

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// v8 reads error.stack of V8: Node.js, Chrome, Edge, Deno, Bun, Hermes.
func (p *parser) v8() {
	current := p.begin(&thrown{inner: true})
	header := true
	for _, line := range p.lines {
		s := strings.TrimSpace(line)
		if rest, found := strings.CutPrefix(s, "at "); found {
			if f, ok := v8Frame(strings.TrimRight(rest, " {,")); ok {
				current.add(f)
			} else if header {
				current.say(line)
				continue
			} else {
				p.unread++
			}
			header = false
			continue
		}
		rest, cause := strings.CutPrefix(s, "[cause]: ")
		if !cause {
			rest, cause = cutPrefixFold(s, "caused by: ")
		}
		switch {
		case cause:
			next := &thrown{inner: true, parent: current, source: "cause"}
			next.kind, next.value = jsType(rest)
			current, header = p.begin(next), true
		case !header:
			// What follows the calls are the properties of the error, as Node prints them.
		case current.kind == "" && current.value == "":
			current.kind, current.value = jsType(strings.TrimPrefix(s, "Uncaught "))
		default:
			current.say(line)
		}
	}
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func jsType(s string) (kind, value string) {
	kind, value = typeAndValue(s)
	if kind == "" && isType(s) && !strings.ContainsAny(s, "/") {
		return s, ""
	}
	// Node puts the code of its own errors behind the name: "TypeError [ERR_X]: ...".
	if kind == "" {
		if name, rest, found := strings.Cut(s, " ["); found && isType(name) {
			if _, after, found := strings.Cut(rest, "]: "); found {
				return name, after
			}
		}
	}
	return kind, value
}

// v8Frame reads "async new f [as g] (file:1:2)" or "file:1:2".
func v8Frame(s string) (event.Frame, bool) {
	var f event.Frame
	s = strings.TrimPrefix(s, "async ")
	place := s
	if strings.HasSuffix(s, ")") {
		if open := strings.Index(s, " ("); open > 0 {
			f.Function, place = s[:open], s[open+2:len(s)-1]
		} else if s[0] == '(' {
			place = s[1 : len(s)-1]
		}
	}
	if !jsPlace(&f, place, f.Function != "") {
		return event.Frame{}, false
	}
	if i := strings.Index(f.Function, " [as "); i > 0 {
		f.Function = f.Function[:i]
	}
	f.Function = jsName(f.Function)
	return f, true
}

// jsPlace reads where a call is. Words that stand for no file count only beside a
// function.
func jsPlace(f *event.Frame, s string, named bool) bool {
	s = strings.TrimPrefix(s, "address at ")
	// Code that was made at run time has the place of what made it; of several in one
	// another, the outermost.
	if strings.HasPrefix(s, "eval at ") {
		if i := strings.LastIndex(s, " ("); i > 0 {
			inner, _, _ := strings.Cut(s[i+2:], ")")
			s = inner
		}
	}
	switch {
	case !named:
	case s == "native" || s == "<anonymous>" || s == "[native code]" || s == "unknown location":
		f.AbsPath, f.Filename, f.InApp = s, s, event.InAppNo
		return true
	case strings.HasPrefix(s, "index "):
		f.InApp = event.InAppNo
		return true
	}
	rest, second, ok := cutNumber(s, ':')
	if !ok {
		return jsAddress(f, s)
	}
	f.Line = second
	if path, first, ok := cutNumber(rest, ':'); ok {
		rest, f.Line, f.Column = path, first, second
	} else if !named {
		return false
	}
	if rest == "" || strings.HasPrefix(rest, "<") && !named {
		return false
	}
	f.AbsPath, f.Filename = rest, jsFile(rest)
	if scheme, _, found := strings.Cut(rest, "-extension://"); found && len(scheme) < 20 {
		f.InApp = event.InAppNo
	}
	return true
}

// jsAddress reads wasm://wasm/1234:wasm-function[3]:0x12.
func jsAddress(f *event.Frame, s string) bool {
	i := strings.LastIndex(s, ":0x")
	if i < 0 || !strings.Contains(s, "wasm") {
		return false
	}
	f.InstructionAddr = hex(s[i+3:])
	f.AbsPath, f.Filename = s[:i], jsFile(s[:i])
	return true
}

func hex(s string) uint64 {
	var n uint64
	for i := range min(len(s), 16) {
		c := s[i] | 0x20
		switch {
		case isDigit(s[i]):
			n = n<<4 | uint64(s[i]-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		default:
			return n
		}
	}
	return n
}

// jsFile is the path of an address without what differs between hosts and builds.
func jsFile(s string) string {
	if rest, found := strings.CutPrefix(s, "webpack-internal:///"); found {
		if i := strings.Index(rest, ")/"); i > 0 && rest[0] == '(' { // (api)/./src/a.ts
			rest = rest[i+2:]
		}
		return strings.TrimPrefix(rest, "./")
	}
	scheme, rest, found := strings.Cut(s, "://")
	if !found {
		return s
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	if scheme == "http" || scheme == "https" {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			return rest[i:]
		}
	}
	return rest
}

// jsName drops the ways in which engines say that a function has no name.
func jsName(s string) string {
	switch s {
	case "?", "<unknown>", "undefined", "Anonymous function", "<anonymous>", "anonymous":
		return ""
	}
	return s
}

// gecko reads error.stack of Firefox and Safari.
func (p *parser) gecko() {
	current := p.begin(&thrown{inner: true})
	for i, line := range p.lines {
		s := strings.TrimSpace(line)
		switch f, ok := geckoFrame(s); {
		case ok:
			current.add(f)
		case s == "":
		case current.total > 0 && isJSName(s):
			current.add(event.Frame{Function: jsName(s), InApp: event.InAppNo})
		case current.total == 0 && i == 0:
			current.kind, current.value = jsType(s)
		case current.total == 0:
			current.say(line)
		default:
			p.unread++
		}
	}
}

// isGeckoFrame tells a line of Firefox or Safari that cannot be anything else.
func isGeckoFrame(s string) bool {
	f, ok := geckoFrame(s)
	return ok && (f.Line > 0 || f.AbsPath == "[native code]")
}

// geckoFrame reads "f@file:1:2".
func geckoFrame(s string) (event.Frame, bool) {
	name, place, found := strings.Cut(s, "@")
	if !found || strings.ContainsAny(name, " \t\"'(:") && !strings.HasSuffix(name, " code") {
		return event.Frame{}, false
	}
	// "file line 5 > eval:1:1" is code that was made at run time in line 5.
	var made uint32
	if i := strings.Index(place, " > "); i > 0 {
		place = place[:i]
		if rest, n, ok := cutNumber(place, ' '); ok {
			place, made = strings.TrimSuffix(rest, " line"), n
		}
	}
	f := event.Frame{}
	if made > 0 {
		f.AbsPath, f.Filename, f.Line = place, jsFile(place), made
	} else if !jsPlace(&f, place, true) {
		if place == "" || strings.ContainsAny(place, " \t") || !strings.Contains(place, "/") {
			return event.Frame{}, false
		}
		f.AbsPath, f.Filename = place, jsFile(place)
	}
	name = strings.TrimPrefix(name, "async*")
	for strings.HasSuffix(name, "/<") || strings.HasSuffix(name, "/") {
		name = strings.TrimSuffix(strings.TrimSuffix(name, "<"), "/")
	}
	f.Function = jsName(strings.TrimRight(name, "<*"))
	return f, true
}

func isJSName(s string) bool {
	switch s {
	case "global code", "eval code", "module code", "[native code]":
		return true
	}
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) && strings.IndexByte("./<>", s[i]) < 0 {
			return false
		}
	}
	return s != "" && !isDigit(s[0])
}
