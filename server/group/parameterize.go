package group

import (
	"bytes"
	"strings"
)

// Parameterize replaces what varies between messages of the same kind by the
// name of its kind: numbers, ids, addresses, times, URLs. Numbers that are codes
// stay. It reads the text once from left to right; what it writes it leaves as it
// is when it is given it again.
//
//	user 42 not found             → user <number> not found
//	GET https://a.b/c?d=1 failed  → GET <url> failed
//	lock 0x7f3a held for 12.5ms   → lock <hex> held for <duration>
//	exit status 1                 → exit status 1
func Parameterize(s string) string {
	if !mayVary(s) {
		return s
	}
	var room [512]byte
	out := AppendParameterized(room[:0], s)
	if string(out) == s {
		return s
	}
	return string(out)
}

// AppendParameterized appends what Parameterize returns.
func AppendParameterized(b []byte, s string) []byte {
	p := parameterizer{s: s, out: b, start: len(b)}
	plain := 0 // what stands between plain and i is copied as it is
	for i := 0; i < len(s); {
		j, marks := i, class(0)
		for j < len(s) {
			c := classes[s[j]]
			if c&space != 0 {
				break
			}
			marks |= c
			j++
		}
		if marks&(digit|mark) == 0 && !(marks&upper != 0 && j < len(s) && dateWord(s[i:j])) {
			for i = j; i < len(s) && classes[s[i]]&space != 0; {
				i++
			}
			continue
		}
		p.out = append(p.out, s[plain:i]...)
		i = p.blob(i, j, marks)
		plain = i
	}
	return append(p.out, s[plain:]...)
}

func mayVary(s string) bool {
	for i := range len(s) {
		if classes[s[i]]&(digit|mark|upper) != 0 {
			return true
		}
	}
	return false
}

// class is what a byte may be part of.
type class uint8

const (
	digit class = 1 << iota
	hexes       // digits and a to f
	lower
	upper
	under // _ and all that is not ASCII: part of a word
	space
	mark // begins or joins something that varies: @ : = / \ " ' ` <
	word = digit | lower | upper | under
)

var classes = func() (t [256]class) {
	for c := range 256 {
		switch b := byte(c); {
		case isDigit(b):
			t[c] = digit | hexes
		case b >= 'a' && b <= 'z':
			t[c] = lower
		case b >= 'A' && b <= 'Z':
			t[c] = upper
		case b == '_' || b >= 0x80:
			t[c] = under
		case b <= ' ':
			t[c] = space
		case strings.IndexByte(`@:=/\"'`+"`<", b) >= 0:
			t[c] = mark
		}
		if hexDigit(byte(c)) {
			t[c] |= hexes
		}
	}
	return t
}()

// parameterizer is one pass over a text.
type parameterizer struct {
	s     string
	out   []byte
	start int // of this text in out
	named int // how long out was when a name was written last
}

// blob reads s[i:end], which holds no space but something that may vary, and
// returns where it stopped: at end, or beyond it when a date goes on there.
func (p *parameterizer) blob(i, end int, marks class) int {
	for i < end {
		c := p.s[i]
		k := classes[c]
		switch {
		case k&word != 0:
			i = p.word(i, end, marks)
		case k&mark == 0 && c != '-' && c != '+':
			p.out = append(p.out, c)
			i++
		default:
			i = p.sign(i, end)
		}
	}
	return i
}

// replace writes the name of what was found instead of it. A list of several of
// one kind is written as one, because its length varies too.
func (p *parameterizer) replace(kind string, end int) int {
	for _, comma := range [...]string{", ", ","} {
		if p.named > p.start && len(p.out) == p.named+len(comma) && p.follows(comma) && bytes.HasSuffix(p.out[p.start:p.named], []byte(kind)) {
			p.out = p.out[:p.named]
			return end
		}
	}
	p.out = append(p.out, kind...)
	p.named = len(p.out)
	return end
}

func (p *parameterizer) copy(i, end int) int {
	p.out = append(p.out, p.s[i:end]...)
	return end
}

// last is the byte before the place where writing goes on; 0 at the start.
func (p *parameterizer) last() byte {
	if len(p.out) == p.start {
		return 0
	}
	return p.out[len(p.out)-1]
}

// afterWord reports whether what comes next continues a word.
func (p *parameterizer) afterWord() bool {
	return classes[p.last()]&word != 0 || p.afterName()
}

// afterName reports whether what comes next follows the name of something that varied.
func (p *parameterizer) afterName() bool { return p.named == len(p.out) && p.named > p.start }

