package group

import (
	"encoding/binary"
	"strconv"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
)

// builder collects parts. All their text stands in one buffer, so that a
// finished list takes two allocations however long it is, and holds nothing of
// the event's own memory.
type builder struct {
	event  *event.Event
	text   []byte
	pieces []piece
	// wide tells that the result depends on more than what a narrow key covers:
	// on frames that are not the program's own, or on a value beside a stack.
	wide bool

	applied applied // what the project's rules decided

	seen   map[uint64]struct{}
	hashed []byte
}

// piece is a part: its value is text[value:source], its source text[source:end].
type piece struct {
	kind               string
	value, source, end int
	place              bool // a frame that tells no more than a file
}

// part ends a part whose value began at start. An empty value is no part.
func (b *builder) part(kind string, start int, source string) bool {
	end := len(b.text)
	if end == start {
		return false
	}
	b.text = append(b.text, source...)
	b.pieces = append(b.pieces, piece{kind: kind, value: start, source: end, end: len(b.text)})
	return true
}

// literal adds a part that is text as it is, even if it is empty.
func (b *builder) literal(kind, value, source string) {
	start := len(b.text)
	b.text = append(b.text, value...)
	end := len(b.text)
	b.text = append(b.text, source...)
	b.pieces = append(b.pieces, piece{kind: kind, value: start, source: end, end: len(b.text)})
}

// sourced completes the source of the last part: owner[index]field.
func (b *builder) sourced(owner string, index int, field string) {
	b.text = append(b.text, owner...)
	b.text = append(b.text, '[')
	b.text = strconv.AppendInt(b.text, int64(index), 10)
	b.text = append(b.text, ']')
	b.text = append(b.text, field...)
	b.pieces[len(b.pieces)-1].end = len(b.text)
}

func (b *builder) value(s piece) []byte { return b.text[s.value:s.source] }

// finish makes the fingerprint and the parts.
func (b *builder) finish() (event.Fingerprint, []event.Part) {
	text := string(b.text)
	parts := make([]event.Part, len(b.pieces))
	for i, s := range b.pieces {
		parts[i] = event.Part{Kind: s.kind, Value: text[s.value:s.source], Source: text[s.source:s.end]}
	}
	return event.Fingerprint(b.hash(b.pieces)), parts
}

// result adds to what was found the words that name the issue.
func (b *builder) result(found entry) Result {
	r := Result{Fingerprint: found.fingerprint, Parts: found.parts, Title: title(b.event), Culprit: culprit(b.event)}
	if rule := b.applied.rule; rule != nil && !rule.Title.IsZero() {
		if text := firstLines(expand(b.event, rule.Title), 1); text != "" {
			r.Title = cut(text, maxTitle)
		}
	}
	return r
}

// hash is the fingerprint of some of the parts.
func (b *builder) hash(pieces []piece) [16]byte {
	h := append(b.hashed[:0], algorithm...)
	for _, s := range pieces {
		// Lengths keep ("ab","c") and ("a","bc") apart.
		value := b.value(s)
		h = binary.AppendUvarint(h, uint64(len(value)))
		h = append(h, s.kind...)
		h = append(h, value...)
	}
	b.hashed = h
	return xxh3.Hash128(h).Bytes()
}

// reset makes the builder ready for another event.
func (b *builder) reset(e *event.Event) {
	b.event, b.text, b.pieces, b.wide = e, b.text[:0], b.pieces[:0], false
	b.applied.reset()
}

// release lets go of the event and of buffers that one large event has made.
func (b *builder) release() {
	b.event = nil
	b.applied.reset()
	if cap(b.text) > maxScratch {
		b.text = nil
	}
	if cap(b.hashed) > maxScratch {
		b.hashed = nil
	}
	if cap(b.pieces) > maxScratch/32 {
		b.pieces = nil
	}
}

// maxScratch bounds what is kept between events, in bytes.
const maxScratch = 64 << 10
