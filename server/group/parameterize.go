package group

import "strings"

// Parameterize replaces what varies between messages of the same kind by the
// name of its kind: numbers, ids, addresses, times, URLs. It reads the text
// once from left to right and never goes back over more than one word.
//
//	user 42 not found             → user <int> not found
//	GET https://a.b/c?d=1 failed  → GET <url> failed
//	lock 0x7f3a held for 12.5ms   → lock <hex> held for <duration>
func Parameterize(s string) string {
	if !hasCandidate(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		c := s[i]
		if !wordByte(c) && c != ':' || i > 0 && wordByte(s[i-1]) {
			b.WriteByte(c)
			i++
			continue
		}
		if n, kind := match(s, i); n > 0 {
			b.WriteString(kind)
			i += n
			continue
		}
		if c == ':' {
			b.WriteByte(c)
			i++
			continue
		}
		// Not a variable: copy the whole word, so that no part of it is looked at again.
		j := i + 1
		for j < len(s) && wordByte(s[j]) {
			j++
		}
		b.WriteString(s[i:j])
		i = j
	}
	return b.String()
}

// hasCandidate spares texts that hold nothing that could vary.
func hasCandidate(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= '0' && c <= '9' || c == '@' || c == ':' {
			return true
		}
		if s[i] == '=' {
			return true
		}
	}
	return false
}

// match finds a variable that starts at i, which is the start of a word. It
// returns its length and the name that replaces it; 0 if there is none.
func match(s string, i int) (n int, kind string) {
	rest := s[i:]
	c := rest[0]
	if isLetter(c) {
		if n := urlLen(rest); n > 0 {
			return n, "<url>"
		}
	}
	if n := emailLen(rest); n > 0 {
		return n, "<email>"
	}
	if hexDigit(c) || c == ':' {
		if n := uuidLen(rest); n > 0 {
			return n, "<uuid>"
		}
		if n := ipv6Len(rest); n > 0 {
			return n, "<ip>"
		}
	}
	if c >= '0' && c <= '9' {
		return matchNumber(rest)
	}
	if hexDigit(c) {
		if n := hexLen(rest); n > 0 {
			return n, hexKind(n)
		}
	}
	if n := assignedLen(rest); n > 0 {
		return n, rest[:strings.IndexByte(rest, '=')+1] + "<value>"
	}
	return 0, ""
}

// matchNumber tells apart what begins with a digit.
func matchNumber(s string) (n int, kind string) {
	if n := dateLen(s); n > 0 {
		return n, "<date>"
	}
	if n := timeLen(s); n > 0 {
		return n, "<date>"
	}
	if n := ipv4Len(s); n > 0 {
		return n, "<ip>"
	}
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		if n := span(s[2:], hexDigit); n > 0 && endsWord(s, 2+n) {
			return 2 + n, "<hex>"
		}
	}
	digits := span(s, isDigit)
	if digits == len(s) || !wordByte(s[digits]) && s[digits] != '.' {
		if n := hexLen(s); n >= 16 {
			return n, hexKind(n)
		}
		return digits, "<int>"
	}
	if s[digits] == '.' {
		fraction := span(s[digits+1:], isDigit)
		if fraction == 0 {
			return digits, "<int>"
		}
		end := digits + 1 + fraction
		if end < len(s) && s[end] == '.' && end+1 < len(s) && isDigit(s[end+1]) {
			// A version, 1.2.3: part of a name, but it varies all the same.
			for end < len(s) && (isDigit(s[end]) || s[end] == '.' && end+1 < len(s) && isDigit(s[end+1])) {
				end++
			}
			return end, "<version>"
		}
		if n := unitLen(s[end:]); n > 0 {
			return end + n, "<duration>"
		}
		if endsWord(s, end) {
			return end, "<float>"
		}
		return 0, ""
	}
	if n := unitLen(s[digits:]); n > 0 {
		return goDuration(s), "<duration>"
	}
	if n := hexLen(s); n > 0 {
		return n, hexKind(n)
	}
	return 0, ""
}

// assignedLen matches key="value" and key='value': a quoted value after an
// equals sign varies.
func assignedLen(s string) int {
	n := span(s, wordByte)
	if n == 0 || n+1 >= len(s) || s[n] != '=' || s[n+1] != '"' && s[n+1] != '\'' {
		return 0
	}
	if end := strings.IndexByte(s[n+2:], s[n+1]); end >= 0 {
		return n + 2 + end + 1
	}
	return 0
}
