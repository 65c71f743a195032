package stacktext

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// dotnet reads Exception.ToString. Calls of an inner exception stand before those of
// the one that holds it, and end with a line that says so.
func (p *parser) dotnet() {
	var open []*thrown // from the one that was thrown to the innermost
	var current *thrown
	push := func(head string) {
		t := &thrown{inner: true}
		t.kind, t.value = typeAndValue(head)
		if len(open) > 0 {
			t.parent, t.source = open[len(open)-1], "InnerException"
		}
		open = append(open, p.begin(t))
		current = t
	}
	pop := func() {
		if len(open) > 1 {
			open = open[:len(open)-1]
			current = open[len(open)-1]
		}
	}
	for _, line := range p.lines {
		s := strings.TrimSpace(line)
		s, closes := strings.CutSuffix(s, "<---")
		s = strings.TrimSpace(s)
		call, isCall := dotnetAt(s)
		if isCall {
			f, ok := dotnetFrame(call)
			switch {
			case !ok && current != nil && current.total == 0:
				current.say(line)
			case !ok:
				p.unread++
			default:
				if current == nil {
					push("")
				}
				current.add(f)
			}
		}
		switch {
		case isCall, s == "":
		case strings.HasPrefix(s, "---") && strings.HasSuffix(s, "---") && !strings.HasPrefix(s, "---> "):
			if isEndOfInner(s) {
				pop()
			}
		case strings.HasPrefix(s, "---> "):
			p.dotnetInner(s, &open, push)
			current = open[len(open)-1]
		case current == nil:
			head, rest, nested := strings.Cut(strings.TrimPrefix(s, "Unhandled exception. "), " ---> ")
			push(head)
			for nested {
				head, rest, nested = strings.Cut(rest, " ---> ")
				push(head)
			}
		case current.total == 0:
			head, rest, nested := strings.Cut(s, " ---> ")
			current.say(head)
			for nested {
				head, rest, nested = strings.Cut(rest, " ---> ")
				push(head)
			}
		default:
			p.unread++
		}
		if closes && isCall {
			pop()
		}
	}
	p.dropTwins()
}

// dotnetInner begins an inner exception; those of an AggregateException are numbered
// and belong to the outermost one that is open.
func (p *parser) dotnetInner(s string, open *[]*thrown, push func(string)) {
	head := strings.TrimPrefix(s, "---> ")
	if rest, found := strings.CutPrefix(head, "(Inner Exception #"); found {
		if _, after, found := strings.Cut(rest, ") "); found {
			head = after
			*open = (*open)[:min(len(*open), 1)]
			if len(*open) > 0 {
				(*open)[0].group = true
			}
		}
	}
	head, rest, nested := strings.Cut(head, " ---> ")
	push(head)
	for nested {
		head, rest, nested = strings.Cut(rest, " ---> ")
		push(head)
	}
}

// dropTwins leaves out the first inner exception of a group, which is printed twice.
func (p *parser) dropTwins() {
	if len(p.found) == 0 || !p.found[0].group {
		return
	}
	seen := map[[2]string]bool{}
	kept := p.found[:1]
	dropped := map[*thrown]bool{}
	for _, t := range p.found[1:] {
		key := [2]string{t.kind, t.value}
		if dropped[t.parent] || t.parent == p.found[0] && seen[key] {
			dropped[t] = true
			continue
		}
		if t.parent == p.found[0] {
			seen[key] = true
		}
		kept = append(kept, t)
	}
	p.found = kept
}

// isEndOfInner tells the line that ends an inner exception, in any language, from the
// one that stands where an asynchronous call goes on.
func isEndOfInner(s string) bool {
	for _, word := range [...]string{"previous location", "vorherigen Ort", "emplacement précédent", "предыдущего", "ubicación anterior", "local anterior"} {
		if strings.Contains(s, word) {
			return false
		}
	}
	return true
}

// dotnetWords are what "at" is in the languages of the framework.
var dotnetWords = [...]string{"at ", "bei ", "à ", "в ", "en ", "em ", "w ", "a ", "konum: ", "vid ", "på ", "i ", "v ", "op ", "場所 ", "在 ", "於 ", "위치: "}

func dotnetAt(s string) (string, bool) {
	s = strings.TrimSuffix(s, ".")
	if strings.HasPrefix(s, "at ") {
		return s[3:], true
	}
	if len(s) == 0 || s[len(s)-1] != ')' && !isDigit(s[len(s)-1]) {
		return "", false
	}
	for _, word := range dotnetWords[1:] {
		if rest, found := strings.CutPrefix(s, word); found && strings.IndexByte(rest, '(') > 0 {
			if dot := strings.IndexByte(rest, '.'); dot > 0 && dot < strings.IndexByte(rest, '(') && !strings.Contains(rest[:dot], " ") {
				return rest, true
			}
		}
	}
	return "", false
}

