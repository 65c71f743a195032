package group

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// rubySymbol reads blocks as part of the method that holds them and drops the
// class before the method, which only newer versions tell.
func rubySymbol(f *event.Frame) symbol {
	s := symbol{where: frameFile(f), name: f.Function}
	if s.where == "" {
		s.where = f.Module
	}
	for {
		kind, rest, ok := strings.Cut(s.name, " in ")
		if !ok || !strings.HasPrefix(kind, "block") && kind != "rescue" && kind != "ensure" {
			break
		}
		s.name = rest
		s.anonymous = s.anonymous || strings.HasPrefix(kind, "block")
	}
	if i := strings.Index(s.name, "_erb__"); i > 0 { // a compiled template: its hash and address follow
		s.name = s.name[:i]
	}
	if i := strings.Index(s.name, "_haml__"); i > 0 {
		s.name = s.name[:i]
	}
	if !strings.HasPrefix(s.name, "<") {
		s.name = s.name[strings.LastIndexAny(s.name, "#.")+1:]
	}
	if nameless(s.name) {
		s.name = ""
	}
	return s
}