// sign reads what begins with a sign that matters.
func (p *parameterizer) sign(i, end int) int {
	rest := p.s[i:]
	switch rest[0] {
	case '-', '+':
		if i+1 < end && isDigit(rest[1]) && !p.afterWord() && p.last() != ')' && p.last() != ']' && p.last() != '.' {
			if p.code(rest[1:], true) {
				p.out = append(p.out, rest[0])
				return p.copy(i+1, i+1+digits(rest[1:]))
			}
			if n, kind := scanNumber(rest[1:]); kind == number || kind == duration {
				return p.replace(kind, i+1+n)
			}
		}
	case ':':
		if strings.HasPrefix(rest, ":NilClass") && p.follows("nil") { // Ruby before 3.4
			return i + len(":NilClass")
		}
		if n := ipv6Len(rest); n > 0 && !p.afterWord() {
			return p.replace(address, i+n)
		}
	case '=':
		if p.afterWord() {
			if n, kind := assignedLen(rest[1:]); n > 0 {
				p.out = append(p.out, '=')
				return p.replace(kind, i+1+n)
			}
		}
	case '<':
		if n := kindLen(rest); n > 0 {
			return p.replace(rest[:n], i+n)
		}
	case '"', '\'', '`':
		if rest[0] == '`' && oldQuote(rest) {
			p.out = append(p.out, '\'')
			return i + 1
		}
		if n := quotedLen(rest); n > 0 && !p.afterWord() {
			p.out = append(p.out, rest[0])
			p.out = append(p.out, quoted...)
			p.out = append(p.out, rest[0])
			return i + n
		}
	case '/':
		if c := p.last(); !p.afterWord() && c != '/' && c != '.' && c != ':' && c != '~' && c != '*' {
			if n := pathLen(rest); n > 0 {
				return p.replace(file, i+n)
			}
		}
	}
	p.out = append(p.out, rest[0])
	return i + 1
}

// word reads what begins with a letter, a digit or an underscore.
func (p *parameterizer) word(i, end int, marks class) int {
	rest := p.s[i:]
	n, of := 0, class(0)
	all := hexes
	for i+n < end {
		c := classes[rest[n]]
		if c&word == 0 {
			break
		}
		of |= c
		all &= c
		n++
	}
	var next byte
	if n < len(rest) {
		next = rest[n]
	}
	if p.afterName() { // <url>b: part of what it was
		return p.copy(i, i+n)
	}
	if marks&mark != 0 {
		if k, kind := scanMarked(rest, n, next, of); k > 0 {
			return p.replace(kind, i+k)
		}
	}
	if strings.HasPrefix(rest, "eyJ") {
		if k := jwtLen(rest); k > 0 {
			return p.replace(token, i+k)
		}
	}
	if next == '-' && n == 8 && all != 0 {
		if k := uuidLen(rest); k > 0 {
			return p.replace(uuid, i+k)
		}
	}
	if next == ':' && n <= 4 && all != 0 || of&digit != 0 && next == ':' {
		if k := ipv6Len(rest); k > 0 {
			return p.replace(address, i+k)
		}
	}
	if of&digit == 0 {
		if of&upper != 0 {
			if k := textDateLen(rest); k > 0 {
				return p.replace(date, i+k)
			}
		}
		return p.copy(i, i+n)
	}
	return p.digits(i, n, of, all)
}

// digits reads a word of n bytes that has digits in it.
func (p *parameterizer) digits(i, n int, of, all class) int {
	rest := p.s[i:]
	if isDigit(rest[0]) {
		if p.code(rest, false) {
			return p.copy(i, i+n)
		}
		if k, kind := scanNumber(rest); k > 0 {
			return p.replace(kind, i+k)
		}
	} else if k := wordAndNumber(rest[:n]); k > 0 {
		p.out = append(p.out, rest[:k]...)
		return p.replace(number, i+n)
	}
	if all != 0 && (n >= 8 || p.last() == '@') || all != 0 && n == 7 && of&lower != 0 && of&upper == 0 {
		return p.replace(hexKind(n), i+n)
	}
	if random(rest[:n]) || n == 5 && of&upper == 0 && p.follows("<hex>-") {
		return p.replace(ident, i+n)
	}
	return p.copy(i, i+n)
}

// follows reports whether what was written ends so.
func (p *parameterizer) follows(s string) bool {
	written := p.out[p.start:]
	return len(written) >= len(s) && string(written[len(written)-len(s):]) == s
}
