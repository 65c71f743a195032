package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// jvmSymbol drops the numbers of anonymous classes, lambdas, coroutine bodies and
// synthetic accessors of Java, Kotlin, Scala, Groovy and Clojure. What an
// obfuscator named says nothing.
func jvmSymbol(f *event.Frame) symbol {
	module, function := f.Module, f.Function
	if module == "" {
		if i := strings.LastIndexByte(function, '.'); i > 0 {
			module, function = function[:i], function[i+1:]
		}
	}
	s := symbol{where: jvmClass(module), name: jvmFunction(function)}
	if nameless(function) {
		s.name = ""
	}
	s = readable(s)
	if s.where == "" {
		s.where = frameFile(f)
	}
	return s
}

// jvmClass drops the module or loader before a slash and every number that a
// compiler gave: Foo$bar$1 is Foo$bar, foo$fn__12 is foo$fn.
func jvmClass(s string) string {
	if i := strings.LastIndexByte(s, '/'); i >= 0 && !strings.Contains(s[:i], "Lambda") {
		s = s[i+1:]
	}
	if i := strings.Index(s, "$$Lambda"); i >= 0 {
		s = s[:i]
	}
	for _, mark := range [...]string{"$$EnhancerBy", "$$FastClassBy", "$$SpringCGLIB", "$HibernateProxy$", "_$$_", "$MockitoMock$", "$ByteBuddy$", "$auxiliary$"} {
		if i := strings.Index(s, mark); i > 0 {
			s = s[:i]
		}
	}
	return withoutNumbers(withoutVariables(s))
}

// withoutVariables drops of a class that has no name of its own what it was assigned to, which
// not all compilers tell: Api$load$result$1 is Api$load$1.
func withoutVariables(s string) string {
	last := strings.LastIndexByte(s, '$')
	if last < 0 || !isDigits(s[last+1:]) || strings.Contains(s, "$anonfun$") {
		return s
	}
	for i := strings.IndexByte(s, '$') + 1; i < last; i++ {
		if s[i-1] == '$' && s[i] >= 'a' && s[i] <= 'z' {
			if end := strings.IndexByte(s[i:last], '$'); end > 0 {
				return s[:i+end] + s[last:]
			}
			return s
		}
	}
	return s
}

// jvmFunction drops what compilers put around a function: lambda$run$0, run$lambda$0,
// access$run, run$default.
func jvmFunction(s string) string {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "access$"), "$default")
	if rest, ok := strings.CutPrefix(s, "lambda$"); ok { // javac: lambda$run$0
		return jvmFunction(rest)
	}
	for _, mark := range [...]string{"$lambda$", "$lambda-"} { // kotlinc: run$lambda$0, run$lambda-0
		if i := strings.Index(s, mark); i > 0 {
			s = s[:i]
		}
	}
	return withoutNumbers(s)
}

// withoutNumbers drops the pieces between $ or __ that are numbers.
func withoutNumbers(s string) string {
	if strings.IndexByte(s, '$') < 0 && !strings.Contains(s, "__") {
		return s
	}
	kept := make([]string, 0, 8)
	for piece := range strings.SplitSeq(s, "$") {
		if i := strings.LastIndex(piece, "__"); i > 0 && isDigits(piece[i+2:]) {
			piece = piece[:i]
		}
		if piece == "" || isDigits(piece) {
			continue
		}
		kept = append(kept, piece)
	}
	return strings.Join(kept, "$")
}

// readable drops what an obfuscator named: methods of one letter, and classes of one
// or two small letters with methods of the same kind.
func readable(s symbol) symbol {
	class := s.where[strings.LastIndexAny(s.where, ".$")+1:]
	switch {
	case !tiny(s.name):
		return s
	case tiny(class):
		outer := strings.TrimSuffix(s.where, class)
		if !strings.HasSuffix(outer, "$") {
			return symbol{}
		}
		return symbol{where: strings.TrimSuffix(outer, "$")}
	case len(s.name) == 1:
		return symbol{where: s.where}
	}
	return s
}

// tiny reports whether a name has one or two small letters.
func tiny(s string) bool {
	if s == "" || len(s) > 2 {
		return false
	}
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}
