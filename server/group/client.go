package group

import (
	"strconv"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// clientParts is the sender's own fingerprint, with {{ default }} replaced by
// what would have been used without it, and variables by the event's values.
func clientParts(e *event.Event) []event.Part {
	parts := make([]event.Part, 0, len(e.Fingerprint))
	for i, element := range e.Fingerprint {
		source := "fingerprint[" + strconv.Itoa(i) + "]"
		name, ok := variable(element)
		if !ok {
			parts = append(parts, event.Part{Kind: KindClient, Value: element, Source: source})
			continue
		}
		if name == "default" {
			parts = append(parts, defaultParts(e)...)
			continue
		}
		if value, known := variableValue(e, name); known {
			parts = append(parts, event.Part{Kind: KindVariable, Value: value, Source: source})
			continue
		}
		parts = append(parts, event.Part{Kind: KindClient, Value: element, Source: source})
	}
	return parts
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
		return Parameterize(messageText(e)), true
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
	case "function", "stack.function":
		if f := crashFrame(e); f != nil {
			return f.Function, true
		}
		return "", true
	case "module", "stack.module":
		if f := crashFrame(e); f != nil {
			return f.Module, true
		}
		return "", true
	}
	if key, ok := strings.CutPrefix(name, "tags."); ok {
		value, _ := e.Tag(key)
		return value, true
	}
	return "", false
}
