package otlp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/encoding/protowire"
)

// maxNesting bounds how deep a request in JSON may nest. Requests have 7 levels before
// the first attribute.
const maxNesting = 100

// fromJSON makes the protobuf of a request in OTLP's JSON, which differs from
// protobuf's own: ids are hexadecimal, enums are numbers. Unknown fields are ignored.
func fromJSON(s signal, data []byte) ([]byte, error) {
	t := transcoder{in: jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))}
	t.out = make([]byte, 0, len(data))
	if err := t.object(requests[s], 0); err != nil {
		return nil, fmt.Errorf("%w: %w", errJSON, err)
	}
	if _, err := t.in.ReadToken(); err != io.EOF {
		return nil, fmt.Errorf("%w: something follows the request", errJSON)
	}
	return t.out, nil
}

// transcoder writes protobuf while it reads JSON.
type transcoder struct {
	in      *jsontext.Decoder
	out     []byte
	scratch []byte
}

// object writes the fields of a message; null is an empty one.
func (t *transcoder) object(m *jsonMessage, depth int) error {
	token, err := t.in.ReadToken()
	switch {
	case err != nil:
		return err
	case token.Kind() == 'n':
		return nil
	case token.Kind() != '{':
		return fmt.Errorf("%s: an object is expected", t.in.StackPointer())
	case depth > maxNesting:
		return fmt.Errorf("%s: nests deeper than %d levels", t.in.StackPointer(), maxNesting)
	}
	for t.in.PeekKind() == '"' {
		name, err := t.in.ReadToken()
		if err != nil {
			return err
		}
		f, known := (*m)[name.String()]
		if !known {
			f, known = (*m)[camel(name.String())]
		}
		if !known {
			if err := t.in.SkipValue(); err != nil {
				return err
			}
			continue
		}
		if err := t.field(f, depth); err != nil {
			return err
		}
	}
	_, err = t.in.ReadToken()
	return err
}

// camel makes the name that JSON has of the one that the proto files have.
func camel(name string) string {
	if !strings.Contains(name, "_") {
		return name
	}
	var b strings.Builder
	up := false
	for _, c := range []byte(name) {
		switch {
		case c == '_':
			up = true
			continue
		case up && c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		}
		up = false
		b.WriteByte(c)
	}
	return b.String()
}

// lengthBytes is the room left for the length of a message: a varint that is padded,
// because the length is known only when the message has been written.
const lengthBytes = 4

func (t *transcoder) field(f jsonField, depth int) error {
	if f.form != messageForm {
		return t.scalar(f)
	}
	if t.in.PeekKind() != '[' {
		return t.message(f, depth)
	}
	if _, err := t.in.ReadToken(); err != nil {
		return err
	}
	for k := t.in.PeekKind(); k != ']'; k = t.in.PeekKind() {
		if err := t.message(f, depth); err != nil {
			return err
		}
	}
	_, err := t.in.ReadToken()
	return err
}

func (t *transcoder) message(f jsonField, depth int) error {
	t.out = protowire.AppendTag(t.out, f.num, protowire.BytesType)
	at := len(t.out)
	t.out = append(t.out, 0x80, 0x80, 0x80, 0)
	if err := t.object(f.of, depth+1); err != nil {
		return err
	}
	return t.setLength(at)
}

// setLength writes the length of what stands behind the room left at a place.
func (t *transcoder) setLength(at int) error {
	n := len(t.out) - at - lengthBytes
	if n >= 1<<(7*lengthBytes) {
		return errSize
	}
	for i := range lengthBytes {
		t.out[at+i] = byte(n>>(7*i)) & 0x7f
		if i < lengthBytes-1 {
			t.out[at+i] |= 0x80
		}
	}
	return nil
}

