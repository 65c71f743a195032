package chdb

import (
	"strings"
	"unicode/utf8"
)

// word is a bare word, a quoted text with its quotes or a piece of punctuation of a
// statement, and where it stands. Comments and white space are no words.
type word struct {
	text       string
	start, end int
}

// is compares with a keyword, which must be given in capitals.
func (w word) is(keyword string) bool { return strings.EqualFold(w.text, keyword) }

// foreign tells that the word has letters beyond ASCII and is not quoted. ClickHouse takes
// some of them for white space or quotes, which is not worth following here.
func (w word) foreign() bool {
	return isWordByte(w.text[0]) && strings.ContainsFunc(w.text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// words walks over the statement and calls f for each word until f returns false. It
// understands as much of the grammar as is needed not to mistake a string, a quoted name
// or a comment for a keyword.
func words(sql string, f func(word) bool) {
	for i := 0; i < len(sql); {
		c, start := sql[i], i
		switch {
		case isSpace(c):
			i++
			continue
		case strings.HasPrefix(sql[i:], "--"), strings.HasPrefix(sql[i:], "#!"), strings.HasPrefix(sql[i:], "# "):
			i = skipTo(sql, i, "\n")
			continue
		case strings.HasPrefix(sql[i:], "/*"):
			i = skipComment(sql, i)
			continue
		case c == '\'' || c == '"' || c == '`':
			i = skipQuoted(sql, i)
		case c == '$' && heredocTag(sql[i:]) != "":
			i = skipHeredoc(sql, i)
		case isWordByte(c):
			for i < len(sql) && isWordByte(sql[i]) {
				i++
			}
		default:
			i++
		}
		if !f(word{sql[start:i], start, i}) {
			return
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || (c >= '\t' && c <= '\r') }

func isWordByte(c byte) bool {
	return c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}

// skipQuoted returns the place after the quoted text that starts at i.
func skipQuoted(sql string, i int) int {
	quote := sql[i]
	for i++; i < len(sql); i++ {
		switch sql[i] {
		case '\\':
			i++
		case quote:
			return i + 1 // a doubled quote reads as two quoted texts, which is as good
		}
	}
	return len(sql)
}

// skipTo returns the place after the next end mark.
func skipTo(sql string, i int, end string) int {
	if n := strings.Index(sql[i:], end); n >= 0 {
		return i + n + len(end)
	}
	return len(sql)
}

// skipComment returns the place after the block comment at i; such comments nest.
func skipComment(sql string, i int) int {
	depth := 0
	for i < len(sql) {
		switch {
		case strings.HasPrefix(sql[i:], "/*"):
			depth, i = depth+1, i+2
		case strings.HasPrefix(sql[i:], "*/"):
			if depth, i = depth-1, i+2; depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(sql)
}

// heredocTag returns the opening $tag$ at the start of s, or nothing.
func heredocTag(s string) string {
	for i := 1; i < len(s); i++ {
		if s[i] == '$' {
			return s[:i+1]
		}
		if !isWordByte(s[i]) {
			return ""
		}
	}
	return ""
}

// skipHeredoc returns the place after the heredoc at i, or after the lone dollar sign.
func skipHeredoc(sql string, i int) int {
	tag := heredocTag(sql[i:])
	if n := strings.Index(sql[i+len(tag):], tag); n >= 0 {
		return i + len(tag) + n + len(tag)
	}
	return i + 1
}
