package group

import (
	"slices"
	"unsafe"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/group/rules"
)

// Rules are what a project's owner decided about grouping, ready to be used by
// many goroutines.
type Rules struct {
	fingerprints *rules.Fingerprints
	stacks       *rules.Stacks
	hash         uint64 // of the text of stacks
	bytes        int
}

// NewRules reads fingerprint rules and stack-trace rules; see package rules for
// the two languages. It returns nil if both are empty.
func NewRules(fingerprints, stacks string) (*Rules, error) {
	if fingerprints == "" && stacks == "" {
		return nil, nil
	}
	f, err := rules.ParseFingerprints(fingerprints)
	if err != nil {
		return nil, err
	}
	s, err := rules.ParseStacks(stacks)
	if err != nil {
		return nil, err
	}
	return &Rules{fingerprints: f, stacks: s, hash: xxh3.HashString(stacks), bytes: 16 * (len(fingerprints) + len(stacks))}, nil
}

func (r *Rules) size() int {
	if r == nil {
		return 64
	}
	return 512 + r.bytes
}

// Rules reads the rules of a project and remembers them. Texts that cannot be
// read are as good as empty: they are checked when they are saved.
func (g *Grouper) Rules(fingerprints, stacks string) *Rules {
	if fingerprints == "" && stacks == "" {
		return nil
	}
	h := xxh3.NewSeed(g.seed)
	h.WriteString(fingerprints)
	h.Write([]byte{0})
	h.WriteString(stacks)
	k := h.Sum128()
	if r, ok := g.rules.get(k); ok {
		return r
	}
	r, err := NewRules(fingerprints, stacks)
	if err != nil {
		r = nil
	}
	g.rules.put(k, r)
	return r
}

// decision is what stack-trace rules decided about one stack.
type decision struct{ rules.Decision }

func (d decision) size() int {
	return 2*int(unsafe.Sizeof(d)) + 64 + len(d.Frames)*int(unsafe.Sizeof(rules.Frame{}))
}

// group is what was decided about whether a frame counts.
func (d *decision) group(i int) event.InApp {
	if d == nil || i >= len(d.Frames) {
		return event.InAppUnknown
	}
	return d.Frames[i].Group
}

// applied is what rules decided about one event.
type applied struct {
	rule   *rules.Fingerprint // nil: none fits
	stacks []ruledStack
}

type ruledStack struct {
	stack    *event.Stacktrace
	decision decision
}

func (a *applied) reset() {
	a.rule = nil
	clear(a.stacks)
	a.stacks = a.stacks[:0]
}

// of is what was decided about a stack, nil if nothing was.
func (a *applied) of(s *event.Stacktrace) *decision {
	for i := range a.stacks {
		if a.stacks[i].stack == s {
			return &a.stacks[i].decision
		}
	}
	return nil
}

// decider is how a decision about a stack is found.
type decider func(r *Rules, e *event.Event, x *event.Exception, s *event.Stacktrace) decision

func decideAlone(r *Rules, e *event.Event, x *event.Exception, s *event.Stacktrace) decision {
	return decision{r.stacks.Decide(e, x, s.Frames)}
}

// apply runs the stack-trace rules over the stacks of exceptions and of the thread
// that matters, and then finds the fingerprint rule.
func (r *Rules) apply(e *event.Event, a applied, decide decider) applied {
	if !r.stacks.Empty() {
		for i := range e.Exceptions {
			a.stacks = r.stack(a.stacks, e, &e.Exceptions[i], &e.Exceptions[i].Stack, decide)
		}
		if i := mainThread(e.Threads); i >= 0 {
			a.stacks = r.stack(a.stacks, e, nil, &e.Threads[i].Stack, decide)
		}
	}
	a.rule = r.fingerprints.Match(e)
	return a
}

func (r *Rules) stack(stacks []ruledStack, e *event.Event, x *event.Exception, s *event.Stacktrace, decide decider) []ruledStack {
	if len(s.Frames) == 0 {
		return stacks
	}
	d := decide(r, e, x, s)
	if d.Frames == nil && d.MaxFrames == 0 && d.MinFrames == 0 {
		return stacks
	}
	own := s.Shared == 0
	for i := range d.Frames {
		inApp := d.Frames[i].InApp
		if inApp == event.InAppUnknown || inApp == s.Frames[i].InApp {
			continue
		}
		if !own { // other events have these very frames
			s.Frames, s.Shared, own = slices.Clone(s.Frames), 0, true
		}
		s.Frames[i].InApp = inApp
	}
	return append(stacks, ruledStack{stack: s, decision: d})
}

// decide remembers what rules decided about a stack: to match every rule with
// every frame costs much more than to write the stack down.
func (s *scratch) decide(r *Rules, e *event.Event, x *event.Exception, stack *event.Stacktrace) decision {
	if r.stacks.LooksAtValues() {
		return decideAlone(r, e, x, stack)
	}
	g := s.grouper
	k := keyer{b: s.key[:0], event: e, wide: true, paths: true, applied: &applied{}}
	k.number(int(r.hash))
	k.number(int(r.hash >> 24))
	k.number(int(r.hash >> 48))
	k.text(e.Platform)
	k.stack(stack)
	s.key = k.b
	of := xxh3.Hash128Seed(k.b, g.seed)
	if d, ok := g.decisions.get(of); ok {
		return d
	}
	d := decideAlone(r, e, x, stack)
	g.decisions.put(of, d)
	return d
}
