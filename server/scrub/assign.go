package scrub

import "strings"

// assigned recognises at an = or a : of a text the value that a secret key is given:
// token=..., "password": "...", {password: '...'}, X-Api-Key: .... An = needs no more than
// a key before it; a : is in most sentences, so it needs a quoted key, a quoted value or a
// key of two words. end is 0 if there is none.
func (r *Rules) assigned(s string, at int) (start, end int) {
	key, quotedKey := keyBefore(s, at)
	if len(key) < 2 {
		return 0, 0
	}
	i := at + 1
	if s[at] == '=' && i < len(s) {
		switch s[i] {
		case '=':
			return 0, 0
		case '>':
			i++
		}
	}
	from := i
	for i < len(s) && s[i] == ' ' && i-from < 4 {
		i++
	}
	slashes := i
	for i < len(s) && s[i] == '\\' {
		i++
	}
	if i >= len(s) {
		return 0, 0
	}
	if quote := s[i]; quote == '"' || quote == '\'' {
		if key == "token" && strings.HasSuffix(s[:at-len(key)], "nexpected ") || !r.secretKey(key) {
			return 0, 0
		}
		start = i + 1
		end = closing(s, start, quote, i-slashes)
		if v := s[start:end]; v == "" || strings.HasPrefix(v, Filtered) {
			return 0, 0
		}
		return start, end
	}
	if i > slashes || s[at] == '=' && i > from || s[at] == ':' && !quotedKey && !strings.ContainsAny(key, "-_") {
		return 0, 0
	}
	end = i + span(s[i:], valueByte)
	switch v := s[i:end]; {
	case v == "", v[0] == '[', v[0] == '{', v[0] == '$', v[0] == '%', v[0] == '?', v[0] == '/' && s[at] == ':':
		return 0, 0
	case v == "null", v == "nil", v == "None", v == "true", v == "false", v == "True", v == "False", v == "undefined":
		return 0, 0
	}
	if !r.secretKey(key) {
		return 0, 0
	}
	return i, end
}

// keyBefore is the word that stands before an = or a :, without quotes.
func keyBefore(s string, at int) (key string, quoted bool) {
	end := at
	for end > 0 && s[end-1] == ' ' && at-end < 2 {
		end--
	}
	if end > 0 && (s[end-1] == '"' || s[end-1] == '\'') {
		quoted = true
		end--
		for end > 0 && s[end-1] == '\\' {
			end--
		}
	} else if end < at && s[at] == ':' {
		return "", false
	}
	start := end
	for start > 0 && end-start < memoText && keyByte(s[start-1]) {
		start--
	}
	return s[start:end], quoted
}

// closing is where a quoted value ends: before a quote that is escaped no deeper than the
// one that opened it, and before its escapes; else at the end of the text.
func closing(s string, start int, quote byte, depth int) int {
	slashes := 0
	for i := start; i < len(s); i++ {
		switch s[i] {
		case '\\':
			slashes++
			continue
		case quote:
			if slashes <= depth {
				return i - slashes
			}
		}
		slashes = 0
	}
	return len(s)
}

func keyByte(c byte) bool {
	return wordByte(c) || c == '-' || c == '.' || c == '[' || c == ']' || c == '%'
}

// valueByte is what a value without quotes is made of.
func valueByte(c byte) bool {
	switch c {
	case '&', ';', ',', '"', '\'', '<', '>', ')', ']', '}', '\\':
		return false
	}
	return c > ' '
}
