// Package group decides which events are the same. It turns an event into a
// fingerprint, the parts the fingerprint was made of, and the words that name
// the issue: title and culprit.
//
// It is pure: the same event always gets the same fingerprint, on every
// machine. Line numbers, addresses and variable values never contribute. It
// refuses to look at any other event, at the store, or at the clock; what a
// Grouper remembers makes it faster and changes nothing.
package group

import (
	"strings"
	"unicode/utf8"

	"github.com/faultline-dev/faultline/internal/event"
)

// Result is what grouping found out about an event. Many results share the
// same parts, so nobody may change them.
type Result struct {
	Fingerprint event.Fingerprint
	Parts       []event.Part // in the order in which they were hashed
	Title       string
	Culprit     string
}

// The kinds of part.
const (
	KindExceptionType  = "exception_type"
	KindExceptionValue = "exception_value"
	KindFrame          = "frame"
	KindSourceLine     = "source_line" // of the frame that failed
	KindMessage        = "message"
	KindClient         = "client"   // given by the SDK
	KindVariable       = "variable" // a {{ variable }} of a client fingerprint
	KindRule           = "rule"     // given by a fingerprint rule of the project
	KindEmpty          = "empty"    // the event says nothing that could group it
)

// algorithm is hashed first, so that a later change of the rules cannot make an
// old and a new fingerprint equal by accident.
const algorithm = "faultline.group.2"

// Event groups an event that no project has rules for. A program that groups many
// events has a Grouper, which finds the same.
func Event(e *event.Event) Result { return (*Rules)(nil).Event(e) }

// Event groups an event by a project's rules; nil are none.
func (r *Rules) Event(e *event.Event) Result {
	b := builder{event: e}
	if r != nil {
		b.applied = r.apply(e, b.applied, decideAlone)
	}
	b.build()
	var found entry
	found.fingerprint, found.parts = b.finish()
	return b.result(found)
}

// build collects the parts of the event.
func (b *builder) build() {
	if b.applied.rule != nil {
		b.rule()
		return
	}
	if len(b.event.Fingerprint) > 0 {
		b.client()
		return
	}
	b.byDefault()
}

// byDefault prefers exceptions, then a message together with the stack it was
// written from, then the stack of the thread that crashed.
func (b *builder) byDefault() {
	e := b.event
	before := len(b.pieces)
	if b.exceptions(); len(b.pieces) > before {
		return
	}
	b.wide = b.wide || len(e.Exceptions) > 0
	if i := mainThread(e.Threads); i >= 0 {
		b.stack(stackOf{stack: &e.Threads[i].Stack, owner: "threads", index: i})
	}
	if text := messageText(e); text != "" {
		b.message(text)
	}
	if len(b.pieces) == before {
		b.literal(KindEmpty, e.Platform, "")
	}
}

func (b *builder) message(text string) {
	start := len(b.text)
	b.text = appendWords(b.text, text)
	b.part(KindMessage, start, "message")
}

// The bounds of a text that groups: what stands beyond them says little about
// which kind of failure it was. In bytes, before and after its variables are gone.
const (
	maxRead  = 4096
	maxWords = 1024
)

// appendWords appends what the first two lines of a text say without their variables.
func appendWords(b []byte, text string) []byte {
	text = firstLines(text, 2)
	start := len(b)
	b = AppendParameterized(b, text[:whole(text, maxRead)])
	return b[:start+whole(b[start:], maxWords)]
}

// whole is how many of the first n bytes make whole characters.
func whole[T string | []byte](s T, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// messageText is what groups a message: the template if there is one, else the
// formatted text, in both cases the first two lines that are not empty.
func messageText(e *event.Event) string {
	text := e.Message.Template
	if text == "" {
		text = e.Message.Formatted
	}
	return firstLines(text, 2)
}

// mainThread is the index of the thread that crashed, else of the one the event
// was made in, else of the only one; -1 if that leaves none.
func mainThread(threads []event.Thread) int {
	current := -1
	for i := range threads {
		if threads[i].Crashed {
			return i
		}
		if threads[i].Current && current < 0 {
			current = i
		}
	}
	if current < 0 && len(threads) == 1 {
		return 0
	}
	return current
}

// firstLines joins the first n lines that hold more than space.
func firstLines(s string, n int) string {
	s = strings.TrimSpace(s)
	if strings.IndexByte(s, '\n') < 0 {
		return s
	}
	var kept []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			if kept = append(kept, line); len(kept) == n {
				break
			}
		}
	}
	return strings.Join(kept, "\n")
}
