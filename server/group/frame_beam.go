package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// beamSymbol reads frames of Elixir and Erlang: anonymous functions and
// comprehensions are part of the function that holds them.
//
//	anonymous fn/1 in Shop.Cart.total/2   -fun.total/2-   -total/2-fun-0-   -inlined-total/2-
func beamSymbol(f *event.Frame) symbol {
	s := symbol{where: strings.TrimPrefix(f.Module, "Elixir.")}
	name := f.Function
	if strings.HasPrefix(name, "anonymous fn") || strings.HasPrefix(name, "fn ") {
		s.anonymous = true
		if _, in, ok := strings.Cut(name, " in "); ok {
			name = in
		}
	}
	if strings.HasPrefix(name, "-") {
		name = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(name, "-"), "inlined-"), "fun.")
		s.anonymous = s.anonymous || strings.Contains(name, "-fun-") || strings.HasPrefix(f.Function, "-fun.")
		if i := strings.IndexByte(name, '-'); i > 0 {
			name = name[:i]
		}
	}
	if s.where != "" {
		name = strings.TrimPrefix(strings.TrimPrefix(name, "Elixir."), s.where+".")
	}
	if !nameless(name) {
		s.name = name
	}
	if s.where == "" && s.name == "" {
		s.where = frameFile(f)
	}
	return s
}
