package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// scriptSymbol reads a frame of JavaScript. Engines and bundlers name functions
// in many ways, of which only the last name is common to all; minifiers name them
// anew in each build, so such names say nothing. Only files that hold scripts are places:
// the address of a page is not.
func scriptSymbol(f *event.Frame) symbol {
	s := symbol{where: scriptFile(f)}
	s.name = scriptFunction(f.Function)
	if s.name == "" || minified(s.name) {
		s.name = ""
	}
	return s
}

func scriptFunction(s string) string {
	if strings.Contains(s, "://") { // the body of a module, named by its file
		return ""
	}
	if i := strings.Index(s, " ["); i > 0 { // handle [as onclick]
		s = s[:i]
	}
	if i := strings.Index(s, " ("); i > 0 {
		s = s[:i]
	}
	for _, prefix := range [...]string{"async ", "async*", "new ", "get ", "set ", "bound ", "static "} {
		s = strings.TrimPrefix(s, prefix)
	}
	s = strings.TrimRight(cutAny(s, "["), "/<") // Firefox: outer/inner/<
	s = s[strings.LastIndexAny(s, "./#")+1:]
	s = strings.TrimRight(s, "$") // Babel's generators: load$
	switch {
	case nameless(s), strings.HasPrefix(s, "eval"), strings.HasPrefix(s, "<"), s == "module code", s == "global code":
		return ""
	case strings.HasPrefix(s, "_callee") && (s == "_callee" || isDigits(s[7:])):
		return ""
	}
	return s
}

// minified reports whether a name looks like one that a minifier gave: one or two
// letters, or three that no person would choose.
func minified(s string) bool {
	switch {
	case len(s) == 0:
		return false
	case len(s) <= 2:
		return true
	case len(s) > 3:
		return false
	}
	for i := range 3 {
		c := s[i]
		if isDigit(c) || c == '$' || i > 0 && c >= 'A' && c <= 'Z' && !(s[0] >= 'A' && s[0] <= 'Z') {
			return true
		}
	}
	return false
}

// scriptFile is the file of a frame if it is one that holds scripts.
func scriptFile(f *event.Frame) string {
	path := f.Filename
	if path == "" {
		path = f.AbsPath
	}
	if path == "" {
		if i := strings.LastIndexAny(f.Module, ":."); i >= 0 {
			return f.Module[i+1:]
		}
		return f.Module
	}
	switch {
	case strings.HasPrefix(path, "blob:"), strings.HasPrefix(path, "data:"), path[0] == '<', path[0] == '[', path == "eval code", strings.HasPrefix(path, "eval at"):
		return ""
	case strings.HasPrefix(path, "node:"):
		return path
	}
	name := cutAny(path, "?#")
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || strings.IndexByte(name[dot:], '/') >= 0 {
		if strings.Contains(path, "://") && !strings.HasPrefix(path, "webpack") {
			return ""
		}
		return normalizeFile(path)
	}
	switch name[dot+1:] {
	case "js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx", "vue", "svelte", "astro", "bundle", "jsbundle", "coffee":
		return normalizeFile(path)
	}
	if strings.HasPrefix(path, "http") {
		return ""
	}
	return normalizeFile(path)
}
