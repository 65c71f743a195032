package wire

import (
	"math/rand/v2"
	"strings"
	"sync"
	"unsafe"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/recent"
)

// Stacks remembers stack traces by their bytes. Most events of an issue have the very
// stack of the one before; such a stack is decoded and normalized once, and its frames
// are shared by all events that have it. Stacks may be used by many decoders at once.
//
// A stack is kept when it comes the second time, so that those that never come again
// cost no more than a look.
type Stacks struct {
	prepare func(platform string, s *event.Stacktrace) bool
	seed    uint64

	mu    sync.Mutex
	known *recent.Things[*sharedStack]
	last  uint64 // number given out last
	stats StackStats
}

// sharedStack is one stack that came more than once.
type sharedStack struct {
	platform string
	raw      string
	stack    event.Stacktrace // no frames: it cannot be shared
}

// StackStats counts what became of stacks that were looked for.
type StackStats struct {
	Shared uint64 // found
	Own    uint64 // decoded for one event
}

// NewStacks keeps stacks in about so many bytes. Prepare makes a decoded stack into one
// that may be shared, or reports false: it is called once for each that came twice.
func NewStacks(bytes int, prepare func(platform string, s *event.Stacktrace) bool) *Stacks {
	return &Stacks{prepare: prepare, seed: rand.Uint64(), known: recent.New[*sharedStack](bytes)}
}

// Stats counts since the start.
func (s *Stacks) Stats() StackStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// find returns the stack of these bytes if it is shared, otherwise nil.
func (s *Stacks) find(l Limits, platform, raw string) *event.Stacktrace {
	// The seed is secret, so that nobody can make two stacks meet.
	h := xxh3.HashStringSeed(raw, s.seed) ^ xxh3.HashStringSeed(platform, s.seed)
	s.mu.Lock()
	known, _ := s.known.Find(h)
	again := known == nil && s.known.CameBefore(h)
	if known == nil || !known.fits(platform, raw) {
		s.stats.Own++
	} else {
		s.stats.Shared++
	}
	s.mu.Unlock()
	switch {
	case known != nil && known.fits(platform, raw):
		return &known.stack
	case again:
		s.keep(h, l, platform, raw)
	}
	return nil
}

// fits tells whether the stack may be used for these bytes. Hashes can be equal.
func (k *sharedStack) fits(platform, raw string) bool {
	return k.stack.Shared != 0 && k.raw == raw && k.platform == platform
}

// keep decodes and prepares a stack with memory of its own.
func (s *Stacks) keep(h uint64, l Limits, platform, raw string) {
	k := &sharedStack{platform: strings.Clone(platform), raw: strings.Clone(raw)}
	d := NewDecoder(l)
	d.Memory, d.lent = new(Memory), true
	d.budget = growthBase + l.Growth*len(raw)
	d.ownStacktrace(&k.stack, k.raw)
	fit := d.err == nil && len(k.stack.Frames) > 0 && s.prepare(k.platform, &k.stack)
	s.mu.Lock()
	defer s.mu.Unlock()
	if fit {
		s.last++
		k.stack.Shared = s.last
		k.stack.Frames = k.stack.Frames[:len(k.stack.Frames):len(k.stack.Frames)]
	} else {
		k.stack = event.Stacktrace{}
	}
	s.known.Keep(h, k, k.size())
}

// size is about what a stack takes in memory.
func (k *sharedStack) size() int {
	n := int(unsafe.Sizeof(*k)) + len(k.raw) + len(k.platform) + len(k.stack.Frames)*int(unsafe.Sizeof(event.Frame{}))
	for i := range k.stack.Frames {
		f := &k.stack.Frames[i]
		n += (len(f.PreContext) + len(f.PostContext)) * int(unsafe.Sizeof(""))
	}
	return n
}
