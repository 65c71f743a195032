package stacktext

import "strings"

// form is a way of writing stack traces.
type form uint8

const (
	formNone form = iota
	formPython
	formGo
	formJava
	formV8
	formDotnet
	formRuby
	formPHP
	formRust
	formElixir
	formGecko
	forms
)

var formPlatform = [forms]string{
	formPython: "python", formGo: "go", formJava: "java", formV8: "javascript", formGecko: "javascript", formDotnet: "csharp",
	formRuby: "ruby", formPHP: "php", formRust: "rust", formElixir: "elixir",
}

// detect tells the form of a text: the one that most lines have. Where two are equal,
// the sender's word counts.
func detect(lines []string, h Hint) form {
	var votes [forms]int
	for i, line := range lines {
		if f := shape(lines, i, strings.TrimSpace(line)); f != formNone {
			if votes[f]++; votes[f] == noDoubt {
				return f
			}
		}
	}
	best := formNone
	for f := formNone + 1; f < forms; f++ {
		if votes[f] > votes[best] || votes[f] > 0 && votes[f] == votes[best] && formPlatform[f] == h.Platform {
			best = f
		}
	}
	return best
}

// noDoubt is how many lines of one form leave no doubt.
const noDoubt = 8

// shape tells the form of one line by itself, or formNone.
func shape(lines []string, i int, s string) form {
	if len(s) < 4 {
		return formNone
	}
	if rest, ok := dotnetAt(s); ok {
		return atShape(rest)
	}
	switch {
	case strings.HasPrefix(s, `File "`) || strings.HasPrefix(s, `| `) && strings.Contains(s, ` File "`):
		return formPython
	case s[0] == '#' && isPHPFrame(s):
		return formPHP
	case isRustFrame(s):
		return formRust
	case i > 0 && isGoPlace(lines[i]):
		return formGo
	case isElixirFrame(lines[i]):
		return formElixir
	case isRubyFrame(s):
		return formRuby
	case isGeckoFrame(s):
		return formGecko
	}
	return formNone
}

// atShape tells apart the forms whose lines begin with "at".
func atShape(s string) form {
	if _, ok := javaFrame(s); ok {
		return formJava
	}
	if _, ok := v8Frame(s); ok {
		if rest, _, _ := cutNumber(s, ':'); strings.HasSuffix(rest, ".rs") || strings.Contains(rest, ".rs:") {
			return formRust
		}
		return formV8
	}
	if isDotnetFrame(s) {
		return formDotnet
	}
	return formNone
}

// platform is the platform of what was read.
func (p *parser) platform(f form) string {
	switch f {
	case formJava:
		if p.hint.Platform == "php" || p.anyFile(".php") {
			return "php"
		}
	case formV8:
		if p.hint.Platform == "node" || p.hint.Platform == "nodejs" {
			return "node"
		}
		for _, t := range p.found {
			for i := range t.calls {
				if path := t.calls[i].AbsPath; strings.HasPrefix(path, "node:") || strings.HasPrefix(path, "/") || strings.HasPrefix(path, "file:") {
					return "node"
				}
			}
		}
	}
	return formPlatform[f]
}

func (p *parser) anyFile(suffix string) bool {
	for _, t := range p.found {
		for i := range t.calls {
			if strings.HasSuffix(t.calls[i].Filename, suffix) {
				return true
			}
		}
	}
	return false
}
