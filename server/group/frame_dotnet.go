package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// dotNetSymbol undoes what the compiler makes of async methods, iterators,
// lambdas and local functions, and drops arity, type arguments and parameters:
// Shop.Orders+<PlaceAsync>d__12.MoveNext is Shop.Orders.PlaceAsync.
func dotNetSymbol(f *event.Frame) symbol {
	var names []string
	anonymous := false
	for _, text := range [...]string{f.Module, cutAny(f.Function, "(")} {
		for text != "" {
			var piece string
			piece, text = nextDotNet(text)
			name, lambda := dotNetName(piece)
			anonymous = anonymous || lambda
			if name != "" {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return symbol{where: frameFile(f)}
	}
	if f.Function == "" {
		return symbol{where: strings.Join(names, ".")}
	}
	last := len(names) - 1
	return symbol{where: strings.Join(names[:last], "."), name: names[last], anonymous: anonymous}
}

// nextDotNet parts a name at the first dot or plus outside of brackets.
func nextDotNet(s string) (piece, rest string) {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '<', '[', '(':
			depth++
		case '>', ']', ')':
			depth--
		case '.', '+', ' ':
			if depth <= 0 && i > 0 {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

// dotNetName is what a person called one piece of a name; "" if nobody did.
func dotNetName(s string) (name string, lambda bool) {
	switch s {
	case "MoveNext", "async", "static", "void", "lambda":
		return "", s == "lambda"
	}
	s = strings.TrimPrefix(s, ".")
	if strings.HasPrefix(s, "<") {
		end := strings.IndexByte(s, '>')
		if end < 0 {
			return s, false
		}
		inner, kind := s[1:end], s[end+1:]
		switch {
		case strings.HasPrefix(kind, "g__"): // local function: <Run>g__Check|3_0
			local, _, _ := strings.Cut(kind[3:], "|")
			return inner + "." + local, false
		case strings.HasPrefix(kind, "b__"): // lambda: <Run>b__3_0
			return inner, true
		}
		return inner, false // d__12: state machine; c__DisplayClass3_0 has no name
	}
	return cutAny(s, "`[<("), false
}
