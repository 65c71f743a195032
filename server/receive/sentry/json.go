package sentry

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// maxNesting bounds how deep arrays and objects may nest in a document. A deeper
// one counts as malformed.
const maxNesting = 512

// cursor reads a JSON document (RFC 8259) from front to back without a copy:
// strings without escapes are parts of the document. What is not JSON makes the
// cursor bad and puts it at the end, so that every loop over it ends.
//
// Beyond the RFC it takes NaN, Infinity and -Infinity, which Python's and Go's
// older clients write, and replaces what is no UTF-16 in escapes by U+FFFD.
type cursor struct {
	text  string
	pos   int
	first bool // no element of the object or list that is open has been read
	bad   bool
	arena []byte // where strings with escapes are written
}

func (c *cursor) fail() {
	c.bad = true
	c.pos = len(c.text)
}

func (c *cursor) space() {
	if c.pos >= len(c.text) || c.text[c.pos] <= ' ' {
		c.spaces()
	}
}

func (c *cursor) spaces() {
	for c.pos < len(c.text) {
		switch c.text[c.pos] {
		case ' ', '\n', '\r', '\t':
			c.pos++
		default:
			return
		}
	}
}

// kind is the first byte of the next value: one of {["tfn, or 0 for a number. A
// cursor that is at the end becomes bad.
func (c *cursor) kind() byte {
	c.space()
	if c.pos >= len(c.text) {
		c.fail()
		return 'n'
	}
	switch b := c.text[c.pos]; b {
	case '{', '[', '"', 't', 'f', 'n':
		return b
	}
	return 0
}

// enter goes into the object or list at the cursor. Its elements are read with more.
func (c *cursor) enter() {
	c.pos++
	c.first = true
}

// more goes to the next element; at the end it leaves the object or list.
func (c *cursor) more(end byte) bool {
	c.space()
	if c.pos >= len(c.text) {
		c.fail()
		return false
	}
	b := c.text[c.pos]
	if b == end {
		c.pos++
		c.first = false
		return false
	}
	if c.first {
		c.first = false
		return true
	}
	if b != ',' {
		c.fail()
		return false
	}
	c.pos++
	c.space()
	if c.pos >= len(c.text) || c.text[c.pos] == end {
		c.fail()
		return false
	}
	return true
}

// key reads the name of a member and goes to its value.
func (c *cursor) key() string {
	if c.pos >= len(c.text) || c.text[c.pos] != '"' {
		c.fail()
		return ""
	}
	s := c.str()
	c.space()
	if c.pos >= len(c.text) || c.text[c.pos] != ':' {
		c.fail()
		return ""
	}
	c.pos++
	return s
}

// str reads the string at the cursor.
func (c *cursor) str() string {
	start := c.pos + 1
	i := plain(c.text, start)
	if i < len(c.text) && c.text[i] == '"' {
		c.pos = i + 1
		return c.text[start:i]
	}
	return c.escaped(start, i)
}

// plain is the place of the first byte from i on that ends a run of ordinary
// characters in a string: a quote, a backslash or a control character. It looks
// at eight bytes at a time.
func plain(s string, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(s); i += 8 {
		w := binary.LittleEndian.Uint64(unsafe.Slice(unsafe.StringData(s[i:]), 8))
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		if ((w-ones*' ')&^w|(quote-ones)&^quote|(slash-ones)&^slash)&highs != 0 {
			break // one of the eight, or a false alarm after one of them
		}
	}
	for i < len(s) && s[i] != '"' && s[i] != '\\' && s[i] >= ' ' {
		i++
	}
	return i
}

// escaped reads a string that goes on at i with an escape, and began at start.
func (c *cursor) escaped(start, i int) string {
	from := len(c.arena)
	for {
		if i >= len(c.text) || c.text[i] < ' ' {
			c.fail()
			return ""
		}
		c.arena = append(c.arena, c.text[start:i]...)
		if c.text[i] == '"' {
			c.pos = i + 1
			out := c.arena[from:]
			return unsafe.String(unsafe.SliceData(out), len(out))
		}
		var ok bool
		if i, ok = c.escape(i + 1); !ok {
			c.fail()
			return ""
		}
		start = i
		i = plain(c.text, i)
	}
}

// escape writes what the escape means whose letter is at i, and returns the
// place after it.
func (c *cursor) escape(i int) (int, bool) {
	if i >= len(c.text) {
		return i, false
	}
	b := c.text[i]
	switch b {
	case '"', '\\', '/':
	case 'b':
		b = '\b'
	case 'f':
		b = '\f'
	case 'n':
		b = '\n'
	case 'r':
		b = '\r'
	case 't':
		b = '\t'
	case 'u':
		r, ok := hex4(c.text, i+1)
		if !ok {
			return i, false
		}
		i += 5
		if utf16.IsSurrogate(r) {
			low, ok := rune(0), false
			if i+1 < len(c.text) && c.text[i] == '\\' && c.text[i+1] == 'u' {
				low, ok = hex4(c.text, i+2)
			}
			if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
				i += 6
			}
		}
		c.arena = utf8.AppendRune(c.arena, r)
		return i, true
	default:
		return i, false
	}
	c.arena = append(c.arena, b)
	return i + 1, true
}

func hex4(s string, i int) (rune, bool) {
	if i+4 > len(s) {
		return 0, false
	}
	var r rune
	for _, b := range []byte(s[i : i+4]) {
		switch {
		case '0' <= b && b <= '9':
			r = r<<4 | rune(b-'0')
		case 'a' <= b && b <= 'f':
			r = r<<4 | rune(b-'a'+10)
		case 'A' <= b && b <= 'F':
			r = r<<4 | rune(b-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// literal reads true, false or null.
func (c *cursor) literal() string {
	for _, word := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(c.text[c.pos:], word) {
			c.pos += len(word)
			return word
		}
	}
	c.fail()
	return ""
}

// number reads the text of the number at the cursor.
func (c *cursor) number() string {
	s, start := c.text, c.pos
	i := start
	if i < len(s) && s[i] == '-' {
		i++
	}
	digits := func() bool {
		from := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i > from
	}
	switch {
	case i < len(s) && s[i] == '0':
		i++
	case digits():
	case strings.HasPrefix(s[i:], "Infinity"):
		c.pos = i + len("Infinity")
		return s[start:c.pos]
	case i == start && strings.HasPrefix(s[i:], "NaN"):
		c.pos = i + len("NaN")
		return s[start:c.pos]
	default:
		c.fail()
		return ""
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			c.fail()
			return ""
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			c.fail()
			return ""
		}
	}
	c.pos = i
	return s[start:i]
}

// end reports whether the whole document was read and is JSON.
func (c *cursor) end() bool {
	c.space()
	return !c.bad && c.pos == len(c.text)
}

// float reads the text of a number or of a string that holds one.
func float(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}
