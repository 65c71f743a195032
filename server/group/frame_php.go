package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// phpSymbol reads closures as part of what holds them, as far as PHP tells, and
// anonymous classes without the path and number in their names.
func phpSymbol(f *event.Frame) symbol {
	s := symbol{where: frameFile(f)}
	name := f.Function
	if i := strings.Index(name, "@anonymous"); i >= 0 {
		method := ""
		if j := strings.LastIndex(name, "::"); j > i {
			method = name[j:]
		}
		name = name[:i] + method
	}
	if i := strings.Index(name, "{closure"); i >= 0 {
		s.anonymous = true
		inner, _, _ := strings.Cut(name[i+len("{closure"):], "}")
		inner = strings.TrimPrefix(inner, ":")
		if j := strings.Index(inner, "()"); j > 0 && inner[0] != '/' { // PHP 8.4: {closure:App\Foo::bar():42}
			name = inner[:j]
		} else {
			name = strings.TrimRight(name[:i], `\:`)
		}
		if name == "" {
			name = "closure"
		}
	}
	if strings.HasPrefix(name, "Composer\\Autoload\\") {
		name = cutAny(name, "0123456789")
	}
	if !nameless(name) {
		s.name = name
	}
	if s.where == "" {
		s.where = f.Module
	}
	return s
}
