package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// rustSymbol drops the hashes of symbols, closures, numbered impls and type
// arguments; what a trait's method is implemented for stays.
func rustSymbol(f *event.Frame) symbol {
	name, closure := rustFunction(f.Function)
	s := symbol{name: name, anonymous: closure}
	if !strings.Contains(name, "::") {
		if s.where = f.Module; s.where == "" {
			s.where = frameFile(f)
		}
	}
	return s
}

func rustFunction(s string) (name string, closure bool) {
	if nameless(s) {
		return "", false
	}
	if i := strings.LastIndex(s, "::h"); i >= 0 && len(s)-i == 19 && isHex(s[i+3:]) {
		s = s[:i]
	}
	s = withoutDisambiguators(s)
	closure = strings.Contains(s, "{{closure}}") || strings.Contains(s, "{closure")
	if strings.HasPrefix(s, "_<") { // legacy mangling of <T as Trait>
		s = s[1:]
	}
	if rest, ok := strings.CutPrefix(s, "<"); ok {
		if end := closing(rest); end >= 0 {
			of, as, impl := strings.Cut(rest[:end], " as ")
			name := withoutEmptyScopes(withoutArguments(of))
			if impl {
				name += " as " + withoutEmptyScopes(withoutArguments(as))
			}
			return "<" + name + ">::" + withoutEmptyScopes(withoutArguments(rest[end+1:])), closure
		}
	}
	return withoutEmptyScopes(withoutArguments(s)), closure
}

// withoutDisambiguators drops the hashes of crates: shop[4f3a9c1b2d3e4f50]::load is shop::load.
func withoutDisambiguators(s string) string {
	for from := 0; ; {
		start := strings.IndexByte(s[from:], '[')
		if start < 0 {
			return s
		}
		start += from
		end := strings.IndexByte(s[start:], ']')
		if end < 0 {
			return s
		}
		if inner := s[start+1 : start+end]; len(inner) >= 8 && isHex(inner) {
			s, from = s[:start]+s[start+end+1:], start
			continue
		}
		from = start + end
	}
}

// closing is the index of the bracket that closes one opened before s; -1: none.
func closing(s string) int {
	depth := 1
	for i := range len(s) {
		switch s[i] {
		case '<':
			depth++
		case '>':
			if i > 0 && s[i-1] == '-' {
				continue
			}
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
