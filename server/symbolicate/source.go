package symbolicate

import (
	"sort"
	"strings"
	"sync"
	"unicode/utf8"
)

// contextLines is how many lines are shown before and after one, contextWidth how much
// of a long line.
const (
	contextLines = 5
	contextWidth = 150
)

// source is one original file.
type source struct {
	name    string
	content string // empty: not in the map

	once   sync.Once
	lines  []int // where each line begins
	scopes []scope
}

// read finds lines and functions when they are needed first: most sources of a map are
// never asked for.
func (s *source) read() {
	s.once.Do(func() {
		s.lines = append(s.lines, 0)
		for i := 0; i < len(s.content); i++ {
			if s.content[i] == '\n' {
				s.lines = append(s.lines, i+1)
			}
		}
		s.scopes = findScopes(s.content)
	})
}

// line is one line without its end, from 0.
func (s *source) line(n int) string {
	end := len(s.content)
	if n+1 < len(s.lines) {
		end = s.lines[n+1] - 1
	}
	return strings.TrimSuffix(s.content[s.lines[n]:end], "\r")
}

// context is the line of a place with those around it.
func (s *source) context(line, column uint32) (pre []string, at string, post []string, ok bool) {
	if s.content == "" {
		return nil, "", nil, false
	}
	s.read()
	n := int(line)
	if n >= len(s.lines) {
		return nil, "", nil, false
	}
	for i := max(0, n-contextLines); i < n; i++ {
		pre = append(pre, snip(s.line(i), 0))
	}
	for i := n + 1; i < min(len(s.lines), n+1+contextLines); i++ {
		if i == len(s.lines)-1 && s.line(i) == "" { // what follows the last line's end is no line
			break
		}
		post = append(post, snip(s.line(i), 0))
	}
	text := s.line(n)
	return pre, snip(text, byteColumn(text, column)), post, true
}

// function names the function around a place.
func (s *source) function(line, column uint32) (name string, known bool) {
	if s.content == "" {
		return "", false
	}
	s.read()
	if int(line) >= len(s.lines) {
		return "", false
	}
	return nameAt(s.scopes, s.lines[line]+byteColumn(s.line(int(line)), column)), true
}

// byteColumn turns a column in UTF-16 units into one in bytes.
func byteColumn(text string, column uint32) int {
	units := uint32(0)
	for i, r := range text {
		if units >= column {
			return i
		}
		units++
		if r >= 0x10000 {
			units++
		}
	}
	return len(text)
}

// snip cuts a long line to what is around a column.
func snip(text string, column int) string {
	if len(text) <= contextWidth {
		return text
	}
	start := min(max(0, column-contextWidth/2), len(text)-contextWidth)
	end := start + contextWidth
	for start > 0 && !utf8.RuneStart(text[start]) {
		start--
	}
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	cut := text[start:end]
	if start > 0 {
		cut = "{snip} " + cut
	}
	if end < len(text) {
		cut += " {snip}"
	}
	return cut
}

// nameAt names the innermost function around an offset, and the one around it if it
// has no name of its own; empty outside of functions.
func nameAt(scopes []scope, offset int) string {
	i := sort.Search(len(scopes), func(i int) bool { return scopes[i].start > offset }) - 1
	anonymous := false
	for ; i >= 0; i = int(scopes[i].parent) {
		s := &scopes[i]
		if offset >= s.end || s.class {
			continue
		}
		if s.name == "" {
			anonymous = true
			continue
		}
		name := s.name
		p := s.parent
		for p >= 0 && !scopes[p].class && scopes[p].name == s.name { // the type of a member looks like a function
			p = scopes[p].parent
		}
		if p >= 0 && s.member && scopes[p].class && scopes[p].name != "" {
			name = scopes[p].name + "." + name
		}
		if anonymous {
			name += ".<anonymous>"
		}
		return name
	}
	if anonymous {
		return "<anonymous>"
	}
	return ""
}
