package rules

import (
	"strings"
	"unicode/utf8"
)

// glob is a pattern: * for any text, ? for one character, [a-z] for one of some,
// {a,b} for one of several texts; a backslash takes the next character as it is.
// In a path, * and ? do not match a slash, and ** does.
type glob struct {
	path, fold   bool
	exact        string // if there is no wildcard in it
	alternatives [][]token
	text         string // as it is printed
}

type tokenKind uint8

const (
	literal tokenKind = iota
	one
	set
	many
	deep // ** in a path
)

type token struct {
	kind    tokenKind
	char    byte // of a literal
	set     string
	negated bool
}

// maxAlternatives bounds what braces and folders make of one pattern.
const maxAlternatives = 32

// compile reads a pattern.
func compile(pattern string, path, fold bool) (*glob, string) {
	g := &glob{path: path, fold: fold}
	if path {
		pattern = slashes(pattern)
	}
	if len(pattern) > MaxPattern {
		return nil, "the pattern is too long"
	}
	texts, problem := braces(pattern)
	if problem != "" {
		return nil, problem
	}
	if path {
		texts = folders(texts)
	}
	for _, text := range texts {
		tokens, problem := g.tokens(text)
		if problem != "" {
			return nil, problem
		}
		g.alternatives = append(g.alternatives, tokens)
	}
	if len(g.alternatives) == 1 {
		g.exact = exactText(g.alternatives[0])
	}
	g.text = pattern
	return g, ""
}

