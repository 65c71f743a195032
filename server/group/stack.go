package group

import (
	"bytes"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
)

// stack takes the frames that contribute: those of the program's own code; if
// there is none that says anything, those of the libraries; if even those say
// nothing, those of the runtime. It reports whether the frame that failed has a name.
// Where another exception of the chain has frames of the program, the libraries'
// are told by the one that failed.
func (b *builder) stack(s stackOf) (named bool) {
	first := len(b.pieces)
	if hasInApp(s.stack.Frames) {
		if named = b.frames(s, ownFrames); len(b.pieces) > first {
			return named
		}
		b.wide = true
	}
	if named = b.frames(s, libraryFrames); len(b.pieces) > first {
		b.shorten(s, first)
		return named
	}
	named = b.frames(s, allFrames)
	b.shorten(s, first)
	return named
}

// shorten keeps of a stack that matters less the frame that failed.
func (b *builder) shorten(s stackOf, first int) {
	if s.brief && len(b.pieces) > first {
		b.pieces = append(b.pieces[:first], b.pieces[len(b.pieces)-1])
	}
}

// choice says which frames are looked at.
type choice uint8

const (
	ownFrames     choice = iota // the program's own
	libraryFrames               // all but those that only carry a call from one place to another
	allFrames
)

// frames takes the chosen frames. A function that was there already is recursion,
// direct or by way of others, and counts once, so that its depth does not matter;
// only the frame that failed is always kept.
func (b *builder) frames(s stackOf, c choice) (named bool) {
	frames := s.stack.Frames
	fam := familyOf(b.event.Platform)
	d := b.applied.of(s.stack)
	last := lastFrame(frames, c, fam, d)
	first := len(b.pieces)
	if b.seen == nil {
		b.seen = map[uint64]struct{}{}
	}
	clear(b.seen)
	var before uint64
	failed, line := -1, false // the last frame, and whether its source line is still to be told
	for i := 0; i <= last; i++ {
		f := &frames[i]
		own := frameFamily(fam, f)
		if !contributes(own, f, c, d.group(i)) || i < last && wrapper(own, f) {
			continue
		}
		start := len(b.text)
		var told telling
		b.text, told = appendFrame(b.text, own, f)
		if len(b.text) > start {
			failed, line = i, told != tellsLine && own.linesTell() && c == ownFrames && !s.overflow
		}
		h := xxh3.Hash(b.text[start:])
		_, again := b.seen[h]
		if len(b.text) == start || h == before || again && (i < last || s.overflow) {
			b.text = b.text[:start]
			continue
		}
		b.seen[h], before = struct{}{}, h
		named = told != tellsPlace
		b.part(KindFrame, start, "")
		b.sourced(s.owner, s.index, ".")
		b.sourced("frames", i, "")
		b.pieces[len(b.pieces)-1].place = !named
	}
	b.dropPlaces(first)
	if !b.limit(first, d) {
		return false
	}
	if line && b.sourceLine(s, failed) {
		named = true
	}
	if s.overflow {
		slices.SortFunc(b.pieces[first:], func(x, y piece) int { return bytes.Compare(b.value(x), b.value(y)) })
	}
	return named
}

// dropPlaces drops the frames that tell no more than a file, if others tell more:
// engines and compilers disagree about which functions without a name are frames.
// The frame that failed stays.
func (b *builder) dropPlaces(first int) {
	of := b.pieces[first:]
	if !slices.ContainsFunc(of, func(p piece) bool { return !p.place }) {
		return
	}
	last := of[len(of)-1]
	kept := slices.DeleteFunc(of[:len(of)-1], func(p piece) bool { return p.place })
	b.pieces = append(b.pieces[:first+len(kept)], last)
}

// sourceLine takes the source line of the frame that failed, which tells apart
// the places in one function at which the same may fail.
func (b *builder) sourceLine(s stackOf, i int) bool {
	start := len(b.text)
	b.text = appendLine(b.text, start, s.stack.Frames[i].ContextLine)
	if !b.part(KindSourceLine, start, "") {
		return false
	}
	b.sourced(s.owner, s.index, ".")
	b.sourced("frames", i, ".context_line")
	return true
}

// limit keeps as many of the last frames as a rule allows, and none if it wants
// more than there are.
func (b *builder) limit(first int, d *decision) bool {
	if d == nil {
		return true
	}
	n := len(b.pieces) - first
	if n < d.MinFrames {
		b.pieces = b.pieces[:first]
		return false
	}
	if d.MaxFrames > 0 && n > d.MaxFrames {
		b.pieces = slices.Delete(b.pieces, first, len(b.pieces)-d.MaxFrames)
	}
	return true
}

// contributes reports whether a frame is among the chosen; a rule may have decided.
func contributes(fam family, f *event.Frame, c choice, ruled event.InApp) bool {
	if ruled == event.InAppNo {
		return false
	}
	counts := ruled == event.InAppYes || !carrier(fam, f)
	switch c {
	case ownFrames:
		return f.InApp == event.InAppYes && counts
	case libraryFrames:
		return counts
	}
	return true
}

// lastFrame is the index of the last frame that is chosen; -1: none is.
func lastFrame(frames []event.Frame, c choice, fam family, d *decision) int {
	for i := len(frames) - 1; i >= 0; i-- {
		if contributes(frameFamily(fam, &frames[i]), &frames[i], c, d.group(i)) {
			return i
		}
	}
	return -1
}

func hasInApp(frames []event.Frame) bool {
	for i := range frames {
		if frames[i].InApp == event.InAppYes {
			return true
		}
	}
	return false
}
