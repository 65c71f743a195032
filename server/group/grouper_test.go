package group

import (
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
)

// variants are events whose grouping takes each way through the package.
func variants() []*event.Event {
	own := event.Frame{Module: "m", Function: "f", InApp: event.InAppYes}
	events := []*event.Event{
		{},
		{Platform: "go"},
		{Message: event.Message{Formatted: "user 1"}},
		{Message: event.Message{Formatted: "user 2"}},
		{Message: event.Message{Formatted: "text"}, Threads: []event.Thread{{Stack: event.Stacktrace{Frames: []event.Frame{own}}}}},
		{Exceptions: []event.Exception{{}}, Message: event.Message{Formatted: "one"}},
		{Exceptions: []event.Exception{{}}, Message: event.Message{Formatted: "two"}},
		thrown("E", "v", own), thrown("E", "w", own),
		thrown("E", "v", event.Frame{Module: "l", Function: "g", InApp: event.InAppNo}, own),
		thrown("E", "v 1", event.Frame{Filename: "a.js", InApp: event.InAppYes}),
		thrown("E", "v 2", event.Frame{Filename: "a.js", InApp: event.InAppYes}),
		thrown("E", "w", event.Frame{Filename: "a.js", InApp: event.InAppYes}),
		thrown("E", "v", event.Frame{Platform: "node", Function: "__awaiter", InApp: event.InAppYes}, event.Frame{Module: "l", Function: "g", InApp: event.InAppNo}),
		thrown("E", "v", event.Frame{Platform: "node", Function: "__awaiter", InApp: event.InAppYes}, event.Frame{Module: "l", Function: "h", InApp: event.InAppNo}),
		{Exceptions: []event.Exception{{Type: "E"}}, Threads: []event.Thread{{Crashed: true, Stack: event.Stacktrace{Frames: []event.Frame{own}}}}},
		{Fingerprint: []string{"a", "{{ default }}", "{{ level }}"}, Level: event.LevelError, Message: event.Message{Formatted: "one"}},
		{Fingerprint: []string{"a", "{{ default }}", "{{ level }}"}, Level: event.LevelFatal, Message: event.Message{Formatted: "one"}},
		{Fingerprint: []string{"a", "{{ default }}", "{{ level }}"}, Level: event.LevelFatal, Message: event.Message{Formatted: "two"}},
		{Fingerprint: []string{"a{{ default }}"}, Message: event.Message{Formatted: "two"}},
	}
	return append(events, load(60)...)
}

func TestAGrouperFindsWhatEventFinds(t *testing.T) {
	t.Parallel()
	events := variants()
	for _, memory := range []int{0, 20_000, DefaultMemory} {
		g := NewGrouper(memory)
		for range 3 {
			for i, e := range events {
				if diff := cmp.Diff(Event(e), g.Event(e, nil)); diff != "" {
					t.Fatalf("%d bytes, event %d: %s", memory, i, diff)
				}
			}
		}
	}
}

func TestAGrouperStaysWithinItsMemory(t *testing.T) {
	t.Parallel()
	g := NewGrouper(64 << 10)
	for i := range 10_000 {
		g.Event(&event.Event{Message: event.Message{Formatted: "m" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))}}, nil)
	}
	for i := range g.cache.shards {
		s := &g.cache.shards[i]
		used := 0
		for _, generation := range []map[key]entry{s.young, s.old} {
			for _, e := range generation {
				used += e.size()
			}
		}
		if used > 2*g.cache.room {
			t.Fatalf("shard %d holds %d bytes of %d", i, used, 2*g.cache.room)
		}
	}
}

func TestAGrouperServesManyAtOnce(t *testing.T) {
	t.Parallel()
	g, events := NewGrouper(20_000), variants()
	want := make([]Result, len(events))
	for i, e := range events {
		want[i] = Event(e)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i, e := range events {
				if got := g.Event(e, nil); got.Fingerprint != want[i].Fingerprint {
					t.Errorf("event %d differs", i)
				}
			}
		})
	}
	all.Wait()
}

func TestLongMessagesAreCutAtACharacter(t *testing.T) {
	t.Parallel()
	for shift := range 4 {
		r := Event(&event.Event{Message: event.Message{Formatted: strings.Repeat("x", shift) + strings.Repeat("日本", 5000)}})
		if value := r.Parts[0].Value; !utf8.ValidString(value) || len(value) > maxWords {
			t.Errorf("%d bytes, valid: %v", len(value), utf8.ValidString(value))
		}
	}
}
