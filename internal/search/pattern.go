package search

import (
	"slices"
	"strings"
)

// Pattern is a text with wildcards: the pieces between the stars. One piece is
// an exact text.
//
// A pattern matches a whole value; a star stands for any run of characters, an
// empty one included. ASCII letters are compared without regard to case, all
// other bytes as they are: lower(x) = and lower(x) LIKE in ClickHouse. The
// parser makes no pattern that matches an empty value.
type Pattern struct {
	parts  []string // as written
	folded []string // in ASCII lower case
}

// NewPattern makes a pattern of the pieces between the stars.
func NewPattern(parts ...string) Pattern {
	p := Pattern{parts: parts, folded: make([]string, len(parts))}
	for i, s := range parts {
		p.folded[i] = fold(s)
	}
	return p
}

// Exact returns the text in ASCII lower case if the pattern has no star.
func (p Pattern) Exact() (folded string, ok bool) {
	if len(p.folded) != 1 {
		return "", false
	}
	return p.folded[0], true
}

// Literal returns the text as it was written if the pattern has no star.
func (p Pattern) Literal() (text string, ok bool) {
	if len(p.parts) != 1 {
		return "", false
	}
	return p.parts[0], true
}

var likeEscapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Like is the pattern for SQL's LIKE against a lower-cased column, with a
// backslash as escape.
func (p Pattern) Like() string {
	var b strings.Builder
	for i, s := range p.folded {
		if i > 0 {
			b.WriteByte('%')
		}
		likeEscapes.WriteString(&b, s)
	}
	return b.String()
}

// Match reports whether the pattern matches the value.
func (p Pattern) Match(value string) bool {
	if len(p.folded) == 0 {
		return false
	}
	value = fold(value)
	first, last := p.folded[0], p.folded[len(p.folded)-1]
	if len(p.folded) == 1 {
		return value == first
	}
	if len(value) < len(first)+len(last) || !strings.HasPrefix(value, first) || !strings.HasSuffix(value, last) {
		return false
	}
	value = value[len(first) : len(value)-len(last)]
	for _, part := range p.folded[1 : len(p.folded)-1] {
		i := strings.Index(value, part)
		if i < 0 {
			return false
		}
		value = value[i+len(part):]
	}
	return true
}

// Equal reports whether two patterns are written the same.
func (p Pattern) Equal(o Pattern) bool { return slices.Equal(p.parts, o.parts) }

// fold turns ASCII letters into lower case, as lower() does in ClickHouse.
func fold(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
