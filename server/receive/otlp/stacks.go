package otlp

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/recent"
	"github.com/faultline-dev/faultline/server/stacktext"
)

// stacks remembers what was read of stack traces. Most events of an issue have the text
// of the one before but for the message; such a text is read and normalized once, and
// its frames are shared by all events that have it. A text is kept when it comes the
// second time.
type stacks struct {
	prepare func(platform string, s *event.Stacktrace) bool
	budget  int
	seed    uint64

	mu    sync.Mutex
	known *recent.Things[*sharedTrace]
	last  uint64 // number given out last
}

// ownNumbers tells the numbers of shared stacks of this package from those of other
// protocols, which count from 1.
const ownNumbers = 1 << 63

// traceKey is what two texts must have in common. Projects share nothing, so that none
// can put frames into another's events.
type traceKey struct {
	project       uint32
	platform      string
	before, after string // the text around the message
	value         string // the message, if the text was not cut around it
}

// sharedTrace is one text that came more than once.
type sharedTrace struct {
	key   traceKey
	value string // the message that it had
	trace stacktext.Result
	fit   bool // it can be shared
}

func newStacks(budget int, prepare func(string, *event.Stacktrace) bool) *stacks {
	return &stacks{prepare: prepare, budget: budget, seed: rand.Uint64(), known: recent.New[*sharedTrace](budget)}
}

// parse reads a stack trace. Where shared is true, its frames are, and have been
// normalized.
func (s *stacks) parse(project uint32, text string, h stacktext.Hint) (trace stacktext.Result, shared bool) {
	if s == nil || s.budget <= 0 || s.prepare == nil {
		return stacktext.Parse(text, h), false
	}
	k := newTraceKey(project, text, h)
	// The seed is secret, so that nobody can make two texts meet.
	sum := xxh3.HashStringSeed(k.before, s.seed) ^ 3*xxh3.HashStringSeed(k.after, s.seed) ^ 5*xxh3.HashStringSeed(k.platform, s.seed+uint64(project)) ^ 7*xxh3.HashStringSeed(k.value, s.seed)
	s.mu.Lock()
	known, _ := s.known.Find(sum)
	again := known == nil && s.known.CameBefore(sum)
	s.mu.Unlock()
	switch {
	case known != nil && known.fit && known.key == k:
		return known.with(h.Value), true
	case again:
		s.keep(sum, k, text, h)
	}
	return stacktext.Parse(text, h), false
}

// newTraceKey cuts the message out of the text, if it stands at the end of the first line
// or of the last. A message of several lines could hold calls, and
// .NET's arrow another exception.
func newTraceKey(project uint32, text string, h stacktext.Hint) traceKey {
	k := traceKey{project: project, platform: h.Platform, before: text, value: h.Value}
	value := h.Value
	if value == "" || strings.IndexByte(value, '\n') >= 0 || strings.Contains(value, "--->") {
		return k
	}
	end := strings.IndexByte(text, '\n')
	if end < 0 || !strings.HasSuffix(text[:end], ": "+value) {
		end = len(strings.TrimRight(text, "\r\n"))
		if !strings.HasSuffix(text[:end], ": "+value) {
			return k
		}
	}
	k.before, k.after, k.value = text[:end-len(value)], text[end:], ""
	return k
}

// with is a copy of the trace whose message is another.
func (t *sharedTrace) with(value string) stacktext.Result {
	out := t.trace
	out.Exceptions = slices.Clone(out.Exceptions)
	if t.value != value {
		x := &out.Exceptions[0]
		x.Value = strings.Replace(x.Value, t.value, value, 1)
	}
	return out
}

// keep reads a text with memory of its own.
func (s *stacks) keep(sum uint64, k traceKey, text string, h stacktext.Hint) {
	text = strings.Clone(text)
	h = stacktext.Hint{Platform: strings.Clone(h.Platform), Type: strings.Clone(h.Type), Value: strings.Clone(h.Value)}
	t := &sharedTrace{key: newTraceKey(k.project, text, h), value: h.Value}
	t.trace = stacktext.Parse(text, h)
	t.fit = t.trace.Frames() > 0
	mark := t.trace.Platform
	if h.Platform != "" {
		mark = h.Platform
	}
	foreign(&t.trace, h.Platform)
	for i := range t.trace.Exceptions {
		stack := &t.trace.Exceptions[i].Stack
		t.fit = t.fit && (len(stack.Frames) == 0 || s.prepare(mark, stack))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !t.fit {
		t.trace = stacktext.Result{}
	}
	for i := range t.trace.Exceptions {
		if stack := &t.trace.Exceptions[i].Stack; len(stack.Frames) > 0 {
			s.last++
			stack.Shared = ownNumbers | s.last
			stack.Frames = slices.Clip(stack.Frames)
		}
	}
	s.known.Keep(sum, t, 512+len(t.key.before)+len(t.key.after)+t.trace.Frames()*frameSize)
}

// foreign says of the frames of another platform than the event's which it is.
func foreign(trace *stacktext.Result, told string) {
	if told == "" || trace.Platform == "" || samePlatform(told, trace.Platform) {
		return
	}
	for i := range trace.Exceptions {
		for j := range trace.Exceptions[i].Stack.Frames {
			trace.Exceptions[i].Stack.Frames[j].Platform = trace.Platform
		}
	}
}
