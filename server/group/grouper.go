package group

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
)

// Grouper groups events and remembers the parts of those it has seen lately, so
// that one more event of an issue costs the hashing of what decides about it and
// no more. It finds exactly what Event finds. It may be used by many goroutines.
type Grouper struct {
	seed      uint64 // random, so that nobody outside can make two keys equal
	cache     cache[entry]
	decisions cache[decision]
	rules     cache[*Rules]
	scratch   sync.Pool
}

// scratch is what grouping one event needs and the next one can use again.
type scratch struct {
	grouper *Grouper
	key     []byte
	builder builder
}

// DefaultMemory is how much a Grouper remembers, in bytes: about 10,000 issues.
const DefaultMemory = 16 << 20

// NewGrouper makes a grouper that remembers about so many bytes.
func NewGrouper(memory int) *Grouper {
	g := &Grouper{seed: rand.Uint64()}
	g.cache.init(memory)
	g.decisions.init(memory / 4)
	g.rules.init(memory / 4)
	g.scratch.New = func() any { return &scratch{grouper: g} }
	return g
}

// Event groups an event by a project's rules; nil are none. It keeps nothing of
// the event's memory. Where a rule says so it changes which frames of the event are
// the program's own.
func (g *Grouper) Event(e *event.Event, r *Rules) Result {
	s := g.scratch.Get().(*scratch)
	s.builder.reset(e)
	if r != nil {
		s.builder.applied = r.apply(e, s.builder.applied, s.decide)
	}
	found := g.find(s, e)
	result := s.builder.result(found)
	if cap(s.key) > maxScratch {
		s.key = nil
	}
	s.builder.release()
	g.scratch.Put(s)
	return result
}

// find looks for the event's parts under the narrow key, which covers what
// decides in most cases, then if that is not enough under the wide one, and makes
// them at last.
func (g *Grouper) find(s *scratch, e *event.Event) entry {
	narrow := g.key(s, e, false)
	found, ok := g.cache.get(narrow)
	if ok && !found.wide {
		return found
	}
	if ok {
		if found, ok = g.cache.get(g.key(s, e, true)); ok {
			return found
		}
	}
	b := &s.builder
	b.build()
	var made entry
	made.fingerprint, made.parts = b.finish()
	if b.wide {
		g.cache.put(narrow, entry{wide: true})
		g.cache.put(g.key(s, e, true), made)
	} else {
		g.cache.put(narrow, made)
	}
	return made
}

func (g *Grouper) key(s *scratch, e *event.Event, wide bool) key {
	k := keyer{b: s.key[:0], event: e, wide: wide, applied: &s.builder.applied}
	k.all()
	s.key = k.b
	return xxh3.Hash128Seed(k.b, g.seed)
}

// keyer writes down what decides about an event's parts, as it stands in the event.
type keyer struct {
	b       []byte
	event   *event.Event
	wide    bool // with all frames, and with values beside stacks
	paths   bool // with whole paths, which only rules look at
	applied *applied
}

func (k *keyer) all() {
	e := k.event
	if k.wide {
		k.b = append(k.b, 'W')
	}
	k.text(e.Platform)
	if k.applied.rule != nil {
		k.rule()
		return
	}
	if len(e.Fingerprint) == 0 {
		k.byDefault()
		return
	}
	usual := false
	for _, element := range e.Fingerprint {
		k.text(element)
		if name, ok := variable(element); ok {
			usual = usual || name == "default"
			if value, known := variableValue(e, name); known {
				k.text(value)
			}
		}
	}
	if usual {
		k.byDefault()
	}
}

// rule writes what a fingerprint rule makes of the event.
func (k *keyer) rule() {
	usual := false
	k.number(k.applied.rule.Line)
	for _, element := range k.applied.rule.Elements {
		usual = usual || element.HasDefault()
		k.text(expand(k.event, element))
		k.number(len(element.Pieces))
	}
	if usual {
		k.byDefault()
	}
}

func (k *keyer) byDefault() {
	e := k.event
	k.number(len(e.Exceptions))
	stackless := stackless(e)
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		k.text(x.Type)
		m := &x.Mechanism
		flags := byte(0)
		if m.Synthetic {
			flags |= 1
		}
		if m.IsGroup {
			flags |= 2
		}
		if overflow(x) {
			flags |= 4
		}
		k.b = append(k.b, flags)
		k.number(m.ID)
		k.number(m.ParentID)
		stack := exceptionStack(e, i, stackless)
		if stack.stack != nil {
			k.text(stack.owner)
			k.number(stack.index)
			k.stack(stack.stack)
		}
		if value, counts := exceptionValue(e, i, stack, stackless); counts || k.wide {
			k.parameterized(value)
		}
	}
	if len(e.Exceptions) > 0 && !k.wide {
		return
	}
	if i := mainThread(e.Threads); i >= 0 {
		k.number(i)
		k.stack(&e.Threads[i].Stack)
	}
	k.parameterized(messageText(e))
}

func (k *keyer) stack(s *event.Stacktrace) {
	k.decision(s)
	if s.Shared != 0 {
		k.b = binary.LittleEndian.AppendUint64(append(k.b, 'S'), s.Shared)
		return
	}
	onlyInApp := !k.wide && hasInApp(s.Frames)
	k.number(len(s.Frames))
	for i := range s.Frames {
		f := &s.Frames[i]
		if onlyInApp && f.InApp != event.InAppYes {
			continue
		}
		k.b = append(k.b, byte(i), byte(i>>8), byte(f.InApp))
		k.text(f.Module)
		k.text(f.Function)
		k.text(f.Filename)
		if f.Filename == "" || k.paths {
			k.text(f.AbsPath)
		}
		k.text(f.ContextLine)
		k.text(f.Package)
		k.text(f.Platform)
	}
}

// decision writes what rules decided about a stack beside what they wrote into it.
func (k *keyer) decision(s *event.Stacktrace) {
	d := k.applied.of(s)
	if d == nil {
		return
	}
	k.b = append(k.b, 'D')
	k.number(d.MaxFrames)
	k.number(d.MinFrames)
	k.number(len(d.Frames))
	for i := range d.Frames {
		k.b = append(k.b, byte(d.Frames[i].Group))
	}
}

// text writes a string so that where it ends is clear.
func (k *keyer) text(s string) {
	n := len(s)
	k.b = append(k.b, byte(n), byte(n>>8), byte(n>>16))
	k.b = append(k.b, s...)
}

// parameterized writes what is left of a text when its variables are gone.
func (k *keyer) parameterized(s string) {
	start := len(k.b)
	k.b = append(k.b, 'P', 0, 0, 0)
	k.b = appendWords(k.b, s)
	n := len(k.b) - start
	k.b[start+1], k.b[start+2], k.b[start+3] = byte(n), byte(n>>8), byte(n>>16)
}

func (k *keyer) number(n int) { k.b = append(k.b, byte(n), byte(n>>8), byte(n>>16)) }
