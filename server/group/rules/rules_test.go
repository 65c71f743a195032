package rules

import (
	"errors"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
)

func TestWhatCannotBeReadIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	f := func(parse func(string) error, text, want string) {
		t.Helper()
		err := parse(text)
		var all Errors
		if !errors.As(err, &all) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	fingerprints := func(s string) error { _, err := ParseFingerprints(s); return err }
	stacks := func(s string) error { _, err := ParseStacks(s); return err }

	f(fingerprints, "x", "line 1, column 1: a condition is wanted")
	f(fingerprints, "# ok\n\n  error.typ:X -> a", "line 3, column 3: there is no condition \"error.typ\"")
	f(fingerprints, "type:X", "line 1, column 7: -> and what")
	f(fingerprints, "type:X ->", "line 1, column 10: what to group by")
	f(fingerprints, "-> a", "line 1, column 1: a condition is missing")
	f(fingerprints, "type:\"X -> a", "line 1, column 6: the quote is not closed")
	f(fingerprints, "type:X -> {{ defualt }}", "line 1, column 11: there is no variable \"defualt\"")
	f(fingerprints, "type:X -> {{ default", "line 1, column 11: {{ is not closed")
	f(fingerprints, "type: -> a", "line 1, column 6: what should type be?")
	f(fingerprints, "type:a[b -> a", "line 1, column 6: [ is not closed")
	f(fingerprints, "type:a{b -> a", "line 1, column 6: { is not closed")
	f(fingerprints, "type:a}b -> a", "line 1, column 6: } has no {")
	f(fingerprints, "type:X -> a title=\"\"", "line 1, column 13: a title is text")
	f(fingerprints, "app:maybe -> a", "line 1, column 5: app is yes or no")
	f(fingerprints, "category:x -> a", "line 1, column 11: categories")
	f(fingerprints, "üü type:X -> a", "line 1, column 1")
	f(fingerprints, "type:X -> a\ntype:Y -> ", "line 2, column 11")
	f(fingerprints, strings.Repeat("type:X -> a\n", MaxRules+1), "line 501, column 1: there are more than 500")
	f(fingerprints, strings.Repeat(" ", MaxText+1), "line 1, column 1: the rules are")
	f(fingerprints, "type:"+strings.Repeat("x", MaxPattern+1)+" -> a", "line 1, column 6: the pattern is too long")

	f(stacks, "function:x", "line 1, column 11: an action is missing")
	f(stacks, "-app", "line 1, column 1: a condition is missing")
	f(stacks, "function:x -ap", "line 1, column 12: there is no flag \"ap\"")
	f(stacks, "function:x -app type:y", "line 1, column 17: an action is wanted")
	f(stacks, "function:x max-frames=many", "line 1, column 12: max-frames is a number")
	f(stacks, "function:x invert-stacktrace=1", "line 1, column 12: there is no variable \"invert-stacktrace\"")
	f(stacks, "message:x -app", "line 1, column 1: message is known to fingerprint rules only")
	f(stacks, "[ function:x function:y -app", "line 1, column 25: a condition is wanted")
	f(stacks, "[ function:x ] function:y -app", "line 1, column 16: | is missing")
	f(stacks, "function:y | function:x -app", "line 1, column 14: the called frame stands in brackets")
}

