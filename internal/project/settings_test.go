package project

import "testing"

func TestMatch(t *testing.T) {
	f := func(pattern, s string, want bool) {
		t.Helper()
		if got := Match(pattern, s); got != want {
			t.Errorf("Match(%q, %q) = %v", pattern, s, got)
		}
	}
	f("*", "", false)
	f("", "a", false)
	f("a", "b", false)
	f("a*c", "abd", false)
	f("1.2.*", "1.3.0", false)
	f("*", "a", true)
	f("A", "a", true)
	f("1.2.*", "1.2.0", true)
	f("*loop*exceeded", "ResizeObserver loop limit exceeded", true)
	f("a**b", "aXb", true)
	f("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b", "aXb")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if s != "" && !Match("*"+s+"*", s) {
			t.Fatalf("%q does not match itself between stars", s)
		}
		Match(pattern, s)
	})
}
