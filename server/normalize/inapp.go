package normalize

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// decideInApp answers for every frame whose sender did not: is it the program's
// own code? The answer goes by where each language keeps what is not.
func decideInApp(e *event.Event) {
	for i := range e.Exceptions {
		if s := &e.Exceptions[i].Stack; s.Shared == 0 {
			decideStack(e.Platform, s.Frames)
		}
	}
	for i := range e.Threads {
		if s := &e.Threads[i].Stack; s.Shared == 0 {
			decideStack(e.Platform, s.Frames)
		}
	}
}

func decideStack(platform string, frames []event.Frame) {
	for i := range frames {
		f := &frames[i]
		if f.InApp != event.InAppUnknown {
			continue
		}
		p := platform
		if f.Platform != "" {
			p = f.Platform
		}
		f.InApp = event.InAppYes
		if library(p, f) {
			f.InApp = event.InAppNo
		}
	}
}

// library reports whether a frame belongs to the language or to a dependency.
func library(platform string, f *event.Frame) bool {
	path := f.AbsPath
	if path == "" {
		path = f.Filename
	}
	switch platform {
	case "go":
		return strings.Contains(path, "/vendor/") || strings.Contains(path, "/pkg/mod/") || goStandard(f.Module)
	case "python":
		return containsAny(path, "/site-packages/", "/dist-packages/", "/lib/python", "\\Lib\\", "<frozen ")
	case "javascript", "node":
		return containsAny(path, "node_modules/", "node:", "/webpack/bootstrap", "webpack-internal:///(rsc)/./node_modules") || path == "<anonymous>" || path == "native"
	case "java":
		return hasAnyPrefix(f.Module, "java.", "javax.", "jakarta.", "jdk.", "sun.", "com.sun.", "kotlin.", "kotlinx.", "scala.", "groovy.", "android.", "androidx.", "com.android.", "dalvik.", "org.springframework.", "org.apache.", "org.hibernate.", "org.eclipse.jetty.", "io.netty.", "io.grpc.", "reactor.")
	case "csharp":
		return hasAnyPrefix(f.Module, "System.", "Microsoft.")
	case "ruby":
		return containsAny(path, "/gems/", "/lib/ruby/", "<internal:")
	case "php":
		return strings.Contains(path, "/vendor/")
	case "rust":
		return hasAnyPrefix(f.Function, "std::", "core::", "alloc::", "<core::", "<alloc::", "<std::", "tokio::") || containsAny(path, "/rustc/", "/.cargo/registry/")
	case "elixir":
		return strings.Contains(path, "deps/") || hasAnyPrefix(f.Module, "Elixir.Enum", "Elixir.GenServer", "gen_server", "proc_lib")
	}
	return false
}

// goStandard reports whether a package is of the standard library: its first
// path element has no dot, and it is not the program's main package.
func goStandard(module string) bool {
	if module == "" || module == "main" {
		return false
	}
	first, _, _ := strings.Cut(module, "/")
	return !strings.Contains(first, ".") && goRoots[first]
}

// goRoots are the first path elements of the standard library's packages.
var goRoots = map[string]bool{
	"archive": true, "bufio": true, "bytes": true, "cmp": true, "compress": true, "container": true, "context": true, "crypto": true, "database": true,
	"debug": true, "embed": true, "encoding": true, "errors": true, "expvar": true, "flag": true, "fmt": true, "go": true, "hash": true, "html": true,
	"image": true, "index": true, "internal": true, "io": true, "iter": true, "log": true, "maps": true, "math": true, "mime": true, "net": true,
	"os": true, "path": true, "plugin": true, "reflect": true, "regexp": true, "runtime": true, "slices": true, "sort": true, "strconv": true,
	"strings": true, "structs": true, "sync": true, "syscall": true, "testing": true, "text": true, "time": true, "unicode": true, "unique": true, "unsafe": true, "weak": true,
}

func containsAny(s string, subs ...string) bool {
	for _, sub := range subs {
		if strings.Contains(s, sub) {
			return true
		}
	}
	return false
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
