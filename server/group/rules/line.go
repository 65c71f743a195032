package rules

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// line is one rule as text, and how far it has been read.
type line struct {
	text   string
	number int
	at     int
}

func (l *line) done() bool { return l.at >= len(l.text) }

func (l *line) peek() byte {
	if l.done() {
		return 0
	}
	return l.text[l.at]
}

func (l *line) rest() string { return l.text[l.at:] }

func (l *line) space() {
	for !l.done() && (l.peek() == ' ' || l.peek() == '\t') {
		l.at++
	}
}

// take moves on if the text goes on with a word.
func (l *line) take(word string) bool {
	if strings.HasPrefix(l.rest(), word) {
		l.at += len(word)
		return true
	}
	return false
}

func (l *line) problem(at int, format string, args ...any) *Error {
	return &Error{Line: l.number, Column: utf8.RuneCountInString(l.text[:min(at, len(l.text))]) + 1, Problem: fmt.Sprintf(format, args...)}
}

// bare reads up to the next space.
func (l *line) bare() string {
	start := l.at
	for !l.done() && l.peek() != ' ' && l.peek() != '\t' {
		l.at++
	}
	return l.text[start:l.at]
}

// quoted reads "text" with \" for a quote. What else follows a backslash stays
// with it, for the pattern to read.
func (l *line) quoted() (string, *Error) {
	start := l.at
	l.at++
	var b strings.Builder
	for !l.done() {
		c := l.peek()
		l.at++
		switch {
		case c == '"':
			return b.String(), nil
		case c == '\\' && l.peek() == '"':
			b.WriteByte('"')
			l.at++
		case c == '\\' && !l.done():
			b.WriteByte(c)
			b.WriteByte(l.peek())
			l.at++
		default:
			b.WriteByte(c)
		}
	}
	return "", l.problem(start, "the quote is not closed")
}

// quote is text so that quoted reads it again.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			b.WriteString(`\"`)
		case s[i] == '\\' && i+1 < len(s):
			b.WriteString(s[i : i+2])
			i++
		default:
			b.WriteByte(s[i])
		}
	}
	b.WriteByte('"')
	return b.String()
}
