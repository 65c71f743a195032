package group

// The scanners of Parameterize: each looks at the start of its argument and
// returns the length of what it recognises, 0 if it does not.

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func hexDigit(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
func wordByte(c byte) bool { return isDigit(c) || isLetter(c) || c == '_' || c >= 0x80 }

// span counts the bytes at the start of s for which f holds.
func span(s string, f func(byte) bool) int {
	n := 0
	for n < len(s) && f(s[n]) {
		n++
	}
	return n
}

// endsWord reports whether a word that began before n ends there.
func endsWord(s string, n int) bool { return n >= len(s) || !wordByte(s[n]) }

// urlLen recognises scheme://anything-but-space.
func urlLen(s string) int {
	n := span(s, func(c byte) bool { return isLetter(c) || isDigit(c) || c == '+' || c == '-' || c == '.' })
	if n == 0 || n > 32 || len(s) < n+4 || s[n:n+3] != "://" {
		return 0
	}
	end := n + 3
	for end < len(s) && s[end] > ' ' && s[end] != '"' && s[end] != '\'' && s[end] != '<' && s[end] != '>' && s[end] != '`' {
		end++
	}
	for end > n+3 && (s[end-1] == '.' || s[end-1] == ',' || s[end-1] == ')' || s[end-1] == ':' || s[end-1] == ';' || s[end-1] == ']') {
		end--
	}
	if end == n+3 {
		return 0
	}
	return end
}

// emailLen recognises local@domain.tld. It looks no further than 64 bytes for
// the sign, the longest local part that RFC 5321 allows.
func emailLen(s string) int {
	n := 0
	for n < len(s) && n <= 64 && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '.' || s[n] == '_' || s[n] == '%' || s[n] == '+' || s[n] == '-') {
		n++
	}
	if n == 0 || n >= len(s) || s[n] != '@' {
		return 0
	}
	domain := span(s[n+1:], func(c byte) bool { return isLetter(c) || isDigit(c) || c == '.' || c == '-' })
	end := n + 1 + domain
	for end > n+1 && (s[end-1] == '.' || s[end-1] == '-') {
		end--
	}
	for i := n + 2; i < end-1; i++ {
		if s[i] == '.' {
			return end
		}
	}
	return 0
}

// uuidLen recognises 8-4-4-4-12 hexadecimal digits.
func uuidLen(s string) int {
	if len(s) < 36 {
		return 0
	}
	for i := range 36 {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return 0
			}
		} else if !hexDigit(s[i]) {
			return 0
		}
	}
	if !endsWord(s, 36) {
		return 0
	}
	return 36
}

// hexLen recognises at least eight hexadecimal digits with a digit among them.
func hexLen(s string) int {
	n, digit, letter := 0, false, false
	for n < len(s) && hexDigit(s[n]) {
		digit = digit || isDigit(s[n])
		letter = letter || !isDigit(s[n])
		n++
	}
	if n < 8 || !digit || !letter && n < 16 || !endsWord(s, n) {
		return 0
	}
	return n
}

// hexKind names a run of hexadecimal digits by its length.
func hexKind(n int) string {
	switch n {
	case 32:
		return "<md5>"
	case 40:
		return "<sha1>"
	case 64:
		return "<sha256>"
	}
	return "<hex>"
}

// ipv4Len recognises four numbers up to 255, with an optional port.
func ipv4Len(s string) int {
	end := 0
	for part := range 4 {
		n := span(s[end:], isDigit)
		if n == 0 || n > 3 || n == 3 && s[end:end+3] > "255" {
			return 0
		}
		end += n
		if part < 3 {
			if end >= len(s) || s[end] != '.' {
				return 0
			}
			end++
		}
	}
	if end < len(s) && s[end] == '.' && end+1 < len(s) && isDigit(s[end+1]) {
		return 0
	}
	if end < len(s) && s[end] == ':' {
		if n := span(s[end+1:], isDigit); n > 0 && n <= 5 && endsWord(s, end+1+n) {
			return end + 1 + n
		}
	}
	if !endsWord(s, end) {
		return 0
	}
	return end
}

