package faultline

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestFunctionNamesAreSplitBehindTheirPackage(t *testing.T) {
	t.Parallel()
	f := func(name, module, function string) {
		t.Helper()
		if m, fn := splitFunction(name); m != module || fn != function {
			t.Errorf("splitFunction(%q) = %q, %q", name, m, fn)
		}
	}
	f("main.main", "main", "main")
	f("main.main.func1.2", "main", "main.func1.2")
	f("example.com/shop/cart.(*Cart).Add", "example.com/shop/cart", "(*Cart).Add")
	f("gopkg.in/yaml%2ev3.Marshal", "gopkg.in/yaml.v3", "Marshal")
	f("example.com/shop.Map[...]", "example.com/shop", "Map[...]")
	f("example.com/shop.Map[example.com/x.T]", "example.com/shop", "Map[example.com/x.T]")
	f("runtime.gopanic", "runtime", "gopanic")
	f("", "", "")
	f("weird", "", "weird")
}

func TestOwnCodeIsToldFromLibraries(t *testing.T) {
	t.Parallel()
	root := standardRoot()
	app := &inApp{include: []string{"example.com/ours"}, exclude: []string{"example.com/shop/gen"}}
	f := func(module, file string, want bool) {
		t.Helper()
		if got := app.is(&Frame{Module: module, AbsPath: file}); got != want {
			t.Errorf("%s in %s: %v", module, file, got)
		}
	}
	f("main", "/home/me/shop/main.go", true)
	f("example.com/shop/cart", "/home/me/shop/cart/cart.go", true)
	f("shop/cart", "/home/me/shop/cart/cart.go", true)
	f("example.com/shop/gen/api", "/home/me/shop/gen/api/api.go", false)
	f("example.com/lib", "/home/me/go/pkg/mod/example.com/lib@v1.0.0/lib.go", false)
	f("example.com/lib", "example.com/lib@v1.0.0/lib.go", false)
	f("example.com/ours/lib", "/home/me/go/pkg/mod/example.com/ours/lib@v1.0.0/lib.go", true)
	f("example.com/lib", "/home/me/shop/vendor/example.com/lib/lib.go", false)
	f("net/http", root+"net/http/server.go", false)
	f("runtime", root+"runtime/proc.go", false)
	f(ownPackage, "/home/me/faultline/sdk-go/hub.go", false)
	f("", "/home/me/x.s", false)
}

func TestFileNamesAreRelative(t *testing.T) {
	t.Parallel()
	f := func(file, pkg, want string) {
		t.Helper()
		if got := relativeFile(file, pkg); got != want {
			t.Errorf("relativeFile(%q, %q) = %q, want %q", file, pkg, got, want)
		}
	}
	f(standardRoot()+"net/http/server.go", "net/http", "net/http/server.go")
	f("/home/me/go/pkg/mod/example.com/lib@v1.0.0/a/lib.go", "example.com/lib/a", "example.com/lib@v1.0.0/a/lib.go")
	f("example.com/lib@v1.0.0/a/lib.go", "example.com/lib/a", "example.com/lib@v1.0.0/a/lib.go")
	f("/src/sdk-go/http/handler.go", ownPackage+"/http", "http/handler.go")
	f("/src/cmd/main.go", "main", "main.go")
	f("/elsewhere/lib.go", "example.com/lib", "example.com/lib/lib.go")
	f("", "", "")
}

