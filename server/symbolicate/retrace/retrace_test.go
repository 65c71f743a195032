package retrace_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/symbolicate/retrace"
)

func shop(t testing.TB) *retrace.Mapping {
	t.Helper()
	text, err := os.ReadFile("testdata/mapping.txt")
	if err != nil {
		t.Fatal(err)
	}
	m, err := retrace.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCallsAreThoseOfTheSource(t *testing.T) {
	t.Parallel()
	m := shop(t)
	f := func(class, method string, line uint32, want ...string) {
		t.Helper()
		var got []string
		for _, c := range m.Calls(class, method, line) {
			got = append(got, fmt.Sprintf("%s.%s(%s:%d)", c.Class, c.Method, c.File, c.Line))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s.%s:%d\n%s", class, method, line, diff)
		}
	}
	f("unknown", "a", 1)
	f("a.a", "a", 2, "com.example.shop.Cart.add(Cart.kt:12)")
	f("a.a", "b", 4, "com.example.shop.Cart.checkout(Cart.kt:21)")
	f("a.a", "b", 7, "com.example.shop.Payment.charge(Payment.kt:34)", "com.example.shop.Cart.pay(Cart.kt:30)", "com.example.shop.Cart.checkout(Cart.kt:22)")
	f("a.a", "b", 99, "com.example.shop.Cart.checkout(Cart.kt:0)")
	f("a.a", "c", 5, "com.example.shop.Cart.total(Cart.kt:5)")
	f("a.a", "zz", 5, "com.example.shop.Cart.zz(Cart.kt:0)")
	f("a.a", "d", 0, "com.example.shop.Cart.d(Cart.kt:0)")
	f("a.b", "a", 1, "com.example.shop.CartKt.discount(Cart.kt:41)")
	f("a.c$a", "run", 3, "com.example.shop.Main$1.run(Main.java:60)")
	f("a.d", "onClick", 1, "com.example.shop.Main.lambda$start$0(Main.java:77)")
}

func TestEventsGetTheirNamesBack(t *testing.T) {
	t.Parallel()
	m := shop(t)
	sent := []event.Frame{
		{Module: "java.lang.Thread", Function: "run", Filename: "Thread.java", Line: 764},
		{Module: "a.a", Function: "b", Filename: "SourceFile", Line: 7, InApp: event.InAppYes, Vars: `{"x":1}`},
	}
	e := &event.Event{
		Platform: "java", DebugImages: []event.DebugImage{{Type: "proguard", DebugID: "known"}},
		Exceptions: []event.Exception{{Type: "e", Module: "a", Stack: event.Stacktrace{Frames: sent, Shared: 3}}, {Type: "RuntimeException", Module: "java.lang"}},
		Threads:    []event.Thread{{Stack: event.Stacktrace{Frames: []event.Frame{sent[1]}}}},
	}
	if !retrace.Wanted(e) || retrace.Wanted(&event.Event{Platform: "java"}) {
		t.Error("it is not told which events are obfuscated")
	}
	if n := retrace.Event(e, mappings{}); n != 0 || e.Exceptions[0].Stack.Shared != 3 {
		t.Errorf("without a mapping %d change", n)
	}
	want := []event.Frame{
		sent[0],
		{Module: "com.example.shop.Cart", Function: "checkout", Filename: "Cart.kt", Line: 22, InApp: event.InAppYes, Origin: &event.Origin{Inlined: true}},
		{Module: "com.example.shop.Cart", Function: "pay", Filename: "Cart.kt", Line: 30, InApp: event.InAppYes, Origin: &event.Origin{Inlined: true}},
		{Module: "com.example.shop.Payment", Function: "charge", Filename: "Payment.kt", Line: 34, InApp: event.InAppYes, Vars: `{"x":1}`, Origin: &event.Origin{Module: "a.a", Function: "b", Filename: "SourceFile", Line: 7, InApp: event.InAppYes}},
	}
	for i, n := range []int{3, 2} { // the second time the exception has its name already
		if got := retrace.Event(e, mappings{"known": m}); got != n {
			t.Errorf("time %d: %d are explained, not %d", i, got, n)
		}
		x := e.Exceptions[0]
		if diff := cmp.Diff(want, x.Stack.Frames); diff != "" || x.Type != "NoCardException" || x.Module != "com.example.shop" || x.Stack.Shared != 0 {
			t.Errorf("%s.%s %s", x.Module, x.Type, diff)
		}
		if len(e.Threads[0].Stack.Frames) != 3 || sent[1].Module != "a.a" {
			t.Errorf("%+v, and what was shared %+v", e.Threads[0], sent)
		}
	}
}

type mappings map[string]*retrace.Mapping

func (m mappings) Mapping(id string) *retrace.Mapping { return m[id] }

func TestWhatIsNoMappingIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "hello", "# only a note", "a -> b", "a -> b:\x00", " -> :"} {
		if _, err := retrace.Parse([]byte(text)); !errors.Is(err, retrace.ErrMapping) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/mapping.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("a -> b:\n 1:2:c d.e():4:3 -> f\n 0:4294967295:c e():4294967295:4294967295 -> f\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := retrace.Parse(text)
		if err != nil {
			return
		}
		m.Class("b")
		for _, line := range []uint32{0, 1, 7, 1<<32 - 1} {
			if len(m.Calls("b", "f", line)) > len(text) {
				t.Error("more calls than the text has bytes")
			}
		}
	})
}

func BenchmarkEvent(b *testing.B) {
	m := mappings{"known": shop(b)}
	frames := 0
	for b.Loop() {
		e := &event.Event{DebugImages: []event.DebugImage{{Type: "proguard", DebugID: "known"}}, Exceptions: []event.Exception{{Stack: event.Stacktrace{Frames: []event.Frame{
			{Module: "a.a", Function: "b", Line: 7}, {Module: "a.b", Function: "a", Line: 1}, {Module: "java.lang.Thread", Function: "run", Line: 1},
		}}}}}
		frames += retrace.Event(e, m)
	}
	b.ReportMetric(float64(frames)/b.Elapsed().Seconds(), "frames/s")
}
