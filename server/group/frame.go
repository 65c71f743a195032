package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// maxContextLine bounds a source line that stands in for a missing name.
const maxContextLine = 120

// symbol is what a frame is called once everything is gone that differs from
// build to build, from machine to machine, or from run to run.
type symbol struct {
	where string // module, class or file
	name  string // function; empty: it has none, or one that says nothing
	// anonymous tells that other functions may have the same name: closures,
	// lambdas, blocks. The source line tells them apart, if there is one.
	anonymous bool
}

// telling is what a frame's words tell.
type telling uint8

const (
	tellsPlace telling = iota // a file or a module, no more
	tellsName                 // a function
	tellsLine                 // the source line, instead of a name or with one that many have
)

// appendFrame appends what identifies a frame from release to release: where it
// is and the function. Without a function the source line stands in, then the
// place alone. A frame that has none of these says nothing and adds nothing.
func appendFrame(b []byte, fam family, f *event.Frame) ([]byte, telling) {
	s := symbolOf(fam, f)
	start := len(b)
	b = append(b, s.where...)
	if s.name != "" {
		b = appendSpaced(b, start, s.name)
	}
	if s.name != "" && !s.anonymous {
		return b, tellsName
	}
	if end := len(b); f.ContextLine != "" {
		if b = appendLine(b, start, f.ContextLine); len(b) > end {
			return b, tellsLine
		}
	}
	if s.name != "" {
		return b, tellsName
	}
	return b, tellsPlace
}

// symbolOf reads a frame in the way of its family.
func symbolOf(fam family, f *event.Frame) symbol {
	switch fam {
	case familyGo:
		return goSymbol(f)
	case familyJVM:
		return jvmSymbol(f)
	case familyJavaScript:
		return scriptSymbol(f)
	case familyPython:
		return pythonSymbol(f)
	case familyDotNet:
		return dotNetSymbol(f)
	case familyRuby:
		return rubySymbol(f)
	case familyPHP:
		return phpSymbol(f)
	case familyRust:
		return rustSymbol(f)
	case familyNative:
		return nativeSymbol(f)
	case familyBeam:
		return beamSymbol(f)
	}
	return otherSymbol(f)
}

// otherSymbol reads a frame of a platform that has no rules of its own.
func otherSymbol(f *event.Frame) symbol {
	s := symbol{where: moduleOrFile(f)}
	s.name, s.anonymous = strings.CutSuffix(f.Function, ".<anonymous closure>") // Dart
	if nameless(s.name) {
		s.name = ""
	}
	return s
}

// moduleOrFile is the module as it is, else the file.
func moduleOrFile(f *event.Frame) string {
	if f.Module != "" {
		return f.Module
	}
	return frameFile(f)
}

func frameFile(f *event.Frame) string {
	if f.Filename != "" {
		return normalizeFile(f.Filename)
	}
	return normalizeFile(f.AbsPath)
}

// nameless reports whether a name is one of the ways in which runtimes say "none".
func nameless(s string) bool {
	switch s {
	case "", "?", "??", "<anonymous>", "<unknown>", "<redacted>", "<deduplicated_symbol>", "(anonymous)", "anonymous", "anonymous function",
		"Anonymous function", "<anonymous closure>", "<fn>", "<native>", "unknown", "<lambda>", "{closure}", "[unknown]", "<null>":
		return true
	}
	return strings.HasPrefix(s, "0x")
}

func appendSpaced(b []byte, start int, s string) []byte {
	if len(b) > start {
		b = append(b, ' ')
	}
	return append(b, s...)
}

// appendLine appends a source line with its space made even, if it is one that a
// person wrote and not a piece of a bundle.
func appendLine(b []byte, start int, line string) []byte {
	line = strings.TrimSpace(line)
	if len(line) > maxContextLine || strings.Contains(line, "{snip}") {
		return b
	}
	for word := range strings.FieldsSeq(line) {
		b = appendSpaced(b, start, word)
	}
	return b
}

// appendType appends an exception's type without what a compiler or a runtime
// added to its name.
func appendType(b []byte, fam family, s string) []byte {
	switch fam {
	case familyJVM:
		return append(b, jvmClass(s)...)
	case familyJavaScript:
		if minified(s) {
			return b
		}
		return append(b, s...)
	case familyGo:
		return append(b, goType(s)...)
	case familyDotNet:
		return append(b, cutAny(s, "`[")...)
	case familyPHP:
		s, _, _ = strings.Cut(s, "@anonymous")
		return append(b, s...)
	case familyNative, familyRust:
		return append(b, withoutArguments(s)...)
	}
	return append(b, s...)
}

// cutAny is s up to the first of some bytes.
func cutAny(s, chars string) string {
	if i := strings.IndexAny(s, chars); i > 0 {
		return s[:i]
	}
	return s
}

func isHex(s string) bool {
	for i := range len(s) {
		if !hexDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
