package rules

import (
	"slices"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// scope is what a matcher looks at. All matchers of one rule that look at
// exceptions, or at frames, must hold for the same one.
type scope uint8

const (
	ofEvent scope = iota
	ofException
	ofFrame
)

// key is a field that a matcher compares.
type key struct {
	name  string // as it is printed
	scope scope
	path  bool // the pattern is one of paths
	fold  bool // case does not matter
}

// keys are the fields by their names and other names.
var keys = func() map[string]*key {
	all := map[string]*key{}
	add := func(k key, others ...string) {
		all[k.name] = &k
		for _, other := range others {
			all[other] = &k
		}
	}
	add(key{name: "family", fold: true})
	add(key{name: "logger"})
	add(key{name: "level", fold: true})
	add(key{name: "message", fold: true})
	add(key{name: "release"})
	add(key{name: "environment"})
	add(key{name: "transaction"})
	add(key{name: "sdk"})
	add(key{name: "error.type", scope: ofException}, "type")
	add(key{name: "error.value", scope: ofException, fold: true}, "value")
	add(key{name: "error.mechanism", scope: ofException}, "mechanism")
	add(key{name: "stack.function", scope: ofFrame}, "function")
	add(key{name: "stack.module", scope: ofFrame}, "module")
	add(key{name: "stack.abs_path", scope: ofFrame, path: true, fold: true}, "path", "abs_path")
	add(key{name: "stack.package", scope: ofFrame, path: true, fold: true}, "package")
	add(key{name: "app", scope: ofFrame, fold: true})
	add(key{name: "category", scope: ofFrame})
	return all
}()

// matcher compares one field with a pattern.
type matcher struct {
	key     *key
	tag     string // of tags.NAME
	negated bool
	pattern *glob
	yes     bool // what app asks for

	everyFamily bool // family:all
}

var tagKey = key{name: "tags"}

// readMatcher reads [!]name:pattern.
func readMatcher(l *line) (*matcher, *Error) {
	start := l.at
	m := &matcher{negated: l.take("!")}
	nameAt := l.at
	for !l.done() && l.peek() != ':' && l.peek() != ' ' && l.peek() != '\t' && l.peek() != '"' {
		l.at++
	}
	name := l.text[nameAt:l.at]
	if name == "" || !l.take(":") {
		l.at = start
		return nil, l.problem(start, "a condition is wanted here, such as error.type:TimeoutError")
	}
	if tag, ok := strings.CutPrefix(name, "tags."); ok && tag != "" {
		m.key, m.tag = &tagKey, tag
	} else if m.key = keys[name]; m.key == nil {
		return nil, l.problem(nameAt, "there is no condition %q; there are error.type, error.value, message, stack.function, stack.module, stack.abs_path, stack.package, family, app, logger, level, release, environment, transaction, sdk and tags.NAME", name)
	}
	patternAt := l.at
	var text string
	if l.peek() == '"' {
		var err *Error
		if text, err = l.quoted(); err != nil {
			return nil, err
		}
	} else {
		text = l.bare()
	}
	if text == "" && patternAt == l.at {
		return nil, l.problem(patternAt, "what should %s be?", name)
	}
	return m, m.setPattern(l, patternAt, text)
}

func (m *matcher) setPattern(l *line, at int, text string) *Error {
	text = withoutEscapedQuotes(text)
	switch m.key.name {
	case "app":
		switch strings.ToLower(text) {
		case "yes", "true", "1":
			text, m.yes = "yes", true
		case "no", "false", "0":
			text = "no"
		default:
			return l.problem(at, "app is yes or no")
		}
	case "family":
		if strings.ContainsAny(text, "{}") {
			return l.problem(at, "families are parted by commas: family:javascript,native")
		}
		m.everyFamily = slices.Contains(strings.Split(text, ","), "all")
		if strings.Contains(text, ",") {
			m.pattern = &glob{text: text, fold: true}
			for name := range strings.SplitSeq(text, ",") {
				one, problem := compile(name, false, true)
				if problem != "" {
					return l.problem(at, "%s", problem)
				}
				m.pattern.alternatives = append(m.pattern.alternatives, one.alternatives...)
			}
			return nil
		}
	}
	pattern, problem := compile(text, m.key.path, m.key.fold)
	if problem != "" {
		return l.problem(at, "%s", problem)
	}
	m.pattern = pattern
	return nil
}

// withoutEscapedQuotes makes one form of a quote that is escaped and one that is not.
func withoutEscapedQuotes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if s[i] != '"' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// String prints the matcher so that readMatcher reads it again.
func (m *matcher) String() string {
	name := m.key.name
	if m.tag != "" {
		name += "." + m.tag
	}
	if m.negated {
		name = "!" + name
	}
	text := m.pattern.text
	if text == "" || strings.ContainsAny(text, " \t\"") {
		text = quote(text)
	}
	return name + ":" + text
}

// event reports whether a matcher of events holds.
func (m *matcher) event(e *event.Event) bool {
	return m.eventField(e) != m.negated
}

func (m *matcher) eventField(e *event.Event) bool {
	switch m.key.name {
	case "family":
		return m.family(e.Platform)
	case "logger":
		return m.pattern.match(e.Logger)
	case "level":
		return m.pattern.match(e.Level.String())
	case "message":
		return m.message(e)
	case "release":
		return m.pattern.match(e.Release)
	case "environment":
		return m.pattern.match(e.Environment)
	case "transaction":
		return m.pattern.match(e.Transaction)
	case "sdk":
		return m.pattern.match(e.SDK.Name)
	}
	value, ok := e.Tag(m.tag)
	return ok && m.pattern.match(value)
}

// message looks at the message and, as the two are hard to keep apart, at the
// values of exceptions.
func (m *matcher) message(e *event.Event) bool {
	if m.pattern.match(e.Message.Formatted) || e.Message.Template != "" && m.pattern.match(e.Message.Template) {
		return true
	}
	for i := range e.Exceptions {
		if m.pattern.match(e.Exceptions[i].Value) {
			return true
		}
	}
	return false
}

// family takes a platform by its own name and by that of the family that Sentry
// puts it into.
func (m *matcher) family(platform string) bool {
	of := "other"
	switch platform {
	case "javascript", "node":
		of = "javascript"
	case "native", "c", "cocoa", "objc", "rust":
		of = "native"
	}
	return m.pattern.match(platform) || m.pattern.match(of) || m.everyFamily
}

func (m *matcher) exception(x *event.Exception) bool {
	s := ""
	switch m.key.name {
	case "error.type":
		s = x.Type
	case "error.value":
		s = x.Value
	default:
		s = x.Mechanism.Type
	}
	return m.pattern.match(s) != m.negated
}

// frame reports whether a matcher of frames holds; category is what earlier rules
// called the frame.
func (m *matcher) frame(f *event.Frame, inApp bool, category string) bool {
	return m.frameField(f, inApp, category) != m.negated
}

func (m *matcher) frameField(f *event.Frame, inApp bool, category string) bool {
	switch m.key.name {
	case "stack.function":
		return m.pattern.match(f.Function)
	case "stack.module":
		return m.pattern.match(f.Module)
	case "stack.abs_path":
		return m.pathOf(f.AbsPath) || m.pathOf(f.Filename)
	case "stack.package":
		return m.pathOf(f.Package)
	case "app":
		return inApp == m.yes
	}
	return m.pattern.match(category)
}

// pathOf matches a path. A relative one matches as if it stood below some folder.
func (m *matcher) pathOf(path string) bool {
	if path == "" {
		return false
	}
	return m.pattern.match(path) || path[0] != '/' && strings.HasPrefix(m.pattern.text, "**/") && m.pattern.match("/"+path)
}
