package clickhouse

import (
	"encoding/binary"
	"errors"
)

// errPacked is returned for bytes that pack did not write.
var errPacked = errors.New("packed column is damaged")

// packer writes what has no column of its own: numbers as varints, texts with their
// length before them. Fields carry a tag and a length, so that older readers skip newer
// fields.
type packer struct {
	b     []byte
	inner *packer // of the field being written, kept for its room
}

func (p *packer) number(n uint64) { p.b = binary.AppendUvarint(p.b, n) }
func (p *packer) signed(n int64)  { p.b = binary.AppendVarint(p.b, n) }

func (p *packer) text(s string) {
	p.number(uint64(len(s)))
	p.b = append(p.b, s...)
}

func (p *packer) texts(list []string) {
	p.number(uint64(len(list)))
	for _, s := range list {
		p.text(s)
	}
}

func (p *packer) flag(set bool) {
	if set {
		p.b = append(p.b, 1)
	} else {
		p.b = append(p.b, 0)
	}
}

// field writes a field whose content the function appends.
func (p *packer) field(tag uint64, content func(*packer)) {
	if p.inner == nil {
		p.inner = new(packer)
	}
	p.inner.b = p.inner.b[:0]
	content(p.inner)
	p.number(tag)
	p.number(uint64(len(p.inner.b)))
	p.b = append(p.b, p.inner.b...)
}

// unpacker reads what packer wrote. After an error every read returns zero values.
type unpacker struct {
	b   string
	err error
}

func (u *unpacker) fail() {
	u.err = errPacked
	u.b = ""
}

func (u *unpacker) number() uint64 {
	var n uint64
	for i := 0; i < len(u.b) && i < binary.MaxVarintLen64; i++ {
		c := u.b[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			u.b = u.b[i+1:]
			return n
		}
	}
	u.fail()
	return 0
}

func (u *unpacker) signed() int64 {
	n := u.number()
	return int64(n>>1) ^ -int64(n&1)
}

func (u *unpacker) text() string {
	n := u.number()
	if n > uint64(len(u.b)) {
		u.fail()
		return ""
	}
	s := u.b[:n]
	u.b = u.b[n:]
	return s
}

// count is the length of a list whose elements take at least one byte each.
func (u *unpacker) count() int {
	n := u.number()
	if n > uint64(len(u.b)) {
		u.fail()
		return 0
	}
	return int(n)
}

func (u *unpacker) texts() []string {
	n := u.count()
	if n == 0 {
		return nil
	}
	list := make([]string, 0, n)
	for range n {
		list = append(list, u.text())
	}
	return list
}

func (u *unpacker) flag() bool {
	if u.b == "" {
		u.fail()
		return false
	}
	set := u.b[0] != 0
	u.b = u.b[1:]
	return set
}

// list reads a counted list of anything.
func list[T any](u *unpacker, one func(*unpacker) T) []T {
	n := u.count()
	if n == 0 {
		return nil
	}
	out := make([]T, 0, n)
	for range n {
		out = append(out, one(u))
	}
	return out
}

// fields hands every field to the function, by tag.
func (u *unpacker) fields(one func(tag uint64, content *unpacker)) error {
	for u.b != "" && u.err == nil {
		tag := u.number()
		inner := &unpacker{b: u.text()}
		if u.err != nil {
			break
		}
		one(tag, inner)
		if inner.err != nil {
			return inner.err
		}
	}
	return u.err
}
