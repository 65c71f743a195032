package otlp

import (
	"encoding/base64"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/faultline-dev/faultline/internal/event"
)

// maxObject bounds the text of one JSON object that is made of attributes; what does
// not fit any more is left out. The stage normalize would drop a larger one whole.
const maxObject = 15 << 10

// maxDepth bounds how deep lists and maps are shown.
const maxDepth = 16

// put adds a member to an object.
func put(o event.Object, key string, v value) event.Object {
	if len(o)+len(key)+8 > maxObject || len(v.data) > maxObject {
		return o
	}
	b := make([]byte, 0, len(o)+len(key)+len(v.data)+16)
	if o == "" {
		b = append(b, '{')
	} else {
		b = append(append(b, o[:len(o)-1]...), ',')
	}
	b = appendText(b, key)
	b = append(b, ':')
	b = append(appendValue(b, v, 0), '}')
	if len(b) > maxObject {
		return o
	}
	return event.Object(b)
}

// putText adds a member that is text, shortened to what fits.
func putText(o event.Object, key, s string) event.Object {
	if room := maxObject/2 - len(o); len(s) > room {
		s = s[:max(room, 0)]
	}
	return put(o, key, value{kind: stringValue, data: []byte(s)})
}

// appendText writes a JSON string. What is not UTF-8 becomes U+FFFD.
func appendText(b []byte, s string) []byte {
	out, err := jsontext.AppendQuote(b, s)
	if err != nil && len(out) == 0 { // invalid UTF-8 is replaced and reported
		return append(b, `""`...)
	}
	return out
}

// appendValue writes a value as JSON.
func appendValue(b []byte, v value, depth int) []byte {
	switch v.kind {
	case stringValue:
		return appendText(b, text(v.data))
	case boolValue:
		return strconv.AppendBool(b, v.n != 0)
	case intValue:
		if n := int64(v.n); n > -1<<53 && n < 1<<53 {
			return strconv.AppendInt(b, n, 10)
		}
		return append(strconv.AppendInt(append(b, '"'), int64(v.n), 10), '"')
	case doubleValue:
		f := math.Float64frombits(v.n)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return append(strconv.AppendFloat(append(b, '"'), f, 'g', -1, 64), '"')
		}
		return strconv.AppendFloat(b, f, 'g', -1, 64)
	case bytesValue:
		b = append(b, '"')
		return append(base64.StdEncoding.AppendEncode(b, v.data), '"')
	case arrayValue, mapValue:
		if depth < maxDepth {
			return appendList(b, v, depth+1)
		}
	}
	return append(b, "null"...)
}

// appendList writes the elements of an ArrayValue or the members of a KeyValueList,
// which both are the messages in field 1. What is broken is null.
func appendList(b []byte, v value, depth int) []byte {
	open, end := byte('['), byte(']')
	if v.kind == mapValue {
		open, end = '{', '}'
	}
	b = append(b, open)
	f := fields{rest: v.data}
	for n := 0; f.next(); {
		if !f.bytes(1) {
			continue
		}
		if n++; n > 1 {
			b = append(b, ',')
		}
		var element value
		if v.kind == mapValue {
			var key string
			key, element, _ = attribute(f.data)
			b = append(appendText(b, key), ':')
		} else {
			element, _ = anyValue(f.data)
		}
		b = appendValue(b, element, depth)
	}
	return append(b, end)
}
