package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/group/rules"
)

// client takes the sender's own fingerprint, with {{ default }} replaced by
// what would have been used without it, and variables by the event's values.
func (b *builder) client() {
	e := b.event
	for i, element := range e.Fingerprint {
		kind, value := KindClient, element
		if name, ok := variable(element); ok {
			if name == "default" {
				b.byDefault()
				continue
			}
			if v, known := variableValue(e, name); known {
				kind, value = KindVariable, v
			}
		}
		b.literal(kind, value, "")
		b.sourced("fingerprint", i, "")
	}
}

// rule takes what a fingerprint rule of the project says.
func (b *builder) rule() {
	rule := b.applied.rule
	for _, element := range rule.Elements {
		if element.HasDefault() {
			b.byDefault()
			if len(element.Pieces) == 1 {
				continue
			}
		}
		b.literal(KindRule, expand(b.event, element), "")
		b.sourced("fingerprint_rules", rule.Line, "")
	}
}

// expand writes the event's values into a text of a rule.
func expand(e *event.Event, t rules.Template) string {
	return t.Expand(func(name string) string {
		value, _ := variableValue(e, name)
		return value
	})
}

// variable reads "{{ name }}", with any space or none inside the braces.
func variable(s string) (name string, ok bool) {
	s = strings.TrimSpace(s)
	if inner, found := strings.CutPrefix(s, "{{"); found {
		if inner, found = strings.CutSuffix(inner, "}}"); found {
			return strings.TrimSpace(inner), true
		}
	}
	return "", false
}

// variableValue is the value of a fingerprint variable, by the names that users
// of Sentry know. An unknown name is not a variable but literal text.
func variableValue(e *event.Event, name string) (value string, known bool) {
	switch name {
	case "transaction":
		return e.Transaction, true
	case "level":
		return e.Level.String(), true
	case "logger":
		return e.Logger, true
	case "release":
		return e.Release, true
	case "environment":
		return e.Environment, true
	case "message":
		return Parameterize(ruleMessage(e)), true
	case "error.type", "type":
		if len(e.Exceptions) > 0 {
			return e.Exceptions[0].Type, true
		}
		return "", true
	case "error.value", "value":
		if len(e.Exceptions) > 0 {
			return e.Exceptions[0].Value, true
		}
		return "", true
	}
	if key, ok := strings.CutPrefix(name, "tags."); ok {
		value, _ := e.Tag(key)
		return value, true
	}
	return frameVariable(e, name)
}

// frameVariable is the value of a variable that speaks of the frame a person
// looks at first.
func frameVariable(e *event.Event, name string) (value string, known bool) {
	f := crashFrame(e)
	if f == nil {
		f = &event.Frame{}
	}
	switch name {
	case "function", "stack.function":
		return f.Function, true
	case "module", "stack.module":
		return f.Module, true
	case "path", "abs_path", "stack.abs_path":
		return f.AbsPath, true
	case "stack.filename", "filename":
		return f.Filename, true
	case "package", "stack.package":
		return f.Package, true
	}
	return "", false
}

// ruleMessage is what {{ message }} means: the message, else the value of the
// exception that was thrown.
func ruleMessage(e *event.Event) string {
	if text := messageText(e); text != "" || len(e.Exceptions) == 0 {
		return text
	}
	return firstLines(e.Exceptions[0].Value, 2)
}
