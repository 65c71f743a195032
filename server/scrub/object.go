package scrub

import (
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
	for i := 0; i < len(s); {
		if s[i] != '"' {
			i++
			continue
		}
		end := stringEnd(s, i)
		if next := skipSpace(s, end); next < len(s) && s[next] == ':' {
			key = s[i+1 : max(i+1, end-1)]
			value := skipSpace(s, next+1)
			i = value
			if !r.secretKey(key) {
				continue
			}
			stop := valueEnd(s, value)
			if v := s[value:stop]; v != "null" && v != `""` && v != "true" && v != "false" && v != quotedFiltered {
				replace(value, stop, quotedFiltered)
				found(key)
			}
			i = stop
			continue
		}
		if clean, changed := text(s[i+1 : max(i+1, end-1)]); changed && r.defaults {
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
