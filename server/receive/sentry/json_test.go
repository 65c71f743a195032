package sentry

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// tree reads a whole value with the cursor.
func tree(c *cursor) any {
	switch c.kind() {
	case '{':
		var out []any
		for c.enter(); c.more('}'); {
			out = append(out, c.key())
			out = append(out, tree(c))
		}
		return map[string]any{"object": out}
	case '[':
		out := []any{}
		for c.enter(); c.more(']'); {
			out = append(out, tree(c))
		}
		return out
	case '"':
		return "s" + c.str()
	case 't', 'f', 'n':
		return c.literal()
	}
	return c.number()
}

// slowTree reads a whole value with jsontext.
func slowTree(d *jsontext.Decoder) (any, error) {
	t, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch t.Kind() {
	case '{':
		var out []any
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return nil, err
			}
			out = append(out, name.String())
			v, err := slowTree(d)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		_, err := d.ReadToken()
		return map[string]any{"object": out}, err
	case '[':
		out := []any{}
		for d.PeekKind() != ']' {
			v, err := slowTree(d)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		_, err := d.ReadToken()
		return out, err
	case '"':
		return "s" + t.String(), nil
	}
	return t.String(), nil
}

func slow(s string) (any, error) {
	d := jsontext.NewDecoder(strings.NewReader(s), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	v, err := slowTree(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, io.ErrUnexpectedEOF
	}
	return v, nil
}

// FuzzCursor holds the cursor to jsontext: both take the same documents and read
// the same values; skip takes what reading takes, and raw keeps the value.
func FuzzCursor(f *testing.F) {
	for _, s := range []string{
		`{}`, `[]`, `{"a":1,"b":[true,false,null,"x\n\u00e9\ud83d\ude00\ud800"],"c":{"d":-1.5e+10}}`, ` { "a" : [ 1 , 2 ] } `, `{"a":1,}`, `[1,]`, `[,1]`, `{"a"}`,
		`"\q"`, `"\u12"`, `01`, `1.`, `1e`, `-`, `tru`, `{"a":1}x`, "\"a\x01b\"", `"aaaaaaaaaaaaaaaa\"bbbbbbbbbbbbbbbbbbbb"`, `"\ud800A"`, `"\ud800\udc00"`, `"\ud800x"`,
		strings.Repeat("[", 600) + strings.Repeat("]", 600), "\"\xff\xfe\"", `{"":{"":[]}}`, `[1 2]`, `{"a":1 "b":2}`, "[\"\x7f\x80\xc3\xa9 12345678\"]",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := slow(s)
		c := cursor{text: s}
		got := tree(&c)
		ok := c.end()
		over := cursor{text: s}
		over.skip()
		if nested := strings.Count(s, "[") + strings.Count(s, "{"); over.end() != ok && nested <= maxNesting {
			t.Fatalf("%q: skip says %v, read %v", s, !ok, ok)
		}
		if strings.Contains(s, "NaN") || strings.Contains(s, "Infinity") {
			return
		}
		if ok != (err == nil) {
			t.Fatalf("%q: cursor takes it: %v, jsontext: %v", s, ok, err)
		}
		if !ok {
			return
		}
		if valid := strings.ToValidUTF8(s, ""); valid != s {
			return // jsontext replaces what the cursor leaves to normalizing
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("%q: read %v, want %v", s, got, want)
		}
		if nesting(s) > maxNesting {
			return
		}
		c = cursor{text: s}
		raw := c.raw()
		compact := jsontext.Value(bytes.Clone([]byte(s)))
		if err := compact.Compact(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.PreserveRawStrings(true)); err != nil {
			t.Fatal(err)
		}
		if raw != string(compact) {
			t.Fatalf("%q: raw is %q, want %q", s, raw, compact)
		}
	})
}

func TestNumbersThatJSONDoesNotKnowBecomeNull(t *testing.T) {
	t.Parallel()
	f := func(in, want string) {
		t.Helper()
		c := cursor{text: in}
		if got := c.raw(); got != want || !c.end() {
			t.Errorf("%s: %s, %v", in, got, c.end())
		}
	}
	f(`{"a": NaN, "b": [-Infinity,Infinity, "NaN"]}`, `{"a":null,"b":[null,null,"NaN"]}`)
	f(`NaN`, `null`)
	f(`{"N\"aN":NaN}`, `{"N\"aN":null}`)
	for _, bad := range []string{"-NaN", "Inf", "NaNN", "Infinit"} {
		c := cursor{text: bad}
		c.raw()
		if c.end() {
			t.Errorf("%s is taken", bad)
		}
	}
}
