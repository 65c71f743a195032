package clickhouse

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// TestMemoryAndSQLAgree draws events and queries over a small vocabulary and holds
// search.Query.Match and the statements together.
func TestMemoryAndSQLAgree(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	ctx := t.Context()
	var all []*event.Occurrence
	gen := rapid.Custom(vocabularyEvent)
	for i := range 150 {
		o := gen.Example(i)
		o.Event.ID = event.NewID()
		all = append(all, o)
	}
	all = append(all, fullEvent())
	if err := s.Insert(ctx, "a", all); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		text := anyQuery(r, 2)
		q, err := search.ParseEvents(text)
		if err != nil {
			r.Skip(err)
		}
		now := time.Now()
		want := map[string]bool{}
		for _, o := range all {
			if q.Match(search.OfOccurrence(o), now) {
				want[o.Event.ID.String()] = true
			}
		}
		list, err := s.Events(ctx, view.EventsRequest{ProjectID: 1, Query: q, Limit: 1000})
		if err != nil {
			r.Fatalf("%s: %v", text, err)
		}
		got := map[string]bool{}
		for _, e := range list {
			got[e.EventID.String()] = true
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
			r.Fatalf("query %s (-memory +SQL):\n%s", text, diff)
		}
	})
}

var vocabulary = []string{"", "go", "GO", "web-1", "TypeError", "typeerror", "a.b_c%d", "x y", "order 7", "Order-8 y", "order", "é", "/api/{id}", `q"u'o\te`, "eu"}

// vocabularyEvent draws an event whose texts are few, so that queries meet them.
func vocabularyEvent(r *rapid.T) *event.Occurrence {
	word := func() string { return rapid.SampledFrom(vocabulary).Draw(r, "word") }
	e := &event.Event{
		Timestamp: noon.Add(time.Duration(rapid.Int64Range(-3, 3).Draw(r, "ms"))*time.Millisecond + time.Duration(rapid.Int64Range(0, 999999).Draw(r, "ns"))),
		Level:     event.Level(rapid.IntRange(0, 5).Draw(r, "level")), Platform: word(), Logger: word(), Transaction: word(), ServerName: word(),
		Release: word(), Dist: word(), Environment: word(), Message: event.Message{Template: word(), Formatted: word()},
		User:    event.User{ID: word(), Email: word(), Username: word(), IP: word()},
		Request: event.Request{URL: word(), Method: word()}, SDK: event.SDK{Name: word(), Version: word()},
	}
	for range rapid.IntRange(0, 2).Draw(r, "exceptions") {
		x := event.Exception{Type: word(), Value: word(), Mechanism: event.Mechanism{Type: word(), Handled: event.Handled(rapid.IntRange(0, 2).Draw(r, "handled"))}}
		for range rapid.IntRange(0, 2).Draw(r, "frames") {
			x.Stack.Frames = append(x.Stack.Frames, event.Frame{Function: word(), Module: word(), Filename: word(), AbsPath: word()})
		}
		e.Exceptions = append(e.Exceptions, x)
	}
	for _, key := range []string{"region", "a b"} {
		if rapid.Bool().Draw(r, "tagged") {
			e.Tags = append(e.Tags, event.Tag{Key: key, Value: word()})
		}
	}
	if rapid.Bool().Draw(r, "traced") {
		e.Trace.TraceID[0] = 0xab
	}
	return &event.Occurrence{ProjectID: 1, ReceivedAt: noon, RetentionDays: 30, Event: e, Fingerprint: event.Fingerprint{byte(rapid.IntRange(1, 5).Draw(r, "issue"))}, Title: word(), Culprit: word()}
}

// anyQuery draws the text of a query.
func anyQuery(r *rapid.T, depth int) string {
	if depth > 0 && rapid.IntRange(0, 2).Draw(r, "branch") > 0 {
		parts := make([]string, rapid.IntRange(1, 3).Draw(r, "parts"))
		for i := range parts {
			parts[i] = anyQuery(r, depth-1)
		}
		text := "(" + strings.Join(parts, rapid.SampledFrom([]string{" ", " OR "}).Draw(r, "join")) + ")"
		return rapid.SampledFrom([]string{"", "!"}).Draw(r, "not") + text
	}
	return rapid.SampledFrom([]string{"", "", "!"}).Draw(r, "not") + anyTerm(r)
}