func TestSourceLines(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.go")
	if err := os.WriteFile(file, []byte("1\r\n2\n3\n4\n5\n6\n7\n8\n\xff9\n10"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSources(".")
	f := func(line int, before, at, after string) {
		t.Helper()
		frames := []Frame{{AbsPath: file, Lineno: line}}
		s.annotate(frames)
		got := frames[0]
		if strings.Join(got.PreContext, ",") != before || got.ContextLine != at || strings.Join(got.PostContext, ",") != after {
			t.Errorf("line %d: %q %q %q", line, got.PreContext, got.ContextLine, got.PostContext)
		}
	}
	f(7, "2,3,4,5,6", "7", "8,\uFFFD9,10")
	f(1, "", "1", "2,3,4,5,6")
	f(10, "5,6,7,8,\uFFFD9", "10", "")
	f(11, "", "", "")
	f(0, "", "", "")
	f(-1, "", "", "")
	s.annotate([]Frame{{AbsPath: file + "x", Lineno: 1}, {AbsPath: filepath.Dir(file), Lineno: 1}, {AbsPath: "../../etc/passwd", Lineno: 1}})
}

func TestSourcesKeepWithinTheirLimit(t *testing.T) {
	t.Parallel()
	s := newSources(".")
	dir := t.TempDir()
	line := []byte(strings.Repeat("x", 99) + "\n")
	for i := range 20 {
		file := filepath.Join(dir, string(rune('a'+i))+".go")
		if err := os.WriteFile(file, []byte(strings.Repeat(string(line), 10_000)), 0o600); err != nil {
			t.Fatal(err)
		}
		s.lines(file)
		if s.bytes > maxSourceCache+maxSourceFile {
			t.Fatalf("%d bytes are kept", s.bytes)
		}
	}
	huge := filepath.Join(dir, "huge.go")
	if err := os.WriteFile(huge, make([]byte, maxSourceFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if s.lines(huge) != nil {
		t.Error("a huge file was read")
	}
}

func TestGoroutinesAreRead(t *testing.T) {
	t.Parallel()
	threads := parseGoroutines(dumpGoroutines(), &inApp{})
	if len(threads) < 2 || threads[0].State != "running" {
		t.Fatalf("threads: %+v", threads)
	}
	frames := threads[0].Stacktrace.Frames
	last := frames[len(frames)-1]
	for _, f := range frames {
		if f.Lineno == 0 || f.Function == "" {
			t.Errorf("frame: %+v", f)
		}
	}
	if last.Function != "dumpGoroutines" || last.Module != ownPackage {
		t.Errorf("the stack ends in %+v", last)
	}
}

func FuzzParseGoroutines(f *testing.F) {
	f.Add(dumpGoroutines())
	f.Add([]byte("goroutine 1 [chan receive, 5 minutes]:\nmain.main()\n\t/a b/main.go:12 +0x1d\ncreated by main.x in goroutine 7\n\t/m.go:1"))
	f.Add([]byte("goroutine  [\n\t:"))
	f.Fuzz(func(t *testing.T, dump []byte) {
		for _, thread := range parseGoroutines(dump, &inApp{}) {
			if len(thread.Stacktrace.Frames) > maxFrames {
				t.Fatal("too many frames")
			}
		}
	})
}

func FuzzTraceparent(f *testing.F) {
	f.Add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	f.Add("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")
	f.Add("")
	f.Fuzz(func(t *testing.T, header string) {
		if trace, ok := ParseTraceparent(header); ok && (trace.IsZero() || trace.SpanID == [8]byte{}) {
			t.Fatalf("%q reads as nothing", header)
		}
	})
}

func TestTraceparent(t *testing.T) {
	t.Parallel()
	f := func(header string, want bool) {
		t.Helper()
		if _, ok := ParseTraceparent(header); ok != want {
			t.Errorf("%q: %v", header, ok)
		}
	}
	f("", false)
	f("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false)
	f("00-00000000000000000000000000000000-b7ad6b7169203331-01", false)
	f("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false)
	f("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", false)
	f("00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333z-01", false)
	f("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)
	f("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", true)
}

func TestResolvingKeepsDeepStacksBounded(t *testing.T) {
	t.Parallel()
	var stack *Stacktrace
	var deep func(int)
	deep = func(n int) {
		if n == 0 {
			stack = NewStacktrace()
			return
		}
		deep(n - 1)
	}
	deep(5000)
	stack.resolve(&inApp{})
	if n := len(stack.Frames); n == 0 || n > maxFrames {
		t.Errorf("%d frames", n)
	}
	many := stackOf(make([]uintptr, 1000))
	if many.FramesOmitted != 1000-maxFrames {
		t.Errorf("omitted %d", many.FramesOmitted)
	}
	if s := stackOfFrames([]runtime.Frame{{Function: "main.inner"}, {Function: "main.outer"}}); s.Frames[1].Function != "inner" {
		t.Errorf("order: %+v", s.Frames)
	}
}

func TestAnEventThatIsTooLargeIsMadeLighterOrDropped(t *testing.T) {
	t.Parallel()
	options, err := ClientOptions{MaxEventBytes: 20_000}.complete()
	if err != nil {
		t.Fatal(err)
	}
	transport := &streamTransport{options: options, app: &inApp{}, sources: newSources(".")}
	long := strings.Repeat("é", 40_000)
	f := func(name string, e *Event, fits bool) {
		t.Helper()
		e.EventID = newEventID()
		data, err := transport.encode(e)
		if err != nil || (len(data) <= options.MaxEventBytes) != fits {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
	f("long message", &Event{Message: long}, true)
	f("long values", &Event{Exception: []Exception{{Value: long}, {Value: long}}}, true)
	f("long body", &Event{Request: &Request{Data: long}}, true)
	f("large extra", &Event{Extra: map[string]any{"x": long}}, true)
	f("large tags", &Event{Tags: map[string]string{"x": long}}, false)
}
