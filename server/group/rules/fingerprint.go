package rules

import (
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// Fingerprints are the fingerprint rules of a project.
type Fingerprints struct {
	rules []Fingerprint
}

// Fingerprint is one rule: which events, and what they are grouped by.
type Fingerprint struct {
	Line     int // in the text, from 1
	Elements []Template
	Title    Template // instead of the usual title; zero: none

	matchers []*matcher
}

// ParseFingerprints reads a text of fingerprint rules. The error is of type Errors.
func ParseFingerprints(text string) (*Fingerprints, error) {
	var f Fingerprints
	err := each(text, func(l *line) error {
		rule, err := readFingerprint(l)
		if err != nil {
			return err
		}
		f.rules = append(f.rules, rule)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &f, nil
}

func readFingerprint(l *line) (Fingerprint, error) {
	r := Fingerprint{Line: l.number}
	for l.space(); !strings.HasPrefix(l.rest(), "->"); l.space() {
		if l.done() {
			return r, l.problem(l.at, "-> and what to group by are missing")
		}
		m, err := readMatcher(l)
		if err != nil {
			return r, err
		}
		if m.key.name == "category" {
			return r, l.problem(l.at, "categories are known to stack-trace rules only")
		}
		r.matchers = append(r.matchers, m)
	}
	if len(r.matchers) == 0 {
		return r, l.problem(l.at, "a condition is missing before ->")
	}
	l.take("->")
	return r, r.readValues(l)
}

// readValues reads what stands after the arrow.
func (r *Fingerprint) readValues(l *line) error {
	for {
		for l.space(); l.take(","); l.space() {
		}
		if l.done() {
			break
		}
		start := l.at
		if l.take("title=") {
			if !r.Title.IsZero() {
				return l.problem(start, "there is a title already")
			}
			text, err := l.value()
			if err != nil {
				return err
			}
			if r.Title, err = readTemplate(l, start, text); err != nil {
				return err
			}
			if r.Title.IsZero() || r.Title.HasDefault() {
				return l.problem(start, "a title is text and variables, without {{ default }}")
			}
			continue
		}
		text, err := l.value()
		if err != nil {
			return err
		}
		element, err := readTemplate(l, start, text)
		if err != nil {
			return err
		}
		if element.IsZero() {
			return l.problem(start, "there is nothing to group by between the quotes")
		}
		r.Elements = append(r.Elements, element)
	}
	if len(r.Elements) == 0 {
		return l.problem(l.at, "what to group by is missing after ->")
	}
	return nil
}

// value reads a quoted text, or one up to the next space or comma outside of
// variables. In quotes a backslash takes the next character as it is.
func (l *line) value() (string, *Error) {
	if l.peek() == '"' {
		raw, err := l.quoted()
		return unescape(raw), err
	}
	start := l.at
	for !l.done() {
		switch {
		case strings.HasPrefix(l.rest(), "{{"):
			end := strings.Index(l.rest(), "}}")
			if end < 0 {
				return "", l.problem(l.at, "{{ is not closed")
			}
			l.at += end + 2
			continue
		case l.peek() == '"':
			return "", l.problem(l.at, "a quote in the middle of a word; quote the whole of it")
		case strings.IndexByte(" \t,", l.peek()) >= 0:
			return l.text[start:l.at], nil
		}
		l.at++
	}
	return l.text[start:l.at], nil
}

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// printValue prints a template so that value reads it again.
func printValue(t Template, always bool) string {
	s := t.String()
	bare := !always && !strings.HasPrefix(s, "title=") && !strings.HasPrefix(s, "->")
	for _, p := range t.Pieces {
		bare = bare && (p.Variable == "" || !strings.ContainsAny(p.Variable, `"\`)) && !strings.ContainsAny(p.Text, " \t,\"\\")
	}
	if bare {
		return s
	}
	s = strings.ReplaceAll(s, `\`, `\\`)
	return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
}

// String prints the rules, one a line, without comments.
func (f *Fingerprints) String() string {
	var b strings.Builder
	for i := range f.rules {
		b.WriteString(f.rules[i].String())
		b.WriteByte('\n')
	}
	return b.String()
}

// String prints the rule as ParseFingerprints reads it.
func (r *Fingerprint) String() string {
	var b strings.Builder
	for _, m := range r.matchers {
		b.WriteString(m.String() + " ")
	}
	b.WriteString("-> ")
	for i, e := range r.Elements {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(printValue(e, false))
	}
	if !r.Title.IsZero() {
		b.WriteString(" title=" + printValue(r.Title, true))
	}
	return b.String()
}

// Match is the first rule that an event fulfils, nil if none does.
func (f *Fingerprints) Match(e *event.Event) *Fingerprint {
	for i := range f.rules {
		if f.rules[i].matches(e) {
			return &f.rules[i]
		}
	}
	return nil
}

// matches reports whether the event, one of its exceptions and one of its frames
// fulfil all conditions.
func (r *Fingerprint) matches(e *event.Event) bool {
	exceptions, frames := false, false
	for _, m := range r.matchers {
		switch m.key.scope {
		case ofException:
			exceptions = true
		case ofFrame:
			frames = true
		default:
			if !m.event(e) {
				return false
			}
		}
	}
	return (!exceptions || r.anyException(e)) && (!frames || r.anyFrame(e))
}

func (r *Fingerprint) anyException(e *event.Event) bool {
	for i := range e.Exceptions {
		ok := true
		for _, m := range r.matchers {
			ok = ok && (m.key.scope != ofException || m.exception(&e.Exceptions[i]))
		}
		if ok {
			return true
		}
	}
	return false
}

func (r *Fingerprint) anyFrame(e *event.Event) bool {
	for i := range e.Exceptions {
		if r.anyOf(e.Exceptions[i].Stack.Frames) {
			return true
		}
	}
	for i := range e.Threads {
		if r.anyOf(e.Threads[i].Stack.Frames) {
			return true
		}
	}
	return false
}

func (r *Fingerprint) anyOf(frames []event.Frame) bool {
	for i := range frames {
		ok := true
		for _, m := range r.matchers {
			ok = ok && (m.key.scope != ofFrame || m.frame(&frames[i], frames[i].InApp == event.InAppYes, ""))
			if !ok {
				break
			}
		}
		if ok {
			return true
		}
	}
	return false
}
