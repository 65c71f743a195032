package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A segment is the magic bytes followed by records:
//
//	kind     1 byte
//	length   4 bytes, little endian, of the body
//	checksum 4 bytes, little endian, CRC-32C over kind, length and body
//	body
//
// The body of an event is its id and its encoding; that of a done record is
// the ids of events that have their outcome.
const (
	magic      = "FLSPOOL1"
	headerSize = 9
	idSize     = 16
	// maxBody bounds what a reader allocates for one record.
	maxBody = 64 << 20

	kindEvent = 1
	kindDone  = 2
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errDamaged = errors.New("damaged record")
	errForeign = errors.New("not a spool segment")
)

// appendRecord appends one record whose body is the two parts.
func appendRecord(dst []byte, kind byte, a, b []byte) []byte {
	start := len(dst)
	dst = append(dst, kind)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(a)+len(b)))
	sum := crc32.Update(0, castagnoli, dst[start:])
	sum = crc32.Update(sum, castagnoli, a)
	sum = crc32.Update(sum, castagnoli, b)
	dst = binary.LittleEndian.AppendUint32(dst, sum)
	dst = append(dst, a...)
	return append(dst, b...)
}

// record is one record as read; body is valid until the next one is read.
type record struct {
	kind   byte
	offset int64 // of the body
	body   []byte
}

// scan calls fn for every whole record and returns the offset behind the last
// one. A torn or damaged record ends the scan without an error, for that is
// what a crash leaves behind; an error is one of reading or of fn.
func scan(r io.Reader, fn func(record) error) (end int64, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(in, head); err != nil {
		return 0, ended(err)
	}
	if string(head) != magic {
		return 0, errForeign
	}
	end = int64(len(magic))
	var body []byte
	for {
		var header [headerSize]byte
		if _, err := io.ReadFull(in, header[:]); err != nil {
			return end, ended(err)
		}
		if body, err = readBody(in, header, body); err != nil {
			return end, ended(err)
		}
		if err := fn(record{kind: header[0], offset: end + headerSize, body: body}); err != nil {
			return end, err
		}
		end += headerSize + int64(len(body))
	}
}

// readBody reads a body in pieces, so that a damaged length allocates no more
// than there is to read.
func readBody(in io.Reader, header [headerSize]byte, body []byte) ([]byte, error) {
	length := binary.LittleEndian.Uint32(header[1:])
	if length > maxBody {
		return body, errDamaged
	}
	body = body[:0]
	for rest := int(length); rest > 0; {
		n := min(rest, 256<<10)
		start := len(body)
		if cap(body) < start+n {
			body = append(body, make([]byte, n)...)
		} else {
			body = body[:start+n]
		}
		if _, err := io.ReadFull(in, body[start:]); err != nil {
			return body, err
		}
		rest -= n
	}
	sum := crc32.Update(crc32.Checksum(header[:5], castagnoli), castagnoli, body)
	if sum != binary.LittleEndian.Uint32(header[5:]) {
		return body, errDamaged
	}
	return body, nil
}

// ended turns the ends that a crash leaves into no error.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errDamaged) {
		return nil
	}
	return fmt.Errorf("read spool segment: %w", err)
}
