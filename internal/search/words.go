package search

import (
	"iter"

	"github.com/faultline-dev/faultline/internal/event"
)

// Words splits free text into words: the longest runs of ASCII letters, ASCII
// digits and bytes beyond ASCII, in ASCII lower case. It is what ClickHouse's
// tokenizer splitByNonAlpha makes of lower(text).
func Words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		text = fold(text)
		for i := 0; i < len(text); {
			if !inWord(text[i]) {
				i++
				continue
			}
			start := i
			for i < len(text) && inWord(text[i]) {
				i++
			}
			if !yield(text[start:i]) {
				return
			}
		}
	}
}

// Words are the different words of the free text, in order. Text without any
// word matches everything.
func (t Text) Words() []string {
	var words []string
	seen := map[string]bool{}
	for w := range Words(t.Text) {
		if !seen[w] {
			seen[w] = true
			words = append(words, w)
		}
	}
	return words
}

func inWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// SearchText is what free text is looked for in: types and values of the
// exceptions, the message with its template, and the transaction, a line each,
// in ASCII lower case. A store must keep exactly this; that it is in lower case
// already spares it from doing so in every way of evaluating a query.
func SearchText(e *event.Event) string { return string(AppendSearchText(nil, e)) }

// AppendSearchText appends an event's SearchText.
func AppendSearchText(b []byte, e *event.Event) []byte {
	begin := len(b)
	line := func(s string) {
		if s == "" {
			return
		}
		if len(b) > begin {
			b = append(b, '\n')
		}
		b = append(b, s...)
	}
	for i := range e.Exceptions {
		line(e.Exceptions[i].Type)
		line(e.Exceptions[i].Value)
	}
	line(e.Message.Formatted)
	if e.Message.Template != e.Message.Formatted {
		line(e.Message.Template)
	}
	line(e.Transaction)
	for i := begin; i < len(b); i++ {
		if 'A' <= b[i] && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return b
}
