package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// goSymbol drops the numbers of closures, type arguments, the marks of method
// values and wrappers, and the versions and vendor folders in import paths. A closure
// of a package's own initialization has only its file to tell it apart.
func goSymbol(f *event.Frame) symbol {
	module, function := f.Module, f.Function
	if module == "" {
		module, function = splitGo(function)
	}
	s := symbol{where: goModule(module)}
	s.name, s.anonymous = goFunction(function)
	if s.anonymous && (s.name == "init" || s.name == "glob") || s.where == "" && s.name != "" {
		if file := frameFile(f); file != "" {
			s.where = strings.TrimSpace(s.where + " " + file)
		}
	}
	if s.where == "" && s.name == "" {
		s.where = frameFile(f)
	}
	return s
}

// splitGo parts "example.com/a/b.(*T).M" into package and function.
func splitGo(s string) (module, function string) {
	slash := strings.LastIndexByte(cutAny(s, "["), '/') + 1
	if dot := strings.IndexByte(s[slash:], '.'); dot >= 0 {
		return s[:slash+dot], s[slash+dot+1:]
	}
	return "", s
}

// goModule drops vendor folders, versions (pkg@v1.2.3) and major versions (/v2).
func goModule(s string) string {
	if i := strings.LastIndex(s, "/vendor/"); i >= 0 {
		s = s[i+len("/vendor/"):]
	}
	if strings.Contains(s, "%2e") {
		s = strings.ReplaceAll(s, "%2e", ".")
	}
	if strings.IndexByte(s, '@') < 0 && !strings.Contains(s, "/v") {
		return s
	}
	kept := make([]string, 0, 8)
	for element := range strings.SplitSeq(s, "/") {
		element = cutAny(element, "@")
		if len(element) > 1 && element[0] == 'v' && isDigits(element[1:]) && len(kept) > 0 {
			continue
		}
		kept = append(kept, element)
	}
	return strings.Join(kept, "/")
}

func goFunction(s string) (name string, closure bool) {
	s = strings.TrimSuffix(s, "-fm")
	if strings.IndexByte(s, '[') >= 0 {
		s = withoutBrackets(s)
	}
	for _, mark := range [...]string{".func", ".gowrap", ".deferwrap", "-range"} {
		if i := strings.Index(s, mark); i > 0 && i+len(mark) < len(s) && isDigit(s[i+len(mark)]) {
			s, closure = s[:i], closure || mark == ".func"
		}
	}
	s = strings.TrimRight(s, ".")
	if rest, ok := strings.CutPrefix(s, "init."); ok && isDigits(rest) {
		s = "init"
	}
	return s, closure
}

// withoutBrackets drops [...] with what is inside.
func withoutBrackets(s string) string {
	var b strings.Builder
	depth := 0
	for i := range len(s) {
		switch {
		case s[i] == '[':
			depth++
		case s[i] == ']':
			depth = max(depth-1, 0)
		case depth == 0:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// goType drops type arguments.
func goType(s string) string {
	if strings.HasPrefix(s, "[") || strings.IndexByte(s, '[') < 0 || strings.HasPrefix(s, "map[") {
		return s
	}
	return withoutBrackets(s)
}
