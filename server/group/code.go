package group

import "bytes"

// code reports whether the number at the start of s is a code, which tells one
// kind of failure from another: an exit status, an error number, the status of an
// HTTP answer. What was written before it, or before its sign at i, decides.
func (p *parameterizer) code(i int, s string, negative bool) bool {
	n, windows := digits(s), false
	if n == 1 && s[0] == '0' {
		if k := hexCode(s); k > 0 {
			n, windows = k, true
		}
	}
	if n > 5 && !windows || !endsWord(s, n) || n+1 < len(s) && (s[n] == '.' || s[n] == ':') && isDigit(s[n+1]) {
		return false
	}
	p.write(i)
	written := p.out[max(p.start, len(p.out)-contextBytes):]
	status := n == 3 && !negative && httpFailure(s[:3])
	if !status && !beforeCode(written) {
		return false
	}
	var small [maxName]byte
	name, gap := lastWord(written, &small)
	switch string(name) {
	case "status", "statuscode", "status_code", "errno", "signal", "hresult", "exitcode", "exit_code", "errorcode", "error_code", "returncode", "ora", "pls", "tns":
		return true
	case "sqlstate":
		return true
	case "code":
		return n <= 4 || negative || windows
	case "error", "err", "exit":
		return string(gap) == " " || string(gap) == " #"
	case "http":
		return string(gap) != "/"
	}
	return status && answered(name) && aboutHTTP(written)
}

// beforeCode reports whether the last letter of a text is one of those with which the
// words end that codes follow.
func beforeCode(s []byte) bool {
	end := len(s)
	for end > 0 && len(s)-end < 3 && classes[s[end-1]]&leads != 0 {
		end--
	}
	return end > 0 && classes[s[end-1]]&codeEnds != 0
}

// contextBytes is how far back code looks.
const contextBytes = 160

// maxName bounds the words that lastWord finds.
const maxName = 16

// lastWord is the word that a text ends with, in small letters, and what stands
// after it: a few signs that lead to a value.
func lastWord(s []byte, room *[maxName]byte) (name, gap []byte) {
	end := len(s)
	for end > 0 && len(s)-end < 3 && classes[s[end-1]]&leads != 0 {
		end--
	}
	start := end
	for start > 0 && end-start < maxName && (isLetter(s[start-1]) || s[start-1] == '_') {
		start--
	}
	if start > 0 && wordByte(s[start-1]) {
		return nil, nil
	}
	for i, c := range s[start:end] {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		room[i] = c
	}
	return room[:end-start], s[end:]
}

// answered reports whether it is one of the words after which people put the
// status of an answer.
func answered(name []byte) bool {
	switch string(name) {
	case "", "with", "returned", "responded", "response", "got", "received", "failed", "answered", "was", "is", "gave", "unexpected", "server", "request", "returns":
		return true
	}
	return false
}

// httpFailure reports whether three digits are the status of a failed request.
func httpFailure(s string) bool {
	return s[0] == '4' && (s[1] <= '2' || s == "431" || s == "451" || s == "499") || s[0] == '5' && s[1] <= '2'
}

func aboutHTTP(written []byte) bool {
	for _, word := range [...]string{"<url>", "HTTP", "http", "equest", "esponse", "GET ", "POST ", "PUT ", "PATCH ", "DELETE "} {
		if bytes.Contains(written, []byte(word)) {
			return true
		}
	}
	return false
}

// hexCode measures a Windows error code: 0x80 and six digits.
func hexCode(s string) int {
	if len(s) >= 10 && s[0] == '0' && s[1]|0x20 == 'x' && s[2] == '8' && s[3] == '0' && spanHex(s[2:]) == 8 && endsWord(s, 10) {
		return 10
	}
	return 0
}
