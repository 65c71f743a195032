package search

import (
	"strings"
	"unicode/utf8"
)

// The grammar:
//
//	query = [ or ]
//	or    = and { "OR" and }
//	and   = unary { [ "AND" ] unary }
//	unary = [ "!" ] ( "(" or ")" | term )
//	term  = key ":" ( "[" value { "," value } "]" | [ op ] value ) | "has:" key | text
//	key   = name | ( "tag" | "tags" ) "[" tag "]"
type parser struct {
	scanner
	issues bool // words that speak of issues are allowed
	depth  int
	terms  int
}

func parse(text string, issues bool) (Query, error) {
	if len(text) > MaxLength {
		return Query{}, failLimit(text, MaxLength, ErrTooLong)
	}
	if !utf8.ValidString(text) {
		return Query{}, fail(text, invalidAt(text), "expected valid UTF-8")
	}
	p := parser{scanner: scanner{text: text}, issues: issues}
	p.space()
	if p.end() {
		return Query{}, nil
	}
	root, err := p.or()
	if err != nil {
		return Query{}, err
	}
	if !p.end() {
		return Query{}, p.fail(p.pos, "no parenthesis is open here")
	}
	q := Query{Root: root}
	return q, p.checkForm(q)
}

// checkForm holds the printed form of a query to the limits too, so that what
// is printed can be parsed.
func (p *parser) checkForm(q Query) error {
	terms := 0
	q.walk(func(n Node) {
		switch n.(type) {
		case Text, Has, Compare:
			terms++
		}
	})
	switch {
	case terms > MaxTerms:
		return failLimit(p.text, len(p.text), ErrTooManyTerms)
	case parentheses(q.Root) > MaxDepth:
		return failLimit(p.text, len(p.text), ErrTooDeep)
	case len(q.String()) > MaxLength:
		return failLimit(p.text, len(p.text), ErrTooLong)
	}
	return nil
}

func (p *parser) or() (Node, error) {
	var nodes []Node
	for {
		n, err := p.and()
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		if !p.keyword("OR") {
			return disjunction(nodes), nil
		}
	}
}

func (p *parser) and() (Node, error) {
	var nodes []Node
	for {
		n, err := p.unary()
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		p.space()
		if p.keyword("AND") {
			continue
		}
		if p.end() || p.peek() == ')' || p.atKeyword("OR") {
			return conjunction(nodes), nil
		}
	}
}

func (p *parser) unary() (Node, error) {
	p.space()
	if p.end() || p.peek() != '!' {
		return p.primary()
	}
	p.pos++
	if p.end() || isSpace(p.peek()) || p.peek() == '!' {
		return nil, p.fail(p.pos, "expected a term or a parenthesis right after !")
	}
	n, err := p.primary()
	if err != nil {
		return nil, err
	}
	return negation(n), nil
}

func (p *parser) primary() (Node, error) {
	switch {
	case p.end(), p.peek() == ')', p.atKeyword("OR"), p.atKeyword("AND"):
		return nil, p.fail(p.pos, "expected a term such as level:error, a word, or a parenthesis")
	case p.peek() == '(':
		return p.group()
	}
	if p.terms++; p.terms > MaxTerms {
		return nil, failLimit(p.text, p.pos, ErrTooManyTerms)
	}
	return p.term()
}

