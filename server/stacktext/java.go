package stacktext

import (
	"slices"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// java reads what Throwable.printStackTrace writes, and logback, and whatever follows
// their example (OpenTelemetry's SDK for PHP does).
func (p *parser) java() {
	var (
		current *thrown
		depths  []int // of each exception, by indentation
		wrapped bool
		head    int // where the first exception begins
	)
	start, t := p.javaHead()
	if t != nil {
		current, depths = p.begin(t), append(depths, 0)
	}
	header := t == nil || t.total == 0
	for i := start; i < len(p.lines); i++ {
		line := p.lines[i]
		depth := indent(line)
		s := line[depth:]
		if f, ok := javaLine(s); ok {
			if current == nil {
				current, depths = p.begin(&thrown{inner: true}), append(depths, 0)
			}
			current.add(f)
			header = false
			continue
		}
		relation, rest := javaRelation(s)
		switch {
		case relation != "":
			next := &thrown{inner: true, source: relation}
			next.kind, next.value = typeAndValue(rest)
			next.parent = p.javaParent(relation, depth, depths)
			if relation == "wrapped" {
				wrapped, next.parent, next.source = true, nil, ""
				if current != nil {
					current.parent, current.source = next, "cause"
				}
			}
			if len(p.found) < MaxExceptions {
				depths = append(depths, depth)
			}
			current, header = p.begin(next), true
		case strings.HasPrefix(s, "... ") && current != nil && !strings.HasPrefix(s[4:], "."):
			n := digits(s[4:])
			current.shared = int(min(number(s[4:4+n]), MaxText))
			header = false
		case current == nil:
			current, depths, head, header = p.begin(p.javaThrown(line)), append(depths, depth), i, true
		case header:
			current.say(line)
		case s != "" && len(p.found) == 1 && start == 0 && p.messageEnd(i) > i:
			// What looked like calls was part of the message.
			*current = *p.javaThrown(p.lines[head])
			start = p.messageEnd(i)
			for _, line := range p.lines[head+1 : start] {
				current.say(line)
			}
			i, header = start-1, true
		case s != "" && !strings.HasPrefix(s, "[CIRCULAR"):
			p.unread++
		}
	}
	if wrapped {
		slices.Reverse(p.found)
	}
	p.share()
}

// javaHead reads the head of the text where the sender's words tell how far it
// reaches: a message may have many lines, and even such that look like calls.
func (p *parser) javaHead() (next int, t *thrown) {
	if p.hint.Value == "" || len(p.lines) == 0 {
		return 0, nil
	}
	value := strings.Split(strings.ReplaceAll(p.hint.Value, "\r\n", "\n"), "\n")
	if len(value) > len(p.lines) || !strings.HasSuffix(strings.TrimRight(p.lines[0], " \t"), strings.TrimRight(value[0], " \t")) {
		return 0, nil
	}
	for i := 1; i < len(value); i++ {
		if p.lines[i] != strings.TrimSuffix(value[i], "\r") {
			return 0, nil
		}
	}
	t = p.javaThrown(p.lines[0])
	t.value = p.hint.Value
	return len(value), t
}

func (p *parser) javaThrown(line string) *thrown {
	t := &thrown{inner: true}
	s := strings.TrimSpace(line)
	if rest, found := strings.CutPrefix(s, `Exception in thread "`); found {
		if _, after, found := strings.Cut(rest, `" `); found {
			s = after
		}
	}
	t.kind, t.value = typeAndValue(s)
	return t
}

// messageEnd looks for the end of a message that line i is said to belong to: behind the
// last line that is no call and has calls after it, before anything else that belongs to
// a stack trace. It is i if no calls follow.
func (p *parser) messageEnd(i int) int {
	end, odd := i, i
	for j := i + 1; j < len(p.lines); j++ {
		s := p.lines[j][indent(p.lines[j]):]
		if _, ok := javaLine(s); ok {
			end = odd + 1
			continue
		}
		if relation, _ := javaRelation(s); relation != "" || strings.HasPrefix(s, "... ") {
			break
		}
		odd = j
	}
	return end
}

// javaParent finds the exception to which a header at the depth belongs.
func (p *parser) javaParent(relation string, depth int, depths []int) *thrown {
	for i := min(len(depths), len(p.found)) - 1; i >= 0; i-- {
		if depths[i] < depth || relation == "cause" && depths[i] == depth {
			return p.found[i]
		}
	}
	if len(p.found) > 0 {
		return p.found[len(p.found)-1]
	}
	return nil
}

func javaRelation(s string) (relation, rest string) {
	for _, r := range [...]struct{ prefix, relation string }{
		{"Caused by: ", "cause"}, {"Suppressed: ", "suppressed"}, {"Wrapped by: ", "wrapped"}, {"Next ", ""},
	} {
		if after, found := strings.CutPrefix(s, r.prefix); found {
			return r.relation, after
		}
	}
	return "", s
}

// javaLine reads "at CALL".
func javaLine(s string) (event.Frame, bool) {
	rest, found := strings.CutPrefix(s, "at ")
	if !found {
		return event.Frame{}, false
	}
	return javaFrame(rest)
}

// javaFrame reads "loader/module@version/package.Class.method(File.java:12) [jar:version]".
func javaFrame(s string) (event.Frame, bool) {
	var f event.Frame
	if i := strings.LastIndex(s, "["); i > 0 && strings.HasSuffix(s, "]") && !strings.HasSuffix(s, "()") {
		s = strings.TrimRight(s[:i], " ~")
	}
	s = strings.TrimRight(s, " ")
	open := strings.LastIndexByte(s, '(')
	if open < 1 || s[len(s)-1] != ')' || s[open-1] == ' ' {
		return f, false
	}
	name, place := s[:open], s[open+1:len(s)-1]
	switch place {
	case "Native Method", "Unknown Source", "<generated>", "<unknown>", "<Unknown>", "":
		if place == "" {
			return f, false
		}
	default:
		file, line, numbered := cutNumber(place, ':')
		if !numbered {
			file, _, numbered = cutNumber(place, '-') // File.java:-2
			file = strings.TrimSuffix(file, ":")
		}
		if !numbered && !isJavaFile(place) || strings.ContainsAny(file, " ,()=") && !isJavaFile(file) {
			return f, false
		}
		if !numbered {
			file = place
		}
		if !strings.HasPrefix(file, "<") {
			f.Filename = file
		}
		f.Line = line
	}
	for {
		i := strings.IndexByte(name, '/')
		if i < 0 || strings.HasPrefix(name[i+1:], "0x") {
			break
		}
		name = name[i+1:]
	}
	dot := strings.LastIndexByte(name, '.')
	f.Function = name[dot+1:]
	if dot > 0 {
		f.Module = name[:dot]
	}
	if f.Function == "{closure}" || f.Function == "{main}" {
		f.Function = strings.Trim(f.Function, "{}")
	}
	return f, f.Function != ""
}

func isJavaFile(s string) bool {
	for _, suffix := range [...]string{".java", ".kt", ".kts", ".scala", ".groovy", ".clj", ".php", ".sc", ".aj"} {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return s == "SourceFile" || s == "Proguard"
}
