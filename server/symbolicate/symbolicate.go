// Package symbolicate turns frames of minified scripts into those of their sources:
// file, line, column, function and the lines around, as source maps tell them. It
// reads source maps and decides what of them a frame gets.
//
// It does no I/O and keeps nothing: maps come from a Lookup. A frame that no map
// explains stays as it is.
package symbolicate

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// Lookup finds source maps. Both methods return nil where there is none.
//
// ByDebugID takes the id as the sender wrote it. ByURL takes the address of the script
// and must find what was uploaded for it in a release and a distribution; see Names.
type Lookup interface {
	ByDebugID(id string) *Map
	ByURL(release, dist, url string) *Map
}

// Wanted reports whether an event has frames of scripts.
func Wanted(e *event.Event) bool {
	if script(e.Platform) {
		return true
	}
	for i := range e.Exceptions {
		for j := range e.Exceptions[i].Stack.Frames {
			if script(e.Exceptions[i].Stack.Frames[j].Platform) {
				return true
			}
		}
	}
	return false
}

func script(platform string) bool { return platform == "javascript" || platform == "node" }

// Event explains the frames of an event and says how many it has explained. Each keeps
// what it was, so that explaining an event again, with other maps, begins with what was
// sent. Stacks that events share are copied before they are changed.
func Event(e *event.Event, lookup Lookup) int {
	s := session{event: e, lookup: lookup, maps: make(map[string]*Map)}
	n := 0
	for i := range e.Exceptions {
		n += s.stack(&e.Exceptions[i].Stack)
	}
	for i := range e.Threads {
		n += s.stack(&e.Threads[i].Stack)
	}
	return n
}

// maxScripts bounds how many scripts of one event are looked up.
const maxScripts = 50

// session is the work on one event.
type session struct {
	event  *event.Event
	lookup Lookup
	maps   map[string]*Map // by address of the script
}

// explained is a frame with what its map says.
type explained struct {
	frame int
	place Place
}

func (s *session) stack(st *event.Stacktrace) int {
	var found []explained
	for i := range st.Frames {
		f := st.Frames[i].Sent()
		if f.Line == 0 || f.Platform == "" && !script(s.event.Platform) || f.Platform != "" && !script(f.Platform) {
			continue
		}
		m := s.find(address(&f))
		if m == nil {
			continue
		}
		column := f.Column
		if column > 0 {
			column--
		}
		if p, ok := m.Find(f.Line-1, column); ok {
			found = append(found, explained{i, p})
		}
	}
	if len(found) == 0 {
		return 0
	}
	if st.Shared != 0 {
		st.Frames, st.Shared = append([]event.Frame(nil), st.Frames...), 0
	}
	origins := make([]event.Origin, len(found))
	for i, x := range found {
		var caller *Place
		if i > 0 && found[i-1].frame == x.frame-1 {
			caller = &found[i-1].place
		}
		f := &st.Frames[x.frame]
		if f.Origin == nil {
			origins[i] = f.Sight()
			f.Origin = &origins[i]
		} else {
			*f = f.Sent()
		}
		explain(f, x.place, caller)
	}
	return len(found)
}

// address is where a frame's script came from.
func address(f *event.Frame) string {
	if f.AbsPath != "" {
		return f.AbsPath
	}
	return f.Filename
}

// find is the map of a script, by the id that the event has for it, else by its address.
func (s *session) find(url string) *Map {
	switch {
	case url == "", strings.HasPrefix(url, "node:"), strings.HasPrefix(url, "internal/"), url[0] == '<', url[0] == '[', url == "native":
		return nil
	}
	if m, known := s.maps[url]; known || len(s.maps) == maxScripts {
		return m
	}
	var m *Map
	for i := range s.event.DebugImages {
		if d := &s.event.DebugImages[i]; d.Type == "sourcemap" && d.DebugID != "" && d.CodeFile == url {
			if m = s.lookup.ByDebugID(d.DebugID); m != nil {
				break
			}
		}
	}
	if m == nil && s.event.Release != "" {
		m = s.lookup.ByURL(s.event.Release, s.event.Dist, url)
	}
	s.maps[url] = m
	return m
}

// explain changes a frame to the place where its code comes from. caller is that of
// the frame that called it, if it is known: the name that stands there names
// the function where its text does not.
func explain(f *event.Frame, p Place, caller *Place) {
	if name, known := p.source.function(p.Line, p.Column); known {
		f.Function = name
	} else if caller != nil && caller.Name != "" {
		f.Function = caller.Name
	}
	script := address(f)
	f.Filename = fileName(p.Source)
	f.AbsPath = absolutePath(script, p.Source)
	f.Module = moduleName(f.Filename)
	f.Line, f.Column = p.Line+1, p.Column+1
	if pre, at, post, ok := p.source.context(p.Line, p.Column); ok {
		f.PreContext, f.ContextLine, f.PostContext = pre, at, post
	} else {
		f.PreContext, f.ContextLine, f.PostContext = nil, "", nil
	}
	if foreign(p.Source) {
		f.InApp = event.InAppNo
	}
}