// scalar writes a field that is one word.
func (t *transcoder) scalar(f jsonField) error {
	raw, err := t.in.ReadValue()
	if err != nil {
		return err
	}
	switch k := raw.Kind(); {
	case k == 'n':
		return nil
	case k == '[' || k == '{':
		return t.wrong(raw)
	case k == '"' && (f.form == textForm || f.form == base64Form || f.form == hexForm):
		return t.text(f, raw)
	case k == 't' || k == 'f':
		if f.form != boolForm {
			return t.wrong(raw)
		}
		t.varint(f.num, protowire.EncodeBool(k == 't'))
		return nil
	}
	word := string(raw)
	if raw.Kind() == '"' {
		if t.scratch, err = jsontext.AppendUnquote(t.scratch[:0], raw); err != nil && len(t.scratch) == 0 {
			return t.wrong(raw)
		}
		word = string(t.scratch)
	}
	switch f.form {
	case integerForm, fixedForm:
		return t.integer(f, word, raw)
	case enumForm:
		if n, known := f.names[word]; known {
			t.varint(f.num, n)
			return nil
		}
		n, err := strconv.ParseInt(word, 10, 32)
		if err != nil {
			return t.wrong(raw)
		}
		t.varint(f.num, uint64(n))
		return nil
	case doubleForm:
		d, err := strconv.ParseFloat(word, 64)
		if err != nil && !math.IsInf(d, 0) {
			return t.wrong(raw)
		}
		t.out = protowire.AppendFixed64(protowire.AppendTag(t.out, f.num, protowire.Fixed64Type), math.Float64bits(d))
		return nil
	}
	return t.wrong(raw)
}

func (t *transcoder) wrong(raw jsontext.Value) error {
	if len(raw) > 40 {
		raw = append(raw[:40:40], "..."...)
	}
	return fmt.Errorf("%s: %s is not of this field's type", t.in.StackPointer(), raw)
}

func (t *transcoder) varint(num protowire.Number, n uint64) {
	t.out = protowire.AppendVarint(protowire.AppendTag(t.out, num, protowire.VarintType), n)
}

// integer writes a number of 64 bits, which JSON has as a number or as text, and some
// clients with an exponent.
func (t *transcoder) integer(f jsonField, word string, raw jsontext.Value) error {
	var n uint64
	if signed, err := strconv.ParseInt(word, 10, 64); err == nil {
		n = uint64(signed)
	} else if n, err = strconv.ParseUint(word, 10, 64); err != nil {
		d, err := strconv.ParseFloat(word, 64)
		if err != nil || d != math.Trunc(d) || math.Abs(d) >= 1<<63 {
			return t.wrong(raw)
		}
		n = uint64(int64(d))
	}
	if f.form == integerForm {
		t.varint(f.num, n)
		return nil
	}
	t.out = protowire.AppendFixed64(protowire.AppendTag(t.out, f.num, protowire.Fixed64Type), n)
	return nil
}

// text writes a string, or the bytes that it stands for.
func (t *transcoder) text(f jsonField, raw jsontext.Value) error {
	t.out = protowire.AppendTag(t.out, f.num, protowire.BytesType)
	at := len(t.out)
	t.out = append(t.out, 0x80, 0x80, 0x80, 0)
	out, err := jsontext.AppendUnquote(t.out, raw)
	if err != nil && len(out) == at+lengthBytes && len(raw) > 2 {
		return t.wrong(raw)
	}
	word := out[at+lengthBytes:]
	n := len(word)
	switch f.form {
	case hexForm:
		if n, err = hex.Decode(word, word); err != nil {
			return t.wrong(raw)
		}
	case base64Form:
		encoding := base64.StdEncoding
		if bytes.ContainsAny(word, "-_") {
			encoding = base64.URLEncoding
		}
		if word = bytes.TrimRight(word, "="); true {
			n, err = encoding.WithPadding(base64.NoPadding).Decode(word, word)
		}
		if err != nil {
			return t.wrong(raw)
		}
	}
	t.out = out[:at+lengthBytes+n]
	return t.setLength(at)
}
