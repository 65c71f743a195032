package wire

import (
	"sync"
	"unsafe"
)

// texts is the memory of the strings of one batch.
type texts struct {
	text   []byte
	used   int     // bytes of earlier pieces
	ahead  float64 // how large the rest of the batch is, in terms of what has been read of it
	lately *lately // of this batch; nil: none yet
	lent   bool    // what is decoded lives as long as the result: nothing is copied
}

// lately holds short texts that came in a batch, so that values that repeat, as most do,
// are kept once.
type lately [256]string

// shortText is how long a text may be to be looked for among those of a batch.
const shortText = 48

var latelyPool = sync.Pool{New: func() any { return new(lately) }}

// The sizes of the pieces in which memory for text is allocated.
const (
	firstText = 1 << 10
	textChunk = 32 << 10
)

// room makes sure that so many bytes can be appended to the text.
func (t *texts) room(n int) {
	if cap(t.text)-len(t.text) < n {
		t.used += len(t.text)
		t.text = make([]byte, 0, max(min(t.need(), textChunk), firstText, n))
	}
}

// need guesses how much text is to come.
func (t *texts) need() int {
	if t.ahead == 0 {
		return 2 * cap(t.text)
	}
	return int(float64(t.used) * t.ahead)
}

// own copies a text, or finds the copy of an equal one.
func (t *texts) own(s string) string {
	if len(s) == 0 {
		return ""
	}
	if t.lent {
		return s
	}
	if len(s) > shortText {
		return t.copy(s)
	}
	if t.lately == nil {
		t.lately = latelyPool.Get().(*lately)
	}
	n := len(s)
	place := &t.lately[(uint(s[0])*31+uint(s[n/2])*131+uint(s[n-1])*17+uint(n)*7)%uint(len(t.lately))]
	if *place != s {
		*place = t.copy(s)
	}
	return *place
}

func (t *texts) copy(s string) string {
	t.room(len(s))
	start := len(t.text)
	t.text = append(t.text, s...)
	return unsafe.String(unsafe.SliceData(t.text[start:]), len(s))
}

// forget lets go of everything.
func (t *texts) forget() {
	if t.lately != nil {
		clear(t.lately[:])
		latelyPool.Put(t.lately)
	}
	*t = texts{}
}
