package group

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/normalize"
)

// TestPairsOfEventsAreTogetherOrApart reads testdata/pairs/*.txt. A pair begins with
//
//	=== same | what it shows        (or: === apart | ...)
//
// and holds two events with a line of --- between them:
//
//	@platform java                  also @message, @template, @transaction, @fingerprint a | b
//	! Type: value                   an exception; !group, !child of a group, !synthetic
//	= function | module | file:line | source line | package
//
// Frames begin with * if they are the program's own, - if they are not, = if the sender did
// not say. Lines that begin with # are for people.
func TestPairsOfEventsAreTogetherOrApart(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/pairs/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no pairs", err)
	}
	pairs, wrong := 0, 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		of, bad := 0, 0
		for _, block := range strings.Split("\n"+string(text), "\n=== ")[1:] {
			of++
			if !pairIsRight(t, filepath.Base(name), block) {
				bad++
			}
		}
		t.Logf("%-16s %3d pairs, %d wrong", filepath.Base(name), of, bad)
		pairs, wrong = pairs+of, wrong+bad
	}
	t.Logf("score: %d of %d", pairs-wrong, pairs)
	if pairs < 150 {
		t.Errorf("only %d pairs", pairs)
	}
}

func pairIsRight(t *testing.T, file, block string) bool {
	t.Helper()
	head, body, _ := strings.Cut(block, "\n")
	want, name, ok := strings.Cut(head, " | ")
	first, second, two := strings.Cut(body, "\n---\n")
	if !ok || !two || want != "same" && want != "apart" {
		t.Fatalf("%s: no pair: %q", file, head)
	}
	a, b := Event(pairEvent(t, first)), Event(pairEvent(t, second))
	if (a.Fingerprint == b.Fingerprint) == (want == "same") {
		return true
	}
	t.Errorf("%s: should be %s: %s\n%s---\n%s", file, want, name, partLines(a.Parts), partLines(b.Parts))
	return false
}

func partLines(parts []event.Part) string {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "\t%-16s %s\n", p.Kind, p.Value)
	}
	return b.String()
}

// pairEvent reads one event, as it is when it comes to grouping.
func pairEvent(t *testing.T, text string) *event.Event {
	t.Helper()
	e := &event.Event{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		switch line[0] {
		case '@':
			pairField(t, e, line[1:])
		case '!':
			pairException(e, line[1:])
		case '*', '-', '=':
			f := pairFrame(line)
			if n := len(e.Exceptions); n > 0 {
				e.Exceptions[n-1].Stack.Frames = append(e.Exceptions[n-1].Stack.Frames, f)
				continue
			}
			if len(e.Threads) == 0 {
				e.Threads = []event.Thread{{Current: true}}
			}
			e.Threads[0].Stack.Frames = append(e.Threads[0].Stack.Frames, f)
		default:
			t.Fatalf("what is %q?", line)
		}
	}
	normalize.Event(e, normalize.Options{Limits: normalize.DefaultLimits()})
	return e
}

func pairField(t *testing.T, e *event.Event, line string) {
	t.Helper()
	name, value, _ := strings.Cut(line, " ")
	value = strings.ReplaceAll(value, `\n`, "\n")
	switch name {
	case "platform":
		e.Platform = value
	case "message":
		e.Message.Formatted = value
	case "template":
		e.Message.Template = value
	case "transaction":
		e.Transaction = value
	case "fingerprint":
		e.Fingerprint = strings.Split(value, " | ")
	default:
		t.Fatalf("what is @%s?", name)
	}
}

func pairException(e *event.Event, line string) {
	var x event.Exception
	x.Mechanism.ID = len(e.Exceptions)
	x.Mechanism.ParentID = x.Mechanism.ID - 1
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "group":
		x.Mechanism.IsGroup = true
	case "child":
		x.Mechanism.ParentID = 0
	case "synthetic":
		x.Mechanism.Synthetic = true
	}
	x.Type, x.Value, _ = strings.Cut(rest, ": ")
	x.Value = strings.ReplaceAll(x.Value, `\n`, "\n")
	e.Exceptions = append(e.Exceptions, x)
}

func pairFrame(line string) event.Frame {
	field := make([]string, 5)
	for i, s := range strings.SplitN(line[1:]+" ", "| ", 5) {
		field[i] = strings.TrimSpace(s)
	}
	f := event.Frame{Function: field[0], Module: field[1], Filename: field[2], ContextLine: field[3], Package: field[4]}
	if i := strings.LastIndexByte(f.Filename, ':'); i > 0 {
		if n, err := strconv.ParseUint(f.Filename[i+1:], 10, 32); err == nil {
			f.Filename, f.Line = f.Filename[:i], uint32(n)
		}
	}
	f.AbsPath = f.Filename
	switch line[0] {
	case '*':
		f.InApp = event.InAppYes
	case '-':
		f.InApp = event.InAppNo
	}
	return f
}
