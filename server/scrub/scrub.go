// Package scrub removes secrets from events before anything is hashed, shown or
// stored: the values of keys that name a secret, and what looks like one
// anywhere in a text. What was removed is replaced by Filtered, and the field's
// path is written into Event.Scrubbed. It is pure and does no I/O.
package scrub

import (
	"strings"
	"unicode/utf8"

	"github.com/faultline-dev/faultline/internal/event"
)

// Filtered stands where a secret was; the word that Sentry uses.
const Filtered = "[Filtered]"

// Event removes secrets from an event in place. Shared frames stay as they are: they
// hold no variables, and nothing of a user.
func Event(e *event.Event, r *Rules) {
	if !r.looks() {
		return
	}
	s := scrubber{Rules: r, event: e}
	s.text(&e.Message.Template, "message.template")
	s.text(&e.Message.Formatted, "message.formatted")
	s.texts(e.Message.Params, "message.params")
	s.text(&e.Transaction, "transaction")
	s.texts(e.Fingerprint, "fingerprint")
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		s.text(&x.Value, "exceptions.value")
		s.text(&x.Mechanism.Description, "exceptions.mechanism.description")
		s.object(&x.Mechanism.Data, "exceptions.mechanism.data", "")
		s.stack(&x.Stack, "exceptions.stacktrace")
	}
	for i := range e.Threads {
		s.text(&e.Threads[i].Name, "threads.name")
		s.stack(&e.Threads[i].Stack, "threads.stacktrace")
	}
	for i := range e.Breadcrumbs {
		b := &e.Breadcrumbs[i]
		s.text(&b.Message, "breadcrumbs.message")
		s.object(&b.Data, "breadcrumbs.data", "")
	}
	s.request(&e.Request)
	s.pairs(e.Tags, "tags")
	s.user(&e.User)
	for i := range e.Contexts {
		s.object(&e.Contexts[i].Data, "contexts.", e.Contexts[i].Name)
	}
	s.object(&e.Extra, "extra", "")
}

// The most that is told of what was removed.
const (
	maxNotes = 200 // paths of an event
	maxNote  = 200 // bytes of a path
)

type scrubber struct {
	*Rules
	event *event.Event
}

func (s *scrubber) note(path string) {
	if len(path) > maxNote {
		cut := maxNote
		for cut > 0 && !utf8.RuneStart(path[cut]) {
			cut--
		}
		path = path[:cut]
	}
	for _, known := range s.event.Scrubbed {
		if known == path {
			return
		}
	}
	if len(s.event.Scrubbed) < maxNotes {
		s.event.Scrubbed = append(s.event.Scrubbed, path)
	}
}

func (s *scrubber) text(field *string, path string) {
	if clean, changed := s.shown(*field); changed {
		*field = clean
		s.note(path)
	}
}

func (s *scrubber) texts(fields []string, path string) {
	for i := range fields {
		s.text(&fields[i], path)
	}
}

// object scrubs a JSON object that stands at path and name.
func (s *scrubber) object(o *event.Object, path, name string) {
	if *o != "" {
		*o = s.Rules.object(*o, func(key string) { s.note(path + name + "." + key) })
	}
}

// stack scrubs variables, lines of source code and the URLs of scripts.
func (s *scrubber) stack(st *event.Stacktrace, path string) {
	if st.Shared != 0 {
		return
	}
	for i := range st.Frames {
		f := &st.Frames[i]
		s.object(&f.Vars, path, ".vars")
		s.script(&f.AbsPath, path)
		s.script(&f.Filename, path)
		if f.ContextLine != "" {
			s.line(&f.ContextLine, path)
			for k := range f.PreContext {
				s.line(&f.PreContext[k], path)
			}
			for k := range f.PostContext {
				s.line(&f.PostContext[k], path)
			}
		}
	}
}

// script scrubs the path of a script, which can hold a secret only if it is a URL.
func (s *scrubber) script(field *string, path string) {
	if strings.IndexByte(*field, '?') >= 0 || strings.IndexByte(*field, '@') >= 0 {
		s.text(field, path+".path")
	}
}

func (s *scrubber) line(field *string, path string) {
	if !s.defaults {
		return
	}
	if clean, changed := s.source(*field); changed {
		*field = clean
		s.note(path + ".source")
	}
}

// user scrubs what is told of a user. Ids and e-mail addresses are no secrets, whatever
// they look like: they say who was affected.
func (s *scrubber) user(u *event.User) {
	s.text(&u.Username, "user.username")
	s.text(&u.Name, "user.name")
	s.pairs(u.Data, "user.data")
	if s.ips && u.IP != "" {
		u.IP = ""
		s.note("user.ip_address")
	}
}

func (s *scrubber) pairs(pairs []event.Tag, path string) {
	for i := range pairs {
		p := &pairs[i]
		if p.Value == "" || p.Value == Filtered || s.safeKey(p.Key) {
			continue
		}
		if s.secretKey(p.Key) {
			p.Value = Filtered
			s.note(path + "." + p.Key)
			continue
		}
		if clean, changed := s.shown(p.Value); changed {
			p.Value = clean
			s.note(path + "." + p.Key)
		}
	}
}
