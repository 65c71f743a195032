package stacktext

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse: whatever a text says, what is made of it is bounded, and a text that is
// valid gives strings that are.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "no funds")
	}
	f.Add(`"Error\n    at f (a.js:1:2)"`, "")
	f.Add("Traceback (most recent call last):\n  + Exception Group Traceback (most recent call last):\n  +-+--- 1 ---\n", "x")
	f.Fuzz(func(t *testing.T, text, value string) {
		r := Parse(text, Hint{Platform: "python", Value: value})
		if len(r.Exceptions) > MaxExceptions {
			t.Fatalf("%d exceptions", len(r.Exceptions))
		}
		if (r.Frames() == 0) != (len(r.Exceptions) == 0) || (r.Platform == "") != (len(r.Exceptions) == 0) {
			t.Fatalf("%d exceptions, %d frames, platform %q", len(r.Exceptions), r.Frames(), r.Platform)
		}
		valid := utf8.ValidString(text) && utf8.ValidString(value)
		for i, x := range r.Exceptions {
			if len(x.Stack.Frames) > MaxFrames || x.Mechanism.ID != i || x.Mechanism.ParentID >= i || i > 0 && x.Mechanism.ParentID < 0 {
				t.Fatalf("%d: %+v", i, x.Mechanism)
			}
			if len(x.Value) > len(text)+len(value)+MaxLines {
				t.Fatalf("a value of %d bytes from a text of %d", len(x.Value), len(text))
			}
			if valid && !(utf8.ValidString(x.Type) && utf8.ValidString(x.Value)) && len(text) <= MaxText {
				t.Fatalf("%q: %q", x.Type, x.Value)
			}
			for _, fr := range x.Stack.Frames {
				if valid && len(text) <= MaxText && !(utf8.ValidString(fr.Function) && utf8.ValidString(fr.Filename) && utf8.ValidString(fr.Module)) {
					t.Fatalf("%+v", fr)
				}
			}
		}
	})
}

func TestWhatIsNoStackTraceGivesNothing(t *testing.T) {
	for _, text := range []string{"", "\n", "hello", "Strange: thing\nin no known form", "at", "at (", "#0", "0: ", "File \"", strings.Repeat("(", 1000), "a@b", "12:30: started at noon"} {
		if r := Parse(text, Hint{Platform: "java"}); len(r.Exceptions) > 0 {
			t.Errorf("%q: %s", text, describe(r.Exceptions))
		}
	}
}

func TestOfDeepStacksBothEndsAreKept(t *testing.T) {
	text := "java.lang.StackOverflowError\n\tat a.B.first(B.java:1)\n" + strings.Repeat("\tat a.B.c(B.java:2)\n", 2000) + "\tat a.B.main(B.java:3)\n"
	s := Parse(text, Hint{}).Exceptions[0].Stack
	if len(s.Frames) != MaxFrames || s.Omitted != 2002-MaxFrames || s.Frames[0].Function != "main" || s.Frames[MaxFrames-1].Function != "first" {
		t.Errorf("%d frames, %d omitted, %s to %s", len(s.Frames), s.Omitted, s.Frames[0].Function, s.Frames[len(s.Frames)-1].Function)
	}
}

// BenchmarkParse reads what SDKs send.
func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"java", "python", "v8", "go_stack", "dotnet"} {
		text, err := os.ReadFile("testdata/" + name + ".txt")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(string(text), Hint{})
			}
		})
	}
}

// BenchmarkHostile reads texts that would make a careless scanner look at everything
// again and again. The speed must not depend on the size.
func BenchmarkHostile(b *testing.B) {
	for name, part := range map[string]string{
		"parens": "(", "at": " at ", "at call": " at a.b(", "spaces": " ", "lines": "\n", "cause": "Caused by: a: b\n", "java": "\tat a.B.c(B.java:1)\n",
		"long message": "a message of many lines, none of which is a call, but perhaps the next one is one\n",
		"message":      "x\n\tat a.B.c(B.java:1)\n", "more": "Caused by: a\n\t... 500 more\n", "file": "  File \"a\", line 1, in f\n", "group": "  +-+--- 1 ---\n    | a: b\n",
		"angle": "   at a.<<<<b(", "nested": " ---> ", "arrow": "a: b ---> ", "gecko": "@", "quotes": ":in '", "rust": "0: <", "php": "#0 a(1): ", "ruby": "a.rb:1:in `b': c (D)\n",
		"traceback": "Traceback (most recent call last):\n", "chain": "  File \"a\", line 1, in f\nE: m\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n",
	} {
		for _, size := range []int{64 << 10, 1 << 20} {
			text := strings.Repeat(part, size/len(part))
			if name == "long message" {
				text = "a.B: m\n" + text + "\tat a.B.c(B.java:1)\n"
			}
			b.Run(name+"/"+map[bool]string{true: "large", false: "small"}[size > 64<<10], func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					Parse(text, Hint{})
				}
			})
		}
	}
}
