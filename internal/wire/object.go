package wire

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/faultline-dev/faultline/internal/event"
)

// fromStruct writes a JSON object as text, names in order. An empty one gives
// no text.
func fromStruct(s *structpb.Struct) event.Object {
	if len(s.GetFields()) == 0 {
		return ""
	}
	return event.Object(appendStruct(nil, s))
}

func appendStruct(b []byte, s *structpb.Struct) []byte {
	names := make([]string, 0, len(s.GetFields()))
	for name := range s.GetFields() {
		names = append(names, name)
	}
	slices.Sort(names)
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, name)
		b = append(b, ':')
		b = appendValue(b, s.Fields[name])
	}
	return append(b, '}')
}

func appendValue(b []byte, v *structpb.Value) []byte {
	switch k := v.GetKind().(type) {
	case *structpb.Value_NumberValue:
		return appendNumber(b, k.NumberValue)
	case *structpb.Value_StringValue:
		return appendText(b, k.StringValue)
	case *structpb.Value_BoolValue:
		return strconv.AppendBool(b, k.BoolValue)
	case *structpb.Value_StructValue:
		return appendStruct(b, k.StructValue)
	case *structpb.Value_ListValue:
		b = append(b, '[')
		for i, item := range k.ListValue.GetValues() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, item)
		}
		return append(b, ']')
	}
	return append(b, "null"...)
}

// appendNumber writes the shortest text that reads back as the same number, with
// an exponent where not every integer can be told apart. What JSON cannot express
// becomes a string.
func appendNumber(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	if i := int64(f); float64(i) == f && i > -exactInteger && i < exactInteger && (i != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(b, i, 10)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= exactInteger) {
		format = 'e'
	}
	return strconv.AppendFloat(b, f, format, -1, 64)
}

// exactInteger is the first power of two at which not every integer is a float64.
const exactInteger = 1 << 53

const hexDigits = "0123456789abcdef"

// appendText writes a JSON string. What is not UTF-8 becomes U+FFFD.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(b, s[start:i]...)
				b = append(b, "\ufffd"...)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// toStruct reads the text of a JSON object; no text gives nil. Integers that a
// float64 cannot hold become strings, so that no digit is lost. Text that is no
// object, which no stage makes, is kept as it is under the name "text".
func toStruct(o event.Object) *structpb.Struct {
	if o == "" {
		return nil
	}
	d := jsontext.NewDecoder(strings.NewReader(string(o)), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	v, err := readValue(d)
	if err != nil || v.GetStructValue() == nil {
		return &structpb.Struct{Fields: map[string]*structpb.Value{
			"text": structpb.NewStringValue(strings.ToValidUTF8(string(o), "\ufffd")),
		}}
	}
	if len(v.GetStructValue().Fields) == 0 {
		return nil
	}
	return v.GetStructValue()
}

// readValue reads the next value.
func readValue(d *jsontext.Decoder) (*structpb.Value, error) {
	t, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch t.Kind() {
	case '"':
		return structpb.NewStringValue(t.String()), nil
	case '0':
		return readNumber(t), nil
	case 't', 'f':
		return structpb.NewBoolValue(t.Bool()), nil
	case '{':
		return readObject(d)
	case '[':
		return readList(d)
	}
	return structpb.NewNullValue(), nil
}

func readNumber(t jsontext.Token) *structpb.Value {
	text := t.String()
	f, err := t.Float()
	if err != nil || math.Abs(f) >= exactInteger && !strings.ContainsAny(text, ".eE") {
		return structpb.NewStringValue(text)
	}
	return structpb.NewNumberValue(f)
}

func readObject(d *jsontext.Decoder) (*structpb.Value, error) {
	s := &structpb.Struct{Fields: map[string]*structpb.Value{}}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		text := name.String()
		v, err := readValue(d)
		if err != nil {
			return nil, err
		}
		s.Fields[text] = v
	}
	_, err := d.ReadToken()
	return structpb.NewStructValue(s), err
}

func readList(d *jsontext.Decoder) (*structpb.Value, error) {
	l := &structpb.ListValue{}
	for d.PeekKind() != ']' {
		v, err := readValue(d)
		if err != nil {
			return nil, err
		}
		l.Values = append(l.Values, v)
	}
	_, err := d.ReadToken()
	return structpb.NewListValue(l), err
}
