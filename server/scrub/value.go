package scrub

import "strings"

// maxRounds bounds how often a text is looked at again after something was removed from
// it, so that what is left does not look like a secret either.
const maxRounds = 4

// text removes from a text what is a secret by its look: credit card numbers, PEM private
// keys, JSON web tokens, bearer credentials, keys of clouds and services, passwords in
// URLs, and what secret keys are given. It returns s itself if there is none.
func (r *Rules) text(s string) (string, bool) {
	return r.clean(s, true)
}

// source is text for lines of source code, in which keys are given variables.
func (r *Rules) source(s string) (string, bool) {
	return r.clean(s, false)
}

func (r *Rules) clean(s string, assignments bool) (string, bool) {
	if len(s) < 8 || !suspicious(s) && (!r.further() || !strings.ContainsAny(s, "=:")) {
		return s, false
	}
	changed := false
	for range maxRounds {
		next, again := r.round(s, assignments)
		if !again {
			break
		}
		s, changed = next, true
	}
	return s, changed
}

func (r *Rules) round(s string, assignments bool) (string, bool) {
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); {
		var start, end int
		switch c := s[i]; {
		case c == '=' || c == ':':
			if assignments {
				start, end = r.assigned(s, i)
			}
		case i == 0 || !wordByte(s[i-1]) || c == '-':
			start, end = secretAt(s, i)
		}
		if end == 0 {
			i++
			continue
		}
		b.WriteString(s[done:start])
		b.WriteString(Filtered)
		done, i = end, end
	}
	if done == 0 {
		return s, false
	}
	b.WriteString(s[done:])
	return b.String(), true
}

// suspicious is a cheap look for anything that a secret needs: a run of
// digits, or one of the marks by which the others begin. It is asked about nearly
// every text of every event, so it looks at each byte once, and at what stands around
// it only where a mark could end.
func suspicious(s string) bool {
	digits := 0
	for i := range len(s) {
		switch marks[s[i]] {
		case plain:
			digits = 0
		case digit:
			if digits++; digits >= 12 {
				return true
			}
		case gap:
			// Numbers are written in groups.
			if i > 1 && endsScheme(s, i) {
				return true
			}
		case mark:
			if endsMark(s, i) {
				return true
			}
			digits = 0
		case given:
			if i > 1 && gives(s, i) {
				return true
			}
			digits = 0
		}
	}
	return false
}

// What a byte can mean to suspicious.
const (
	plain = iota
	digit
	gap
	mark
	given
)

var marks = func() (table [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		table[c] = digit
	}
	table[' '], table['-'] = gap, gap
	table['='], table[':'] = given, given
	for _, c := range "@JNA_." {
		table[c] = mark
	}
	return table
}()

// endsScheme tells whether a space or dash ends the name of a way to authenticate, or
// the beginning of a service's key.
func endsScheme(s string, i int) bool {
	if s[i] == '-' {
		return endsPrefix(s, i)
	}
	switch s[i-1] | 0x20 {
	case 'r':
		return i >= 6 && strings.EqualFold(s[i-6:i], "bearer")
	case 'c':
		return i >= 5 && strings.EqualFold(s[i-5:i], "basic")
	}
	return false
}

// gives tells whether an = or a : may give a secret key its value. Keys that do not end
// like one are not even looked up.
func gives(s string, i int) bool {
	if s[i] == ':' && i+1 < len(s) && s[i+1] == '/' {
		return false
	}
	if c := s[i-1]; !secretEnd[c|0x20] && c != ' ' && c != '"' && c != '\'' {
		return false
	}
	key, _ := keyBefore(s, i)
	return len(key) > 1 && sensitiveKey(key)
}

// endsMark tells whether a text ends at i with the mark of a secret.
func endsMark(s string, i int) bool {
	switch s[i] {
	case '@':
		return strings.Contains(s[max(0, i-512):i], "//") || strings.Contains(s[max(0, i-512):i], `:\/\/`)
	case 'J':
		return i > 1 && s[i-1] == 'y' && s[i-2] == 'e'
	case 'N':
		return i >= 9 && s[i-9:i+1] == "-----BEGIN"
	case 'A':
		return i > 2 && s[i-1] == 'I' && (s[i-3:i+1] == "AKIA" || s[i-3:i+1] == "ASIA") || i+2 < len(s) && s[i+1:min(len(s), i+4)] == "Iza"
	}
	return endsPrefix(s, i)
}

// secretAt recognises a secret at the start of a word; end is 0 if there is none.
func secretAt(s string, i int) (start, end int) {
	rest := s[i:]
	switch c := rest[0]; {
	case c >= '0' && c <= '9':
		if n := cardLen(rest); n > 0 {
			return i, i + n
		}
	case c == '-' && strings.HasPrefix(rest, "-----BEGIN") && strings.Contains(rest[:min(len(rest), 64)], "PRIVATE KEY"):
		if n := strings.Index(rest, "-----END"); n >= 0 {
			if m := strings.Index(rest[n+8:], "-----"); m >= 0 {
				return i, i + n + 8 + m + 5
			}
		}
		return i, len(s)
	case c == 'e' && strings.HasPrefix(rest, "eyJ") && (i == 0 || s[i-1] != '-'):
		if n := jwtLen(rest); n > 0 {
			return i, i + n
		}
	case (c == 'A') && (strings.HasPrefix(rest, "AKIA") || strings.HasPrefix(rest, "ASIA")):
		if n := span(rest, upperOrDigit); n == 20 {
			return i, i + n
		}
	case c|0x20 == 'b':
		for _, scheme := range [...]string{"bearer ", "basic "} {
			if len(rest) > len(scheme) && strings.EqualFold(rest[:len(scheme)], scheme) {
				if n := span(rest[len(scheme):], tokenByte); n >= 8 {
					return i + len(scheme), i + len(scheme) + n
				}
			}
		}
	}
	if n := serviceKey(rest); n > 0 && (i == 0 || s[i-1] != '-') {
		return i, i + n
	}
	if start, end := urlPassword(rest); end > 0 {
		return i + start, i + end
	}
	return 0, 0
}

// jwtLen recognises three base64url parts joined by dots.
func jwtLen(s string) int {
	end := 0
	for part := range 3 {
		n := span(s[end:], base64URL)
		if n < 4 {
			return 0
		}
		end += n
		if part < 2 {
			if end >= len(s) || s[end] != '.' {
				return 0
			}
			end++
		}
	}
	return end
}

// urlPassword finds the password in scheme://user:password@host.
func urlPassword(s string) (start, end int) {
	n := span(s[:min(len(s), 33)], schemeByte)
	if n == 0 || n > 32 || !strings.HasPrefix(s[n:], "://") {
		return 0, 0
	}
	authority := s[n+3:]
	if i := strings.IndexAny(authority, "/ ?#\"'\n"); i >= 0 {
		authority = authority[:i]
	}
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return 0, 0
	}
	colon := strings.IndexByte(authority[:at], ':')
	if colon < 0 || colon+1 == at || authority[colon+1:at] == Filtered {
		return 0, 0
	}
	return n + 3 + colon + 1, n + 3 + at
}

func schemeByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '-'
}

func span(s string, f func(byte) bool) int {
	n := 0
	for n < len(s) && f(s[n]) {
		n++
	}
	return n
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
}
func upperOrDigit(c byte) bool { return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' }
func base64URL(c byte) bool    { return wordByte(c) || c == '-' || c == '=' }
func tokenByte(c byte) bool {
	return base64URL(c) || c == '.' || c == '/' || c == '+' || c == '~'
}
