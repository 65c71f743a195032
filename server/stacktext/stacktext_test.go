package stacktext

import (
	"fmt"

	"github.com/faultline-dev/faultline/internal/event"
)

// frameText is a frame as the tests write it: module function file:line:column, with
// a dash for what is missing and a bar where the text says that it is not the program's.
func frameText(f event.Frame) string {
	or := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	mark := " "
	if f.InApp == event.InAppNo {
		mark = "|"
	}
	s := fmt.Sprintf("%s %s %s %s", mark, or(f.Module), or(f.Function), or(f.Filename))
	if f.Line > 0 {
		s += fmt.Sprintf(":%d", f.Line)
	}
	if f.Column > 0 {
		s += fmt.Sprintf(":%d", f.Column)
	}
	return s
}
