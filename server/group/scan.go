package group

import "strings"

// The names that stand for what varies.
const (
	number   = "<number>"
	version  = "<version>"
	duration = "<duration>"
	size     = "<size>"
	date     = "<date>"
	address  = "<ip>"
	link     = "<url>"
	mail     = "<email>"
	uuid     = "<uuid>"
	hex      = "<hex>"
	ident    = "<id>"
	file     = "<path>"
	quoted   = "<str>"
	assigned = "<value>"
	boolean  = "<bool>"
	token    = "<jwt>"
)

// kindLen recognises a name that an earlier pass wrote.
func kindLen(s string) int {
	end := strings.IndexByte(s[:min(len(s), 12)], '>')
	if end < 0 {
		return 0
	}
	switch s[:end+1] {
	case number, version, duration, size, date, address, link, mail, uuid, hex, ident, file, quoted, assigned, boolean, token, "<md5>", "<sha1>", "<sha256>":
		return end + 1
	}
	return 0
}

// The scanners: each looks at the start of its argument and returns the length of
// what it recognises, 0 if it does not. What is recognised ends where a word ends.

// digits counts the digits at the start of s.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func spanHex(s string) int { return span(s, hexes) }

// endsWord reports whether a word that began before n ends there.
func endsWord(s string, n int) bool {
	return n >= len(s) || !wordByte(s[n]) && (s[n] != '<' || kindLen(s[n:]) == 0)
}

// scanMarked recognises what begins with a word of n bytes and goes on with a
// sign: URLs, e-mail addresses, Windows paths. marks says what the blob has.
func scanMarked(s string, n int, next byte, marks class) (length int, kind string) {
	switch {
	case next == ':':
		if strings.HasPrefix(s[n+1:], "//") {
			if k := urlLen(s, n); k > 0 {
				return k, link
			}
		}
		if n == 1 && isLetter(s[0]) && len(s) > 3 && (s[2] == '\\' || s[2] == '/' && s[3] != '/') {
			return 2 + pathSpan(s[2:]), file
		}
	case next == '+' && marks&colon != 0 && isLetter(s[0]): // git+ssh://
		if k := schemeLen(s); k > 0 && strings.HasPrefix(s[k:], "://") {
			if k = urlLen(s, k); k > 0 {
				return k, link
			}
		}
	}
	if marks&at != 0 && classes[next]&(inMailbox|at) != 0 {
		if k := emailLen(s); k > 0 {
			return k, mail
		}
	}
	return 0, ""
}

func schemeLen(s string) int {
	n := 0
	for n < len(s) && n < 32 && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '+' || s[n] == '-' || s[n] == '.') {
		n++
	}
	return n
}

// urlLen recognises scheme://anything-but-space.
func urlLen(s string, scheme int) int {
	if scheme > 32 || !isLetter(s[0]) {
		return 0
	}
	begin := scheme + len("://")
	end := begin + spanTo(s[begin:], urlEnds)
	for end > begin && strings.IndexByte(".,):;]}", s[end-1]) >= 0 {
		end--
	}
	for end < len(s) && end > begin && wordByte(s[end]) {
		end++
	}
	if end == begin {
		return 0
	}
	return end
}

// emailLen recognises local@domain.tld. It looks no further than 64 bytes for
// the sign, the longest local part that RFC 5321 allows.
func emailLen(s string) int {
	n := 0
	for n < len(s) && n <= 64 && classes[s[n]]&inMailbox != 0 {
		n++
	}
	if n == 0 || n >= len(s) || s[n] != '@' {
		return 0
	}
	end, dot := n+1, 0
	for end < len(s) && classes[s[end]]&inDomain != 0 {
		if s[end] == '.' && end > n+1 && dot == 0 {
			dot = end
		}
		end++
	}
	for end > n+1 && (s[end-1] == '.' || s[end-1] == '-') {
		end--
	}
	if dot == 0 || dot >= end || !endsWord(s, end) {
		return 0
	}
	return end
}

// uuidBytes is the length of a UUID in text.
const uuidBytes = 36

// uuidLen recognises 8-4-4-4-12 hexadecimal digits.
func uuidLen(s string) int {
	if len(s) < uuidBytes {
		return 0
	}
	if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return 0
	}
	all := hexes
	for _, part := range [...]string{s[:8], s[9:13], s[14:18], s[19:23], s[24:36]} {
		for i := range len(part) {
			all &= classes[part[i]]
		}
	}
	if all == 0 {
		return 0
	}
	if !endsWord(s, uuidBytes) {
		return 0
	}
	return uuidBytes
}

