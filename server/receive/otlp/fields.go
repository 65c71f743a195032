package otlp

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"
)

// errMalformed is wrapped by every error about bytes that are no protobuf.
var errMalformed = errors.New("malformed protobuf")

// fields walks over the fields of one message.
type fields struct {
	rest []byte
	num  protowire.Number
	typ  protowire.Type
	data []byte // value of bytes
	n    uint64 // value of a number
	bad  bool
}

// next reads one field; false at the end and where the message is bad.
func (f *fields) next() bool {
	if len(f.rest) == 0 {
		return false
	}
	num, typ, n := protowire.ConsumeTag(f.rest)
	if n < 0 {
		return f.fail()
	}
	f.num, f.typ, f.rest = num, typ, f.rest[n:]
	switch typ {
	case protowire.BytesType:
		f.data, n = protowire.ConsumeBytes(f.rest)
	case protowire.VarintType:
		f.n, n = protowire.ConsumeVarint(f.rest)
	case protowire.Fixed64Type:
		f.n, n = protowire.ConsumeFixed64(f.rest)
	case protowire.Fixed32Type:
		var v uint32
		v, n = protowire.ConsumeFixed32(f.rest)
		f.n = uint64(v)
	default:
		n = protowire.ConsumeFieldValue(num, typ, f.rest)
	}
	if n < 0 {
		return f.fail()
	}
	f.rest = f.rest[n:]
	return true
}

func (f *fields) fail() bool {
	f.bad, f.rest = true, nil
	return false
}

// err tells whether the message was intact.
func (f *fields) err(what string) error {
	if f.bad {
		return fmt.Errorf("%w: %s breaks off", errMalformed, what)
	}
	return nil
}

// bytes tells whether the present field has the number and holds bytes.
func (f *fields) bytes(num protowire.Number) bool {
	return f.num == num && f.typ == protowire.BytesType
}

// text is the value of the present field as a string that aliases the request.
func (f *fields) text() string { return text(f.data) }

func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// kind is the type of an attribute's value.
type kind uint8

const (
	noValue kind = iota
	stringValue
	boolValue
	intValue
	doubleValue
	arrayValue
	mapValue
	bytesValue
)

// value is an AnyValue; lists and maps are left undecoded.
type value struct {
	kind kind
	data []byte // of text, bytes, lists and maps
	n    uint64 // of numbers
}

// anyValue reads an AnyValue. The last field counts, as for every oneof.
func anyValue(data []byte) (v value, err error) {
	f := fields{rest: data}
	for f.next() {
		switch {
		case f.bytes(1):
			v = value{kind: stringValue, data: f.data}
		case f.num == 2 && f.typ == protowire.VarintType:
			v = value{kind: boolValue, n: f.n}
		case f.num == 3 && f.typ == protowire.VarintType:
			v = value{kind: intValue, n: f.n}
		case f.num == 4 && f.typ == protowire.Fixed64Type:
			v = value{kind: doubleValue, n: f.n}
		case f.bytes(5):
			v = value{kind: arrayValue, data: f.data}
		case f.bytes(6):
			v = value{kind: mapValue, data: f.data}
		case f.bytes(7):
			v = value{kind: bytesValue, data: f.data}
		}
	}
	return v, f.err("value")
}

// attribute reads a KeyValue.
func attribute(data []byte) (key string, v value, err error) {
	f := fields{rest: data}
	for f.next() {
		switch {
		case f.bytes(1):
			key = f.text()
		case f.bytes(2):
			if v, err = anyValue(f.data); err != nil {
				return "", value{}, err
			}
		}
	}
	return key, v, f.err("attribute")
}

// scalar reports whether a value is one word.
func (v value) scalar() bool { return v.kind >= stringValue && v.kind <= doubleValue }

// String is a scalar as text; lists, maps and bytes are JSON.
func (v value) String() string {
	switch v.kind {
	case noValue:
		return ""
	case stringValue:
		return text(v.data)
	case boolValue:
		return strconv.FormatBool(v.n != 0)
	case intValue:
		return strconv.FormatInt(int64(v.n), 10)
	case doubleValue:
		return strconv.FormatFloat(math.Float64frombits(v.n), 'g', -1, 64)
	}
	return string(appendValue(nil, v, 0))
}

// isTrue reads a flag, which some clients send as text.
func (v value) isTrue() bool {
	return v.kind == boolValue && v.n != 0 || v.kind == stringValue && (text(v.data) == "true" || text(v.data) == "True")
}
