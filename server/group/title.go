package group

import (
	"strings"
	"unicode/utf8"

	"github.com/faultline-dev/faultline/internal/event"
)

// Unlabeled is the title of an event that says nothing about itself.
const Unlabeled = "<unlabeled event>"

// maxTitle and maxCulprit are in bytes; Sentry's limits for the same words.
const (
	maxTitle   = 256
	maxCulprit = 200
)

// title names what broke: "Type: first line of the value" of the exception that
// was thrown, else the first line of the message.
func title(e *event.Event) string {
	if len(e.Exceptions) > 0 {
		x := &e.Exceptions[0]
		kind := x.Type
		if kind == "" || x.Mechanism.Synthetic {
			kind = ""
			if f := crashFrame(e); f != nil {
				kind = f.Function
			}
		}
		value := firstLines(x.Value, 1)
		switch {
		case kind != "" && value != "":
			return cut(kind+": "+value, maxTitle)
		case kind+value != "":
			return cut(kind+value, maxTitle)
		}
	}
	if text := firstLines(e.Message.Text(), 1); text != "" {
		return cut(text, maxTitle)
	}
	if f := crashFrame(e); f != nil && f.Function != "" {
		return cut(f.Function, maxTitle)
	}
	return Unlabeled
}

// culprit names where: the transaction, else the crashing frame as "module in
// function" or "file in function".
func culprit(e *event.Event) string {
	if e.Transaction != "" {
		return cut(e.Transaction, maxCulprit)
	}
	f := crashFrame(e)
	if f == nil {
		return ""
	}
	where := f.Module
	if where == "" {
		where = f.Filename
	}
	switch {
	case where != "" && f.Function != "":
		return cut(where+" in "+f.Function, maxCulprit)
	default:
		return cut(where+f.Function, maxCulprit)
	}
}

// crashFrame is the frame a person looks at first: the last one of the
// program's own code, else the last one.
func crashFrame(e *event.Event) *event.Frame {
	frames := crashStack(e)
	for i := len(frames) - 1; i >= 0; i-- {
		if frames[i].InApp == event.InAppYes {
			return &frames[i]
		}
	}
	if len(frames) > 0 {
		return &frames[len(frames)-1]
	}
	return nil
}

func crashStack(e *event.Event) []event.Frame {
	for i := range e.Exceptions {
		if frames := e.Exceptions[i].Stack.Frames; len(frames) > 0 {
			return frames
		}
	}
	if i := mainThread(e.Threads); i >= 0 {
		return e.Threads[i].Stack.Frames
	}
	return nil
}

// cut shortens to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n -= len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimSpace(s[:n]) + "…"
}
