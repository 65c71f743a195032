package group

import (
	"fmt"
	"testing"

	"github.com/faultline-dev/faultline/internal/event"
)

func frame(module, function string, line uint32, inApp event.InApp) event.Frame {
	return event.Frame{Module: module, Function: function, Line: line, InApp: inApp}
}

func thrown(kind, value string, frames ...event.Frame) *event.Event {
	return &event.Event{Exceptions: []event.Exception{{Type: kind, Value: value, Stack: event.Stacktrace{Frames: frames}}}}
}

func TestSameEventsShareAFingerprint(t *testing.T) {
	same := func(name string, a, b *event.Event) {
		t.Helper()
		if Event(a).Fingerprint != Event(b).Fingerprint {
			t.Errorf("%s: apart\n%v\n%v", name, Event(a).Parts, Event(b).Parts)
		}
	}
	apart := func(name string, a, b *event.Event) {
		t.Helper()
		if Event(a).Fingerprint == Event(b).Fingerprint {
			t.Errorf("%s: together\n%v", name, Event(a).Parts)
		}
	}
	app, lib := event.InAppYes, event.InAppNo

	same("line numbers never count",
		thrown("E", "v", frame("m", "f", 1, app)), thrown("E", "v", frame("m", "f", 99, app)))
	same("values do not count beside a stack",
		thrown("E", "user 1", frame("m", "f", 1, app)), thrown("E", "other", frame("m", "f", 1, app)))
	same("library frames do not count beside our own",
		thrown("E", "v", frame("lib", "a", 1, lib), frame("m", "f", 1, app)), thrown("E", "v", frame("lib", "b", 1, lib), frame("m", "f", 1, app)))
	same("direct recursion counts once",
		thrown("E", "v", frame("m", "f", 1, app)), thrown("E", "v", frame("m", "f", 1, app), frame("m", "f", 2, app)))
	same("Go closures are not told apart by number",
		thrown("E", "v", event.Frame{Module: "m", Function: "Serve.func1", Filename: "a.go"}), thrown("E", "v", event.Frame{Module: "m", Function: "Serve.func2.1", Filename: "a.go"}))
	same("bundle hashes do not count",
		thrown("E", "v", event.Frame{Filename: "https://a.b/static/main.3fa9c1d2.js", Function: "f"}),
		thrown("E", "v", event.Frame{Filename: "https://c.d/static/main.77e1aa90.js", Function: "f"}))
	same("messages differ only in their variables",
		&event.Event{Message: event.Message{Formatted: "user 1 not found"}}, &event.Event{Message: event.Message{Formatted: "user 22 not found"}})
	same("the template groups, not the text",
		&event.Event{Message: event.Message{Template: "user %s not found", Formatted: "user ada not found"}},
		&event.Event{Message: event.Message{Template: "user %s not found", Formatted: "user bob not found"}})
	same("values are parameterized without a stack", thrown("E", "id 7"), thrown("E", "id 8"))

	apart("types count", thrown("A", "v", frame("m", "f", 1, app)), thrown("B", "v", frame("m", "f", 1, app)))
	apart("functions count", thrown("E", "v", frame("m", "f", 1, app)), thrown("E", "v", frame("m", "g", 1, app)))
	apart("library frames count alone", thrown("E", "v", frame("l", "a", 1, lib)), thrown("E", "v", frame("l", "b", 1, lib)))
	apart("values count without a stack", thrown("E", "disk full"), thrown("E", "no route"))
	apart("causes count",
		&event.Event{Exceptions: []event.Exception{{Type: "W", Stack: event.Stacktrace{Frames: []event.Frame{frame("m", "f", 1, app)}}}, {Type: "E", Value: "not found"}}},
		&event.Event{Exceptions: []event.Exception{{Type: "W", Stack: event.Stacktrace{Frames: []event.Frame{frame("m", "f", 1, app)}}}, {Type: "E", Value: "refused"}}})
	apart("parts are not run together",
		&event.Event{Fingerprint: []string{"ab", "c"}}, &event.Event{Fingerprint: []string{"a", "bc"}})
}

func TestGroupMembersThatSayTheSameCountOnce(t *testing.T) {
	group := func(values ...string) *event.Event {
		e := &event.Event{Exceptions: []event.Exception{{Type: "*errors.joinError", Mechanism: event.Mechanism{IsGroup: true}}}}
		for i, v := range values {
			e.Exceptions = append(e.Exceptions, event.Exception{Type: "E", Value: v, Mechanism: event.Mechanism{ID: i + 1}})
		}
		return e
	}
	if Event(group("id 1", "id 2")).Fingerprint != Event(group("id 3", "id 4", "id 5")).Fingerprint {
		t.Error("two and three equal members are apart")
	}
	if Event(group("disk full")).Fingerprint == Event(group("disk full", "no route")).Fingerprint {
		t.Error("a different member does not count")
	}
}

func TestClientFingerprintTakesDefaultAndVariables(t *testing.T) {
	base := thrown("E", "v", frame("m", "f", 1, event.InAppYes))
	with := func(fp ...string) *event.Event {
		e := *base
		e.Fingerprint = fp
		e.Transaction = "GET /"
		return &e
	}
	if Event(with("{{ default }}")).Fingerprint != Event(base).Fingerprint {
		t.Error("{{ default }} alone is not the default")
	}
	if Event(with("{{default}}", "tenant-1")).Fingerprint == Event(with("{{ default }}", "tenant-2")).Fingerprint {
		t.Error("an element beside default does not count")
	}
	parts := Event(with("x", "{{ transaction }}", "{{ unknown }}")).Parts
	want := "[{client x fingerprint[0]} {variable GET / fingerprint[1]} {client {{ unknown }} fingerprint[2]}]"
	if got := fmt.Sprint(parts); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTitleAndCulprit(t *testing.T) {
	f := func(e *event.Event, title, culprit string) {
		t.Helper()
		r := Event(e)
		if r.Title != title || r.Culprit != culprit {
			t.Errorf("got %q at %q, want %q at %q", r.Title, r.Culprit, title, culprit)
		}
	}
	f(&event.Event{}, Unlabeled, "")
	f(&event.Event{Message: event.Message{Formatted: "\n hello \n world"}}, "hello", "")
	f(thrown("E", "first\nsecond", frame("m", "f", 1, event.InAppYes), frame("l", "g", 1, event.InAppNo)), "E: first", "m in f")
	f(thrown("E", ""), "E", "")
	f(thrown("", "only text"), "only text", "")
	e := thrown("SIGSEGV", "", frame("", "crash", 1, event.InAppUnknown))
	e.Exceptions[0].Mechanism.Synthetic = true
	f(e, "crash", "crash")
	e = thrown("E", "v", frame("m", "f", 1, event.InAppYes))
	e.Transaction = "GET /users"
	f(e, "E: v", "GET /users")
}

func TestPartsSayWhereTheyComeFrom(t *testing.T) {
	r := Event(thrown("E", "v", frame("l", "g", 1, event.InAppNo), frame("m", "f", 1, event.InAppYes)))
	want := "[{exception_type E exceptions[0].type} {frame m f exceptions[0].frames[1]}]"
	if got := fmt.Sprint(r.Parts); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
