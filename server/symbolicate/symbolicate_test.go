package symbolicate_test

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/symbolicate"
)

// shop is a script that esbuild made of testdata/src, and its map.
type shop struct{ byID, byURL *symbolicate.Map }

func (s shop) ByDebugID(id string) *symbolicate.Map {
	if id == "11111111-2222-3333-4444-555555555555" {
		return s.byID
	}
	return nil
}

func (s shop) ByURL(release, _, url string) *symbolicate.Map {
	if release == "shop@1" && slices.Contains(symbolicate.Names(url), "~/static/shop.min.js") {
		return s.byURL
	}
	return nil
}

func shopMap(t testing.TB) *symbolicate.Map {
	t.Helper()
	text, err := os.ReadFile("testdata/shop.min.js.map")
	if err != nil {
		t.Fatal(err)
	}
	m, err := symbolicate.ParseMap(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// thrown is the stack that Node.js prints when shop.min.js fails, caller first.
func thrown(path string) []event.Frame {
	at := func(function string, column uint32) event.Frame {
		return event.Frame{Function: function, Filename: path, AbsPath: path, Line: 1, Column: column, InApp: event.InAppYes}
	}
	return []event.Frame{
		{Function: "Module._compile", Filename: "node:internal/modules/cjs/loader", AbsPath: "node:internal/modules/cjs/loader", Line: 1521, Column: 14},
		at("a", 338), at("t.checkout", 170),
		{Function: "Array.reduce", Filename: "<anonymous>"},
		at("?", 191), at("t.payOrder", 283), at("d", 41),
	}
}

const script = "https://shop.example/static/shop.min.js"

func byID(path string) *event.Event {
	return &event.Event{
		Platform: "javascript", Exceptions: []event.Exception{{Stack: event.Stacktrace{Frames: thrown(path)}}},
		DebugImages: []event.DebugImage{{Type: "sourcemap", CodeFile: path, DebugID: "11111111-2222-3333-4444-555555555555"}},
	}
}

func TestFramesBecomeThoseOfTheirSources(t *testing.T) {
	t.Parallel()
	e := byID(script)
	if n := symbolicate.Event(e, shop{byID: shopMap(t)}); n != 5 {
		t.Fatalf("%d frames were explained", n)
	}
	type where struct {
		Function, Filename, AbsPath, Module, Context string
		Line                                         uint32
	}
	var got []where
	for _, f := range e.Exceptions[0].Stack.Frames {
		if f.Line == 0 || f.AbsPath[:5] == "node:" {
			continue
		}
		got = append(got, where{f.Function, f.Filename, f.AbsPath, f.Module, f.ContextLine, f.Line})
	}
	const base = "https://shop.example/static/src/"
	want := []where{
		{"placeOrder", "src/index.ts", base + "index.ts", "src/index", "  return cart.checkout();", 5},
		{"Cart.checkout", "src/cart.ts", base + "cart.ts", "src/cart", "    return this.#orders.reduce((sum, order) => sum + this.payOrder(order), 0);", 18},
		{"Cart.checkout.<anonymous>", "src/cart.ts", base + "cart.ts", "src/cart", "    return this.#orders.reduce((sum, order) => sum + this.payOrder(order), 0);", 18},
		{"Cart.payOrder", "src/cart.ts", base + "cart.ts", "src/cart", "    return charge(order.card!, label);", 23},
		{"charge", "src/payment.ts", base + "payment.ts", "src/payment", "    throw new TypeError(`no card for ${label}`);", 5},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	last := e.Exceptions[0].Stack.Frames[6]
	if len(last.PreContext) != 4 || len(last.PostContext) != 3 || last.PostContext[2] != "};" || last.InApp != event.InAppYes {
		t.Errorf("around the last frame: %q and %q, %v", last.PreContext, last.PostContext, last.InApp)
	}
}

func TestFramesRememberWhatTheyWere(t *testing.T) {
	t.Parallel()
	e := byID(script)
	e.Exceptions[0].Stack.Frames[6].ContextLine = "minified"
	lookup := shop{byID: shopMap(t)}
	symbolicate.Event(e, lookup)
	first := slices.Clone(e.Exceptions[0].Stack.Frames)
	want := event.Origin{Function: "d", Filename: script, AbsPath: script, Line: 1, Column: 41, InApp: event.InAppYes, ContextLine: "minified"}
	if o := first[6].Origin; o == nil || *o != want {
		t.Errorf("the last frame was %+v", o)
	}
	if first[0].Origin != nil {
		t.Error("a frame that nothing explains has an origin")
	}
	if n := symbolicate.Event(e, shop{}); n != 0 || !cmp.Equal(first, e.Exceptions[0].Stack.Frames) {
		t.Errorf("without maps %d frames change: %s", n, cmp.Diff(first, e.Exceptions[0].Stack.Frames))
	}
	if n := symbolicate.Event(e, lookup); n != 5 || !cmp.Equal(first, e.Exceptions[0].Stack.Frames) {
		t.Errorf("again, %d frames change: %s", n, cmp.Diff(first, e.Exceptions[0].Stack.Frames))
	}
}

func TestWithoutDebugIDsTheReleaseAndAddressDecide(t *testing.T) {
	t.Parallel()
	f := func(want int, change func(*event.Event)) {
		t.Helper()
		e := byID(script + "?v=2#top")
		e.Release, e.DebugImages = "shop@1", nil
		change(e)
		if n := symbolicate.Event(e, shop{byURL: shopMap(t)}); n != want {
			t.Errorf("%d frames were explained, not %d", n, want)
		}
	}
	f(0, func(e *event.Event) { e.Release = "shop@2" })
	f(0, func(e *event.Event) { e.Release = "" })
	f(0, func(e *event.Event) { e.Platform = "python" })
	f(0, func(e *event.Event) {
		for i := range e.Exceptions[0].Stack.Frames {
			e.Exceptions[0].Stack.Frames[i].Line = 7
		}
	})
	f(5, func(*event.Event) {})
	f(5, func(e *event.Event) {
		e.DebugImages = []event.DebugImage{{Type: "sourcemap", CodeFile: script, DebugID: "unknown"}}
	})
}

func TestSharedStacksAreCopied(t *testing.T) {
	t.Parallel()
	e := byID(script)
	st := &e.Exceptions[0].Stack
	st.Shared = 7
	shared := st.Frames
	if n := symbolicate.Event(e, shop{byID: shopMap(t)}); n != 5 || st.Shared != 0 {
		t.Errorf("%d frames explained, shared as %d", n, st.Shared)
	}
	if diff := cmp.Diff(thrown(script), shared); diff != "" {
		t.Errorf("a stack of other events was changed:\n%s", diff)
	}
	other := &event.Event{Platform: "javascript", Exceptions: []event.Exception{{Stack: event.Stacktrace{Frames: shared, Shared: 7}}}}
	if symbolicate.Event(other, shop{}); other.Exceptions[0].Stack.Shared != 7 {
		t.Error("a stack that stays as it is is not shared any more")
	}
}

func BenchmarkEvent(b *testing.B) {
	m := shopMap(b)
	symbolicate.Event(byID(script), shop{byID: m})
	b.ReportAllocs()
	frames := 0
	for b.Loop() {
		frames += symbolicate.Event(byID(script), shop{byID: m})
	}
	b.ReportMetric(float64(frames)/b.Elapsed().Seconds(), "frames/s")
}
