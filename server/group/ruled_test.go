package group

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
)

func readRules(t testing.TB, fingerprints, stacks string) *Rules {
	t.Helper()
	r, err := NewRules(fingerprints, stacks)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// failure is a new event each time, because rules change events.
func failure() *event.Event {
	e := thrown("TimeoutError", "no answer after 5 s",
		event.Frame{Module: "app.main", Function: "main", Filename: "app/main.py", InApp: event.InAppYes},
		event.Frame{Module: "app.db", Function: "connect", Filename: "app/db.py", InApp: event.InAppYes},
		event.Frame{Module: "driver", Function: "open", Filename: "/usr/lib/driver.py", InApp: event.InAppNo})
	e.Tags = []event.Tag{{Key: "region", Value: "eu-1"}}
	return e
}

func TestRulesDecideWhatGroups(t *testing.T) {
	t.Parallel()
	const kind = "{exception_type TimeoutError exceptions[0].type}"
	main := "{frame app.main main exceptions[0].frames[0]}"
	connect := "{frame app.db connect exceptions[0].frames[1]}"
	open := "{frame driver open exceptions[0].frames[2]}"
	f := func(fingerprints, stacks, parts, title string) {
		t.Helper()
		got := readRules(t, fingerprints, stacks).Event(failure())
		if text := fmt.Sprint(got.Parts); text != "["+parts+"]" {
			t.Errorf("%s%s\n got %s\nwant [%s]", fingerprints, stacks, text, parts)
		}
		if got.Title != title {
			t.Errorf("%s%s: title %q", fingerprints, stacks, got.Title)
		}
	}
	const usual = "TimeoutError: no answer after 5 s"
	f("type:Other -> x", "", kind+" "+main+" "+connect, usual)
	f("type:Timeout* -> down", "", "{rule down fingerprint_rules[1]}", usual)
	f("# c\ntype:Timeout* -> {{ default }}, \"{{ tags.region }}\"", "", kind+" "+main+" "+connect+" {rule eu-1 fingerprint_rules[2]}", usual)
	f("type:Timeout* -> {{ default }}-x title=\"Down in {{ tags.region }}\"", "", kind+" "+main+" "+connect+" {rule -x fingerprint_rules[1]}", "Down in eu-1")
	f("", "function:main -app", kind+" "+connect, usual)
	f("", "function:main -group", kind+" "+connect, usual)
	f("", "module:driver +app", kind+" "+main+" "+connect+" "+open, usual)
	f("", "function:* -app", kind+" "+main+" "+connect+" "+open, usual)
	f("", "family:other max-frames=1", kind+" "+connect, usual)
	f("", "function:connect v-group", kind+" "+connect, usual)
	f("", "function:* -group", kind+" {exception_value no answer after <number> s exceptions[0].value}", usual)
	f("app:yes function:open -> found", "module:driver +app", "{rule found fingerprint_rules[1]}", usual)
}

func TestAGrouperFindsWhatRulesFind(t *testing.T) {
	t.Parallel()
	sets := []*Rules{
		nil,
		readRules(t, "type:E -> {{ default }}, {{ error.value }}\nmessage:* -> m, {{ message }}", ""),
		readRules(t, "", "module:l +app -group\nfunction:f max-frames=1"),
		readRules(t, "app:yes -> own", "module:l +app"),
		readRules(t, "", "error.value:v function:* -group"),
	}
	g := NewGrouper(DefaultMemory)
	for range 3 {
		for n, r := range sets {
			alone, together := variants(), variants()
			for i := range alone {
				if diff := cmp.Diff(r.Event(alone[i]), g.Event(together[i], r)); diff != "" {
					t.Fatalf("rules %d, event %d: %s", n, i, diff)
				}
				if diff := cmp.Diff(alone[i], together[i]); diff != "" {
					t.Fatalf("rules %d, event %d: %s", n, i, diff)
				}
			}
		}
	}
}

func TestRulesLeaveSharedFramesAlone(t *testing.T) {
	t.Parallel()
	e := failure()
	stack := &e.Exceptions[0].Stack
	stack.Shared = 7
	frames := stack.Frames
	NewGrouper(DefaultMemory).Event(e, readRules(t, "", "function:main -app"))
	if frames[0].InApp != event.InAppYes {
		t.Error("frames that other events have were changed")
	}
	if stack.Frames[0].InApp != event.InAppNo || stack.Shared != 0 {
		t.Error("the event's own frames were not")
	}
}

func TestAGrouperRemembersRulesAndIgnoresBrokenOnes(t *testing.T) {
	t.Parallel()
	g := NewGrouper(DefaultMemory)
	if g.Rules("", "") != nil || g.Rules("nonsense", "") != nil {
		t.Error("rules of nothing")
	}
	if r := g.Rules("type:E -> x", ""); r == nil || r != g.Rules("type:E -> x", "") {
		t.Error("rules are read again")
	}
}

// BenchmarkGrouperRuled has rules as a project may have them.
func BenchmarkGrouperRuled(b *testing.B) {
	events := load(4096)
	g := NewGrouper(DefaultMemory)
	r := readRules(b, "error.type:DatabaseUnavailable -> system-down\nmessage:\"connection *\" logger:x -> {{ default }}, {{ transaction }}",
		"family:go stack.abs_path:**/vendor/** -app\nstack.function:main v-group\nmodule:example.com/shop/* +app\n[ function:handle ] | app:no -group")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		g.Event(events[i%len(events)], r)
	}
}