// ipv6Len recognises groups of up to four hexadecimal digits between colons, at
// least three colons or a double one with a digit beside it; so it takes neither
// times (12:30:01) nor C++ names (Foo::bar).
func ipv6Len(s string) int {
	groups, colons, double, digits := 0, 0, false, false
	end := 0
	for end < len(s) {
		if s[end] == ':' {
			colons++
			if end+1 < len(s) && s[end+1] == ':' {
				if double {
					return 0
				}
				double = true
				colons++
				end++
			}
			end++
			continue
		}
		n := span(s[end:], hexDigit)
		if n == 0 {
			break
		}
		if n > 4 {
			return 0
		}
		digits = digits || span(s[end:], isDigit) > 0
		groups++
		end += n
	}
	for end > 0 && s[end-1] == ':' && (end < 2 || s[end-2] != ':') {
		end--
		colons--
	}
	if !digits || !endsWord(s, end) || groups > 8 {
		return 0
	}
	if double && groups >= 1 || !double && groups == 8 && colons == 7 {
		return end
	}
	return 0
}

// dateLen recognises 2006-01-02 and 2006/01/02, with an optional time, fraction
// and zone after it.
func dateLen(s string) int {
	if len(s) < 10 || span(s[:4], isDigit) != 4 || s[4] != '-' && s[4] != '/' || span(s[5:7], isDigit) != 2 || s[7] != s[4] || span(s[8:10], isDigit) != 2 {
		return 0
	}
	if len(s) > 11 && (s[10] == 'T' || s[10] == 't' || s[10] == ' ') {
		if n := timeLen(s[11:]); n > 0 {
			return 11 + n
		}
	}
	if !endsWord(s, 10) {
		return 0
	}
	return 10
}

// timeLen recognises 15:04 and 15:04:05, with an optional fraction and zone.
func timeLen(s string) int {
	if len(s) < 5 || span(s[:2], isDigit) != 2 || s[2] != ':' || span(s[3:5], isDigit) != 2 {
		return 0
	}
	end := 5
	if len(s) >= 8 && s[5] == ':' && span(s[6:8], isDigit) == 2 {
		end = 8
		if len(s) > 9 && (s[8] == '.' || s[8] == ',') {
			if n := span(s[9:], isDigit); n > 0 {
				end = 9 + n
			}
		}
	}
	if end < len(s) && (s[end] == 'Z' || s[end] == 'z') && endsWord(s, end+1) {
		return end + 1
	}
	if len(s) >= end+6 && (s[end] == '+' || s[end] == '-') && span(s[end+1:end+3], isDigit) == 2 && s[end+3] == ':' && span(s[end+4:end+6], isDigit) == 2 {
		return end + 6
	}
	if !endsWord(s, end) {
		return 0
	}
	return end
}

// unitLen recognises a unit of time or size that ends a word.
func unitLen(s string) int {
	for _, unit := range [...]string{"ns", "us", "µs", "ms", "s", "sec", "m", "min", "h", "d", "kb", "KB", "mb", "MB", "gb", "GB", "kB", "KiB", "MiB", "GiB", "b", "B"} {
		if len(s) >= len(unit) && s[:len(unit)] == unit && (endsWord(s, len(unit)) || isDigit(s[len(unit)])) {
			return len(unit)
		}
	}
	return 0
}

// goDuration measures durations of several units, 1h2m3.5s. The first number
// and unit have been seen.
func goDuration(s string) int {
	end := 0
	for end < len(s) && isDigit(s[end]) {
		n := span(s[end:], func(c byte) bool { return isDigit(c) || c == '.' })
		unit := unitLen(s[end+n:])
		if unit == 0 {
			break
		}
		end += n + unit
	}
	return end
}
