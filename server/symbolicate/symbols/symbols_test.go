package symbols_test

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/symbolicate/symbols"
)

func shop(t testing.TB) *symbols.Table {
	t.Helper()
	text, err := os.ReadFile("testdata/shop.sym")
	if err != nil {
		t.Fatal(err)
	}
	table, err := symbols.ReadBreakpad(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestBreakpadSaysWhatStandsAtAnAddress(t *testing.T) {
	t.Parallel()
	table := shop(t)
	f := func(offset uint64, want ...string) {
		t.Helper()
		var got []string
		for _, c := range table.Calls(offset) {
			got = append(got, fmt.Sprintf("%s %s:%d", c.Function, c.File, c.Line))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%x: %s", offset, diff)
		}
	}
	const main, cart = "/src/shop/main.cc", "/src/shop/cart.h"
	f(0)
	f(0xfff)
	f(0x1000, "shop::checkout(shop::Cart&) "+main+":20")
	f(0x1011, "shop::Cart::total() const "+cart+":8", "shop::checkout(shop::Cart&) "+main+":21")
	f(0x1019, "shop::Order::price() const "+cart+":31", "shop::Cart::total() const "+cart+":9", "shop::checkout(shop::Cart&) "+main+":21")
	f(0x1021, "shop::Cart::total() const "+cart+":10", "shop::checkout(shop::Cart&) "+main+":21")
	f(0x103f, "shop::checkout(shop::Cart&) "+main+":22")
	f(0x1040)
	f(0x2001, "main "+main+":40")
	f(0x3001, "_start :0")
	f(0x3010, "_exit :0")
	f(0x3010 + 5000)
	f(1<<64 - 1)
}

func TestNamesAreDecoded(t *testing.T) {
	t.Parallel()
	f := func(encoded, want string) {
		t.Helper()
		table, err := symbols.ReadBreakpad(strings.NewReader("MODULE Linux x86_64 AA shop\nPUBLIC 1000 0 " + encoded + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		symbol := encoded
		if want == encoded {
			symbol = ""
		}
		if got := table.Calls(0x1000); len(got) != 1 || got[0].Function != want || got[0].Symbol != symbol {
			t.Errorf("%s: %+v", encoded, got)
		}
	}
	f("main", "main")
	f("_Zero", "_Zero")
	f("_ZNK4shop4Cart5totalEv", "shop::Cart::total() const")
	f("_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back(int const&)")
	f("_ZN4shop8checkoutERNS_4CartE.cold", "shop::checkout(shop::Cart&)")
	f("_ZN4shop8checkout17h0123456789abcdefE", "shop::checkout")
	f("_RNvCs1234_4shop8checkout", "shop::checkout")
	endless := "_Z1f" + strings.Repeat("PFv", 3000)
	f(endless, endless)
}

type images map[string]*symbols.Table

func (i images) Symbols(id string) *symbols.Table { return i[id] }

func TestFramesGetTheCallsAtTheirAddresses(t *testing.T) {
	t.Parallel()
	const at = 0x7f0000000000
	e := &event.Event{
		Platform: "native",
		DebugImages: []event.DebugImage{
			{Type: "elf", DebugID: "libc", ImageAddr: at + 1<<20, ImageSize: 1 << 20},
			{Type: "elf", DebugID: "shop", ImageAddr: at, ImageSize: 1 << 16, CodeFile: "/bin/shop"},
		},
		Exceptions: []event.Exception{{Stack: event.Stacktrace{Shared: 5, Frames: []event.Frame{
			{InstructionAddr: at + 1<<20 + 4, Package: "libc"}, {Function: "sent", Line: 3},
			{InstructionAddr: at + 0x2010}, {InstructionAddr: at + 0x1018, Package: "/bin/shop"},
		}}}},
	}
	want := []string{"? :0", "sent :3", "main main.cc:40", "shop::checkout(shop::Cart&) main.cc:21", "shop::Cart::total() const cart.h:9", "shop::Order::price() const cart.h:31"}
	for range 2 {
		n := symbols.Event(e, images{"shop": shop(t)})
		var got []string
		for _, f := range e.Exceptions[0].Stack.Frames {
			if f.Function == "" {
				f.Function = "?"
			}
			got = append(got, fmt.Sprintf("%s %s:%d", f.Function, f.Filename, f.Line))
		}
		if diff := cmp.Diff(want, got); diff != "" || n != 2 || e.Exceptions[0].Stack.Shared != 0 {
			t.Errorf("%d explained: %s", n, diff)
		}
	}
	last := e.Exceptions[0].Stack.Frames[5]
	if last.Origin == nil || last.Origin.Inlined || last.InstructionAddr != at+0x1018 || last.AbsPath != "/src/shop/cart.h" {
		t.Errorf("%+v", last)
	}
	if !symbols.Wanted(e) || symbols.Wanted(&event.Event{DebugImages: []event.DebugImage{{Type: "proguard", DebugID: "x", ImageSize: 1}}}) {
		t.Error("it is not told which events have addresses")
	}
}

const program = `package main

import "os"

//go:noinline
func pay(n int) int {
	return charge(n) + 1
}

func charge(n int) int {
	if n > len(os.Args) {
		return n * 7
	}
	return n
}

func main() { os.Exit(pay(1)) }
`

// built is a program for a system, with its debug information or without.
func built(t *testing.T, system, arch string, stripped bool) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"main.go": program, "go.mod": "module shop\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"build", "-o", "shop", "."}
	if stripped {
		args = slices.Insert(args, 1, "-ldflags=-w")
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "shop")
}

// requirePay looks for the function pay, into which charge was inlined.
func requirePay(t *testing.T, table *symbols.Table, offset, size uint64, dwarf bool) {
	t.Helper()
	seen := map[string]bool{}
	for at := offset; at < offset+size; at++ {
		var names []string
		for _, c := range table.Calls(at) {
			names = append(names, fmt.Sprintf("%s %s:%d", strings.TrimPrefix(c.Function, "_"), filepath.Base(c.File), c.Line))
		}
		seen[strings.Join(names, " < ")] = true
	}
	want := []string{"main.pay main.go:7", "main.charge main.go:11 < main.pay main.go:7", "main.charge main.go:12 < main.pay main.go:7"}
	if !dwarf {
		want = []string{"main.pay .:0"}
	}
	for _, w := range want {
		if !seen[w] {
			t.Errorf("nowhere in pay stands %q, but %v", w, seen)
		}
	}
}

func TestELF(t *testing.T) {
	t.Parallel()
	for _, stripped := range []bool{false, true} {
		file, err := os.Open(built(t, "linux", "amd64", stripped))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		table, err := symbols.ReadELF(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all, err := f.Symbols()
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(s elf.Symbol) bool { return s.Name == "main.pay" })
		requirePay(t, table, all[i].Value-0x400000, all[i].Size, !stripped)
		if table.Bytes() < 10_000 {
			t.Errorf("the table takes %d bytes", table.Bytes())
		}
	}
}

func TestMachO(t *testing.T) {
	t.Parallel()
	file, err := os.Open(built(t, "darwin", "arm64", false))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table, err := symbols.ReadMachO(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := macho.NewFile(file)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(f.Symtab.Syms, func(s macho.Symbol) bool { return strings.TrimPrefix(s.Name, "_") == "main.pay" })
	requirePay(t, table, f.Symtab.Syms[i].Value-f.Segment("__TEXT").Addr, 64, true)
}

func TestWhatHasNoSymbolsIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "hello", "MODULE a b c d\n", "\x7fELF", "\xcf\xfa\xed\xfe"} {
		r := bytes.NewReader([]byte(text))
		_, a := symbols.ReadBreakpad(r)
		_, b := symbols.ReadELF(r)
		_, c := symbols.ReadMachO(r)
		if !errors.Is(a, symbols.ErrSymbols) || !errors.Is(b, symbols.ErrSymbols) || !errors.Is(c, symbols.ErrSymbols) {
			t.Errorf("%q: %v, %v, %v", text, a, b, c)
		}
	}
}

func FuzzBreakpad(f *testing.F) {
	text, err := os.ReadFile("testdata/shop.sym")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := symbols.ReadBreakpad(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, at := range []uint64{0, 0x1011, 0x1019, 0x3001, 1<<64 - 1} {
			table.Calls(at)
		}
	})
}

func FuzzObjects(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Add([]byte("\xcf\xfa\xed\xfe"))
	f.Fuzz(func(t *testing.T, content []byte) {
		r := bytes.NewReader(content)
		if table, err := symbols.ReadELF(r); err == nil {
			table.Calls(0x1000)
		}
		if table, err := symbols.ReadMachO(r); err == nil {
			table.Calls(0x1000)
		}
	})
}

func BenchmarkEvent(b *testing.B) {
	lookup := images{"shop": shop(b)}
	frames := 0
	for b.Loop() {
		e := &event.Event{DebugImages: []event.DebugImage{{Type: "elf", DebugID: "shop", ImageAddr: 1 << 20, ImageSize: 1 << 16}}, Exceptions: []event.Exception{{Stack: event.Stacktrace{Frames: []event.Frame{
			{InstructionAddr: 1<<20 + 0x2010}, {InstructionAddr: 1<<20 + 0x1018},
		}}}}}
		frames += symbols.Event(e, lookup)
	}
	b.ReportMetric(float64(frames)/b.Elapsed().Seconds(), "frames/s")
}
