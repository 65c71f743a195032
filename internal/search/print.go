package search

import (
	"strconv"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// String prints the query in one form: parsing what is printed gives the same
// tree.
func (q Query) String() string {
	if q.Root == nil {
		return ""
	}
	var b strings.Builder
	printNode(&b, q.Root)
	return b.String()
}

// String is the key as it stands before a colon.
func (k Key) String() string {
	if !k.IsTag() {
		return string(k.Field)
	}
	if _, known := fieldNamed(k.Tag); !known && k.Tag != "has" && isBareName(k.Tag) {
		return k.Tag
	}
	return "tag[" + bracketEscapes.Replace(k.Tag) + "]"
}

var (
	bracketEscapes = strings.NewReplacer(`\`, `\\`, `]`, `\]`)
	quoteEscapes   = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `*`, `\*`)
)

func printNode(b *strings.Builder, n Node) {
	switch n := n.(type) {
	case And:
		printJoined(b, n, " ")
	case Or:
		printJoined(b, n, " OR ")
	case Not:
		b.WriteByte('!')
		printInner(b, n.Node, isGroup(n.Node))
	case Text:
		printText(b, n.Text)
	case Has:
		b.WriteString("has:")
		b.WriteString(n.Key.String())
	case Compare:
		printCompare(b, n)
	}
}

func printJoined(b *strings.Builder, nodes []Node, between string) {
	for i, n := range nodes {
		if i > 0 {
			b.WriteString(between)
		}
		_, or := n.(Or)
		printInner(b, n, or)
	}
}

func printInner(b *strings.Builder, n Node, parentheses bool) {
	if parentheses {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	printNode(b, n)
}

func isGroup(n Node) bool {
	switch n.(type) {
	case And, Or:
		return true
	}
	return false
}

// parentheses counts how deep they stand in the printed form.
func parentheses(n Node) int {
	deepest := 0
	inner := func(m Node, printed bool) {
		depth := parentheses(m)
		if printed {
			depth++
		}
		deepest = max(deepest, depth)
	}
	switch n := n.(type) {
	case And:
		for _, m := range n {
			_, or := m.(Or)
			inner(m, or)
		}
	case Or:
		for _, m := range n {
			inner(m, false)
		}
	case Not:
		inner(n.Node, isGroup(n.Node))
	}
	return deepest
}

func printText(b *strings.Builder, s string) {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || !inWord(c) && c != '_' {
			printQuoted(b, s)
			return
		}
	}
	if s == "" || s == "OR" || s == "AND" {
		printQuoted(b, s)
		return
	}
	b.WriteString(s)
}

func printQuoted(b *strings.Builder, s string) {
	b.WriteByte('"')
	quoteEscapes.WriteString(b, s)
	b.WriteByte('"')
}

func printCompare(b *strings.Builder, c Compare) {
	b.WriteString(c.Key.String())
	b.WriteByte(':')
	kind := c.Key.Kind()
	if len(c.Values) == 1 {
		v := c.Values[0]
		if kind == KindTime && v.Time.IsZero() {
			b.WriteString(map[bool]string{true: "-", false: "+"}[c.Op == GreaterOrEqual])
			b.WriteString(printSpan(v.Ago))
			return
		}
		b.WriteString(c.Op.String())
		printValue(b, kind, v)
		return
	}
	b.WriteByte('[')
	for i, v := range c.Values {
		if i > 0 {
			b.WriteString(", ")
		}
		printValue(b, kind, v)
	}
	b.WriteByte(']')
}

func printValue(b *strings.Builder, kind Kind, v Value) {
	switch kind {
	case KindText:
		v.Pattern.print(b)
	case KindLevel:
		b.WriteString(event.Level(v.Number).String())
	case KindBool:
		b.WriteString(strconv.FormatBool(v.Number == 1))
	case KindNumber:
		b.WriteString(strconv.FormatUint(v.Number, 10))
	case KindTime:
		b.WriteString(printMoment(v))
	case KindID:
		b.WriteString(v.ID.String())
	case KindStatus, KindIssue:
		b.WriteString(v.Word)
	}
}

// String prints the pattern as a value.
func (p Pattern) String() string {
	var b strings.Builder
	p.print(&b)
	return b.String()
}

func (p Pattern) print(b *strings.Builder) {
	if p.isBare() {
		for i, s := range p.parts {
			if i > 0 {
				b.WriteByte('*')
			}
			b.WriteString(s)
		}
		return
	}
	b.WriteByte('"')
	for i, s := range p.parts {
		if i > 0 {
			b.WriteByte('*')
		}
		quoteEscapes.WriteString(b, s)
	}
	b.WriteByte('"')
}

// isBare reports whether the pattern can stand without quotes wherever a value
// can.
func (p Pattern) isBare() bool {
	for i, s := range p.parts {
		for j := 0; j < len(s); j++ {
			c := s[j]
			first := i == 0 && j == 0
			if c >= 0x80 || !inWord(c) && (first && c != '_' || strings.IndexByte("_.-/@:+", c) < 0) {
				return false
			}
		}
	}
	return len(p.parts) > 1 || p.parts[0] != ""
}

func isBareName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !inName(s[i], i == 0) {
			return false
		}
	}
	return s != ""
}
