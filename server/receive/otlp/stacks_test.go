package otlp

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/normalize"
	"github.com/faultline-dev/faultline/server/stacktext"
)

func prepareStack(platform string, s *event.Stacktrace) bool {
	return normalize.Stack(platform, s, normalize.DefaultLimits())
}

func TestASharedStackIsTheOneThatTheTextHas(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../stacktext/testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	s := newStacks(1<<20, prepareStack)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, value := range []string{"", "no such cart", "one", "two", "three with : and ---> x", "two\nlines", "no such cart"} {
			was := strings.NewReplacer("no such cart", value, "cannot check out", value, "kaputt", value, "no funds", value).Replace(string(text))
			h := stacktext.Hint{Platform: []string{"", "python", "java"}[i%3], Value: value}
			for range 3 {
				got, shared := s.parse(7, was, h)
				want := stacktext.Parse(was, h)
				if !shared {
					foreign(&got, h.Platform)
				}
				foreign(&want, h.Platform)
				platform := h.Platform
				if platform == "" {
					platform = want.Platform
				}
				if len(want.Exceptions) == 0 {
					continue
				}
				a, b := &event.Event{Platform: platform, Exceptions: got.Exceptions}, &event.Event{Platform: platform, Exceptions: want.Exceptions}
				normalize.Event(a, normalize.Options{Limits: normalize.DefaultLimits()})
				normalize.Event(b, normalize.Options{Limits: normalize.DefaultLimits()})
				if d := cmp.Diff(b.Exceptions, a.Exceptions, cmpopts.IgnoreFields(event.Stacktrace{}, "Shared")); d != "" {
					t.Errorf("%s, %q, shared %v: %s", file, value, shared, d)
				}
			}
		}
	}
}

func TestStacksAreSharedWithinAProjectOnly(t *testing.T) {
	t.Parallel()
	s := newStacks(1<<20, prepareStack)
	numbers := map[uint64]bool{}
	for project := range uint32(2) {
		const text = "Error: %s\n    at pay (/srv/pay.js:1:2)"
		for i := range 5 {
			value := fmt.Sprintf("no funds on card %d", i)
			trace, shared := s.parse(project, fmt.Sprintf(text, value), stacktext.Hint{Platform: "node", Value: value})
			if shared != (i >= 2) || trace.Exceptions[0].Value != value {
				t.Errorf("project %d, %d: shared %v, %q", project, i, shared, trace.Exceptions[0].Value)
			}
			if shared {
				numbers[trace.Exceptions[0].Stack.Shared] = true
			}
		}
	}
	if len(numbers) != 2 {
		t.Errorf("numbers %v", numbers)
	}
}

func TestKeptStacksAreBounded(t *testing.T) {
	t.Parallel()
	s := newStacks(64<<10, prepareStack)
	text := func(i int) string { return fmt.Sprintf("Error\n    at pay%d (/srv/pay.js:1:2)", i) }
	for i := range 1000 {
		for range 2 {
			s.parse(7, text(i), stacktext.Hint{})
		}
	}
	kept := 0
	for i := range 1000 {
		if _, shared := s.parse(7, text(i), stacktext.Hint{}); shared {
			kept++
		}
	}
	if kept > 200 {
		t.Errorf("%d of 1000 stacks are kept in 64 KiB", kept)
	}
}
