package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// family is a kind of platform: those of one family write names in the same way.
type family uint8

const (
	familyOther family = iota
	familyGo
	familyJVM
	familyJavaScript
	familyPython
	familyDotNet
	familyRuby
	familyPHP
	familyRust
	familyNative // C, C++, Objective-C, Swift
	familyBeam
)

// linesTell reports whether programs of the family run from their sources, so that
// the lines that SDKs send are there wherever the program runs.
func (f family) linesTell() bool {
	return f == familyJavaScript || f == familyPython || f == familyRuby || f == familyPHP
}

// familyOf is the family of a platform by its normalized name.
func familyOf(platform string) family {
	switch platform {
	case "go":
		return familyGo
	case "java", "groovy":
		return familyJVM
	case "javascript", "node":
		return familyJavaScript
	case "python":
		return familyPython
	case "csharp":
		return familyDotNet
	case "ruby":
		return familyRuby
	case "php":
		return familyPHP
	case "rust":
		return familyRust
	case "native", "c", "cocoa", "objc":
		return familyNative
	case "elixir":
		return familyBeam
	}
	return familyOther
}

// frameFamily is the family of a frame, which may differ from its event's. If
// nobody says, the name of the file does.
func frameFamily(of family, f *event.Frame) family {
	if f.Platform != "" {
		of = familyOf(f.Platform)
	}
	if of != familyOther {
		return of
	}
	name := cutAny(f.Filename, "?#")
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "go":
		return familyGo
	case "java", "kt", "scala", "groovy", "clj":
		return familyJVM
	case "js", "mjs", "cjs", "ts", "tsx", "jsx", "vue", "svelte":
		return familyJavaScript
	case "py":
		return familyPython
	case "cs", "vb", "fs":
		return familyDotNet
	case "rb", "erb":
		return familyRuby
	case "php":
		return familyPHP
	case "rs":
		return familyRust
	case "c", "cc", "cpp", "cxx", "h", "hpp", "m", "mm", "swift":
		return familyNative
	case "ex", "exs", "erl":
		return familyBeam
	}
	return familyOther
}
