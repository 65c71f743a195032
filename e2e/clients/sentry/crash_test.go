//go:build e2e

package sentry

import (
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/e2e/clients/lab"
)

// javaCrash looks at the exception that ended a thread.
func javaCrash(t *testing.T, p lab.Project) {
	e := p.Only("nobody caught this").Event
	x := e.Exceptions[0]
	if e.Level != "LEVEL_FATAL" || x.Type != "UnsupportedOperationException" || x.Mechanism.Handled == nil || *x.Mechanism.Handled || x.Mechanism.Type != "UncaughtExceptionHandler" {
		t.Errorf("level %s, %+v", e.Level, x)
	}
	functions := x.Stacktrace.Functions()
	if n := len(functions); n < 2 || functions[n-2] != "run" && functions[n-2] != "main" && !strings.HasPrefix(functions[n-1], "lambda$main") {
		t.Errorf("calls %v", functions)
	}
}

// rustPanic looks at the panic of a thread.
func rustPanic(t *testing.T, p lab.Project) {
	e := p.Only("index out of bounds").Event
	x := e.Exceptions[0]
	if e.Level != "LEVEL_FATAL" || x.Type != "panic" || x.Value != "index out of bounds: the len is 2 but the index is 7" || x.Mechanism.Handled == nil || *x.Mechanism.Handled {
		t.Errorf("level %s, %+v", e.Level, x)
	}
	own := x.Stacktrace.Own()
	if last := own.Last(); last.Function != "shop::empty_the_shelf" || last.Lineno == 0 || !strings.HasSuffix(last.Filename, "main.rs") {
		t.Errorf("the program's own calls are %+v of %v", own.Frames, x.Stacktrace.Functions())
	}
}
