package stacktext

import (
	"strconv"
	"strings"
)

// unquote makes text of a stack that was written as a JSON string: in one line, with
// \n for line breaks.
func unquote(s string) string {
	if strings.IndexByte(s, '\n') >= 0 || !strings.Contains(s, `\n`) {
		return s
	}
	s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), `"`), `"`)
	return strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "", `\t`, "\t", `\"`, `"`).Replace(s)
}

// split cuts a text into lines, within MaxText and MaxLines.
func split(s string) []string {
	if len(s) > MaxText {
		head, tail := s[:MaxText/2], s[len(s)-MaxText/2:]
		if i := strings.IndexByte(tail, '\n'); i >= 0 {
			tail = tail[i+1:]
		}
		if i := strings.LastIndexByte(head, '\n'); i >= 0 {
			head = head[:i]
		}
		return append(splitLines(head, MaxLines/2), splitLines(tail, MaxLines/2)...)
	}
	return splitLines(s, MaxLines)
}

func splitLines(s string, limit int) []string {
	n := strings.Count(s, "\n") + 1
	skip := 0
	if n > limit {
		skip = n - limit
	}
	out := make([]string, 0, n-skip)
	for i := 0; ; i++ {
		line, rest, more := strings.Cut(s, "\n")
		// Of too many lines, the middle is left out.
		if i < limit/2 || i >= limit/2+skip {
			out = append(out, strings.TrimSuffix(line, "\r"))
		}
		if !more {
			break
		}
		s = rest
	}
	for len(out) > 0 && strings.TrimSpace(out[len(out)-1]) == "" {
		out = out[:len(out)-1]
	}
	return out
}

// indent is how many spaces and tabs a line begins with.
func indent(s string) int {
	for i := range len(s) {
		if s[i] != ' ' && s[i] != '\t' {
			return i
		}
	}
	return len(s)
}

// cutNumber takes a number off the end of a text, where sep stands before it.
func cutNumber(s string, sep byte) (rest string, n uint32, ok bool) {
	i := len(s)
	for i > 0 && isDigit(s[i-1]) {
		i--
	}
	if i == len(s) || i == 0 || s[i-1] != sep {
		return s, 0, false
	}
	return s[:i-1], number(s[i:]), true
}

// number reads digits; too many give 0.
func number(s string) uint32 {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$' || c >= 0x80
}

// digits is how many digits a text begins with.
func digits(s string) int {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// typeAndValue splits "Type: value". What has no type in front is all value.
func typeAndValue(s string) (kind, value string) {
	head, rest, found := strings.Cut(s, ": ")
	if !found {
		head = strings.TrimSuffix(head, ":")
	}
	if isType(head) {
		return head, rest
	}
	return "", s
}

// isType tells the name of a class: words of letters, joined by dots or the like.
func isType(s string) bool {
	if s == "" || len(s) > 512 || !isLetter(s[0]) && s[0] != '<' && s[0] != '*' && s[0] != '\\' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !isLetter(c) && !isDigit(c) && strings.IndexByte(".$-\\/<>[]`,+*:", c) < 0 {
			return false
		}
	}
	return s[len(s)-1] != '.' && s[len(s)-1] != ':'
}

// base is the last element of a path of either kind.
func base(path string) string {
	return path[strings.LastIndexAny(path, `/\`)+1:]
}
