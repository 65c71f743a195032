package clickhouse

import (
	"bytes"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// The signs before the source lines of a frame: before the line, the line, after it.
const (
	signBefore = '-'
	signLine   = '>'
	signAfter  = '+'
)

// Bytes that would end a line too early are escaped; they are rare in source code.
var (
	escapeLine   = strings.NewReplacer("\x1b", "\x1be", "\n", "\x1bn")
	unescapeLine = strings.NewReplacer("\x1be", "\x1b", "\x1bn", "\n")
)

// appendSource writes the source around a frame as one text, a line each with a sign
// before it. Frames repeat, so this text is kept in a dictionary.
func appendSource(b []byte, f *event.Frame) []byte {
	begin, lines := len(b), len(f.PreContext)+len(f.PostContext)
	if f.ContextLine != "" {
		lines++
	}
	b = appendLines(b, f, func(line string) string { return line })
	// One look at all of them is cheaper than one at each.
	if added := b[begin:]; bytes.Count(added, []byte("\n")) != lines || bytes.IndexByte(added, '\x1b') >= 0 {
		b = appendLines(b[:begin], f, escapeLine.Replace)
	}
	return b
}

func appendLines(b []byte, f *event.Frame, text func(string) string) []byte {
	line := func(sign byte, s string) {
		b = append(append(append(b, sign), text(s)...), '\n')
	}
	for _, s := range f.PreContext {
		line(signBefore, s)
	}
	if f.ContextLine != "" {
		line(signLine, f.ContextLine)
	}
	for _, s := range f.PostContext {
		line(signAfter, s)
	}
	return b
}

// splitSource fills in what appendSource wrote.
func splitSource(text string, f *event.Frame) error {
	for text != "" {
		line, rest, ended := strings.Cut(text, "\n")
		if !ended || line == "" {
			return errPacked
		}
		sign, line := line[0], line[1:]
		if strings.IndexByte(line, '\x1b') >= 0 {
			line = unescapeLine.Replace(line)
		}
		switch sign {
		case signBefore:
			f.PreContext = append(f.PreContext, line)
		case signLine:
			f.ContextLine = line
		case signAfter:
			f.PostContext = append(f.PostContext, line)
		default:
			return errPacked
		}
		text = rest
	}
	return nil
}
