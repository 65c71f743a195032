package symbolicate

import (
	"cmp"
	"slices"
	"strings"
)

// scope is the text of one function or class.
type scope struct {
	start, end int
	parent     int32 // index of the one around it, or -1
	name       string
	class      bool
	member     bool // written as a member of a class or object
}

// finder finds the functions and classes of a source.
type finder struct {
	text   string
	words  []lexeme
	scopes []scope
}

// findScopes finds the functions and classes of a source, by where they begin.
func findScopes(text string) []scope {
	f := finder{text: text, words: lex(text)}
	for i := range f.words {
		switch w := &f.words[i]; {
		case w.kind == lexArrow:
			f.arrow(i)
		case w.kind == lexPunct && w.char == '{' && w.match > 0:
			f.body(i)
		}
	}
	slices.SortStableFunc(f.scopes, func(a, b scope) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)) })
	var around []int32
	for i := range f.scopes {
		for len(around) > 0 && f.scopes[around[len(around)-1]].end <= f.scopes[i].start {
			around = around[:len(around)-1]
		}
		f.scopes[i].parent = -1
		if len(around) > 0 {
			f.scopes[i].parent = around[len(around)-1]
		}
		around = append(around, int32(i))
	}
	return f.scopes
}

func (f *finder) word(i int) string {
	if i < 0 || i >= len(f.words) {
		return ""
	}
	return f.text[f.words[i].start:f.words[i].end]
}

func (f *finder) is(i int, char byte) bool {
	return i >= 0 && i < len(f.words) && f.words[i].kind == lexPunct && f.words[i].char == char
}

func (f *finder) isName(i int) bool { return i >= 0 && f.words[i].kind == lexName }

// arrow finds the text of an arrow function.
func (f *finder) arrow(i int) {
	first := f.parameters(i - 1)
	if first < 0 {
		if !f.isName(i - 1) {
			return
		}
		first = i - 1
	}
	if f.word(first-1) == "async" {
		first--
	}
	end := f.arrowEnd(i + 1)
	name, member := f.given(first)
	f.scopes = append(f.scopes, scope{start: int(f.words[first].start), end: end, name: name, member: member})
}

// arrowEnd is where the body of an arrow function that begins at a word ends.
func (f *finder) arrowEnd(i int) int {
	if f.is(i, '{') && f.words[i].match > 0 {
		return int(f.words[f.words[i].match].end)
	}
	const longest = 4096 // words of a body without braces
	for steps := 0; i < len(f.words); i++ {
		w := &f.words[i]
		if steps++; steps > longest {
			return int(w.start)
		}
		if w.kind == lexName && statements[f.text[w.start:w.end]] && strings.IndexByte(f.text[f.words[i-1].end:w.start], '\n') >= 0 {
			return int(w.start)
		}
		if w.kind != lexPunct {
			continue
		}
		switch w.char {
		case ',', ';', ')', ']', '}':
			return int(w.start)
		case '(', '[', '{':
			if w.match < 0 {
				return int(w.start)
			}
			i = int(w.match)
		}
	}
	return len(f.text)
}

// statements begin what can be no part of the expression before.
var statements = map[string]bool{
	"const": true, "let": true, "var": true, "function": true, "class": true, "export": true, "import": true, "return": true,
	"if": true, "for": true, "while": true, "throw": true, "try": true, "switch": true,
}

// blocks have parentheses before a block that is no function.
var blocks = map[string]bool{"if": true, "for": true, "while": true, "switch": true, "catch": true, "with": true, "await": true, "return": true}

// body finds what a block belongs to, if to a function or class.
func (f *finder) body(i int) {
	end := int(f.words[f.words[i].match].end)
	if open := f.parameters(i - 1); open >= 0 {
		f.function(open, end)
		return
	}
	const header = 40 // how many words of a class may stand before its body
	for j := i - 1; j >= 0 && j >= i-header; j-- {
		w := &f.words[j]
		if w.kind == lexPunct && (w.char == ';' || w.char == '{') || w.kind == lexArrow {
			return
		}
		if w.kind == lexPunct && (w.char == ')' || w.char == ']' || w.char == '}') {
			if w.match < 0 {
				return
			}
			j = int(w.match)
			continue
		}
		if f.word(j) != "class" || w.kind != lexName {
			continue
		}
		s := scope{start: int(w.start), end: end, class: true}
		if f.isName(j+1) && f.word(j+1) != "extends" {
			s.name = f.word(j + 1)
		} else {
			s.name, _ = f.given(j)
		}
		f.scopes = append(f.scopes, s)
		return
	}
}

