package sentry

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// unpacked makes the JSON of an event that sentry-native's crash handler left
// behind in MessagePack, with its breadcrumbs.
func (u *upload) unpacked() string {
	var whole string
	var crumbs []string
	for i := 0; i+1 < len(u.packed); i += 2 {
		name, data := u.packed[i], u.packed[i+1]
		if name == "__sentry-event" {
			m := msgpack{rest: data}
			if text := m.json(); strings.HasPrefix(text, "{") {
				whole = text
			}
			continue
		}
		for m := (msgpack{rest: data}); m.rest != "" && len(crumbs) < uploadParts; {
			text := m.json()
			if m.bad {
				break
			}
			crumbs = append(crumbs, text)
		}
	}
	if whole == "" || len(crumbs) == 0 {
		return whole
	}
	list := `"breadcrumbs":[` + strings.Join(crumbs, ",") + `]}`
	if whole == "{}" {
		return "{" + list
	}
	return whole[:len(whole)-1] + "," + list
}

// msgpack turns MessagePack into JSON. What is bad ends it.
type msgpack struct {
	rest  string
	depth int
	bad   bool
}

// json reads the next value.
func (m *msgpack) json() string {
	var b strings.Builder
	m.value(&b)
	if m.bad {
		return ""
	}
	return b.String()
}

func (m *msgpack) take(n uint64) string {
	if n > uint64(len(m.rest)) {
		m.bad = true
		m.rest = ""
		return strings.Repeat("\x00", int(min(n, 8)))
	}
	out := m.rest[:n]
	m.rest = m.rest[n:]
	return out
}

func (m *msgpack) uint(size uint64) uint64 {
	var b [8]byte
	copy(b[8-size:], m.take(size))
	return binary.BigEndian.Uint64(b[:])
}

func (m *msgpack) value(b *strings.Builder) {
	if m.bad {
		return
	}
	tag := m.take(1)[0]
	switch {
	case tag < 0x80:
		b.WriteString(strconv.Itoa(int(tag)))
	case tag < 0x90:
		m.members(b, uint64(tag&0x0f), '{', '}')
	case tag < 0xa0:
		m.members(b, uint64(tag&0x0f), '[', ']')
	case tag < 0xc0:
		b.WriteString(quote(m.take(uint64(tag & 0x1f))))
	case tag >= 0xe0:
		b.WriteString(strconv.Itoa(int(int8(tag))))
	default:
		m.tagged(b, tag)
	}
}

// tagged reads a value whose first byte names only its type.
func (m *msgpack) tagged(b *strings.Builder, tag byte) {
	switch tag {
	case 0xc0, 0xc1:
		b.WriteString("null")
	case 0xc2:
		b.WriteString("false")
	case 0xc3:
		b.WriteString("true")
	case 0xc4, 0xc5, 0xc6: // bytes
		b.WriteString(quote(m.take(m.uint(1 << (tag - 0xc4)))))
	case 0xc7, 0xc8, 0xc9: // extensions
		n := m.uint(1 << (tag - 0xc7))
		m.take(1)
		m.take(n)
		b.WriteString("null")
	case 0xca:
		m.float(b, float64(math.Float32frombits(uint32(m.uint(4)))))
	case 0xcb:
		m.float(b, math.Float64frombits(m.uint(8)))
	case 0xcc, 0xcd, 0xce, 0xcf:
		b.WriteString(strconv.FormatUint(m.uint(1<<(tag-0xcc)), 10))
	case 0xd0, 0xd1, 0xd2, 0xd3:
		size := uint64(1) << (tag - 0xd0)
		shift := 64 - 8*size
		b.WriteString(strconv.FormatInt(int64(m.uint(size)<<shift)>>shift, 10))
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8:
		m.take(1)
		m.take(1 << (tag - 0xd4))
		b.WriteString("null")
	case 0xd9, 0xda, 0xdb:
		b.WriteString(quote(m.take(m.uint(1 << (tag - 0xd9)))))
	case 0xdc, 0xdd:
		m.members(b, m.uint(2<<(tag-0xdc)), '[', ']')
	case 0xde, 0xdf:
		m.members(b, m.uint(2<<(tag-0xde)), '{', '}')
	}
}

func (m *msgpack) float(b *strings.Builder, f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		b.WriteString("null")
		return
	}
	b.WriteString(strconv.FormatFloat(f, 'g', -1, 64))
}

// members reads the elements of a list, or the pairs of a map.
func (m *msgpack) members(b *strings.Builder, n uint64, open, end byte) {
	if m.depth++; m.depth > maxObject || n > uint64(len(m.rest)) {
		m.bad = true
		return
	}
	b.WriteByte(open)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if open == '{' {
			var key strings.Builder
			m.value(&key)
			if text := key.String(); strings.HasPrefix(text, `"`) {
				b.WriteString(text)
			} else {
				b.WriteString(quote(text))
			}
			b.WriteByte(':')
		}
		m.value(b)
		if m.bad {
			return
		}
	}
	b.WriteByte(end)
	m.depth--
}
