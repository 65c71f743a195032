package search

import (
	"strings"
	"unicode/utf8"
)

// scanner reads the words of the language from left to right; it never goes
// back further than to the beginning of a term.
type scanner struct {
	text string
	pos  int
}

func (s *scanner) end() bool  { return s.pos >= len(s.text) }
func (s *scanner) peek() byte { return s.text[s.pos] }

func (s *scanner) fail(offset int, format string, args ...any) *SyntaxError {
	return fail(s.text, offset, format, args...)
}

func (s *scanner) space() {
	for !s.end() && isSpace(s.peek()) {
		s.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// atKeyword reports whether a keyword stands here on its own.
func (s *scanner) atKeyword(word string) bool {
	rest, ok := strings.CutPrefix(s.text[s.pos:], word)
	return ok && (rest == "" || isSpace(rest[0]) || rest[0] == '(' || rest[0] == ')')
}

func (s *scanner) keyword(word string) bool {
	s.space()
	if !s.atKeyword(word) {
		return false
	}
	s.pos += len(word)
	return true
}

// word reads up to white space or a parenthesis.
func (s *scanner) word() string {
	start := s.pos
	for !s.end() && !isSpace(s.peek()) && s.peek() != '(' && s.peek() != ')' {
		s.pos++
	}
	return s.text[start:s.pos]
}

// name reads a bare name or tag[...]; ok is false where none stands.
func (s *scanner) name() (name string, tag, ok bool, err error) {
	start := s.pos
	for !s.end() && inName(s.peek(), s.pos == start) {
		s.pos++
	}
	name = s.text[start:s.pos]
	if (name == "tag" || name == "tags") && !s.end() && s.peek() == '[' {
		name, err = s.bracketed()
		return name, true, err == nil, err
	}
	return name, false, name != "", nil
}

func inName(c byte, first bool) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
		return true
	case '0' <= c && c <= '9', c == '.', c == '-':
		return !first
	}
	return false
}

// bracketed reads [tag], in which \] and \\ stand for themselves.
func (s *scanner) bracketed() (string, error) {
	open := s.pos
	var b strings.Builder
	for s.pos++; !s.end(); s.pos++ {
		c := s.peek()
		switch {
		case c == ']':
			s.pos++
			if b.Len() == 0 {
				return "", s.fail(open, "expected the name of a tag between [ and ]")
			}
			return b.String(), nil
		case c == '\\' && s.pos+1 < len(s.text) && (s.text[s.pos+1] == ']' || s.text[s.pos+1] == '\\'):
			s.pos++
			c = s.peek()
		}
		b.WriteByte(c)
	}
	return "", s.fail(s.pos, "expected ] for the [ in column %d", column(s.text, open))
}

// rawValue is a value as it was written: the pieces between its stars.
type rawValue struct {
	offset int
	quoted bool
	parts  []string
}

func (v rawValue) hasStar() bool { return len(v.parts) > 1 }

// literal is the text with its stars.
func (v rawValue) literal() string { return strings.Join(v.parts, "*") }

// quoted reads a text in quotes.
func (s *scanner) quoted() (rawValue, error) {
	open := s.pos
	s.pos++
	v := s.pieces(func(c byte) bool { return c == '"' })
	v.offset, v.quoted = open, true
	if s.end() {
		return v, s.fail(s.pos, "expected a closing quote for the one in column %d", column(s.text, open))
	}
	s.pos++
	return v, nil
}

// bare reads a value that stands without quotes.
func (s *scanner) bare(inList bool) rawValue {
	return s.pieces(func(c byte) bool {
		return isSpace(c) || c == '(' || c == ')' || inList && (c == ',' || c == ']')
	})
}

// pieces reads up to a stop, taking it apart at the stars. \*, \" and \\ stand
// for themselves; any other backslash is one.
func (s *scanner) pieces(stop func(byte) bool) rawValue {
	v := rawValue{offset: s.pos}
	var b strings.Builder
	for ; !s.end() && !stop(s.peek()); s.pos++ {
		c := s.peek()
		switch {
		case c == '*':
			v.parts = append(v.parts, b.String())
			b.Reset()
			continue
		case c == '\\' && s.pos+1 < len(s.text) && strings.IndexByte(`*"\`, s.text[s.pos+1]) >= 0:
			s.pos++
			c = s.peek()
		}
		b.WriteByte(c)
	}
	v.parts = append(v.parts, b.String())
	return v
}

func invalidAt(text string) int {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return len(text)
}
