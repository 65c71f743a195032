package clickhouse

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// packedRow is an expression that makes one text of columns: a row in ClickHouse's format
// RowBinary. To take such a text apart costs a fraction of what scanning dozens of arrays does.
// Times come as nanoseconds.
func packedRow(names []string, targets []any) string {
	columns := make([]string, len(names))
	for i, name := range names {
		if columns[i] = name; isTime(targets[i]) {
			columns[i] = "toUnixTimestamp64Nano(toDateTime64(" + name + ", 9, 'UTC'))"
		}
	}
	return "formatRow('RowBinary', " + strings.Join(columns, ", ") + ")"
}

func isTime(target any) bool { _, is := target.(*time.Time); return is }

// unpackRow takes apart what packedRow made. The texts that it finds are parts of the row.
func unpackRow(row string, targets []any) error {
	r := rowReader{rest: row}
	for _, target := range targets {
		switch to := target.(type) {
		case *string:
			*to = r.text()
		case *uint8:
			*to = uint8(r.number(1))
		case *uint16:
			*to = uint16(r.number(2))
		case *uint32:
			*to = uint32(r.number(4))
		case *time.Time:
			*to = time.Unix(0, int64(r.number(8))).UTC()
		case *[]string:
			*to = items(&r, 1, (*rowReader).text)
		case *[]uint8:
			*to = items(&r, 1, func(r *rowReader) uint8 { return uint8(r.number(1)) })
		case *[]uint16:
			*to = items(&r, 2, func(r *rowReader) uint16 { return uint16(r.number(2)) })
		case *[]uint32:
			*to = items(&r, 4, func(r *rowReader) uint32 { return uint32(r.number(4)) })
		default:
			return fmt.Errorf("a packed row holds no %T", target)
		}
	}
	if r.broken || r.rest != "" {
		return errPacked
	}
	return nil
}

// rowReader reads values one after the other; once it is broken it gives nothing.
type rowReader struct {
	rest   string
	broken bool
}

// take returns the next n bytes.
func (r *rowReader) take(n int) string {
	if n < 0 || n > len(r.rest) {
		r.rest, r.broken = "", true
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// number reads a number of so many bytes, the lowest first.
func (r *rowReader) number(size int) uint64 {
	var b [8]byte
	copy(b[:], r.take(size))
	return binary.LittleEndian.Uint64(b[:])
}

// length reads how long what follows is: seven bits a byte, the lowest first.
func (r *rowReader) length() int {
	n := 0
	for shift := 0; shift < 35; shift += 7 {
		b := r.number(1)
		n |= int(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	r.rest, r.broken = "", true
	return 0
}

func (r *rowReader) text() string { return r.take(r.length()) }

// items reads an array whose items have at least so many bytes.
func items[T any](r *rowReader, least int, one func(*rowReader) T) []T {
	n := r.length()
	if n > len(r.rest)/least {
		r.rest, r.broken = "", true
		return nil
	}
	if n == 0 {
		return nil
	}
	all := make([]T, n)
	for i := range all {
		all[i] = one(r)
	}
	return all
}