func isDotnetFrame(s string) bool {
	_, ok := dotnetFrame(s)
	return ok
}

// dotnetFrame reads "Namespace.Type.Method[T](Type name) in path:line 12".
func dotnetFrame(s string) (event.Frame, bool) {
	var f event.Frame
	open := strings.IndexByte(s, '(')
	if open < 1 || strings.ContainsAny(strings.TrimSuffix(s[:open], " "), " \t/:@") {
		return f, false
	}
	depth, end := 0, -1
	for i := open; i < len(s) && end < 0; i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				end = i
			}
		}
	}
	if end < 0 {
		return f, false
	}
	dotnetName(&f, strings.TrimSuffix(s[:open], " "))
	place := strings.TrimSpace(s[end+1:])
	if strings.HasPrefix(place, "[0x") { // Mono
		_, place, _ = strings.Cut(place, "] ")
	}
	if place == "" {
		return f, f.Function != ""
	}
	_, place, found := strings.Cut(place, " ") // "in", in whatever language
	if !found {
		return f, false
	}
	// ":line 12", in whatever language.
	if i := strings.LastIndexByte(place, ':'); i > 1 {
		word := strings.TrimSpace(place[i+1:])
		if n := digits(word[strings.LastIndexByte(word, ' ')+1:]); n > 0 {
			f.Line = number(word[strings.LastIndexByte(word, ' ')+1:][:n])
			place = place[:i]
		}
	}
	if place != "<filename unknown>" {
		f.AbsPath, f.Filename = place, base(place)
	}
	return f, true
}

// dotnetName undoes what the compiler does to lambdas, local functions and methods
// that are asynchronous or iterate.
func dotnetName(f *event.Frame, s string) {
	if i := strings.IndexByte(s, '['); i > 0 {
		s = s[:i]
	}
	s = strings.ReplaceAll(s, "+", ".")
	dot := strings.LastIndexByte(s, '.')
	if dot > 0 && s[dot-1] == '.' { // ..ctor
		dot--
	}
	f.Function = s[dot+1:]
	if dot > 0 {
		f.Module = s[:dot]
	}
	if f.Module == "" {
		f.InApp = event.InAppNo // made at run time: lambda_method3
	}
	// Type.<Method>d__5.MoveNext
	if f.Function == "MoveNext" {
		if i := strings.LastIndex(f.Module, ".<"); i >= 0 {
			if name, _, ok := angle(f.Module[i+1:]); ok {
				f.Module, f.Function = f.Module[:i], name
			}
		}
	}
	// Type.<>c__DisplayClass0_0.<Method>b__2, Type.<Method>g__Local|0_0
	if name, rest, ok := angle(f.Function); ok {
		f.Function = name
		switch {
		case strings.HasPrefix(rest, "b__"):
			f.Function += ".<lambda>"
		case strings.HasPrefix(rest, "g__"):
			local, _, _ := strings.Cut(rest[3:], "|")
			f.Function += "." + local
		}
	}
	if i := strings.Index(f.Module, ".<>c"); i >= 0 {
		f.Module = f.Module[:i]
	}
}

// angle splits "<name>rest", where the name may hold such brackets itself.
func angle(s string) (name, rest string, ok bool) {
	if s == "" || s[0] != '<' {
		return "", "", false
	}
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '<':
			depth++
		case '>':
			if depth--; depth == 0 {
				return s[1:i], s[i+1:], i > 1
			}
		}
	}
	return "", "", false
}

// splitDotnet makes lines of a stack trace in one line: "Type: message at A() in f:line
// 1 at B()".
func splitDotnet(s string) []string {
	var out []string
	start := 0
	for i := 0; i < len(s); {
		j := strings.Index(s[i:], " at ")
		if j < 0 {
			break
		}
		j += i
		next := strings.Index(s[j+4:], " at ")
		call := s[j+4:]
		if next >= 0 {
			call = s[j+4 : j+4+next]
		}
		if isDotnetFrame(strings.TrimSpace(call)) {
			out = append(out, s[start:j])
			start = j + 1
		}
		i = j + 4
		if next >= 0 {
			i = j + 4 + next
		}
	}
	return append(out, s[start:])
}
