package symbolicate

import (
	"strings"
	"testing"
)

func TestFunctionsAreNamed(t *testing.T) {
	t.Parallel()
	// The place is where | stands.
	f := func(text, want string) {
		t.Helper()
		at := strings.IndexByte(text, '|')
		if got := nameAt(findScopes(text[:at]+text[at+1:]), at); got != want {
			t.Errorf("%s: %q, not %q", text, got, want)
		}
	}
	f(`|a()`, "")
	f(`if (a) { |b() }`, "")
	f(`function a() { |b() }`, "a")
	f(`function a() { } |b()`, "")
	f(`function a() { if (b) { for (;;) { |c() } } }`, "a")
	f(`async function* a(b = {}) { |c() }`, "a")
	f(`const a = function () { |b() }`, "a")
	f(`const a = async () => { |b() }`, "a")
	f(`const a = async b => |b()`, "a")
	f("const a = b => b + 1\nconst c = |d()", "")
	f(`exports.pay = function () { |b() }`, "pay")
	f(`a.b.c = () => |d`, "c")
	f(`x = { pay() { |b() } }`, "pay")
	f(`x = { pay: () => { |b() } }`, "pay")
	f(`x = { "pay it": function () { |b() } }`, "pay it")
	f(`class A { pay() { |b() } }`, "A.pay")
	f(`class A extends B { static async #pay() { |b() } }`, "A.pay")
	f(`const A = class { pay() { |b() } }`, "A.pay")
	f(`class A { pay = () => { |b() } }`, "A.pay")
	f(`class A { get [x]() { |b() } }`, "<anonymous>")
	f(`export class A<T extends { a: number }> implements B { private readonly pay: (x: T) => void = (x: T): void => { |b() } }`, "A.pay")
	f(`function a<T>(x: { y: T }): Promise<T | null> { |b() }`, "a")
	f(`const a: Handler<X> = async (x: X): Promise<void> => { |b() }`, "a")
	f(`function a() { return list.map(x => |x.y) }`, "a.<anonymous>")
	f(`(() => { |a() })()`, "<anonymous>")
	f("function a() { return `x ${b ? `}` : c(|d)} {` }", "a")
	f("function a() { `${b}` } |c()", "")
	f(`function a() { x = /[/"'{]/.test(y); |b() }`, "a")
	f(`function a() { x = b / c; y = "}" /* } */ // }
		|d() }`, "a")
	f("function A() { return <p onClick={() => |b()}>Don't { \"x\" }</p> }", "A.<anonymous>")
	f("function A() { return <div><b>Don't</b></div> }\nfunction B() { |c() }", "B")
	f(`function a( { |b`, "")
}

func FuzzScopes(f *testing.F) {
	f.Add("class A { pay = async (x: T): void => { `a ${b(c)} d` } } /* x */ const f = a => /[/]/.test(a)")
	f.Add("`${`${{}}`}`}}}))]](({{")
	f.Fuzz(func(t *testing.T, text string) {
		s := source{content: text}
		for line := range uint32(4) {
			s.function(line, 5)
			s.context(line, 5)
		}
		for _, c := range findScopes(text) {
			if c.start > c.end || c.end > len(text) {
				t.Errorf("%+v in %d bytes", c, len(text))
			}
		}
	})
}
