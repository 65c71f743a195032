package wire

import (
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"
)

// The wire types, as they stand in the low three bits of a key.
const (
	varintType  = uint32(protowire.VarintType)
	fixed64Type = uint32(protowire.Fixed64Type)
	bytesType   = uint32(protowire.BytesType)
	fixed32Type = uint32(protowire.Fixed32Type)
	groupType   = uint32(protowire.StartGroupType)
)

// cursor walks over the fields of one message. A caller switches over key, so that
// a field of an unexpected type is skipped like one of an unknown number.
type cursor struct {
	rest string
	key  uint32 // field number << 3 | wire type
	num  uint64 // value of a number
	str  string // value of bytes
	bad  bool   // the message breaks off or is none
}

// next reads one field; false at the end and where the message is bad.
func (c *cursor) next() bool {
	// Most fields are short: a key of one byte or two, a length of one, and bytes.
	if s := c.rest; len(s) >= 3 {
		key, n, head := uint32(s[0]), int(s[1]), 2
		if key >= 0x80 {
			key, n, head = key&0x7f|uint32(n)<<7, int(s[2]), 3
		}
		if key < 0x80<<7 && n < 0x80 && key&7 == bytesType && key >= 1<<3 && n <= len(s)-head {
			c.key, c.str, c.rest = key, s[head:head+n], s[head+n:]
			return true
		}
	}
	return c.any()
}

// any reads one field of any kind.
func (c *cursor) any() bool {
	if len(c.rest) == 0 {
		return false
	}
	key := c.varint()
	if c.bad || key>>3 < uint64(protowire.MinValidNumber) || key>>3 > uint64(protowire.MaxValidNumber) {
		return c.fail()
	}
	c.key = uint32(key)
	switch c.key & 7 {
	case bytesType:
		n := c.varint()
		if c.bad || n > uint64(len(c.rest)) {
			return c.fail()
		}
		c.str, c.rest = c.rest[:n], c.rest[n:]
	case varintType:
		c.num = c.varint()
	case fixed64Type:
		if len(c.rest) < 8 {
			return c.fail()
		}
		s := c.rest[:8]
		c.num = uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		c.rest = c.rest[8:]
	case fixed32Type:
		if len(c.rest) < 4 {
			return c.fail()
		}
		c.rest = c.rest[4:]
	case groupType:
		n := protowire.ConsumeFieldValue(protowire.Number(key>>3), protowire.StartGroupType, unsafe.Slice(unsafe.StringData(c.rest), len(c.rest)))
		if n < 0 {
			return c.fail()
		}
		c.rest = c.rest[n:]
	default:
		return c.fail()
	}
	return !c.bad
}

func (c *cursor) fail() bool {
	c.bad, c.rest = true, ""
	return false
}

// varint reads a number of up to 64 bits.
func (c *cursor) varint() uint64 {
	if len(c.rest) > 0 && c.rest[0] < 0x80 {
		n := uint64(c.rest[0])
		c.rest = c.rest[1:]
		return n
	}
	var n uint64
	for i := range min(len(c.rest), 10) {
		b := c.rest[i]
		if i == 9 && b > 1 {
			break
		}
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			c.rest = c.rest[i+1:]
			return n
		}
	}
	c.fail()
	return 0
}

// run counts the fields that follow with the key of the present one, and that one.
func (c *cursor) run() int {
	n, ahead := 1, cursor{rest: c.rest}
	for ahead.next() && ahead.key == c.key {
		n++
	}
	return n
}

// merged is a message that may stand in several fields: protobuf counts them as
// one, which is the same as one after the other.
type merged struct {
	first string
	all   []byte
}

func (m *merged) add(s string) {
	switch {
	case m.all != nil:
		m.all = append(m.all, s...)
	case m.first == "":
		m.first = s
	default:
		m.all = append(append(m.all, m.first...), s...)
	}
}

func (m *merged) bytes() string {
	if m.all != nil {
		return unsafe.String(unsafe.SliceData(m.all), len(m.all))
	}
	return m.first
}
