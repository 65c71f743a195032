package group

import (
	"slices"
	"strconv"

	"github.com/faultline-dev/faultline/internal/event"
)

// exceptionParts takes each exception of the chain in order: its type, then its
// stack; its parameterized value only if it has no stack that says more. A
// member of a group that says the same as an earlier one is left out, so that
// three equal failures in one group are the same as two.
func exceptionParts(e *event.Event) []event.Part {
	var parts []event.Part
	grouped := false
	for i := range e.Exceptions {
		grouped = grouped || e.Exceptions[i].Mechanism.IsGroup
	}
	var seen []event.Fingerprint
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		start := len(parts)
		source := "exceptions[" + strconv.Itoa(i) + "]"
		if x.Type != "" && !x.Mechanism.Synthetic {
			parts = append(parts, event.Part{Kind: KindExceptionType, Value: normalizeType(x.Type), Source: source + ".type"})
		}
		withType := len(parts)
		parts = stackParts(parts, &x.Stack, source)
		if len(parts) == withType {
			if value := Parameterize(firstLines(x.Value, 2)); value != "" {
				parts = append(parts, event.Part{Kind: KindExceptionValue, Value: value, Source: source + ".value"})
			}
		}
		if grouped && start < len(parts) {
			h := hash(parts[start:])
			if slices.Contains(seen, h) {
				parts = parts[:start]
				continue
			}
			seen = append(seen, h)
		}
	}
	return parts
}

// stackParts adds the frames that contribute: those of the program's own code,
// or all of them if none is. Direct recursion counts once.
func stackParts(parts []event.Part, s *event.Stacktrace, source string) []event.Part {
	onlyInApp := hasInApp(s.Frames)
	if parts == nil {
		parts = make([]event.Part, 0, len(s.Frames)+1)
	}
	previous := ""
	for i := range s.Frames {
		f := &s.Frames[i]
		if onlyInApp && f.InApp != event.InAppYes {
			continue
		}
		value := frameValue(f)
		if value == "" || value == previous {
			continue
		}
		previous = value
		parts = append(parts, event.Part{Kind: KindFrame, Value: value, Source: source + ".frames[" + strconv.Itoa(i) + "]"})
	}
	return parts
}

func hasInApp(frames []event.Frame) bool {
	for i := range frames {
		if frames[i].InApp == event.InAppYes {
			return true
		}
	}
	return false
}