// function takes a function whose parameters begin at a word.
func (f *finder) function(open, end int) {
	head := f.beforeTypes(open)
	if head < 0 {
		return
	}
	s := scope{end: end}
	switch before := f.word(head); {
	case before == "function":
		s.name, s.member = f.given(head)
		s.start = int(f.words[head].start)
	case before == "*" && f.word(head-1) == "function":
		s.name, s.member = f.given(head - 1)
		s.start = int(f.words[head-1].start)
	case f.isName(head) && blocks[before] && !f.is(head-1, '.'):
		return
	case f.isName(head) && (f.word(head-1) == "function" || f.word(head-1) == "*" && f.word(head-2) == "function"):
		s.name, s.start = before, int(f.words[head].start)
	case f.isName(head):
		s.name, s.start, s.member = strings.TrimPrefix(before, "#"), int(f.words[head].start), true
	case f.words[head].kind == lexText:
		s.name, s.start, s.member = strings.Trim(before, "\"'`"), int(f.words[head].start), true
	case f.is(head, ']'):
		s.start = int(f.words[open].start)
	default:
		return
	}
	f.scopes = append(f.scopes, s)
}

// parameters is where the parameters begin that end at a word, or before the type
// of what a function returns; -1 if there are none.
func (f *finder) parameters(i int) int {
	const longest = 24 // words of a type
	for j := i; j >= 0 && j >= i-longest; j-- {
		w := &f.words[j]
		if w.kind == lexPunct && w.char == ')' && w.match >= 0 {
			if j == i || f.is(j+1, ':') {
				return int(w.match)
			}
			return -1
		}
		if w.kind == lexPunct && (w.char == ']' || w.char == '}') && w.match >= 0 {
			j = int(w.match)
			continue
		}
		if w.kind == lexName || w.kind == lexText || w.kind == lexPunct && strings.IndexByte(".<>|&:?,", w.char) >= 0 {
			continue
		}
		return -1
	}
	return -1
}

// beforeTypes is the word before parameters, or before the types <T> that precede them.
func (f *finder) beforeTypes(open int) int {
	i := open - 1
	if !f.is(i, '>') {
		return i
	}
	const longest = 24
	for j := i - 1; j >= 0 && j >= i-longest; j-- {
		if f.is(j, '<') {
			return j - 1
		}
	}
	return -1
}

// given is the name that a function gets from what it is assigned to.
func (f *finder) given(i int) (name string, member bool) {
	if f.word(i-1) == "async" {
		i--
	}
	i = f.beforeTypes(i)
	switch {
	case i < 1:
		return "", false
	case f.is(i, ':') && f.words[i-1].kind <= lexText:
		return strings.Trim(f.word(i-1), "\"'`"), true
	case f.words[i].kind != lexAssign:
		return "", false
	}
	const longest = 24
	for j := i - 1; j > 0 && j >= i-longest; j-- { // const name: Type =
		w := &f.words[j]
		if w.kind == lexPunct && (w.char == ')' || w.char == ']' || w.char == '}' || w.char == '>') && w.match >= 0 {
			j = int(w.match)
			continue
		}
		if w.kind == lexPunct && (w.char == ';' || w.char == '{' || w.char == '(') || w.kind == lexAssign {
			break
		}
		if f.isName(j) && declarations[f.word(j-1)] {
			return strings.TrimPrefix(f.word(j), "#"), !variables[f.word(j-1)]
		}
	}
	if f.isName(i - 1) {
		return strings.TrimPrefix(f.word(i-1), "#"), !f.is(i-2, '.')
	}
	return "", false
}

var (
	variables    = map[string]bool{"const": true, "let": true, "var": true}
	declarations = map[string]bool{"const": true, "let": true, "var": true, "readonly": true, "private": true, "public": true, "protected": true, "static": true}
)
