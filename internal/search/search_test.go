package search

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQueriesPrintInOneForm(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		q, err := Parse(in)
		if err != nil {
			t.Fatalf("Parse(%q): %v", in, err)
		}
		if got := q.String(); got != want {
			t.Fatalf("Parse(%q) prints %q, want %q", in, got, want)
		}
		again, err := Parse(want)
		if err != nil {
			t.Fatalf("Parse(%q): %v", want, err)
		}
		if diff := cmp.Diff(q, again); diff != "" {
			t.Fatalf("Parse(%q) changes when printed: %s", in, diff)
		}
	}
	same := func(in string) {
		t.Helper()
		f(in, in)
	}
	same("")
	f("  \t\n ", "")
	same("is:unresolved level:error release:1.2.* !environment:dev user.email:a@b.c tag[release]:value stack.function:handle* times_seen:>100")
	f(`age:-24h timestamp:>2026-01-01 "free text"`, `first_seen:-1d timestamp:>2026-01-01 "free text"`)

	// Operators and parentheses.
	same("a OR b c")
	f("(a OR b) AND c", "(a OR b) c")
	f("((a))", "a")
	f("(a b) (c d)", "a b c d")
	f("a OR (b OR c)", "a OR b OR c")
	f("!(a)", "!a")
	f("!(!a)", "a")
	same("!(a OR b)")
	same("!(a b) c")
	f("order android", "order android")
	f(`"OR" "AND"`, `"OR" "AND"`)
	f("level:error OR(level:fatal handled:false)", "level:error OR level:fatal handled:false")

	// Keys.
	f("tag[browser]:Firefox tags[my key]:x", "browser:Firefox tag[my key]:x")
	f(`tag[a\]\\b]:x`, `tag[a\]\\b]:x`)
	f("tag[level]:x", "tag[level]:x")
	f("tag:x tag[has]:y", "tag:x tag[has]:y")
	f("env:prod assignee:a@b.c server:x", "environment:prod assigned:a@b.c server_name:x")
	f("has:user has:tag[x] has:release !has:trace", "has:user has:x has:release !has:trace")

	// Values.
	f(`release:"1.2.3"`, "release:1.2.3")
	f(`transaction:"POST /checkout"`, `transaction:"POST /checkout"`)
	f(`path:C:\x\*`, `path:"C:\\x\*"`)
	f(`path:"a\"b*c\*d"`, `path:"a\"b*c\*d"`)
	f("release:a**b", "release:a*b")
	f("release:[1.0, 2.0,3.*]", "release:[1.0, 2.0, 3.*]")
	f("release:[1.0]", "release:1.0")
	f(`a:[",", "]"]`, `a:[",", "]"]`)
	f("level:[ERROR, warn]", "level:[error, warning]")
	f("level:>=Warning", "level:>=warning")
	f("is:ignored is:[resolved, archived]", "is:archived is:[resolved, archived]")
	f("handled:true error.handled:false is:unhandled", "handled:true handled:false handled:false")
	f("id:FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0", "id:fc6d8c0c43fc4630ad850ee518f1b9d0")
	f("issue:web-42", "issue:WEB-42")
	f("times_seen:>=0100", "times_seen:>=100")

	// Having and lacking.
	f(`environment:"" release:* dist:***`, "!has:environment has:release has:dist")
	f(`!environment:""`, "has:environment")
	f("is:assigned is:unassigned assigned:none", "has:assigned !has:assigned !has:assigned")
	f("assigned:[me, none]", "assigned:me OR !has:assigned")
	f("x assigned:[me, none]", "x (assigned:me OR !has:assigned)")

	// Times.
	f("timestamp:2026-01-02", "timestamp:2026-01-02")
	f("timestamp:2026-01-02T03:04", "timestamp:2026-01-02T03:04Z")
	f("timestamp:<=2026-01-02T03:04:05.5+01:00", "timestamp:<=2026-01-02T02:04:05.500Z")
	f("timestamp:<2026-01-02T00:00:00Z", "timestamp:<2026-01-02")
	f("timestamp:2026-01-02T00:00:00Z", "timestamp:2026-01-02T00:00:00Z")
	f("timestamp:2026-01-02T00:00:00.000Z", "timestamp:2026-01-02T00:00:00.000Z")
	f("last_seen:-14d first_seen:+90m", "last_seen:-2w first_seen:+90m")
	f("age:<24h age:>2w", "first_seen:-1d first_seen:+2w")

	// Ordinary text.
	f("TypeError: x is undefined", `"TypeError:" x is undefined`)
	f("https://example.com/x std::io::Error 12:30", `"https://example.com/x" "std::io::Error" "12:30"`)
	f(`"say \"hi\""`, `"say \"hi\""`)
	f("naïve 日本", `"naïve" "日本"`)
	f("- | a,b", `"-" "|" "a,b"`)
}