func anyTerm(r *rapid.T) string {
	value := func() string {
		word := rapid.SampledFrom(vocabulary).Draw(r, "value")
		if n := len(word); n > 1 && rapid.Bool().Draw(r, "piece") && word[n-1] < 0x80 && word[0] < 0x80 {
			word = word[:n/2]
		}
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word)
		return `"` + rapid.SampledFrom([]string{"%s", "%s", "*%s", "%s*", "*%s*"}).Draw(r, "wild") + `"` + "\x00" + quoted
	}
	text := func() string {
		form, word, _ := strings.Cut(value(), "\x00")
		return fmt.Sprintf(form, word)
	}
	var names []string
	for _, f := range search.Fields() {
		if f.Kind == search.KindText && !f.Issue {
			names = append(names, string(f.Field))
		}
	}
	key := rapid.SampledFrom(append(names, "tag[region]", "tag[a b]")).Draw(r, "key")
	switch rapid.IntRange(0, 9).Draw(r, "kind") {
	case 0:
		return "has:" + key
	case 1:
		return text() // free text
	case 2:
		return "level:" + rapid.SampledFrom([]string{"", ">", ">=", "<", "<="}).Draw(r, "op") + rapid.SampledFrom([]string{"debug", "error", "fatal"}).Draw(r, "level")
	case 3:
		return "timestamp:" + rapid.SampledFrom([]string{"", ">", ">=", "<", "<="}).Draw(r, "op") + noon.Add(time.Duration(rapid.IntRange(-3, 3).Draw(r, "ms"))*time.Millisecond).Format("2006-01-02T15:04:05.000Z")
	case 4:
		return rapid.SampledFrom([]string{"handled:true", "handled:false", "has:trace", "has:level", "timestamp:-48h", "timestamp:+1h", "trace:ab000000000000000000000000000000"}).Draw(r, "fixed")
	case 5:
		return key + ":[" + text() + ", " + text() + "]"
	}
	return key + ":" + text()
}

func TestIssueWordsFindIssues(t *testing.T) {
	t.Parallel()
	s, _ := issueFixture(t)
	f := func(query string, want ...byte) {
		t.Helper()
		q, err := search.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		rows, _, err := s.Issues(t.Context(), view.IssuesRequest{Projects: []uint32{1}, Query: q, Limit: 100, Sort: view.ByFirstSeen})
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		var got []byte
		for _, r := range rows {
			got = append(got, r.Record.ID.Fingerprint[0])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s found %v, want %v", query, got, want)
		}
		// The same words must select the same issues' events.
		events, err := s.Events(t.Context(), view.EventsRequest{ProjectID: 1, Query: q, Limit: 1000})
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if (len(events) == 0) != (len(want) == 0) {
			t.Errorf("%s found %d events", query, len(events))
		}
	}
	f("", 1, 2, 3)
	f("is:unresolved", 1, 3)
	f("is:resolved", 2)
	f("!is:resolved", 1, 3)
	f("is:new", 3)
	f("is:ongoing", 1)
	f("is:archived")
	f("is:assigned", 1)
	f("assigned:a@b.c", 1)
	f("assigned:none", 2, 3)
	f("times_seen:>=10", 1, 2)
	f("times_seen:10", 1)
	f("users_seen:>1", 1, 2)
	f("issue:WEB-2", 2)
	f("first_seen:<"+noon.Add(30*time.Second).Format(time.RFC3339), 1)
	f("last_seen:>=2020-01-01", 1, 2, 3)
	f("is:resolved OR level:debug", 2)
	f("(is:resolved OR tag[region]:eu) times_seen:<15", 1, 3)
	f("is:unresolved tag[region]:us")
}
