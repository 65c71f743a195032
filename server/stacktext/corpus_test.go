package stacktext

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
)

// corpus reads a file of the folder of other people's inputs that may stand beside the
// project.
func corpus(t testing.TB, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../shared/corpus", name))
	if err != nil {
		t.Skipf("needs the corpus beside the project: %v", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// throwable is what the Java runtime says of an exception.
type throwable struct {
	Relation string
	Type     string
	Value    string
	Frames   []struct {
		Class, Method, File string
		Line                int
	}
	Suppressed []throwable
	Cause      *throwable
}

func TestJavaIsReadAsItsRuntimeReportsIt(t *testing.T) {
	var cases []struct {
		Lang, Case, Text string
		Throwable        throwable
	}
	corpus(t, "java_truth.json", &cases)
	for _, c := range cases {
		for _, h := range []Hint{{}, {Platform: "java", Type: c.Throwable.Type, Value: c.Throwable.Value}} {
			got := Parse(c.Text, h)
			n := 0
			compareThrowable(t, c.Case, &got, &n, c.Throwable)
			if n != len(got.Exceptions) || got.Unread != 0 || got.Platform != "java" {
				t.Errorf("%s: %d exceptions, %d wanted; %d lines unread; %s", c.Case, len(got.Exceptions), n, got.Unread, got.Platform)
			}
		}
	}
}

func compareThrowable(t *testing.T, name string, got *Result, n *int, want throwable) {
	t.Helper()
	if *n >= len(got.Exceptions) {
		t.Errorf("%s: %s is missing", name, want.Type)
		return
	}
	x := got.Exceptions[*n]
	*n++
	if x.Type != want.Type || x.Value != want.Value {
		t.Errorf("%s: %q: %q, want %q: %q", name, x.Type, x.Value, want.Type, want.Value)
	}
	if len(x.Stack.Frames) != len(want.Frames) {
		t.Errorf("%s: %s has %d frames, want %d", name, x.Type, len(x.Stack.Frames), len(want.Frames))
		return
	}
	for i, f := range want.Frames {
		g := x.Stack.Frames[len(want.Frames)-1-i]
		if f.Line < 0 {
			f.File, f.Line = "", 0
		}
		if g.Module != f.Class || g.Function != f.Method || g.Filename != f.File || g.Line != uint32(f.Line) {
			t.Errorf("%s: %+v, want %+v", name, g, f)
		}
	}
	for _, s := range want.Suppressed {
		compareThrowable(t, name, got, n, s)
	}
	if want.Cause != nil {
		compareThrowable(t, name, got, n, *want.Cause)
	}
}

func TestTextOfOtherProjectsGivesTheFramesTheyExpect(t *testing.T) {
	var cases []struct {
		Language, Stacktrace        string
		ExpectedFrameCount          int
		ExpectedFramesWithFileNames []bool
	}
	corpus(t, "otel_text_cases.json", &cases)
	for _, c := range cases {
		got := Parse(c.Stacktrace, Hint{})
		if got.Frames() == 0 || got.Unread > 0 {
			t.Errorf("%s: %d frames, %d lines unread", c.Language, got.Frames(), got.Unread)
		}
		if c.ExpectedFrameCount > 0 && !strings.HasPrefix(c.Language, "python") && got.Frames() != c.ExpectedFrameCount {
			t.Errorf("%s: %d frames, want %d", c.Language, got.Frames(), c.ExpectedFrameCount)
		}
		if testing.Verbose() {
			t.Logf("%s: %s\n%s", c.Language, got.Platform, describe(got.Exceptions))
		}
	}
}

// describe writes exceptions so that a person can compare them.
func describe(list []event.Exception) string {
	var b strings.Builder
	for _, x := range list {
		if x.Mechanism.Source != "" {
			b.WriteString(x.Mechanism.Source + " ")
		}
		b.WriteString(x.Type + ": " + x.Value + "\n")
		for _, f := range x.Stack.Frames {
			b.WriteString(frameText(f) + "\n")
		}
	}
	return b.String()
}
