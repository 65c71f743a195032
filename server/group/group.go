// Package group decides which events are the same. It turns an event into a
// fingerprint, the parts the fingerprint was made of, and the words that name
// the issue: title and culprit.
//
// It is pure: the same event always gets the same fingerprint, on every
// machine. Line numbers, addresses and variable values never contribute. It
// refuses to look at any other event, at the store, or at the clock.
package group

import (
	"strconv"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/zeebo/xxh3"
)

// Result is what grouping found out about an event.
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
	KindMessage        = "message"
	KindClient         = "client"   // given by the SDK
	KindVariable       = "variable" // a {{ variable }} of a client fingerprint
	KindEmpty          = "empty"    // the event says nothing that could group it
)

// algorithm is hashed first, so that a later change of the rules cannot make an
// old and a new fingerprint equal by accident.
const algorithm = "faultline.group.1"

// Event groups an event.
func Event(e *event.Event) Result {
	r := Result{Title: title(e), Culprit: culprit(e)}
	if len(e.Fingerprint) > 0 {
		r.Parts = clientParts(e)
	} else {
		r.Parts = defaultParts(e)
	}
	r.Fingerprint = hash(r.Parts)
	return r
}

// defaultParts prefers exceptions, then the stack of the thread that crashed,
// then the message.
func defaultParts(e *event.Event) []event.Part {
	if parts := exceptionParts(e); len(parts) > 0 {
		return parts
	}
	if i := mainThread(e.Threads); i >= 0 {
		parts := stackParts(nil, &e.Threads[i].Stack, "threads["+strconv.Itoa(i)+"]")
		if len(parts) > 0 {
			return parts
		}
	}
	if text := messageText(e); text != "" {
		return []event.Part{{Kind: KindMessage, Value: Parameterize(text), Source: "message"}}
	}
	return []event.Part{{Kind: KindEmpty, Value: e.Platform}}
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

func hash(parts []event.Part) event.Fingerprint {
	h := xxh3.New()
	h.WriteString(algorithm)
	for i := range parts {
		// Lengths keep ("ab","c") and ("a","bc") apart.
		h.WriteString(strconv.Itoa(len(parts[i].Value)))
		h.WriteString(parts[i].Kind)
		h.WriteString(parts[i].Value)
	}
	return event.Fingerprint(h.Sum128().Bytes())
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
