package clickhouse

import (
	"slices"
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
	for _, line := range f.PreContext {
		b = appendLine(b, signBefore, line)
	}
	if f.ContextLine != "" {
		b = appendLine(b, signLine, f.ContextLine)
	}
	for _, line := range f.PostContext {
		b = appendLine(b, signAfter, line)
	}
	return b
}

func appendLine(b []byte, sign byte, line string) []byte {
	if strings.IndexByte(line, '\n') >= 0 || strings.IndexByte(line, '\x1b') >= 0 {
		line = escapeLine.Replace(line)
	}
	b = append(b, sign)
	b = append(b, line...)
	return append(b, '\n')
}

// sameSource reports whether appendSource writes the same for two frames.
func sameSource(a, b *event.Frame) bool {
	return a.ContextLine == b.ContextLine && slices.Equal(a.PreContext, b.PreContext) && slices.Equal(a.PostContext, b.PostContext)
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
