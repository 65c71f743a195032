package search

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

var matchNow = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func matchEvent() *event.Occurrence {
	return &event.Occurrence{
		ProjectID: 7, Title: "TypeError: Cannot read property 'id' of undefined", Culprit: "checkout.pay",
		Event: &event.Event{
			ID: event.ID{0xfc, 0x6d, 15: 0xd0}, Timestamp: matchNow.Add(-time.Hour).Add(123456 * time.Microsecond),
			Level: event.LevelError, Platform: "javascript", Logger: "billing.cards", Transaction: "POST /checkout",
			ServerName: "web-3", Release: "shop@1.2.10", Environment: "production",
			Message: event.Message{Template: "order %s failed", Formatted: "order 81 failed"},
			Exceptions: []event.Exception{
				{Type: "TypeError", Value: "Cannot read property 'id' of undefined", Mechanism: event.Mechanism{Type: "onerror", Handled: event.HandledNo},
					Stack: event.Stacktrace{Frames: []event.Frame{{Function: "main", Module: "app"}, {Function: "handlePay", Filename: "pay.tsx", AbsPath: "https://cdn.example.com/pay.js"}}}},
				{Type: "FetchError", Value: "Naïve 100% of C:\\temp_1"},
			},
			User:    event.User{ID: "42", Email: "Ada@Example.com", IP: "10.1.2.3"},
			Request: event.Request{URL: "https://shop.example.com/checkout?x=1", Method: "POST"},
			Tags:    []event.Tag{{Key: "browser", Value: "Firefox 130"}, {Key: "my key", Value: "v"}, {Key: "empty", Value: ""}, {Key: "browser", Value: "second"}},
			SDK:     event.SDK{Name: "faultline.js", Version: "0.3.1"},
			Trace:   event.Trace{TraceID: [16]byte{0x4b, 15: 0x36}},
		},
	}
}

func TestMatching(t *testing.T) {
	o := matchEvent()
	summary := o.Summary()
	f := func(query string, want bool) {
		t.Helper()
		q, err := Parse(query)
		if err != nil {
			t.Fatalf("%q: %v", query, err)
		}
		if got := q.Match(OfOccurrence(o), matchNow); got != want {
			t.Fatalf("%q matches: %v", query, got)
		}
		if q.FitsSummary() && q.Match(OfSummary(&summary), matchNow) != want {
			t.Fatalf("%q is decided otherwise on the short form", query)
		}
		not := Query{Root: negation(q.Root)}
		if !q.Empty() && not.Match(OfOccurrence(o), matchNow) == want {
			t.Fatalf("%q and its negation agree", query)
		}
	}
	f("", true)

	// Text: whole values, stars, no regard to the case of ASCII letters.
	f("release:shop@1.2.10", true)
	f("release:shop@1.2", false)
	f("release:shop@1.2.*", true)
	f("release:*1.2*", true)
	f("release:*1.3*", false)
	f("release:SHOP@*", true)
	f("release:s*p@1*10", true)
	f("release:shop@1.2.10*10", false)
	f("user.email:ada@example.com", true)
	f("platform:[go, javascript]", true)
	f("platform:[go, python]", false)
	f(`error.value:"*100% of C:\\temp_1"`, true)
	f(`error.value:"*100% of C:\\tempX1"`, false)
	f(`error.value:"naïve*"`, true)
	f(`error.value:"NAÏVE*"`, false)

	// Several values: one is enough, and a negation wants none.
	f("error.type:FetchError", true)
	f("!error.type:FetchError", false)
	f("stack.function:handle*", true)
	f("stack.function:[other, MAIN]", true)
	f("stack.module:app stack.filename:*.tsx stack.abs_path:https://cdn.*", true)
	f("error.mechanism:onerror", true)
	f("user:42 user:10.1.* user.id:42 user.ip:10.1.2.3", true)
	f("user.username:ada", false)

	// Having and lacking.
	f("has:user !has:user.username", true)
	f("has:dist", false)
	f(`dist:""`, true)
	f("has:browser", true)
	f("has:empty", false)
	f("has:nothing", false)
	f("!nothing:x", true)
	f("dist:*", false)
	f("has:trace has:level", true)

	// Tags: the first of a name.
	f(`browser:"Firefox 130"`, true)
	f("browser:firefox*", true)
	f("browser:second", false)
	f("Browser:firefox*", false)
	f("tag[my key]:v", true)

	// Levels, truth, ids.
	f("level:error", true)
	f("level:>warning level:<=error !level:fatal level:<fatal level:>=error", true)
	f("level:[warning, info]", false)
	f("handled:false is:unhandled", true)
	f("handled:true", false)
	f("id:fc6d00000000000000000000000000d0", true)
	f("trace:4b000000000000000000000000000036", true)
	f("trace:4b000000000000000000000000000037", false)

	// Times, in whole milliseconds.
	f("timestamp:2026-03-10", true)
	f("timestamp:2026-03-09", false)
	f("timestamp:[2026-03-09, 2026-03-10]", true)
	f("timestamp:2026-03-10T11:00:00.123", true)
	f("timestamp:2026-03-10T11:00:00.124", false)
	f("timestamp:>2026-03-10 timestamp:<2026-03-11", true)
	f("timestamp:>2026-03-10T11:00:00.123", false)
	f("timestamp:>=2026-03-10T11:00:00.123", true)
	f("timestamp:-1h", true)
	f("timestamp:-59m", false)
	f("timestamp:+59m", true)
	f("timestamp:+2h", false)

	// Free text: all words, wherever they stand in exceptions, message and transaction.
	f("undefined property", true)
	f("prop", false)
	f("UNDEFINED", true)
	f("TypeError: Cannot", true)
	f(`"order failed 81"`, true)
	f("checkout POST", true)
	f("naïve", true)
	f("pay", false)
	f(`"---"`, true)
	f("order missing", false)
	f("order OR missing", true)

	// Operators.
	f("level:info OR level:error handled:false", true)
	f("(level:info OR level:error) handled:true", false)
	f("!(level:info handled:false)", true)

	// What speaks of issues has no value here.
	f("is:unresolved", false)
	f("times_seen:>0", false)
}

func TestEveryFieldHasAnExampleThatUsesIt(t *testing.T) {
	for _, f := range Fields() {
		q, err := Parse(f.Example)
		if err != nil {
			t.Fatalf("%s: %v", f.Field, err)
		}
		used := false
		q.walk(func(n Node) {
			switch n := n.(type) {
			case Has:
				used = used || n.Key.Field == f.Field
			case Compare:
				used = used || n.Key.Field == f.Field
			}
		})
		if !used {
			t.Fatalf("%q does not use %s", f.Example, f.Field)
		}
	}
}

func TestLikeEscapesWhatSQLReads(t *testing.T) {
	if got := NewPattern(`A_b%`, `\C`, "").Like(); got != `a\_b\%%\\c%` {
		t.Fatal(got)
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse(`level:error release:1.2.* !environment:dev (browser:Firefox OR stack.function:handle*) "connection refused"`); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseLinear(b *testing.B) {
	for _, n := range []int{500, 1000, 2000, 4000} {
		text := strings.Repeat("x", n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				_, _ = Parse(text)
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	o := matchEvent()
	q, err := ParseEvents(`level:>=error !environment:dev browser:firefox* stack.function:handle* "read property"`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !q.Match(OfOccurrence(o), matchNow) {
			b.Fatal("no match")
		}
	}
}