// jwtLen recognises a JSON web token: two or three parts between dots, of which
// the first begins with what { is in base64.
func jwtLen(s string) int {
	parts, n := 0, 0
	for n < len(s) {
		from := n
		for n < len(s) && classes[s[n]]&(lower|upper|digit) != 0 || n < len(s) && (s[n] == '_' || s[n] == '-') {
			n++
		}
		if n-from < 8 {
			return 0
		}
		if parts++; parts == 3 || n+1 >= len(s) || s[n] != '.' || !isLetter(s[n+1]) && !isDigit(s[n+1]) {
			break
		}
		n++
	}
	if parts < 2 || !endsWord(s, n) {
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
	return hex
}

// assignedLen matches what stands after key= if it varies: a quoted value, or
// true and false.
func assignedLen(s string) (n int, kind string) {
	if s == "" {
		return 0, ""
	}
	if s[0] == '"' || s[0] == '\'' {
		if end := strings.IndexByte(s[1:min(len(s), maxQuoted)], s[0]); end >= 0 {
			return end + 2, assigned
		}
		return 0, ""
	}
	n = 4
	if s[0]|0x20 == 'f' {
		n = 5
	}
	if len(s) < n || !endsWord(s, n) {
		return 0, ""
	}
	switch s[:n] {
	case "true", "false", "True", "False":
		return n, boolean
	}
	return 0, ""
}

// oldQuote reports whether a word stands in quotes as old programs write them, `so', which
// newer versions of them write 'so'.
func oldQuote(s string) bool {
	n := 1
	for n < len(s) && n < maxQuoted && classes[s[n]]&inQuotes != 0 {
		n++
	}
	return n > 1 && n < len(s) && s[n] == '\''
}

// inOldQuote reports whether a text ends in what may be an old quote that is open, in which
// another cannot begin.
func inOldQuote(s string) bool {
	n := len(s) - 1
	for least := max(len(s)-maxQuoted, 0); n >= least && classes[s[n]]&inQuotes != 0; {
		n--
	}
	return n >= 0 && n < len(s)-1 && s[n] == '`'
}

// maxQuoted is how far a closing quote is looked for.
const maxQuoted = 256

// quotedLen recognises one quoted word that is a value rather than a name: it has
// digits in it that are no more than two at its end.
func quotedLen(s string) int {
	s = s[:min(len(s), maxQuoted)]
	n := 1 + span(s[1:], inName)
	if n >= len(s) || classes[s[n]]&(digit|at) == 0 {
		return 0
	}
	first := 0 // index of the first digit
	varies := false
	for ; n < len(s); n++ {
		c := s[n]
		switch of := classes[c]; {
		case c == s[0]:
			if first > 0 && (varies || n-first > 2) {
				return n + 1
			}
			return 0
		case of&digit != 0:
			if first == 0 {
				first = n
				varies = n == 1
			}
		case of&at != 0:
			if varies = varies || first > 0; n > 1 {
				first, varies = n, true
			}
		case of&inName != 0:
			varies = varies || first > 0
		default:
			return 0
		}
	}
	return 0
}

// pathLen recognises the path of a file below one of the folders that machines
// have: routes of a web server are names, and stay.
func pathLen(s string) int {
	root := 1
	for root < len(s) && isLetter(s[root]) {
		root++
	}
	if root+1 >= len(s) || s[root] != '/' || !wordByte(s[root+1]) && s[root+1] != '.' && s[root+1] != '-' {
		return 0
	}
	switch s[1:root] {
	case "home", "Users", "tmp", "var", "opt", "srv", "usr", "etc", "root", "mnt", "media", "private", "proc", "sys", "dev", "run", "lib", "workspace", "Volumes", "Library", "Applications", "nix":
		return pathSpan(s)
	}
	return 0
}

// pathSpan measures a path that begins at s.
func pathSpan(s string) int {
	n := spanTo(s, pathEnds)
	for n > 1 && s[n-1] == '.' {
		n--
	}
	return n
}

// random reports whether a long word of letters and digits looks drawn by lot.
func random(s string) bool {
	count, runs := 0, 0
	for i := range len(s) {
		if isDigit(s[i]) {
			count++
			if i == 0 || !isDigit(s[i-1]) {
				runs++
			}
		}
	}
	return count >= 4 && runs >= 3
}

// wordAndNumber measures the letters of a word that ends in a number of at least
// three digits, if the number is not part of the name.
func wordAndNumber(s string) int {
	n := len(s)
	for n > 0 && isDigit(s[n-1]) {
		n--
	}
	if len(s)-n < 3 || n == 0 {
		return 0
	}
	for i := range n {
		if c := s[i]; c < 'a' || c > 'z' {
			if c != '_' {
				return 0
			}
		}
	}
	switch s[:n] {
	case "sha", "x", "int", "uint", "float", "cp", "iso", "aes", "rsa", "ed", "secp", "crc", "es", "h", "utf", "blake", "win", "simd", "i", "u", "f", "curve", "rc", "rfc", "windows_", "iso_", "http", "error", "e", "err":
		return 0
	}
	return n
}
