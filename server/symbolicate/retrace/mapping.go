// Package retrace gives obfuscated frames of Java and Kotlin their names back, as the
// mapping that ProGuard and R8 write tells them: class, method and line, and the calls
// that were inlined. It reads mappings and decides what of them a frame gets.
//
// It does no I/O and keeps nothing. A frame that the mapping does not know stays as it is.
// Of R8's notes it heeds the source file and what is synthesized, not outlines and
// rewritten frames.
package retrace

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Bounds of one mapping. One beyond them is refused.
const (
	MaxBytes   = 256 << 20
	maxMembers = 8 << 20
)

// ErrMapping is in every error about a text that is no mapping.
var ErrMapping = errors.New("not a ProGuard mapping")

// Mapping is a mapping that has been read. It is safe for concurrent use.
type Mapping struct {
	classes map[string]*class // by the name in the program that was built
	members int
	bytes   int
}

// class is one class.
type class struct {
	name    string
	file    string // empty: not told
	members []member
}

// member is what one line says of a method. Several with the same lines are calls that
// were inlined, the innermost first.
type member struct {
	built       string // name in the program that was built
	class, name string // class is empty for that of the method
	from, to    uint32 // lines in the program that was built; 0: any
	first, last uint32 // lines of the source; 0: not told
	synthesized bool   // a compiler made it
}

// Parse reads a mapping, of which it keeps a copy.
func Parse(content []byte) (*Mapping, error) {
	if len(content) > MaxBytes {
		return nil, fmt.Errorf("%w: it has %d bytes, the limit is %d", ErrMapping, len(content), MaxBytes)
	}
	if i := bytes.IndexByte(content, 0); i >= 0 {
		return nil, fmt.Errorf("%w: it has a zero byte at %d", ErrMapping, i)
	}
	text := string(content)
	m := &Mapping{classes: map[string]*class{}, bytes: len(text)}
	var in *class
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		trimmed := strings.TrimLeft(line, " \t")
		switch {
		case trimmed == "":
		case trimmed[0] == '#':
			in.note(trimmed)
		case len(trimmed) == len(line):
			if in = m.class(line); in == nil {
				return nil, fmt.Errorf("%w: %q names no class", ErrMapping, shorten(line))
			}
		case in != nil:
			if member, ok := readMember(trimmed); ok {
				if m.members++; m.members > maxMembers {
					return nil, fmt.Errorf("%w: more than %d methods", ErrMapping, maxMembers)
				}
				in.members = append(in.members, member)
			}
		}
	}
	if len(m.classes) == 0 {
		return nil, fmt.Errorf("%w: it names no class", ErrMapping)
	}
	for _, c := range m.classes {
		slices.SortStableFunc(c.members, func(a, b member) int { return strings.Compare(a.built, b.built) })
		c.members = slices.Clip(c.members)
	}
	m.bytes += 96*m.members + 200*len(m.classes)
	return m, nil
}

// shorten keeps an error readable.
func shorten(line string) string {
	if len(line) > 80 {
		return line[:80] + "..."
	}
	return line
}

// class reads "com.example.Cart -> a.b:".
func (m *Mapping) class(line string) *class {
	name, built, ok := strings.Cut(strings.TrimSuffix(line, ":"), " -> ")
	if !ok || name == "" || built == "" || !strings.HasSuffix(line, ":") {
		return nil
	}
	c := &class{name: name}
	m.classes[built] = c
	return c
}

// note heeds what R8 writes about the class or method before it.
func (c *class) note(line string) {
	if c == nil {
		return
	}
	switch {
	case strings.Contains(line, `"id":"sourceFile"`):
		if _, rest, ok := strings.Cut(line, `"fileName":"`); ok {
			c.file, _, _ = strings.Cut(rest, `"`)
		}
	case strings.Contains(line, `"id":"com.android.tools.r8.synthesized"`):
		if n := len(c.members); n > 0 {
			c.members[n-1].synthesized = true
		}
	}
}

// readMember reads "1:3:void pay(int):10:12 -> a"; what is no method is left out.
func readMember(line string) (m member, ok bool) {
	left, built, ok := strings.Cut(line, " -> ")
	if !ok || built == "" {
		return m, false
	}
	m.built = built
	left, m.from, m.to = leadingLines(left)
	open := strings.IndexByte(left, '(')
	if open < 0 {
		return m, false
	}
	shut := strings.IndexByte(left[open:], ')')
	if shut < 0 {
		return m, false
	}
	m.first, m.last = trailingLines(left[open+shut+1:])
	head := left[:open]
	if space := strings.LastIndexByte(head, ' '); space >= 0 { // the type that it returns
		head = head[space+1:]
	}
	if dot := strings.LastIndexByte(head, '.'); dot >= 0 {
		m.class, head = head[:dot], head[dot+1:]
	}
	m.name = head
	return m, m.name != ""
}

