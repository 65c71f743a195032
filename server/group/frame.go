package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// maxContextLine bounds a source line that stands in for a missing function.
const maxContextLine = 120

// frameValue is what identifies a frame from release to release: module (or
// file) and function. Without a function the source line stands in, then the file alone.
// A frame that has none of these says nothing and gives "".
func frameValue(f *event.Frame) string {
	where := normalizeModule(f.Module)
	if where == "" {
		where = normalizeFile(f.Filename)
	}
	if function := normalizeFunction(f.Function); function != "" {
		if where == "" {
			return function
		}
		return where + " " + function
	}
	if line := strings.TrimSpace(f.ContextLine); line != "" && len(line) <= maxContextLine {
		return where + " " + line
	}
	return where
}

// normalizeFunction removes from a function's name what a compiler numbers or
// hashes: Go's closures (.func1.2), Java's lambdas (lambda$run$0), Rust's symbol
// hashes (::h0123456789abcdef), and the ways in which runtimes say "no name".
func normalizeFunction(s string) string {
	switch s {
	case "", "?", "<anonymous>", "<unknown>", "(anonymous)", "anonymous", "anonymous function", "Anonymous function":
		return ""
	}
	if i := strings.LastIndex(s, "::h"); i >= 0 && len(s)-i == 19 && isHex(s[i+3:]) {
		s = s[:i]
	}
	for _, mark := range [...]string{".func", ".gowrap", ".deferwrap"} {
		// Closures are numbered in the order in which they stand in a function.
		if i := strings.Index(s, mark); i > 0 && i+len(mark) < len(s) && isDigit(s[i+len(mark)]) {
			s = s[:i+len(mark)]
		}
	}
	if i := strings.Index(s, "lambda$"); i >= 0 {
		if j := strings.LastIndexByte(s, '$'); j > i && isDigits(s[j+1:]) {
			s = s[:j]
		}
	}
	return s
}

// normalizeModule removes the numbers of classes that are made at run time
// (Foo$$Lambda$14/0x0000000800c03000, $Proxy12, Foo$$EnhancerBySpringCGLIB$$1a2b).
func normalizeModule(s string) string {
	if i := strings.Index(s, "$$"); i >= 0 {
		return s[:i]
	}
	if i := strings.Index(s, "$Proxy"); i >= 0 {
		return s[:i+len("$Proxy")]
	}
	return s
}

// normalizeType removes the numbers that V8 and the JVM give to anonymous classes.
func normalizeType(s string) string { return normalizeModule(s) }

// normalizeFile keeps the last three elements of a path without query, with
// what looks like a content hash in a name replaced, so that one bundle under two
// names, hosts or directories stays one file.
func normalizeFile(s string) string {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s = s[:i]
	}
	if i := strings.Index(s, "://"); i >= 0 {
		s = s[i+3:]
		if j := strings.IndexByte(s, '/'); j >= 0 {
			s = s[j+1:]
		}
	}
	s = strings.ReplaceAll(s, "\\", "/")
	for i, slashes := len(s)-1, 0; i >= 0; i-- {
		if s[i] == '/' {
			if slashes++; slashes == 3 {
				s = s[i+1:]
				break
			}
		}
	}
	return replaceHashes(s)
}

// replaceHashes turns "main.3fa9c1d2.js" and "chunk-9f8e7d6c5b.js" into
// "main.<hash>.js" and "chunk-<hash>.js": runs of at least eight hexadecimal
// digits, with a digit among them, that fill the space between separators.
func replaceHashes(s string) string {
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' && s[i] != '-' && s[i] != '_' && s[i] != '/' && s[i] != '@' {
			continue
		}
		if word := s[start:i]; len(word) >= 8 && isHex(word) && strings.ContainsAny(word, "0123456789") {
			return s[:start] + "<hash>" + replaceHashes(s[i:])
		}
		start = i + 1
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
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
