package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// nativeSymbol reads frames of C, C++, Objective-C and Swift: without template
// arguments, parameters, return types, and the marks of compilers. The function
// alone says where it is; without one there is the file, then the name of the binary.
func nativeSymbol(f *event.Frame) symbol {
	name, anonymous := nativeFunction(f.Function)
	if name != "" {
		return symbol{name: name, anonymous: anonymous}
	}
	if file := frameFile(f); file != "" {
		return symbol{where: file}
	}
	return symbol{where: binaryName(f.Package)}
}

// binaryName is the file name of a library without its version.
func binaryName(path string) string {
	path = path[strings.LastIndexAny(path, `/\`)+1:]
	if i := strings.Index(path, ".so."); i > 0 {
		path = path[:i+3]
	}
	return replaceHashes(path)
}

func nativeFunction(s string) (name string, anonymous bool) {
	if nameless(s) || strings.HasPrefix(s, "reabstraction thunk") {
		return "", false
	}
	if objectiveC(s) {
		return objectiveCName(s)
	}
	s, anonymous = swiftName(s)
	if strings.IndexByte(s, '`') >= 0 {
		for _, made := range [...]string{"`anonymous namespace'", "`scalar deleting destructor'", "`vector deleting destructor'"} {
			s = strings.ReplaceAll(s, made, "")
		}
	}
	s = withoutArguments(s)
	if i := strings.Index(s, " ["); i > 0 { // [clone .part.0], [inlined]
		s = s[:i]
	}
	for before := ""; s != before; { // in any order: const &, & noexcept
		before = s
		for _, end := range [...]string{" const", " volatile", " noexcept", " &", " &&", " throws", " async", "@plt"} {
			s = strings.TrimSuffix(s, end)
		}
	}
	if i := strings.Index(s, "[abi:"); i > 0 {
		if end := strings.IndexByte(s[i:], ']'); end > 0 {
			s = s[:i] + s[i+end+1:]
		}
	}
	if i := strings.LastIndexByte(s, ' '); i > 0 && !strings.Contains(s, "operator ") { // the return type
		s = s[i+1:]
	}
	for _, mark := range [...]string{".part.", ".isra.", ".constprop.", ".cold", ".llvm.", ".lto_priv.", "$VARIANT$", "@@", "@"} {
		if i := strings.Index(s, mark); i > 0 {
			s = s[:i]
		}
	}
	if i := strings.LastIndexByte(s, '.'); i > 0 && isDigits(s[i+1:]) { // block_destroy_helper.14
		s = s[:i]
	}
	if i := strings.Index(s, "$_"); i >= 0 { // clang's lambdas: run()::$_0::operator()
		anonymous = true
	}
	s = withoutEmptyScopes(s)
	return s, anonymous
}

// objectiveC reports whether s is -[Class method] or a block in one.
func objectiveC(s string) bool {
	i := strings.IndexByte(s, '[')
	return i > 0 && (s[i-1] == '-' || s[i-1] == '+') && (i == 1 || strings.HasPrefix(s, "__"))
}

func objectiveCName(s string) (name string, block bool) {
	start := strings.IndexByte(s, '[') - 1
	if end := strings.IndexByte(s, ']'); end > start {
		return s[start : end+1], strings.Contains(s[end:], "_block_invoke")
	}
	return s[start:], false
}

// swiftName drops what Swift puts before a name: "closure #1 in", "partial apply
// for", "specialized".
func swiftName(s string) (name string, closure bool) {
	if i := strings.Index(s, "_block_invoke"); i > 0 {
		return strings.TrimLeft(s[:i], "_0123456789"), true
	}
	for {
		switch {
		case strings.HasPrefix(s, "closure #"), strings.HasPrefix(s, "implicit closure #"):
			_, in, ok := strings.Cut(s, " in ")
			if !ok {
				return s, true
			}
			s, closure = in, true
			continue
		case strings.HasPrefix(s, "function signature specialization <"), strings.HasPrefix(s, "generic specialization <"):
			if _, of, ok := strings.Cut(s, "> of "); ok {
				s = of
				continue
			}
		}
		before := s
		for _, prefix := range [...]string{"partial apply forwarder for ", "partial apply for ", "specialized ", "@objc ", "@nonobjc ", "merged ", "static ",
			"protocol witness for ", "dispatch thunk of ", "(1) suspend resume partial function for ", "(1) await resume partial function for ", "outlined ", "thunk for "} {
			s = strings.TrimPrefix(s, prefix)
		}
		if i := numbered(s); i > 0 {
			s = s[i:]
		}
		if s == before {
			break
		}
	}
	for _, of := range [...]string{" -> ", " : "} { // what it returns, and of which type a property is
		if i := strings.Index(s, of); i > 0 {
			s = s[:i]
		}
	}
	return s, closure
}

// numbered measures "(12) suspend resume partial function for " and its like.
func numbered(s string) int {
	if !strings.HasPrefix(s, "(") {
		return 0
	}
	end := strings.IndexByte(s, ')')
	if end < 2 || !isDigits(s[1:end]) {
		return 0
	}
	for _, what := range [...]string{" suspend resume partial function for ", " await resume partial function for "} {
		if strings.HasPrefix(s[end+1:], what) {
			return end + 1 + len(what)
		}
	}
	return 0
}

// withoutArguments drops template arguments, parameters and braces with what is
// in them, but not from the names of operators.
func withoutArguments(s string) string {
	if !strings.ContainsAny(s, "<({") {
		return s
	}
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		if depth == 0 {
			if n := operatorLen(s[i:]); n > 0 {
				b.WriteString(s[i : i+n])
				i += n - 1
				continue
			}
		}
		switch s[i] {
		case '<', '(', '{':
			depth++
		case '>', ')', '}':
			depth = max(depth-1, 0)
		default:
			if depth == 0 {
				b.WriteByte(s[i])
			}
		}
	}
	return b.String()
}

// operatorLen measures operator() and its like, whose names hold brackets.
func operatorLen(s string) int {
	const word = "operator"
	if !strings.HasPrefix(s, word) {
		return 0
	}
	for _, sign := range [...]string{"()", "<<=", ">>=", "<=>", "<<", ">>", "<=", ">=", "->*", "->", "<", ">"} {
		if strings.HasPrefix(s[len(word):], sign) {
			return len(word) + len(sign)
		}
	}
	return 0
}

// withoutEmptyScopes drops scopes that have no name: a::::b is a::b, a::$_0::b too.
func withoutEmptyScopes(s string) string {
	if !strings.Contains(s, "::") {
		return s
	}
	kept := make([]string, 0, 8)
	for scope := range strings.SplitSeq(s, "::") {
		scope = strings.Trim(scope, " '#")
		if scope == "" || strings.HasPrefix(scope, "$_") || scope == "lambda" || scope == "'lambda" || scope == "_GLOBAL__N_1" || strings.HasPrefix(scope, "_INTERNAL") {
			continue
		}
		kept = append(kept, scope)
	}
	return strings.Join(kept, "::")
}
