package symbols

import (
	"path"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// Lookup finds symbols by the debug id of an image, as the sender wrote it; nil where there
// are none.
type Lookup interface {
	Symbols(id string) *Table
}

// Wanted reports whether an event has addresses and says what was loaded there.
func Wanted(e *event.Event) bool {
	for i := range e.DebugImages {
		if native(&e.DebugImages[i]) {
			return true
		}
	}
	return false
}

func native(d *event.DebugImage) bool {
	return d.DebugID != "" && (d.ImageAddr != 0 || d.ImageSize != 0) && d.Type != "proguard" && d.Type != "sourcemap"
}

// Event explains the frames of an event and says how many of them.
func Event(e *event.Event, lookup Lookup) (explained int) {
	s := session{event: e, lookup: lookup, tables: map[string]*Table{}}
	for i := range e.Exceptions {
		explained += s.stack(&e.Exceptions[i].Stack)
	}
	for i := range e.Threads {
		explained += s.stack(&e.Threads[i].Stack)
	}
	return explained
}

// session is the work on one event.
type session struct {
	event  *event.Event
	lookup Lookup
	tables map[string]*Table // by debug id
}

// stack explains a stack. All addresses but that of the crash are where a call returns to,
// which may be another line, or another function, than the call.
func (s *session) stack(st *event.Stacktrace) int {
	sent := 0 // frames that were sent and are to come
	for i := range st.Frames {
		if o := st.Frames[i].Origin; o == nil || !o.Inlined {
			sent++
		}
	}
	return st.Calls(func(f *event.Frame) []event.Frame {
		sent--
		addr := f.InstructionAddr
		if addr == 0 {
			return nil
		}
		if sent > 0 {
			addr--
		}
		return s.frame(f, addr)
	})
}

// frame is what a frame stands for, the outermost call first.
func (s *session) frame(sent *event.Frame, addr uint64) []event.Frame {
	d := s.image(addr)
	if d == nil {
		return nil
	}
	t, known := s.tables[d.DebugID]
	if !known {
		t = s.lookup.Symbols(d.DebugID)
		s.tables[d.DebugID] = t
	}
	if t == nil {
		return nil
	}
	calls := t.Calls(addr - d.ImageAddr)
	frames := make([]event.Frame, len(calls))
	for i := range calls {
		c, f := &calls[len(calls)-1-i], &frames[i]
		*f = *sent
		if c.Function != "" {
			f.Function, f.Symbol = c.Function, c.Symbol
		}
		file := strings.ReplaceAll(c.File, "\\", "/")
		f.Filename, f.AbsPath, f.Line, f.Column = "", c.File, c.Line, 0
		if file != "" {
			f.Filename = path.Base(file)
		}
		if i < len(calls)-1 {
			f.Vars = ""
		}
	}
	return frames
}

// image is what is loaded at an address: of several without a size, the nearest below.
func (s *session) image(addr uint64) (best *event.DebugImage) {
	for i := range s.event.DebugImages {
		d := &s.event.DebugImages[i]
		if !native(d) || addr < d.ImageAddr || d.ImageSize != 0 && addr-d.ImageAddr >= d.ImageSize {
			continue
		}
		if best == nil || d.ImageAddr > best.ImageAddr {
			best = d
		}
	}
	return best
}
