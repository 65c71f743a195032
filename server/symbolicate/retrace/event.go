package retrace

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// Lookup finds mappings by the id that the sender wrote; nil where there is none.
type Lookup interface {
	Mapping(id string) *Mapping
}

// Wanted reports whether an event says that it was obfuscated.
func Wanted(e *event.Event) bool {
	for i := range e.DebugImages {
		if d := &e.DebugImages[i]; d.Type == "proguard" && d.DebugID != "" {
			return true
		}
	}
	return false
}

// Event explains the frames and the exceptions of an event and says how many of them.
func Event(e *event.Event, lookup Lookup) (explained int) {
	var mappings []*Mapping
	for i := range e.DebugImages {
		if d := &e.DebugImages[i]; d.Type == "proguard" && d.DebugID != "" {
			if m := lookup.Mapping(d.DebugID); m != nil {
				mappings = append(mappings, m)
			}
		}
	}
	for _, m := range mappings {
		for i := range e.Exceptions {
			x := &e.Exceptions[i]
			if m.exception(x) {
				explained++
			}
			explained += x.Stack.Calls(m.frame)
		}
		for i := range e.Threads {
			explained += e.Threads[i].Stack.Calls(m.frame)
		}
	}
	return explained
}

// exception gives an exception its name.
func (m *Mapping) exception(x *event.Exception) bool {
	built := x.Type
	if x.Module != "" {
		built = x.Module + "." + x.Type
	}
	name, known := m.Class(built)
	if !known || name == built {
		return false
	}
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 && x.Module != "" {
		x.Module, x.Type = name[:dot], name[dot+1:]
	} else {
		x.Module, x.Type = "", name
	}
	return true
}

// frame is what a frame stands for, the outermost call first.
func (m *Mapping) frame(sent *event.Frame) []event.Frame {
	if sent.Platform != "" && sent.Platform != "java" || sent.Module == "" {
		return nil
	}
	calls := m.Calls(sent.Module, sent.Function, sent.Line)
	frames := make([]event.Frame, len(calls))
	for i := range calls {
		c, f := &calls[len(calls)-1-i], &frames[i]
		*f = *sent
		f.Module, f.Function, f.Filename, f.AbsPath, f.Line = c.Class, c.Method, c.File, "", c.Line
		if i < len(calls)-1 {
			f.Vars = ""
		}
	}
	return frames
}
