package symbols

import (
	"debug/dwarf"
	"errors"
	"fmt"
	"io"
)

// dwarfReader goes through DWARF once.
type dwarfReader struct {
	*Table
	data    *dwarf.Data
	names   map[dwarf.Offset]string // of functions, whole
	numbers map[string]int32        // of files
	unit    []int32                 // files of the present unit, by their number in it
}

// level is one level of the tree that is being walked.
type level struct {
	scope string // of namespaces and classes
	depth uint16 // of functions
}

func (w *dwarfReader) read() error {
	r := w.data.Reader()
	levels := []level{{}}
	for {
		e, err := r.Next()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSymbols, err)
		}
		if e == nil {
			return nil
		}
		if e.Tag == 0 {
			if len(levels) > 1 {
				levels = levels[:len(levels)-1]
			}
			continue
		}
		at := levels[len(levels)-1]
		switch e.Tag {
		case dwarf.TagCompileUnit:
			levels, at = levels[:1], level{}
			if err := w.lines(e); err != nil {
				return err
			}
		case dwarf.TagNamespace, dwarf.TagClassType, dwarf.TagStructType, dwarf.TagUnionType, dwarf.TagEnumerationType:
			if name, ok := e.Val(dwarf.AttrName).(string); ok {
				at.scope += name + "::"
			}
		case dwarf.TagSubprogram, dwarf.TagInlinedSubroutine:
			if err := w.function(e, at); err != nil {
				return err
			}
			at.depth++
		}
		if e.Children {
			if len(levels) > 1024 {
				return fmt.Errorf("%w: the tree is too deep", ErrSymbols)
			}
			levels = append(levels, at)
		}
	}
}

// function takes over a function where it has code, and its name where others refer to it.
func (w *dwarfReader) function(e *dwarf.Entry, at level) error {
	name := w.name(e, at.scope, 0)
	w.names[e.Offset] = name
	ranges, err := w.data.Ranges(e)
	if err != nil || len(ranges) == 0 {
		return nil // declared only, or optimised away
	}
	f := function{name: name, callFile: -1, depth: at.depth}
	if e.Tag == dwarf.TagInlinedSubroutine {
		f.callFile = nowhere
		if n, ok := e.Val(dwarf.AttrCallFile).(int64); ok && n >= 0 && int(n) < len(w.unit) && w.unit[n] >= 0 {
			f.callFile = w.unit[n]
		}
		if n, ok := e.Val(dwarf.AttrCallLine).(int64); ok && n > 0 {
			f.callLine = uint32(n)
		}
	}
	for _, span := range ranges {
		if f.low, f.high = span[0], span[1]; f.low == 0 || f.high <= f.low {
			continue
		}
		w.functions = append(w.functions, f)
	}
	if len(w.functions) > maxFunctions {
		return fmt.Errorf("%w: %w", ErrSymbols, errTooMany)
	}
	return nil
}

// name is the whole name of a function: its own, or that of what it refers to.
func (w *dwarfReader) name(e *dwarf.Entry, scope string, depth int) string {
	if name, ok := e.Val(dwarf.AttrName).(string); ok {
		return scope + name
	}
	for _, attribute := range []dwarf.Attr{dwarf.AttrAbstractOrigin, dwarf.AttrSpecification} {
		to, ok := e.Val(attribute).(dwarf.Offset)
		if !ok {
			continue
		}
		if name, known := w.names[to]; known {
			return name
		}
		const longest = 8
		if depth == longest {
			break
		}
		r := w.data.Reader()
		r.Seek(to)
		if next, err := r.Next(); err == nil && next != nil {
			return w.name(next, "", depth+1) // it comes later: its scope is not known yet
		}
	}
	if name, ok := e.Val(dwarf.AttrLinkageName).(string); ok {
		return name
	}
	return ""
}

// lines takes over the lines of a unit.
func (w *dwarfReader) lines(unit *dwarf.Entry) error {
	w.unit = w.unit[:0]
	r, err := w.data.LineReader(unit)
	if err != nil || r == nil {
		return nil // a unit without lines
	}
	var e dwarf.LineEntry
	for {
		err := r.Next(&e)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil // what came before counts
		}
		file := int32(-1)
		if e.File != nil && !e.EndSequence {
			file = w.number(e.File.Name)
		}
		if e.Address == 0 {
			continue
		}
		if len(w.Table.lines) == maxLines {
			return fmt.Errorf("%w: %w", ErrSymbols, errTooMany)
		}
		w.Table.lines = append(w.Table.lines, row{e.Address, file, uint32(max(0, e.Line))})
	}
	for _, f := range r.Files() {
		n := int32(-1)
		if f != nil {
			n = w.number(f.Name)
		}
		w.unit = append(w.unit, n)
	}
	return nil
}

func (w *dwarfReader) number(file string) int32 {
	n, known := w.numbers[file]
	if !known {
		n = int32(len(w.files))
		w.numbers[file] = n
		w.files = append(w.files, file)
	}
	return n
}
