package group

import "strings"

// scanNumber tells apart what begins with a digit.
func scanNumber(s string) (n int, kind string) {
	whole := digits(s)
	if whole == len(s) || classes[s[whole]]&goesOn == 0 {
		return whole, wholeKind(whole)
	}
	switch next := s[whole]; {
	case next == ' ':
		if whole > 2 || whole+1 == len(s) || classes[s[whole+1]]&begins == 0 {
			return whole, wholeKind(whole)
		}
		if n := dateLen(s, whole); n > 0 {
			return n, date
		}
		return whole, wholeKind(whole)
	case next == ':':
		if n := timeLen(s); n > 0 {
			return n, date
		}
	case next == '-' || next == '/' || next == '.' || next|0x20 == 't':
		if n := dateLen(s, whole); n > 0 {
			return n, date
		}
		if next == '.' {
			if n := ipv4Len(s); n > 0 {
				return n, address
			}
		}
	case next|0x20 == 'x' && whole == 1 && s[0] == '0':
		if n := spanHex(s[2:]); n > 0 && endsWord(s, 2+n) {
			return 2 + n, hex
		}
	}
	if whole <= 8 && len(s) >= 36 && s[8] == '-' {
		if n := uuidLen(s); n > 0 {
			return n, uuid
		}
	}
	end := whole
	for end+3 < len(s) && s[end] == ',' && digits(s[end+1:]) == 3 && whole <= 3 { // 1,234,567
		end += 4
	}
	dots := 0
	for end+1 < len(s) && s[end] == '.' && isDigit(s[end+1]) && dots < 8 {
		dots++
		end += 1 + digits(s[end+1:])
	}
	if dots > 1 {
		if end < len(s) && (s[end] == '-' || s[end] == '+') && end+1 < len(s) && isLetter(s[end+1]) { // 1.2.3-rc.1
			end = preRelease(s, end+1)
		}
		if endsWord(s, end) {
			return end, version
		}
		return alone(s, whole)
	}
	if endsWord(s, end) {
		if end == whole {
			return whole, wholeKind(whole)
		}
		return end, number
	}
	if n, kind := scanUnit(s, whole, end); n > 0 {
		return n, kind
	}
	return alone(s, whole)
}

// wholeKind names a run of digits by its length.
func wholeKind(n int) string {
	if n >= 16 {
		return hexKind(n)
	}
	return number
}

// alone is a number that is followed by what does not belong to it.
func alone(s string, whole int) (n int, kind string) {
	if !endsWord(s, whole) {
		return 0, ""
	}
	return whole, number
}

// scanUnit recognises a number, of which end bytes are known, with something
// behind it that belongs to it: an exponent, a unit, an ordinal.
func scanUnit(s string, whole, end int) (n int, kind string) {
	if c := s[end]; c|0x20 == 'e' && end+1 < len(s) { // 1.5e-07
		k := end + 1
		if s[k] == '-' || s[k] == '+' {
			k++
		}
		if d := digits(s[k:]); d > 0 && d <= 3 && (k > end+1 || end > whole) && endsWord(s, k+d) {
			return k + d, number
		}
	}
	if n, kind := unitsLen(s); n > 0 {
		return n, kind
	}
	if end == whole && endsWord(s, end+2) && len(s) >= end+2 {
		switch s[end : end+2] {
		case "st", "nd", "rd", "th":
			return end + 2, number
		}
	}
	if c := s[end]; endsWord(s, end+1) && (c == 'x' || c == 'k' || c == 'K' || c == 'M' || c == 'L' || c == 'f') {
		return end + 1, number
	}
	return 0, ""
}

// preRelease measures what may follow a version.
func preRelease(s string, n int) int {
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '.' && n+1 < len(s) && (isLetter(s[n+1]) || isDigit(s[n+1]))) {
		n++
	}
	return n
}

// unitsLen recognises numbers each with a unit of time, 1h2m3.5s, or one number
// with a unit of size.
func unitsLen(s string) (n int, kind string) {
	for n < len(s) && isDigit(s[n]) {
		k := n + digits(s[n:])
		if k+1 < len(s) && s[k] == '.' && isDigit(s[k+1]) {
			k += 1 + digits(s[k+1:])
		}
		unit := timeUnit(s[k:])
		if unit == 0 {
			if n == 0 {
				if unit = sizeUnit(s[k:]); unit > 0 {
					return k + unit, size
				}
			}
			return 0, ""
		}
		n = k + unit
	}
	if !endsWord(s, n) {
		return 0, ""
	}
	return n, duration
}

// timeUnit measures a unit of time that another number may follow.
func timeUnit(s string) int {
	if s == "" {
		return 0
	}
	n := 0
	switch {
	case strings.HasPrefix(s, "µs"), strings.HasPrefix(s, "μs"):
		n = len("µs")
	default:
		n = span(s[:min(len(s), 5)], lower)
		switch s[:n] {
		case "ns", "us", "ms", "sec", "secs", "min", "mins", "hrs", "s", "m", "h", "d":
		default:
			return 0
		}
	}
	if !endsWord(s, n) && !isDigit(s[n]) {
		return 0
	}
	return n
}

func sizeUnit(s string) int {
	n := 0
	var small [4]byte
	for n < len(s) && n < 4 && isLetter(s[n]) {
		small[n] = s[n] | 0x20
		n++
	}
	switch string(small[:n]) {
	case "b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "px", "rem", "em", "pt", "hz", "khz", "mhz", "ghz":
		if endsWord(s, n) {
			return n
		}
	}
	return 0
}

// ipv4Len recognises four numbers up to 255, with an optional port or mask.
func ipv4Len(s string) int {
	end := 0
	for part := range 4 {
		n := digits(s[end:min(len(s), end+4)])
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
	if end+1 < len(s) && s[end] == '.' && isDigit(s[end+1]) {
		return 0
	}
	if end < len(s) && (s[end] == ':' || s[end] == '/') {
		if n := digits(s[end+1 : min(len(s), end+8)]); n > 0 && n <= 5 && endsWord(s, end+1+n) {
			return end + 1 + n
		}
	}
	if !endsWord(s, end) {
		return 0
	}
	return end
}

// ipv6Len recognises groups of up to four hexadecimal digits between colons: eight,
// or fewer and a double colon, with a digit among them. So it takes neither times
// (12:30:01) nor names in C++ (Foo::bar).
func ipv6Len(s string) int {
	groups, colons, double, digit := 0, 0, false, false
	end := 0
	for end < len(s) && end < 48 {
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
		n := spanHex(s[end:min(len(s), end+5)])
		if n == 0 {
			break
		}
		if n > 4 {
			return 0
		}
		digit = digit || digits(s[end:end+n]) > 0
		groups++
		end += n
	}
	for end > 0 && s[end-1] == ':' && (end < 2 || s[end-2] != ':') {
		end--
		colons--
	}
	if !digit || !endsWord(s, end) || groups > 8 || end+1 < len(s) && s[end] == ':' && (wordByte(s[end+1]) || s[end+1] == '<') {
		return 0
	}
	if double && groups >= 1 || !double && groups == 8 && colons == 7 {
		return end
	}
	return 0
}
