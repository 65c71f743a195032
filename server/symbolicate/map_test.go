package symbolicate_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/faultline-dev/faultline/server/symbolicate"
)

func TestMapsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	f := func(text string) {
		t.Helper()
		if _, err := symbolicate.ParseMap([]byte(text)); !errors.Is(err, symbolicate.ErrMap) {
			t.Errorf("%s: %v", text, err)
		}
	}
	f(``)
	f(`[]`)
	f(`{"version":2,"mappings":""}`)
	f(`{"version":3,"mappings":"!"}`)
	f(`{"version":3,"mappings":"g"}`)
	f(`{"version":3,"mappings":"ggggggggC"}`)
	f(`{"version":3,"mappings":"AA"}`)
	f(`{"version":3,"mappings":"AAAAAA","sources":["a"],"names":["b"]}`)
	f(`{"version":3,"mappings":"AAAA"}`)
	f(`{"version":3,"mappings":"AAAAA","sources":["a"]}`)
	f(`{"version":3,"mappings":"D"}`)
	f(`{"sections":[{"offset":{"line":0,"column":0}}]}`)
	f(`{"sections":[{"offset":{"line":-1,"column":0},"map":{"version":3}}]}`)
	f(`{"sections":[{"offset":{"line":0,"column":0},"map":{"sections":[{}]}}]}`)
}

func TestPlacesAreFound(t *testing.T) {
	t.Parallel()
	f := func(text string, line, column uint32, want symbolicate.Place, found bool) {
		t.Helper()
		m, err := symbolicate.ParseMap([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := m.Find(line, column)
		if ok != found || got.Source != want.Source || got.Line != want.Line || got.Column != want.Column || got.Name != want.Name {
			t.Errorf("%s at %d:%d: %+v, %v", text, line, column, got, ok)
		}
	}
	const plain = `{"version":3,"sources":["a.js",null],"names":["pay"],"mappings":"AAAA,EACEA;;GCDF,I"}`
	f(plain, 0, 0, symbolicate.Place{Source: "a.js"}, true)
	f(plain, 0, 1, symbolicate.Place{Source: "a.js"}, true)
	f(plain, 0, 900, symbolicate.Place{Source: "a.js", Line: 1, Column: 2, Name: "pay"}, true)
	f(plain, 1, 0, symbolicate.Place{}, false)
	f(plain, 2, 5, symbolicate.Place{}, true)
	f(plain, 2, 7, symbolicate.Place{}, false)
	f(plain, 9, 0, symbolicate.Place{}, false)
	f(")]}'\n"+`{"version":3,"sourceRoot":"/src/","sources":["a.js","/b.js"],"mappings":"AAAA,CCAA"}`, 0, 0, symbolicate.Place{Source: "/src/a.js"}, true)
	f(`{"version":3,"sourceRoot":"/src","sources":["a.js","/b.js"],"mappings":"AAAA,CCAA"}`, 0, 1, symbolicate.Place{Source: "/b.js"}, true)
	// Mappings that go back in their line.
	f(`{"version":3,"sources":["a.js"],"mappings":"KAAA,JAAC"}`, 0, 2, symbolicate.Place{Source: "a.js", Column: 1}, true)
	const parts = `{"version":3,"sections":[
		{"offset":{"line":0,"column":0},"map":{"version":3,"sources":["a.js"],"names":["one"],"mappings":"AAAAA"}},
		{"offset":{"line":1,"column":10},"map":{"version":3,"sources":["b.js"],"names":["two"],"mappings":"AAAAA;AACA"}}]}`
	f(parts, 0, 5, symbolicate.Place{Source: "a.js", Name: "one"}, true)
	f(parts, 1, 5, symbolicate.Place{}, false)
	f(parts, 1, 12, symbolicate.Place{Source: "b.js", Name: "two"}, true)
	f(parts, 2, 0, symbolicate.Place{Source: "b.js", Line: 1}, true)
}

func TestNamesOfScripts(t *testing.T) {
	t.Parallel()
	f := func(address string, want ...string) {
		t.Helper()
		got, _ := json.Marshal(symbolicate.Names(address))
		if w, _ := json.Marshal(want); string(got) != string(w) {
			t.Errorf("%s: %s, not %s", address, got, w)
		}
	}
	f("https://a.b/x.js", "https://a.b/x.js", "~/x.js")
	f("https://a.b/x.js?v=1", "https://a.b/x.js?v=1", "https://a.b/x.js", "~/x.js?v=1", "~/x.js")
	f("app:///x.js", "app:///x.js", "~/x.js")
	f("/srv/x.js", "/srv/x.js", "~/srv/x.js")
	f("x.js", "x.js")
	f("https://a.b", "https://a.b")
}

func TestReferences(t *testing.T) {
	t.Parallel()
	f := func(script, text, reference, resolved string) {
		t.Helper()
		got := symbolicate.Reference([]byte(text))
		if got != reference {
			t.Errorf("%q refers to %q", text, got)
		}
		if got := symbolicate.Resolve(script, reference); got != resolved {
			t.Errorf("%q of %q is %q", reference, script, got)
		}
	}
	f("~/js/a.js", "a()\n//# sourceMappingURL=a.js.map\n", "a.js.map", "~/js/a.js.map")
	f("~/js/a.js", "//# sourceMappingURL=no\n//# sourceMappingURL=../a.map?x", "../a.map?x", "~/a.map")
	f("https://a.b/js/a.js?v=1", "//@ sourceMappingURL=/maps/a.map", "/maps/a.map", "https://a.b/maps/a.map")
	f("~/a.js", "//# sourceMappingURL=https://c.d/a.map", "https://c.d/a.map", "https://c.d/a.map")
}

func FuzzParseMap(f *testing.F) {
	text, err := os.ReadFile("testdata/shop.min.js.map")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"sections":[{"offset":{"line":1,"column":10},"map":{"version":3,"sources":["b.js"],"names":["two"],"mappings":"AAAAA;AACA"}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := symbolicate.ParseMap(text)
		if err != nil {
			return
		}
		for line := range uint32(3) {
			for _, column := range []uint32{0, 1, 40, 300, 1 << 31} {
				m.Find(line, column)
			}
		}
	})
}

func BenchmarkParseMap(b *testing.B) {
	text, err := os.ReadFile("testdata/shop.min.js.map")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := symbolicate.ParseMap(text); err != nil {
			b.Fatal(err)
		}
	}
}
