package symbolicate

import "strings"

// lexKind is what a word of a source is.
type lexKind uint8

const (
	lexName   lexKind = iota // a name or keyword
	lexText                  // a string, a template, a regular expression, a number
	lexPunct                 // one character; match points to its partner if it is a bracket
	lexArrow                 // =>
	lexAssign                // =
	lexOther                 // an operator of several characters
)

// lexeme is one word of a source.
type lexeme struct {
	start, end int32
	match      int32 // of a bracket: the index of its partner, or -1
	kind       lexKind
	char       byte // of lexPunct
}

// lexer splits a source into words. It is made for JavaScript and good enough for
// what people write beside it (TypeScript, JSX, Vue): whatever it does not understand
// it steps over.
type lexer struct {
	text      string
	at        int
	words     []lexeme
	open      []int32 // brackets that wait for their partner
	templates []int   // how many brackets were open where the code within a template began
}

// lex splits a source into words.
func lex(text string) []lexeme {
	l := lexer{text: text, words: make([]lexeme, 0, len(text)/5+8)}
	for l.at < len(text) {
		l.word()
	}
	return l.words
}

func (l *lexer) word() {
	c := l.text[l.at]
	switch {
	case c <= ' ':
		l.at++
	case nameByte(c) || c == '#' || c == '@':
		l.name()
	case c == '"' || c == '\'':
		l.quoted(c)
	case c == '`':
		l.template()
	case c == '/':
		l.slash()
	case c == '(' || c == '[' || c == '{':
		l.open = append(l.open, int32(len(l.words)))
		l.add(lexPunct, 1, c)
	case c == ')' || c == ']' || c == '}':
		l.close(c)
	case c == '=':
		l.equals()
	default:
		l.operator(c)
	}
}

func (l *lexer) add(kind lexKind, n int, char byte) {
	l.words = append(l.words, lexeme{start: int32(l.at), end: int32(l.at + n), match: -1, kind: kind, char: char})
	l.at += n
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80
}

func (l *lexer) name() {
	end := l.at + 1
	for end < len(l.text) && nameByte(l.text[end]) {
		end++
	}
	kind := lexName
	if c := l.text[l.at]; c >= '0' && c <= '9' {
		kind = lexText
	}
	l.add(kind, end-l.at, 0)
}

// quoted reads a string. What has no end on its line is an apostrophe between tags.
func (l *lexer) quoted(quote byte) {
	i := l.at + 1
	for i < len(l.text) && l.text[i] != quote && l.text[i] != '\n' {
		if l.text[i] == '\\' {
			i++
		}
		i++
	}
	if i >= len(l.text) || l.text[i] != quote {
		l.add(lexPunct, 1, quote)
		return
	}
	l.add(lexText, i+1-l.at, 0)
}

// template reads a template up to its end or the next code in it.
func (l *lexer) template() {
	i := l.at + 1
	for i < len(l.text) {
		switch {
		case l.text[i] == '\\':
			i++
		case l.text[i] == '`':
			l.add(lexText, i+1-l.at, 0)
			return
		case l.text[i] == '$' && i+1 < len(l.text) && l.text[i+1] == '{':
			l.add(lexText, i+1-l.at, 0)
			l.open = append(l.open, int32(len(l.words)))
			l.add(lexPunct, 1, '{')
			l.templates = append(l.templates, len(l.open))
			return
		}
		i++
	}
	l.add(lexText, len(l.text)-l.at, 0)
}

// slash reads a comment, a regular expression or a division.
func (l *lexer) slash() {
	rest := l.text[l.at:]
	switch {
	case strings.HasPrefix(rest, "//"):
		if end := strings.IndexByte(rest, '\n'); end >= 0 {
			l.at += end
			return
		}
		l.at = len(l.text)
	case strings.HasPrefix(rest, "/*"):
		if end := strings.Index(rest[2:], "*/"); end >= 0 {
			l.at += end + 4
			return
		}
		l.at = len(l.text)
	case l.afterValue():
		l.operator('/')
	default:
		l.expression(rest)
	}
}

// afterValue reports whether what stands before is a value, so that a slash divides
// it, or the beginning of a closing tag.
func (l *lexer) afterValue() bool {
	if len(l.words) == 0 {
		return false
	}
	w := l.words[len(l.words)-1]
	switch w.kind {
	case lexText:
		return true
	case lexName:
		switch l.text[w.start:w.end] {
		case "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "await", "yield", "instanceof":
			return false
		}
		return true
	case lexPunct:
		return w.char == ')' || w.char == ']' || w.char == '}' || w.char == '<' && int(w.end) == l.at
	}
	return false
}

// expression reads a regular expression, which ends with its line at the latest.
func (l *lexer) expression(rest string) {
	class := false
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '[':
			class = true
		case ']':
			class = false
		case '\n':
			l.add(lexPunct, 1, '/')
			return
		case '/':
			if !class {
				l.add(lexText, i+1, 0)
				return
			}
		}
	}
	l.add(lexPunct, 1, '/')
}

// close reads a closing bracket. Brackets that it does not fit stay without partner.
func (l *lexer) close(c byte) {
	partner := byte('(')
	switch c {
	case ']':
		partner = '['
	case '}':
		partner = '{'
	}
	const lookBack = 8 // how many unclosed brackets one closing bracket may mend
	inTemplate := false
	for i := len(l.open) - 1; i >= 0 && i >= len(l.open)-lookBack; i-- {
		if o := l.open[i]; l.words[o].char == partner {
			l.words[o].match = int32(len(l.words))
			for len(l.templates) > 0 && l.templates[len(l.templates)-1] > i {
				inTemplate = l.templates[len(l.templates)-1] == i+1
				l.templates = l.templates[:len(l.templates)-1]
			}
			l.open = l.open[:i]
			l.add(lexPunct, 1, c)
			l.words[len(l.words)-1].match = o
			if inTemplate {
				l.at-- // the bracket stands where the quote of a template would
				l.template()
			}
			return
		}
	}
	l.add(lexPunct, 1, c)
}

func (l *lexer) equals() {
	rest := l.text[l.at:]
	switch {
	case strings.HasPrefix(rest, "=>"):
		l.add(lexArrow, 2, 0)
	case strings.HasPrefix(rest, "==="):
		l.add(lexOther, 3, 0)
	case strings.HasPrefix(rest, "=="):
		l.add(lexOther, 2, 0)
	default:
		l.add(lexAssign, 1, 0)
	}
}

// operator reads a character, with the = of a comparison or an assignment by operation.
func (l *lexer) operator(c byte) {
	if l.at+1 < len(l.text) && l.text[l.at+1] == '=' && strings.IndexByte("!+-*/%&|^?<>", c) >= 0 && !strings.HasPrefix(l.text[l.at+1:], "=>") {
		l.add(lexOther, 2, 0)
		return
	}
	l.add(lexPunct, 1, c)
}
