// Package scrub removes secrets from events before anything is hashed, shown or
// stored: the values of keys that name a secret, and what looks like one
// anywhere in a text. What was removed is replaced by Filtered, and the field's
// path is written into Event.Scrubbed. It is pure and does no I/O.
package scrub

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
)

// Filtered stands where a secret was; the word that Sentry uses.
const Filtered = "[Filtered]"

// Rules are a project's decisions in a form that is quick to apply. They are
// immutable and may be shared.
type Rules struct {
	defaults bool
	ips      bool
	keys     map[string]bool // lower case
	safe     map[string]bool // lower case
}

// NewRules compiles a project's settings.
func NewRules(s project.Settings) *Rules {
	r := &Rules{defaults: s.ScrubDefaults, ips: s.ScrubIPs, keys: lowerSet(s.ScrubKeys), safe: lowerSet(s.SafeKeys)}
	return r
}

func lowerSet(list []string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, s := range list {
		if s = strings.ToLower(strings.TrimSpace(s)); s != "" {
			set[s] = true
		}
	}
	return set
}

// secretKey reports whether the value of a key is to be removed.
func (r *Rules) secretKey(key string) bool {
	if len(r.safe) > 0 && r.safe[strings.ToLower(key)] {
		return false
	}
	if len(r.keys) > 0 && r.keys[strings.ToLower(key)] {
		return true
	}
	return r.defaults && sensitiveKey(key)
}

// Event removes secrets from an event in place.
func Event(e *event.Event, r *Rules) {
	if !r.defaults && !r.ips && len(r.keys) == 0 {
		return
	}
	s := scrubber{Rules: r, event: e}
	s.text(&e.Message.Template, "message.template")
	s.text(&e.Message.Formatted, "message.formatted")
	for i := range e.Message.Params {
		s.text(&e.Message.Params[i], "message.params")
	}
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		s.text(&x.Value, "exceptions.value")
		s.object(&x.Mechanism.Data, "exceptions.mechanism.data")
		s.stack(&x.Stack, "exceptions.stacktrace.vars")
	}
	for i := range e.Threads {
		s.stack(&e.Threads[i].Stack, "threads.stacktrace.vars")
	}
	for i := range e.Breadcrumbs {
		b := &e.Breadcrumbs[i]
		s.text(&b.Message, "breadcrumbs.message")
		s.object(&b.Data, "breadcrumbs.data")
	}
	s.request(&e.Request)
	s.pairs(e.Tags, "tags")
	s.pairs(e.User.Data, "user.data")
	if r.ips && e.User.IP != "" {
		e.User.IP = ""
		s.note("user.ip_address")
	}
	for i := range e.Contexts {
		s.object(&e.Contexts[i].Data, "contexts."+e.Contexts[i].Name)
	}
	s.object(&e.Extra, "extra")
}

type scrubber struct {
	*Rules
	event *event.Event
}

func (s *scrubber) note(path string) {
	for _, known := range s.event.Scrubbed {
		if known == path {
			return
		}
	}
	s.event.Scrubbed = append(s.event.Scrubbed, path)
}

func (s *scrubber) text(field *string, path string) {
	if !s.defaults {
		return
	}
	if clean, changed := text(*field); changed {
		*field = clean
		s.note(path)
	}
}

func (s *scrubber) object(o *event.Object, path string) {
	if *o != "" {
		*o = s.Rules.object(*o, func(key string) { s.note(path + "." + key) })
	}
}

// stack scrubs variables, which shared frames have none of.
func (s *scrubber) stack(st *event.Stacktrace, path string) {
	if st.Shared != 0 {
		return
	}
	for i := range st.Frames {
		s.object(&st.Frames[i].Vars, path)
	}
}

func (s *scrubber) pairs(pairs []event.Tag, path string) {
	for i := range pairs {
		p := &pairs[i]
		if p.Value == "" || p.Value == Filtered {
			continue
		}
		if s.secretKey(p.Key) {
			p.Value = Filtered
			s.note(path + "." + p.Key)
			continue
		}
		s.text(&p.Value, path+"."+p.Key)
	}
}

func (s *scrubber) request(r *event.Request) {
	s.text(&r.URL, "request.url")
	s.assignments(&r.Query, "&", "request.query_string")
	s.assignments(&r.Cookies, ";", "request.cookies")
	for i := range r.Headers {
		h := &r.Headers[i]
		if strings.EqualFold(h.Key, "cookie") || strings.EqualFold(h.Key, "set-cookie") {
			s.assignments(&h.Value, ";", "request.headers."+h.Key)
		}
	}
	s.pairs(r.Headers, "request.headers")
	s.pairs(r.Env, "request.env")
	switch body := strings.TrimSpace(r.Body); {
	case body == "":
	case body[0] == '{' || body[0] == '[':
		clean := event.Object(body)
		s.object(&clean, "request.body")
		r.Body = string(clean)
	case strings.Contains(body, "="):
		s.assignments(&r.Body, "&", "request.body")
	default:
		s.text(&r.Body, "request.body")
	}
}

// assignments scrubs key=value lists: query strings, cookies, forms.
func (s *scrubber) assignments(field *string, separator, path string) {
	if *field == "" {
		return
	}
	items := strings.Split(*field, separator)
	changed := false
	for i, item := range items {
		key, value, found := strings.Cut(item, "=")
		if found && value != "" && value != Filtered && s.secretKey(strings.TrimSpace(key)) {
			items[i] = key + "=" + Filtered
			changed = true
			s.note(path + "." + strings.TrimSpace(key))
		}
	}
	if changed {
		*field = strings.Join(items, separator)
	}
	s.text(field, path)
}
