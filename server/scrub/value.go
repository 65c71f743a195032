package scrub

import "strings"

// text removes from a text what is a secret by its look: credit card numbers,
// PEM private keys, JSON web tokens, bearer credentials, cloud access keys, and
// passwords in URLs. It returns s itself if there is none.
func text(s string) (string, bool) {
	if len(s) < 12 || !suspicious(s) {
		return s, false
	}
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); {
		if i > 0 && wordByte(s[i-1]) && s[i] != '-' {
			i++
			continue
		}
		start, end := secretAt(s, i)
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
		c := s[i]
		switch marks[c] {
		case plain:
			digits = 0
		case digit:
			if digits++; digits >= 12 {
				return true
			}
		case gap:
			// Numbers are written in groups.
			if c == ' ' && (strings.HasSuffix(s[:i], "earer") || strings.HasSuffix(s[:i], "asic")) {
				return true
			}
		case mark:
			if endsMark(s[:i+1]) {
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
)

var marks = func() (table [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		table[c] = digit
	}
	table[' '], table['-'] = gap, gap
	for _, c := range "@JNA_x" {
		table[c] = mark
	}
	return table
}()

// endsMark tells whether a text ends with the mark of a secret.
func endsMark(s string) bool {
	switch s[len(s)-1] {
	case '@':
		return strings.Contains(s, "://")
	case 'J':
		return strings.HasSuffix(s, "eyJ")
	case 'N':
		return strings.HasSuffix(s, "-----BEGIN")
	case 'A':
		return strings.HasSuffix(s, "AKIA") || strings.HasSuffix(s, "ASIA")
	case '_':
		return strings.HasSuffix(s, "ghp_") || strings.HasSuffix(s, "sk_live_")
	case 'x':
		return strings.HasSuffix(s, "xox")
	}
	return false
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
	case c == 'e' && strings.HasPrefix(rest, "eyJ"):
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
	case c == 'g' && strings.HasPrefix(rest, "ghp_"), c == 's' && strings.HasPrefix(rest, "sk_live_"), c == 'x' && (strings.HasPrefix(rest, "xoxb-") || strings.HasPrefix(rest, "xoxp-")):
		if n := span(rest, tokenByte); n >= 20 {
			return i, i + n
		}
	}
	if start, end := urlPassword(rest); end > 0 {
		return i + start, i + end
	}
	return 0, 0
}

// cardLen recognises 13 to 19 digits, with single spaces or dashes between
// them, that begin like a card and pass the Luhn check.
func cardLen(s string) int {
	var digits [19]byte
	n, i, last := 0, 0, 0
	for i < len(s) && n < len(digits) {
		c := s[i]
		if c >= '0' && c <= '9' {
			digits[n] = c - '0'
			n++
			last = i + 1
		} else if (c != ' ' && c != '-') || i+1 >= len(s) || s[i+1] < '0' || s[i+1] > '9' {
			break
		}
		i++
	}
	if n < 13 || last < len(s) && wordByte(s[last]) || digits[0] < 2 || digits[0] > 6 {
		return 0
	}
	sum := 0
	for k := range n {
		d := int(digits[n-1-k])
		if k%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	if sum%10 != 0 {
		return 0
	}
	return last
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
	n := span(s, func(c byte) bool {
		return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '-'
	})
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