// slashes turns backslashes that stand for folders into slashes: in a path a
// backslash escapes only the characters that mean something.
func slashes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			if i+1 < len(s) && strings.IndexByte(`*?[]{}\`, s[i+1]) >= 0 {
				b.WriteString(s[i : i+2])
				i++
				continue
			}
			b.WriteByte('/')
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// braces writes out {a,b}.
func braces(s string) ([]string, string) {
	open := unescaped(s, '{', 0)
	shut := unescaped(s, '}', 0)
	if open < 0 && shut < 0 {
		return []string{s}, ""
	}
	if open >= 0 && shut < 0 {
		return nil, `{ is not closed; write \{ for the character`
	}
	if open < 0 || shut < open {
		return nil, `} has no { before it; write \} for the character`
	}
	inner := s[open+1 : shut]
	if unescaped(inner, '{', 0) >= 0 {
		return nil, "braces inside braces"
	}
	rest, problem := braces(s[shut+1:])
	if problem != "" {
		return nil, problem
	}
	var out []string
	for {
		comma := unescaped(inner, ',', 0)
		choice := inner
		if comma >= 0 {
			choice = inner[:comma]
		}
		for _, r := range rest {
			if out = append(out, s[:open]+choice+r); len(out) > maxAlternatives {
				return nil, "the braces make too many patterns"
			}
		}
		if comma < 0 {
			return out, ""
		}
		inner = inner[comma+1:]
	}
}

// unescaped is the index of a character that no backslash stands before; -1 if there is none.
func unescaped(s string, c byte, from int) int {
	for i := from; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			continue
		case c:
			return i
		}
	}
	return -1
}

// folders adds, for each /**/ in a path, that there is no folder there at all.
func folders(texts []string) []string {
	for range 3 {
		more := texts
		for _, s := range texts {
			if i := strings.Index(s, "/**/"); i >= 0 && len(more) < maxAlternatives {
				if short := s[:i] + s[i+3:]; !containsText(more, short) {
					more = append(more, short)
				}
			}
		}
		if len(more) == len(texts) {
			break
		}
		texts = more
	}
	return texts
}

func containsText(list []string, s string) bool {
	for _, t := range list {
		if t == s {
			return true
		}
	}
	return false
}

func (g *glob) tokens(s string) ([]token, string) {
	var out []token
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '*':
			kind := many
			for i+1 < len(s) && s[i+1] == '*' {
				i++
				if g.path {
					kind = deep
				}
			}
			out = append(out, token{kind: kind})
		case '?':
			out = append(out, token{kind: one})
		case '[':
			end := unescaped(s, ']', i+1)
			if end < 0 {
				return nil, `[ is not closed; write \[ for the character`
			}
			of := strings.ReplaceAll(s[i+1:end], `\`, "")
			t := token{kind: set, set: of}
			if of != "" && (of[0] == '!' || of[0] == '^') {
				t.set, t.negated = of[1:], true
			}
			if t.set == "" {
				return nil, `[] matches nothing; write \[\] for the characters`
			}
			out = append(out, t)
			i = end
		case ']':
			return nil, `] has no [ before it; write \] for the character`
		case '\\':
			if i+1 == len(s) {
				return nil, "nothing follows the backslash"
			}
			i++
			out = append(out, token{kind: literal, char: g.lower(s[i])})
		default:
			out = append(out, token{kind: literal, char: g.lower(c)})
		}
	}
	return out, ""
}

func (g *glob) lower(c byte) byte {
	if g.fold && c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

func exactText(tokens []token) string {
	b := make([]byte, len(tokens))
	for i, t := range tokens {
		if t.kind != literal {
			return ""
		}
		b[i] = t.char
	}
	return string(b)
}

// match reports whether the pattern describes all of a text.
func (g *glob) match(s string) bool {
	if g.exact != "" && !g.fold && !g.path {
		return s == g.exact
	}
	for _, tokens := range g.alternatives {
		if g.matchTokens(tokens, s) {
			return true
		}
	}
	return false
}

// matchTokens goes through the text once. When it fails it goes back to the last
// wildcard only: what an earlier one could take, the last one can take as well; and
// where * must stop at a slash, ** need not.
func (g *glob) matchTokens(tokens []token, s string) bool {
	type mark struct{ token, at int }
	none := mark{token: -1}
	near, far := none, none
	i, t := 0, 0
	for {
		if t < len(tokens) {
			switch tokens[t].kind {
			case many:
				t++
				near = mark{t, i}
				continue
			case deep:
				t++
				far, near = mark{t, i}, none
				continue
			}
			if n := g.step(tokens[t], s[i:]); n > 0 {
				i, t = i+n, t+1
				continue
			}
		} else if i == len(s) {
			return true
		}
		switch {
		case near.token >= 0 && near.at < len(s) && !(g.path && g.at(s, near.at) == '/'):
			near.at++
			i, t = near.at, near.token
		case far.token >= 0 && far.at < len(s):
			far.at++
			i, t, near = far.at, far.token, none
		default:
			return false
		}
	}
}

// at is a character of the text as the pattern sees it.
func (g *glob) at(s string, i int) byte {
	c := g.lower(s[i])
	if g.path && c == '\\' {
		return '/'
	}
	return c
}

// step is how many bytes at the start of s one token takes; 0: it does not match.
func (g *glob) step(t token, s string) int {
	if s == "" {
		return 0
	}
	if t.kind == literal {
		if g.at(s, 0) == t.char {
			return 1
		}
		return 0
	}
	r, n := utf8.DecodeRuneInString(s)
	if g.path && (r == '/' || r == '\\') {
		return 0
	}
	if t.kind == set && inSet(t.set, r, g.fold) == t.negated {
		return 0
	}
	return n
}

// inSet reports whether a character is one of a set, which may hold ranges.
func inSet(set string, r rune, fold bool) bool {
	in := []rune(set)
	for i := 0; i < len(in); i++ {
		low, high := in[i], in[i]
		if i+2 < len(in) && in[i+1] == '-' {
			high = in[i+2]
			i += 2
		}
		if r >= low && r <= high || fold && (lowerRune(r) >= low && lowerRune(r) <= high || upperRune(r) >= low && upperRune(r) <= high) {
			return true
		}
	}
	return false
}

func lowerRune(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r | 0x20
	}
	return r
}

func upperRune(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r &^ 0x20
	}
	return r
}