func (p *parser) group() (Node, error) {
	open := p.pos
	p.pos++
	if p.depth++; p.depth > MaxDepth {
		return nil, failLimit(p.text, open, ErrTooDeep)
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.end() {
		return nil, p.fail(p.pos, "expected ) for the parenthesis opened in column %d", column(p.text, open))
	}
	p.pos++
	p.depth--
	return n, nil
}

func (p *parser) term() (Node, error) {
	start := p.pos
	if p.peek() == '"' {
		v, err := p.quoted()
		if err != nil {
			return nil, err
		}
		if err := p.boundary(); err != nil {
			return nil, err
		}
		return p.freeText(start, v.literal())
	}
	k, ok, err := p.key()
	if err != nil {
		return nil, err
	}
	if !ok || k.isProse(p.text[p.pos:]) {
		p.pos = start
		return p.freeText(start, p.word())
	}
	if k.name == "has" {
		return p.has()
	}
	if k.info.Issue && !p.issues {
		return nil, p.fail(start, "%s: speaks of issues; only words about events can be used here", k.name)
	}
	return p.comparison(k)
}

func (p *parser) freeText(start int, text string) (Node, error) {
	t := Text{text}
	if len(t.Words()) > MaxWords {
		return nil, failLimit(p.text, start, ErrTooManyWords)
	}
	return t, nil
}

func (p *parser) has() (Node, error) {
	start := p.pos
	name, tag, ok, err := p.name()
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, p.fail(start, "expected a field or tag after has:")
	}
	k := resolve(name, tag)
	switch {
	case k.name == "has" || !k.key.canBeAbsent():
		return nil, p.fail(start, "expected a field that an event can lack; every one has %s", k.name)
	case k.info.Issue && !p.issues:
		return nil, p.fail(start, "%s speaks of issues; only words about events can be used here", k.name)
	}
	return Has{k.key}, p.boundary()
}

// boundary demands that a term ends here.
func (p *parser) boundary() error {
	if p.end() || isSpace(p.peek()) || p.peek() == ')' {
		return nil
	}
	return p.fail(p.pos, "expected a space; text with a space, a parenthesis or a quote in it stands in quotes, a quote inside as \\\"")
}

// writtenKey is a key with the name it was written by.
type writtenKey struct {
	name string
	key  Key
	info FieldInfo // zero for a tag
	bare bool      // a tag without tag[]
}

// key reads a key and its colon; ok is false where none stands.
func (p *parser) key() (k writtenKey, ok bool, err error) {
	name, tag, ok, err := p.name()
	if err != nil || !ok || p.end() || p.peek() != ':' {
		if err == nil && ok && tag {
			err = p.fail(p.pos, "expected : after tag[%s]", name)
		}
		return writtenKey{}, false, err
	}
	p.pos++
	return resolve(name, tag), true, nil
}

func resolve(name string, tag bool) writtenKey {
	info, known := fieldNamed(name)
	switch {
	case tag:
		return writtenKey{name: "tag[" + name + "]", key: Key{Tag: name}}
	case known:
		return writtenKey{name: name, key: Key{Field: info.Field}, info: info}
	}
	return writtenKey{name: name, key: Key{Tag: name}, bare: true}
}

// isProse reports whether what looks like an unknown key is the beginning of
// ordinary text: "TypeError: x", "https://x", "std::io".
func (k writtenKey) isProse(rest string) bool {
	if !k.bare || k.name == "has" {
		return false
	}
	return rest == "" || isSpace(rest[0]) || rest[0] == ')' || rest[0] == ':' || strings.HasPrefix(rest, "//")
}

// canBeAbsent reports whether has: makes sense.
func (k Key) canBeAbsent() bool {
	switch k.Kind() {
	case KindText, KindLevel:
		return true
	case KindID:
		return k.Field != ID
	}
	return false
}

// ParseKey reads the name of a field or tag, as it stands before a colon:
// release, browser, tag[browser].
func ParseKey(s string) (Key, error) {
	if !utf8.ValidString(s) || len(s) > MaxLength {
		return Key{}, fail(s, 0, "expected the name of a field or tag")
	}
	p := parser{scanner: scanner{text: s}}
	name, tag, ok, err := p.name()
	switch {
	case err != nil:
		return Key{}, err
	case !ok || !p.end():
		return Key{}, p.fail(p.pos, "expected the name of a field or tag, such as release or tag[browser]")
	}
	k := resolve(name, tag)
	if k.name == "has" {
		return Key{}, p.fail(0, "expected the name of a field or tag; a tag called has is tag[has]")
	}
	return k.key, nil
}
