package group

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
)

var platforms = []string{"go", "java", "javascript", "python", "csharp", "ruby", "php", "rust", "native", "cocoa", "elixir", "dart", "other"}

// FuzzEvent groups frames with any names on every platform: nothing may panic, a
// Grouper must find the same, and lines and addresses must not count.
func FuzzEvent(f *testing.F) {
	f.Add("lambda$run$0", "com.shop.Foo$$Lambda$14/0x0000000800c03000", "Foo.java", "TypeError", "value 5", "x = y")
	f.Add("(*T).M.func1.2", "example.com/a@v1.2.3/b", "/srv/x/a.go", "*errors.errorString", "no rows", "")
	f.Add("<PlaceAsync>d__12.MoveNext", "Shop.Orders+<>c__DisplayClass3_0", "C:\\a\\b.cs", "A`1[[B]]", "", "")
	f.Add("closure #1 () -> () in A.b(c:) -> ()", "", "", "SIGSEGV", "at 0x18", "")
	f.Add("shop::{impl#1}::{{closure}}::h0123456789abcdef", "", "src/main.rs", "panic", "", "")
	f.Add("anonymous fn/1 in A.b/2", "Elixir.A", "lib/a.ex", "E", "", "")
	f.Add("{closure:App\\A::b():42}", "", "https://a.b/c/main.3fa9c1d2.js?x#y", "class@anonymous", "", "{snip}")
	f.Fuzz(func(t *testing.T, function, module, file, kind, value, line string) {
		g := NewGrouper(DefaultMemory)
		for _, platform := range platforms {
			make := func(n uint32) *event.Event {
				return &event.Event{Platform: platform, Exceptions: []event.Exception{{Type: kind, Value: value, Stack: event.Stacktrace{Frames: []event.Frame{
					{Function: function, Module: module, Filename: file, InApp: event.InAppNo, Line: n},
					{Function: file, Module: function, AbsPath: module, Package: value, ContextLine: line, InApp: event.InAppYes, Line: n + 1, InstructionAddr: uint64(n)},
					{Function: function, Module: module, Filename: file, ContextLine: line, InApp: event.InAppYes, Column: n},
				}}}, {Type: kind, Value: line}}}
			}
			want := Event(make(1))
			if diff := cmp.Diff(want, g.Event(make(2), nil)); diff != "" {
				t.Fatalf("%s: %s", platform, diff)
			}
			if diff := cmp.Diff(want, g.Event(make(3), nil)); diff != "" {
				t.Fatalf("%s, again: %s", platform, diff)
			}
		}
	})
}
