package scrub

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// object removes secrets from the text of a JSON object: whole values of
// sensitive keys at any depth, and secrets inside text. It reads the text once.
// found is called with the key whose value was removed. Text that is no JSON is
// returned as far as it was understood.
func (r *Rules) object(o event.Object, found func(key string)) event.Object {
	s := string(o)
	if s == "" {
		return o
	}
	var b strings.Builder
	done := 0
	replace := func(start, end int, with string) {
		b.WriteString(s[done:start])
		b.WriteString(with)
		done = end
	}
	key := ""
	// remove removes the value that starts at an index, and returns where it ends.
	remove := func(value int) int {
		stop := valueEnd(s, value)
		if v := s[value:stop]; v != "null" && v != `""` && v != "true" && v != "false" && v != quotedFiltered && v != "" {
			replace(value, stop, quotedFiltered)
			found(key)
		}
		return stop
	}
	for i := 0; i < len(s); {
		if s[i] != '"' {
			if s[i] < '0' || s[i] > '9' {
				i++
				continue
			}
			n := span(s[i:], numberByte)
			if n >= 13 && r.defaults && cardLen(s[i:i+n]) == n {
				replace(i, i+n, quotedFiltered)
				found(key)
			}
			i += n
			continue
		}
		end := stringEnd(s, i)
		inside := s[i+1 : max(i+1, end-1)]
		next := skipSpace(s, end)
		if next < len(s) && s[next] == ':' {
			key = unescape(inside)
			i = skipSpace(s, next+1)
			switch {
			case r.safeKey(key):
				i = valueEnd(s, i)
			case r.secretKey(key):
				i = remove(i)
			case cookieKey(key) && i < len(s) && s[i] == '"':
				end := stringEnd(s, i)
				if raw := s[i+1 : max(i+1, end-1)]; !strings.Contains(raw, `\`) {
					if clean, changed := r.cookies(raw); changed {
						replace(i+1, end-1, clean)
						found(key)
						i = end
					}
				}
			}
			continue
		}
		// Headers often are pairs: ["Authorization", "..."].
		if i > 0 && s[i-1] == '[' && next+1 < len(s) && s[next] == ',' && len(inside) < memoText && r.secretKey(inside) {
			value := skipSpace(s, next+1)
			if stop := valueEnd(s, value); s[value:min(value+1, len(s))] == `"` && skipSpace(s, stop) < len(s) && s[skipSpace(s, stop)] == ']' {
				key = inside
				i = remove(value)
				continue
			}
		}
		if clean, changed := r.quoted(inside); changed {
			replace(i+1, end-1, clean)
			found(key)
		}
		i = end
	}
	if done == 0 {
		return o
	}
	b.WriteString(s[done:])
	return event.Object(b.String())
}

const quotedFiltered = `"` + Filtered + `"`

// quoted is text for what stands between the quotes of a JSON string.
func (r *Rules) quoted(raw string) (string, bool) {
	if !r.looks() || len(raw) < 8 || !strings.Contains(raw, `\`) {
		return r.shown(raw)
	}
	var plain string
	if json.Unmarshal([]byte(`"`+raw+`"`), &plain) != nil {
		return r.shown(raw)
	}
	clean, changed := r.shown(plain)
	if !changed {
		return raw, false
	}
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	if to.Encode(clean) != nil {
		return raw, false
	}
	encoded := strings.TrimSuffix(b.String(), "\n")
	return encoded[1 : len(encoded)-1], true
}

// unescape is a key as it reads.
func unescape(key string) string {
	if !strings.Contains(key, `\`) {
		return key
	}
	var plain string
	if json.Unmarshal([]byte(`"`+key+`"`), &plain) != nil {
		return key
	}
	return plain
}

// numberByte is what the numbers of JSON are made of.
func numberByte(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c|0x20 == 'e'
}

// stringEnd is the index after the closing quote of a string that opens at i.
func stringEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// valueEnd is the index after the JSON value that starts at i.
func valueEnd(s string, i int) int {
	depth := 0
	for i < len(s) {
		switch s[i] {
		case '"':
			i = stringEnd(s, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return len(s)
}
