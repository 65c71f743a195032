package group

import (
	"strings"
	"sync"
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
	first := toVarying(s, 0)
	if first == len(s) {
		return s
	}
	p := parameterizers.Get().(*parameterizer)
	p.read(p.out[:0], s, first)
	if p.done > 0 && string(p.out) != s {
		s = string(p.out)
	}
	p.s = ""
	if cap(p.out) <= keptRoom {
		parameterizers.Put(p)
	}
	return s
}

// AppendParameterized appends what Parameterize returns.
func AppendParameterized(b []byte, s string) []byte {
	var p parameterizer
	p.read(b, s, toVarying(s, 0))
	if p.done == 0 {
		return append(b, s...)
	}
	return p.out
}

// parameterizers keep their room.
var parameterizers = sync.Pool{New: func() any { return &parameterizer{out: make([]byte, 0, 1024)} }}

// keptRoom is how much room at most is kept.
const keptRoom = 64 << 10

// parameterizer is one pass over a text.
type parameterizer struct {
	s     string
	out   []byte
	start int // of this text in out
	done  int // what stands before it in s has been written
	named int // how long out was when a name was written last
}

// read appends s to b with what varies replaced, or nothing if nothing varies; done tells.
// Before first nothing varies.
func (p *parameterizer) read(b []byte, s string, first int) {
	p.s, p.out = s, b
	p.start, p.done, p.named = len(b), 0, -1
	for i := 0; first < len(s); first = toVarying(s, i) {
		begin, end := first, first
		for begin > i && classes[s[begin-1]]&space == 0 {
			begin--
		}
		marks := class(0)
		for end+4 <= len(s) {
			b := s[end : end+4]
			c := classes[b[0]] | classes[b[1]] | classes[b[2]] | classes[b[3]]
			if c&space != 0 {
				break
			}
			marks |= c
			end += 4
		}
		for end < len(s) {
			c := classes[s[end]]
			if c&space != 0 {
				break
			}
			marks |= c
			end++
		}
		if p.plain(begin, end, marks) {
			i = end
			continue
		}
		i = p.blob(begin, end, marks)
	}
	if p.done > 0 {
		p.write(len(s))
	}
}

// plain reports whether nothing in s[i:end] varies, which holds no space: it has capitals
// without being the name of a month, or a colon at its end.
func (p *parameterizer) plain(i, end int, marks class) bool {
	switch {
	case marks&digit != 0:
		return false
	case marks&mark == 0:
		return classes[p.s[i]]&begins == 0 || !dateWord(p.s[i:end])
	}
	return marks&(colon|capitalJ) == colon && i+spanTo(p.s[i:end], mark) == end-1
}

// write copies what stands before i.
func (p *parameterizer) write(i int) {
	p.out = append(p.out, p.s[p.done:i]...)
	p.done = i
}

// blob reads s[i:end], which holds no space but something that may vary, and
// returns where it stopped: at end, or beyond it when a date goes on there.
func (p *parameterizer) blob(i, end int, marks class) int {
	for i < end {
		c := classes[p.s[i]]
		switch {
		case c&word != 0:
			i = p.word(i, end, marks)
		case c&signs != 0:
			i = p.sign(i, end, marks)
		default:
			i++
		}
	}
	return i
}

// replace writes the name of what was found at i instead of it. A list of several of
// one kind is written as one, because its length varies too.
func (p *parameterizer) replace(kind string, i, end int) int {
	p.write(i)
	p.done = end
	if comma := len(p.out) - p.named; p.named > p.start && (comma == 1 || comma == 2) && p.follows(", "[:comma], kind) {
		p.out = p.out[:p.named]
		return end
	}
	p.out = append(p.out, kind...)
	p.named = len(p.out)
	return end
}

// follows reports whether what was written ends with a kind and a comma.
func (p *parameterizer) follows(comma, kind string) bool {
	written := p.out[p.start:p.named]
	return string(p.out[p.named:]) == comma && len(written) >= len(kind) && string(written[len(written)-len(kind):]) == kind
}

// last is the byte before i as it is written; 0 at the start.
func (p *parameterizer) last(i int) byte {
	switch {
	case i > p.done:
		return p.s[i-1]
	case len(p.out) > p.start:
		return p.out[len(p.out)-1]
	}
	return 0
}

// ends reports whether what is written before i ends so.
func (p *parameterizer) ends(i int, s string) bool {
	p.write(i)
	written := p.out[p.start:]
	return len(written) >= len(s) && string(written[len(written)-len(s):]) == s
}

// afterWord reports whether what comes at i continues a word.
func (p *parameterizer) afterWord(i int) bool {
	return classes[p.last(i)]&word != 0 || p.afterName(i)
}

// afterName reports whether what comes at i follows the name of something that varied.
func (p *parameterizer) afterName(i int) bool { return p.named == len(p.out) && p.done == i }