func TestRulesArePrintedAsTheyAreRead(t *testing.T) {
	t.Parallel()
	f := func(in, want string) {
		t.Helper()
		r, err := ParseFingerprints(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(r.String(), "\n"); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	f("type:X   value:\"a b\" -> x , {{default}} y", `error.type:X error.value:"a b" -> x, {{ default }}, y`)
	f(`!function:foo path:**\vendor\x -> "a b" title="T {{ error.type }}"`, `!stack.function:foo stack.abs_path:**/vendor/x -> "a b" title="T {{ error.type }}"`)
	f("tags.a:b family:javascript,native -> {{ default }}-x", "tags.a:b family:javascript,native -> {{ default }}-x")
	f(`message:"say \"hi\" \*" -> "c\"\\"`, `message:"say \"hi\" \*" -> "c\"\\"`)

	s, err := ParseStacks("# c\nfamily:native function:std::*   -app ^-group\n[ category:telemetry ] | app:1 -group\nfunction:a | [ app:no ] v+app\npath:x max-frames=03 category=ui")
	if err != nil {
		t.Fatal(err)
	}
	want := "family:native stack.function:std::* -app ^-group\n[ category:telemetry ] | app:yes -group\nstack.function:a | [ app:no ] v+app\nstack.abs_path:x max-frames=3 category=ui\n"
	if got := s.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	f := func(kind, pattern, text string, want bool) {
		t.Helper()
		g, problem := compile(pattern, kind == "path", kind != "exact")
		if problem != "" {
			t.Fatal(problem)
		}
		if g.match(text) != want {
			t.Errorf("%s %q and %q: %v", kind, pattern, text, !want)
		}
	}
	f("exact", "abc", "abc", true)
	f("exact", "abc", "ABC", false)
	f("fold", "abc*", "ABCd", true)
	f("exact", "*", "", true)
	f("exact", "a*b*c", "a--b--b--c", true)
	f("exact", "a*b*c", "a--c--b", false)
	f("exact", "?b", "äb", true)
	f("exact", "[a-c]x", "bx", true)
	f("exact", "[!a-c]x", "bx", false)
	f("exact", `a\*`, "a*", true)
	f("exact", `a\*`, "ab", false)
	f("exact", "{foo,bar}*", "barn", true)
	f("exact", "{foo,bar}*", "baz", false)
	f("exact", "std::*", "std::vector", true)
	f("exact", "a/*", "a/b/c", true)
	f("path", "a/*", "a/b/c", false)
	f("path", "a/**", "a/b/c", true)
	f("path", "a/**/c", "a/c", true)
	f("path", "a/**/c", "a/b/b/c", true)
	f("path", "**/vendor/**", "/x/Vendor/y.js", true)
	f("path", "**/vendor/**", `C:\x\vendor\y.js`, true)
	f("path", "*a*b", "xa/ab", false)
	f("path", "**/*.gen.js", "/a/b/c.gen.js", true)
	f("path", "**.js", "/a/b.js", true)
}

func ruled(kind, value string, frames ...event.Frame) *event.Event {
	return &event.Event{Platform: "python", Level: event.LevelError, Logger: "app.db", Release: "shop@1.2", Tags: []event.Tag{{Key: "region", Value: "eu-1"}},
		Exceptions: []event.Exception{{Type: kind, Value: value, Stack: event.Stacktrace{Frames: frames}}}}
}

func TestFingerprintRulesMatch(t *testing.T) {
	t.Parallel()
	e := ruled("TimeoutError", "Connection timed out after 5 s",
		event.Frame{Function: "main", Module: "app", Filename: "app/main.py", InApp: event.InAppYes},
		event.Frame{Function: "connect", Module: "driver", AbsPath: "/usr/lib/driver.py", InApp: event.InAppNo})
	f := func(conditions string, want bool) {
		t.Helper()
		r, err := ParseFingerprints(conditions + " -> x")
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Match(e) != nil; got != want {
			t.Errorf("%s: %v", conditions, got)
		}
	}
	f("error.type:TimeoutError", true)
	f("error.type:timeouterror", false)
	f("!error.type:TimeoutError", false)
	f("error.value:\"connection timed out*\"", true)
	f("message:\"*TIMED OUT*\"", true)
	f("type:TimeoutError value:*5*", true)
	f("type:TimeoutError value:*6*", false)
	f("function:main module:app", true)
	f("function:main module:driver", false)
	f("function:connect app:no", true)
	f("function:connect app:yes", false)
	f("path:**/main.py", true)
	f("path:app/*", true)
	f("family:other", true)
	f("family:javascript,python", true)
	f("family:native", false)
	f("level:ERROR logger:app.*", true)
	f("tags.region:eu-*", true)
	f("tags.zone:*", false)
	f("!tags.zone:*", true)
	f("release:shop@1.* environment:\"\"", true)
}

func TestStackRulesDecide(t *testing.T) {
	t.Parallel()
	frames := []event.Frame{
		{Function: "start", InApp: event.InAppYes},
		{Function: "loop", InApp: event.InAppYes},
		{Function: "handle", InApp: event.InAppYes},
		{Function: "raise", InApp: event.InAppNo},
	}
	e := ruled("E", "v", frames...)
	f := func(text, want string) {
		t.Helper()
		s, err := ParseStacks(text)
		if err != nil {
			t.Fatal(err)
		}
		d := s.Decide(e, &e.Exceptions[0], e.Exceptions[0].Stack.Frames)
		sign := map[event.InApp]string{event.InAppUnknown: ".", event.InAppNo: "-", event.InAppYes: "+"}
		got := ""
		for _, frame := range d.Frames {
			got += sign[frame.InApp] + sign[frame.Group] + " "
		}
		if got = strings.TrimSpace(got); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	f("function:x -app", "")
	f("function:loop -app", ".. -. .. ..")
	f("function:loop v-group -group", ".- .- .. ..")
	f("function:handle ^-group", ".. .. .. .-")
	f("function:loop -app\napp:no +group", ".. -+ .. .+")
	f("[ function:loop ] | function:* -app", ".. .. -. ..")
	f("function:* | [ function:raise ] -group", ".. .. .- ..")
	f("function:st* category=ui\ncategory:ui -app", "-. .. .. ..")
	f("type:E function:start -app", "-. .. .. ..")
	f("type:F function:start -app", "")
	f("family:python function:start +group", ".+ .. .. ..")
	f("function:* -app\nfunction:handle +app", "-. -. +. -.")
}

func FuzzParseFingerprints(f *testing.F) {
	f.Add("error.type:X value:\"a b\" -> {{ default }}-x, \"y z\" title=\"T {{ tags.a }}\"")
	f.Add("!path:**\\a/{b,c}/[d-e]? -> a\n# c\nfamily:a,b app:no message:\\\"x -> b")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseFingerprints(text)
		if err != nil {
			return
		}
		printed := r.String()
		again, err := ParseFingerprints(printed)
		if err != nil {
			t.Fatalf("%q is printed as %q: %v", text, printed, err)
		}
		if got := again.String(); got != printed {
			t.Fatalf("%q is printed as %q, then %q", text, printed, got)
		}
		e := ruled("X", "a b", event.Frame{Function: "f", AbsPath: text})
		a, b := r.Match(e), again.Match(e)
		if (a == nil) != (b == nil) || a != nil && a.String() != b.String() {
			t.Fatalf("%q does not match as %q does", text, printed)
		}
	})
}

func FuzzParseStacks(f *testing.F) {
	f.Add("family:native function:std::* -app ^-group v+app max-frames=3")
	f.Add("[ category:x ] | path:\"a b\" | [ app:yes ] category=y -group")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseStacks(text)
		if err != nil {
			return
		}
		printed := r.String()
		again, err := ParseStacks(printed)
		if err != nil || again.String() != printed {
			t.Fatalf("%q is printed as %q: %v", text, printed, err)
		}
		e := ruled("X", "a b", event.Frame{Function: "f"}, event.Frame{Function: text, Module: "m"})
		r.Decide(e, &e.Exceptions[0], e.Exceptions[0].Stack.Frames)
	})
}
