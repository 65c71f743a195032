package sentry

import "unsafe"

// skip goes over the value at the cursor, however deep it is.
func (c *cursor) skip() {
	var lists [maxNesting / 64]uint64 // a bit for each level: 1 for a list
	depth := 0
	for {
		switch c.kind() {
		case '"':
			c.skipString()
		case 't', 'f', 'n':
			c.literal()
		case '{', '[':
			if depth == maxNesting {
				c.fail()
				return
			}
			word, bit := depth/64, uint64(1)<<(depth%64)
			lists[word] &^= bit
			if c.text[c.pos] == '[' {
				lists[word] |= bit
			}
			depth++
			c.enter()
		default:
			c.number()
		}
		// Go on to the next value: in the innermost that has one, or out of all.
		for {
			if depth == 0 || c.bad {
				return
			}
			if lists[(depth-1)/64]>>((depth-1)%64)&1 == 1 {
				if c.more(']') {
					break
				}
			} else if c.more('}') {
				c.skipKey()
				break
			}
			depth--
		}
	}
}

// skipString goes over a string and what its escapes are made of.
func (c *cursor) skipString() {
	i := c.pos + 1
	for {
		i = plain(c.text, i)
		if i >= len(c.text) || c.text[i] < ' ' {
			c.fail()
			return
		}
		if c.text[i] == '"' {
			c.pos = i + 1
			return
		}
		if i++; i >= len(c.text) {
			c.fail()
			return
		}
		switch c.text[i] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			i++
		case 'u':
			if _, ok := hex4(c.text, i+1); !ok {
				c.fail()
				return
			}
			i += 5
		default:
			c.fail()
			return
		}
	}
}

func (c *cursor) skipKey() {
	if c.pos >= len(c.text) || c.text[c.pos] != '"' {
		c.fail()
		return
	}
	c.skipString()
	c.space()
	if c.pos >= len(c.text) || c.text[c.pos] != ':' {
		c.fail()
		return
	}
	c.pos++
}

// raw goes over the value at the cursor and returns its text without
// insignificant space. Numbers that are none in JSON become null.
func (c *cursor) raw() string {
	c.space()
	start := c.pos
	c.skip()
	if c.bad {
		return ""
	}
	return c.compact(c.text[start:c.pos])
}

// compact removes insignificant space from the text of a valid value, and
// numbers that JSON does not know. Text that has neither is returned as it is.
func (c *cursor) compact(s string) string {
	i := dispensable(s, 0)
	if i == len(s) {
		return s
	}
	from, start := len(c.arena), 0
	for i < len(s) {
		c.arena = append(c.arena, s[start:i]...)
		switch s[i] {
		case 'N', 'I':
			if n := len(c.arena); n > from && c.arena[n-1] == '-' {
				c.arena = c.arena[:n-1]
			}
			c.arena = append(c.arena, "null"...)
			i += 3
			if s[i-3] == 'I' {
				i += len("Infinity") - 3
			}
		default:
			i++
		}
		start = i
		i = dispensable(s, i)
	}
	c.arena = append(c.arena, s[start:]...)
	out := c.arena[from:]
	return unsafe.String(unsafe.SliceData(out), len(out))
}

// dispensable is the place of the first byte from i on that compact changes.
func dispensable(s string, i int) int {
	for i < len(s) {
		switch s[i] {
		case '"':
			for i = plain(s, i+1); i < len(s) && s[i] == '\\'; i = plain(s, i+2) {
			}
			i++
		case ' ', '\n', '\r', '\t', 'N', 'I':
			return i
		default:
			i++
		}
	}
	return len(s)
}

// nesting is how deep the text of a valid value nests.
func nesting(s string) int {
	depth, deepest := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i = plain(s, i+1); i < len(s) && s[i] == '\\'; i = plain(s, i+2) {
			}
		case '{', '[':
			if depth++; depth > deepest {
				deepest = depth
			}
		case '}', ']':
			depth--
		}
	}
	return deepest
}
