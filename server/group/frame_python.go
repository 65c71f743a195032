package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// pythonSymbol reads names with and without the classes around them. A
// comprehension is part of the function that holds it, as newer versions see it.
func pythonSymbol(f *event.Frame) symbol {
	s := symbol{where: f.Module}
	if s.where == "" || s.where == "__main__" {
		if file := frameFile(f); file != "" {
			s.where = file
		}
	}
	name := strings.ReplaceAll(f.Function, ".<locals>", "")
	for _, part := range [...]string{"<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"} {
		name = strings.TrimSuffix(strings.TrimSuffix(name, part), ".")
	}
	if cut, ok := strings.CutSuffix(name, "<lambda>"); ok {
		s.anonymous, name = true, strings.TrimSuffix(cut, ".")
		if name == "" {
			name = "lambda"
		}
	}
	if !nameless(name) {
		s.name = name
	}
	return s
}

// pythonWrapper reports whether a function has one of the names that decorators
// give to what they put around a function.
func pythonWrapper(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "wrapper", "_wrapper", "wrapped", "_wrapped", "inner", "_inner", "wrapped_view", "_wrapped_view", "_wrapper_view",
		"decorated", "decorated_function", "decorated_view", "wrapped_f", "wrapper_func", "inner_func", "_wrap", "wrap":
		return true
	}
	return false
}