func TestErrorsPointAtTheColumn(t *testing.T) {
	f := func(in string, column int, expected string) {
		t.Helper()
		_, err := Parse(in)
		var s *SyntaxError
		if !errors.As(err, &s) || !errors.Is(err, ErrSyntax) {
			t.Fatalf("Parse(%q) = %v", in, err)
		}
		if s.Column != column || !strings.Contains(s.Expected, expected) {
			t.Fatalf("Parse(%q): column %d: %s; want column %d: %s", in, s.Column, s.Expected, column, expected)
		}
	}
	f("level:", 7, "a value for level:")
	f("level:loud", 7, "debug, info, warning, error or fatal")
	f("é level:loud", 9, "debug, info")
	f("is:sad", 4, "unresolved")
	f("(a", 3, "expected ) for the parenthesis opened in column 1")
	f("a)", 2, "no parenthesis is open")
	f("()", 2, "expected a term")
	f("a OR", 5, "expected a term")
	f("OR a", 1, "expected a term")
	f("a AND OR b", 7, "expected a term")
	f("! a", 2, "right after !")
	f("!!a", 2, "right after !")
	f("!", 2, "right after !")
	f(`"abc`, 5, "closing quote")
	f(`"a"b`, 4, "expected a space")
	f("release:a(b)", 10, "expected a space")
	f("release:[a", 11, "expected , or ]")
	f("release:[a b]", 12, "expected , or ]")
	f("release:[]", 10, "expected a value")
	f("release:[a,]", 12, "expected a value")
	f("times_seen:[>1]", 13, "without >")
	f("release:>1", 9, "release has no order")
	f("times_seen:many", 12, "whole number")
	f("times_seen:-1", 12, "whole number")
	f("times_seen:99999999999999999999", 12, "whole number")
	f("level:err*", 7, "without wildcards")
	f("timestamp:yesterday", 11, "2026-01-31")
	f("timestamp:1969-01-01", 11, "2026-01-31")
	f("timestamp:>-1h", 12, "a span stands alone")
	f("first_seen:[-1h, 2026-01-01]", 13, "no spans")
	f("id:xyz", 4, "32 hexadecimal digits")
	f("issue:nothing", 7, "WEB-42")
	f("has:", 5, "field or tag")
	f("has:timestamp", 5, "can lack")
	f("has:has", 5, "can lack")
	f("tag[]:x", 4, "name of a tag")
	f("tag[x", 6, "expected ]")
	f("tag[x] y", 7, "expected :")
	f("a\xffb", 2, "UTF-8")
}

func TestLimitsHaveNamedErrors(t *testing.T) {
	f := func(in string, want error) {
		t.Helper()
		if _, err := Parse(in); !errors.Is(err, want) || !errors.Is(err, ErrSyntax) {
			t.Fatalf("Parse(%.40q) = %v, want %v", in, err, want)
		}
	}
	ok := func(in string) {
		t.Helper()
		if _, err := Parse(in); err != nil {
			t.Fatalf("Parse(%.40q): %v", in, err)
		}
	}
	f(strings.Repeat("a", MaxLength+1), ErrTooLong)
	f(strings.Repeat(`\`, MaxLength), ErrTooLong) // its printed form
	f(strings.Repeat("(", MaxDepth+1)+"a"+strings.Repeat(")", MaxDepth+1), ErrTooDeep)
	ok(strings.Repeat("(", MaxDepth) + "a" + strings.Repeat(")", MaxDepth))
	f(strings.Repeat("a ", MaxTerms+1), ErrTooManyTerms)
	ok(strings.Repeat("a ", MaxTerms))
	f("r:["+strings.Repeat("a,", MaxList)+"a]", ErrTooManyValues)
	words := make([]string, MaxWords+1)
	for i := range words {
		words[i] = strings.Repeat("x", i+1)
	}
	f(`"`+strings.Join(words, " ")+`"`, ErrTooManyWords)
	ok(`"` + strings.Join(words[1:], " ") + `"`)
}

func TestQueriesOfEventsRefuseWordsAboutIssues(t *testing.T) {
	f := func(in string, column int) {
		t.Helper()
		_, err := ParseEvents(in)
		var s *SyntaxError
		if !errors.As(err, &s) || s.Column != column {
			t.Fatalf("ParseEvents(%q) = %v, want column %d", in, err, column)
		}
	}
	f("level:error is:unresolved", 13)
	f("has:assigned", 5)
	f("!age:-24h", 2)
	if _, err := ParseEvents("level:error browser:Firefox has:user"); err != nil {
		t.Fatal(err)
	}
}

func TestKeysAreReadAlone(t *testing.T) {
	f := func(in string, want Key, ok bool) {
		t.Helper()
		got, err := ParseKey(in)
		if (err == nil) != ok || got != want {
			t.Fatalf("ParseKey(%q) = %v, %v", in, got, err)
		}
	}
	f("", Key{}, false)
	f("has", Key{}, false)
	f("a b", Key{}, false)
	f("release:x", Key{}, false)
	f("env", Key{Field: Environment}, true)
	f("browser", Key{Tag: "browser"}, true)
	f("tag[a b]", Key{Tag: "a b"}, true)
}

func TestRewriteReplacesComparisons(t *testing.T) {
	q, err := Parse("!assigned:me (assigned:me OR level:error)")
	if err != nil {
		t.Fatal(err)
	}
	got, err := q.Rewrite(func(c Compare) (Node, error) {
		if c.Key.Field == Assigned {
			return Not{Has{c.Key}}, nil
		}
		return c, nil
	})
	if err != nil || got.String() != "has:assigned (!has:assigned OR level:error)" {
		t.Fatalf("%v, %v", got, err)
	}
	if q.String() != "!assigned:me (assigned:me OR level:error)" {
		t.Fatalf("the query itself changed to %v", q)
	}
}

func TestSummaryIsEnoughForSomeQueries(t *testing.T) {
	f := func(in string, want bool) {
		t.Helper()
		q, err := Parse(in)
		if err != nil || q.FitsSummary() != want {
			t.Fatalf("%q: %v, %v", in, q.FitsSummary(), err)
		}
	}
	f("", true)
	f("level:error browser:x OR has:release", true)
	f("word", false)
	f("!stack.function:x", false)
	f("has:user", false)
}