// sign reads what begins with a sign that matters.
func (p *parameterizer) sign(i, end int, marks class) int {
	rest := p.s[i:]
	switch rest[0] {
	case '-', '+':
		if i+1 < end && isDigit(rest[1]) {
			return p.signed(i)
		}
	case ':':
		if len(rest) > 1 && rest[1] == 'N' && strings.HasPrefix(rest, ":NilClass") && p.ends(i, "nil") { // Ruby before 3.4
			p.done = i + len(":NilClass")
			return p.done
		}
		if len(rest) > 2 && marks&digit != 0 && (rest[1] == ':' || classes[rest[1]]&hexes != 0) {
			if n := ipv6Len(rest); n > 0 && !p.afterWord(i) {
				return p.replace(address, i, i+n)
			}
		}
	case '=':
		if n, kind := assignedLen(rest[1:]); n > 0 && p.afterWord(i) {
			return p.replace(kind, i+1, i+1+n)
		}
	case '<':
		if n := kindLen(rest); n > 0 {
			return p.replace(rest[:n], i, i+n)
		}
	case '"', '\'', '`':
		if rest[0] == '`' && oldQuote(rest) && !inOldQuote(p.s[:i]) && p.last(i) != '=' { // ='so' is a value
			p.write(i)
			p.out = append(p.out, '\'')
			p.done = i + 1
			return i + 1
		}
		if n := quotedLen(rest); n > 0 && !p.afterWord(i) {
			p.write(i + 1)
			p.out = append(p.out, quoted...)
			p.done = i + n - 1
			return i + n
		}
	case '/':
		if c := p.last(i); !p.afterWord(i) && c != '/' && c != '.' && c != ':' && c != '~' && c != '*' {
			if n := pathLen(rest); n > 0 {
				return p.replace(file, i, i+n)
			}
		}
	}
	return i + 1
}

// signed reads a + or - before a digit.
func (p *parameterizer) signed(i int) int {
	if c := p.last(i); p.afterWord(i) || c == ')' || c == ']' || c == '.' {
		return i + 1
	}
	rest := p.s[i+1:]
	if p.code(i, rest, true) {
		return i + 1 + digits(rest)
	}
	if n, kind := scanNumber(rest); kind == number || kind == duration {
		return p.replace(kind, i, i+1+n)
	}
	return i + 1
}

// word reads what begins with a letter, a digit or an underscore. What only a
// whole blob can have, marks says of this one.
func (p *parameterizer) word(i, end int, marks class) int {
	rest := p.s[i:]
	fresh := !p.afterName(i)
	if fresh && marks&(at|digit) == digit && len(rest) >= uuidBytes && rest[8] == '-' {
		if k := uuidLen(rest); k > 0 {
			return p.replace(uuid, i, i+k)
		}
	}
	n, of, all := 0, class(0), hexes
	blob := p.s[i:max(i, end)]
	for n+4 <= len(blob) {
		b := blob[n : n+4]
		c0, c1, c2, c3 := classes[b[0]], classes[b[1]], classes[b[2]], classes[b[3]]
		both := c0 & c1 & c2 & c3
		if both&inWord == 0 {
			break
		}
		of |= c0 | c1 | c2 | c3
		all &= both
		n += 4
	}
	for n < len(blob) {
		c := classes[blob[n]]
		if c&inWord == 0 {
			break
		}
		of |= c
		all &= c
		n++
	}
	if !fresh { // <url>b: part of what it was
		return i + n
	}
	var next byte
	if n < len(rest) {
		next = rest[n]
	}
	if marks&mark != 0 && classes[next]&word == 0 {
		if k, kind := scanMarked(rest, n, next, marks); k > 0 {
			return p.replace(kind, i, i+k)
		}
	}
	if of&capitalJ != 0 && rest[0] == 'e' && strings.HasPrefix(rest, "eyJ") {
		if k := jwtLen(rest); k > 0 {
			return p.replace(token, i, i+k)
		}
	}
	if next == '-' && n == 8 && all != 0 {
		if k := uuidLen(rest); k > 0 {
			return p.replace(uuid, i, i+k)
		}
	}
	if next == ':' && marks&digit != 0 && (n <= 4 && all != 0 || of&digit != 0) {
		if k := ipv6Len(rest); k > 0 {
			return p.replace(address, i, i+k)
		}
	}
	if of&digit == 0 {
		if classes[rest[0]]&begins != 0 {
			if k := textDateLen(rest); k > 0 {
				return p.replace(date, i, i+k)
			}
		}
		return i + n
	}
	return p.digits(i, n, of, all)
}

// digits reads a word of n bytes that has digits in it.
func (p *parameterizer) digits(i, n int, of, all class) int {
	rest := p.s[i:]
	if isDigit(rest[0]) {
		if p.code(i, rest, false) {
			return i + n
		}
		if k, kind := scanNumber(rest); k > 0 {
			return p.replace(kind, i, i+k)
		}
	} else if k := wordAndNumber(rest[:n]); k > 0 {
		return p.replace(number, i+k, i+n)
	}
	if all != 0 && (n >= 8 || p.last(i) == '@') || all != 0 && n == 7 && of&lower != 0 && of&upper == 0 {
		return p.replace(hexKind(n), i, i+n)
	}
	if n >= 10 && random(rest[:n]) || n == 5 && of&upper == 0 && p.last(i) == '-' && p.ends(i, "<hex>-") {
		return p.replace(ident, i, i+n)
	}
	return i + n
}
