package scrub

import (
	"net/url"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

func (s *scrubber) request(r *event.Request) {
	s.text(&r.URL, "request.url")
	s.assignments(&r.Query, "&", "request.query_string", s.secretKey)
	s.assignments(&r.Cookies, ";", "request.cookies", s.secretCookie)
	for i := range r.Headers {
		if h := &r.Headers[i]; cookieKey(h.Key) {
			s.assignments(&h.Value, ";", "request.headers."+h.Key, s.secretCookie)
		}
	}
	s.pairs(r.Headers, "request.headers")
	s.pairs(r.Env, "request.env")
	switch body := strings.TrimSpace(r.Body); {
	case body == "":
	case body[0] == '{' || body[0] == '[':
		clean := event.Object(body)
		s.object(&clean, "request.body", "")
		r.Body = string(clean)
	case strings.HasPrefix(body, "--") && strings.Contains(body, "form-data"):
		s.parts(&r.Body)
	case strings.Contains(body, "="):
		s.assignments(&r.Body, "&", "request.body", s.secretKey)
	default:
		s.text(&r.Body, "request.body")
	}
}

// assignments scrubs key=value lists: query strings, cookies, forms.
func (s *scrubber) assignments(field *string, separator, path string, secret func(key string) bool) {
	if clean, changed := assignments(*field, separator, secret, func(key string) { s.note(path + "." + key) }); changed {
		*field = clean
	}
	s.text(field, path)
}

func assignments(list, separator string, secret func(key string) bool, found func(key string)) (string, bool) {
	if !strings.Contains(list, "=") {
		return list, false
	}
	var b strings.Builder
	done := 0
	for at := 0; at < len(list); {
		end := len(list)
		if i := strings.Index(list[at:], separator); i >= 0 {
			end = at + i
		}
		key, value, given := strings.Cut(list[at:end], "=")
		if given && value != "" && value != Filtered {
			name := strings.TrimSpace(key)
			if strings.Contains(name, "%") {
				if plain, err := url.QueryUnescape(name); err == nil {
					name = plain
				}
			}
			if secret(name) {
				b.WriteString(list[done : at+len(key)+1])
				b.WriteString(Filtered)
				done = end
				found(name)
			}
		}
		at = end + len(separator)
	}
	if done == 0 {
		return list, false
	}
	b.WriteString(list[done:])
	return b.String(), true
}

// parts scrubs the fields of a multipart form.
func (s *scrubber) parts(body *string) {
	const mark = `; name="`
	text := *body
	var b strings.Builder
	done := 0
	for at := 0; ; {
		i := strings.Index(text[at:], mark)
		if i < 0 {
			break
		}
		at += i + len(mark)
		name := text[at : at+max(0, strings.IndexByte(text[at:], '"'))]
		head := strings.Index(text[at:], "\n\r\n")
		if !s.secretKey(name) || head < 0 {
			continue
		}
		start := at + head + 3
		end := len(text)
		if n := strings.Index(text[start:], "\r\n--"); n >= 0 {
			end = start + n
		}
		if v := text[start:end]; v == "" || v == Filtered {
			continue
		}
		b.WriteString(text[done:start])
		b.WriteString(Filtered)
		done, at = end, end
		s.note("request.body." + name)
	}
	if done > 0 {
		b.WriteString(text[done:])
		*body = b.String()
	}
	s.text(body, "request.body")
}

// cookieKey reports whether a key holds a list of cookies.
func cookieKey(key string) bool {
	return len(key) >= 6 && len(key) <= 11 && (strings.EqualFold(key, "cookie") || strings.EqualFold(key, "cookies") || strings.EqualFold(key, "set-cookie") || strings.EqualFold(key, "HTTP_COOKIE"))
}

// secretCookie reports whether a cookie's value is to be removed: that of a session is
// as good as a password.
func (r *Rules) secretCookie(name string) bool {
	if r.safeKey(name) {
		return false
	}
	if r.secretKey(name) {
		return true
	}
	lower := strings.ToLower(name)
	return r.defaults && (strings.Contains(lower, "sess") || strings.HasSuffix(lower, "sid"))
}

// cookies scrubs a list of cookies.
func (r *Rules) cookies(list string) (string, bool) {
	return assignments(list, ";", r.secretCookie, func(string) {})
}