// leadingLines takes "1:3:" off.
func leadingLines(text string) (rest string, from, to uint32) {
	a, after, ok := strings.Cut(text, ":")
	if !ok {
		return text, 0, 0
	}
	b, rest, ok := strings.Cut(after, ":")
	x, errA := strconv.ParseUint(a, 10, 32)
	y, errB := strconv.ParseUint(b, 10, 32)
	if !ok || errA != nil || errB != nil {
		return text, 0, 0
	}
	return rest, uint32(x), uint32(y)
}

// trailingLines reads ":10:12" or ":10".
func trailingLines(text string) (first, last uint32) {
	a, b, _ := strings.Cut(strings.TrimPrefix(text, ":"), ":")
	x, err := strconv.ParseUint(a, 10, 32)
	if err != nil {
		return 0, 0
	}
	y, err := strconv.ParseUint(b, 10, 32)
	if err != nil {
		y = 0
	}
	return uint32(x), uint32(y)
}

// Bytes is about how much memory the mapping takes.
func (m *Mapping) Bytes() int { return m.bytes }

// Class is the name of a class in the source.
func (m *Mapping) Class(built string) (name string, known bool) {
	c, known := m.classes[built]
	if !known {
		return "", false
	}
	return c.name, true
}

// Call is one call in the source.
type Call struct {
	Class, Method, File string
	Line                uint32 // 0: not known
}

// Calls are the calls that stand at a line of a method, the innermost first; none if the
// mapping does not know the class.
func (m *Mapping) Calls(builtClass, builtMethod string, line uint32) []Call {
	c, known := m.classes[builtClass]
	if !known {
		return nil
	}
	i := sort.Search(len(c.members), func(i int) bool { return c.members[i].built >= builtMethod })
	all := c.members[i:]
	n := 0
	for n < len(all) && all[n].built == builtMethod {
		n++
	}
	all = all[:n]
	var calls []Call
	add := func(e *member, at uint32) {
		calls = append(calls, Call{Class: m.owner(c, e), Method: e.name, File: m.file(c, e), Line: at})
	}
	for i := range all {
		e := &all[i]
		if line != 0 && e.to != 0 && (line < e.from || line > e.to) || line == 0 && e.to != 0 {
			continue
		}
		if line != 0 && e.to == 0 && len(calls) > 0 {
			continue
		}
		add(e, e.line(line))
		if e.synthesized && len(calls) > 1 { // it only passes on
			calls = calls[:len(calls)-1]
		}
		if e.to == 0 {
			break
		}
	}
	if len(calls) == 0 {
		if only := built(all); only != nil {
			add(only, 0)
		} else {
			calls = append(calls, Call{Class: c.name, Method: builtMethod, File: m.file(c, &member{}), Line: 0})
		}
	}
	return calls
}

// built is the one method that was built under a name: the outermost call at all lines. It
// is nil if several methods have the name.
func built(all []member) (only *member) {
	for i := range all {
		e := &all[i]
		if i+1 < len(all) && all[i+1].from == e.from && all[i+1].to == e.to && e.to != 0 {
			continue // inlined into the next
		}
		if only != nil && (only.name != e.name || only.class != e.class) {
			return nil
		}
		only = e
	}
	return only
}

// line is the line of the source.
func (e *member) line(built uint32) uint32 {
	switch {
	case e.first == 0:
		return built
	case e.last == 0 || e.last == e.first || e.to == 0 || built < e.from:
		return e.first
	}
	return min(e.first+(built-e.from), max(e.first, e.last))
}

func (m *Mapping) owner(c *class, e *member) string {
	if e.class != "" {
		return e.class
	}
	return c.name
}

// file is the file of a member's class: what the mapping says, or what its name suggests.
func (m *Mapping) file(c *class, e *member) string {
	owner := m.owner(c, e)
	if owner == c.name && c.file != "" {
		return c.file
	}
	simple := owner[strings.LastIndexByte(owner, '.')+1:]
	simple, _, _ = strings.Cut(simple, "$")
	if kotlin, ok := strings.CutSuffix(simple, "Kt"); ok && kotlin != "" {
		return kotlin + ".kt"
	}
	if strings.HasSuffix(c.file, ".kt") {
		return simple + ".kt"
	}
	return simple + ".java"
}
