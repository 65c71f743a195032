package group

import "strings"

// scanNumber tells apart what begins with a digit.
func scanNumber(s string) (n int, kind string) {
	if n := dateLen(s); n > 0 {
		return n, date
	}
	if n := timeLen(s); n > 0 {
		return n, date
	}
	if n := ipv4Len(s); n > 0 {
		return n, address
	}
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		if n := spanHex(s[2:]); n > 0 && endsWord(s, 2+n) {
			return 2 + n, hex
		}
	}
	if len(s) >= 36 && s[8] == '-' {
		if n := uuidLen(s); n > 0 {
			return n, uuid
		}
	}
	whole := digits(s)
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
		if end == whole && whole >= 16 {
			return whole, hexKind(whole)
		}
		return end, number
	}
	if n, kind := scanUnit(s, whole, end); n > 0 {
		return n, kind
	}
	return alone(s, whole)
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

func timeUnit(s string) int {
	for _, unit := range [...]string{"ns", "us", "µs", "μs", "ms", "sec", "secs", "min", "mins", "hrs", "s", "m", "h", "d"} {
		if strings.HasPrefix(s, unit) && (endsWord(s, len(unit)) || isDigit(s[len(unit)])) {
			return len(unit)
		}
	}
	return 0
}

func sizeUnit(s string) int {
	n := 0
	for n < len(s) && n < 4 && isLetter(s[n]) {
		n++
	}
	if !endsWord(s, n) {
		return 0
	}
	switch strings.ToLower(s[:n]) {
	case "b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "px", "rem", "em", "pt", "hz", "khz", "mhz", "ghz":
		return n
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
