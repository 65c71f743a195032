package rules

import (
	"strconv"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// Stacks are the stack-trace rules of a project.
type Stacks struct {
	rules []stackRule
	// values tells that a condition looks at what exceptions say, so that equal
	// stacks may be decided about in different ways.
	values bool
}

type stackRule struct {
	callers, matchers, callees []*matcher
	actions                    []action
}

// action is what a rule does to a frame or to a stack.
type action struct {
	reach byte // 0: the frame; ^: all from it to the crash; v: all from it to the start
	set   bool // + or -
	flag  string
	name  string // of a variable: max-frames, min-frames, category
	value string
	count int
}

// ParseStacks reads a text of stack-trace rules. The error is of type Errors.
func ParseStacks(text string) (*Stacks, error) {
	var s Stacks
	err := each(text, func(l *line) error {
		r, err := readStackRule(l)
		if err != nil {
			return err
		}
		for _, list := range [...][]*matcher{r.callers, r.matchers, r.callees} {
			for _, m := range list {
				s.values = s.values || m.key.scope == ofException
			}
		}
		s.rules = append(s.rules, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &s, nil
}

func readStackRule(l *line) (r stackRule, err error) {
	if l.peek() == '[' {
		if r.callers, err = readNeighbour(l); err != nil {
			return r, err
		}
		if l.space(); !l.take("|") {
			return r, l.problem(l.at, "| is missing after the caller")
		}
	}
	for {
		l.space()
		if l.done() || isAction(l) {
			break
		}
		if l.take("|") {
			if l.space(); l.peek() != '[' {
				return r, l.problem(l.at, "the called frame stands in brackets: | [ function:name ]")
			}
			if r.callees, err = readNeighbour(l); err != nil {
				return r, err
			}
			l.space()
			break
		}
		m, err := readStackMatcher(l)
		if err != nil {
			return r, err
		}
		r.matchers = append(r.matchers, m)
	}
	if len(r.matchers) == 0 {
		return r, l.problem(l.at, "a condition is missing")
	}
	return r, r.readActions(l)
}

// readStackMatcher reads a condition that speaks of frames, of the exception that
// has them, or of the family.
func readStackMatcher(l *line) (*matcher, error) {
	start := l.at
	m, err := readMatcher(l)
	if err != nil {
		return nil, err
	}
	if m.key.scope == ofEvent && m.key.name != "family" {
		return nil, l.problem(start, "%s is known to fingerprint rules only", m.key.name)
	}
	return m, nil
}

// readNeighbour reads [ conditions ].
func readNeighbour(l *line) ([]*matcher, error) {
	start := l.at
	l.take("[")
	var list []*matcher
	for {
		l.space()
		if l.take("]") {
			break
		}
		if l.done() {
			return nil, l.problem(start, "[ is not closed; there must be space before ]")
		}
		m, err := readStackMatcher(l)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	if len(list) == 0 {
		return nil, l.problem(start, "a condition is missing in the brackets")
	}
	return list, nil
}

// isAction reports whether an action comes next.
func isAction(l *line) bool {
	word := l.rest()
	if i := strings.IndexAny(word, " \t"); i >= 0 {
		word = word[:i]
	}
	if name, _, ok := strings.Cut(word, "="); ok {
		return !strings.Contains(name, ":")
	}
	return strings.HasPrefix(word, "+") || strings.HasPrefix(word, "-") ||
		len(word) > 1 && (word[0] == '^' || word[0] == 'v') && (word[1] == '+' || word[1] == '-')
}

func (r *stackRule) readActions(l *line) error {
	for l.space(); !l.done(); l.space() {
		start := l.at
		word := l.bare()
		a := action{}
		text := word
		if name, value, ok := strings.Cut(word, "="); ok {
			a.name, a.value = name, value
			if err := a.check(l, start); err != nil {
				return err
			}
			r.actions = append(r.actions, a)
			continue
		}
		if text[0] == '^' || text[0] == 'v' {
			a.reach, text = text[0], text[1:]
		}
		if len(text) < 2 || text[0] != '+' && text[0] != '-' {
			return l.problem(start, "an action is wanted here: +app, -app, +group or -group, with ^ or v before it, max-frames=N, min-frames=N or category=NAME")
		}
		a.set, a.flag = text[0] == '+', text[1:]
		if a.flag != "app" && a.flag != "group" {
			return l.problem(start, "there is no flag %q; there are app and group", a.flag)
		}
		r.actions = append(r.actions, a)
	}
	if len(r.actions) == 0 {
		return l.problem(l.at, "an action is missing, such as -app or -group")
	}
	return nil
}

func (a *action) check(l *line, at int) error {
	switch a.name {
	case "max-frames", "min-frames":
		n, err := strconv.Atoi(a.value)
		if err != nil || n < 0 || n > 1000 {
			return l.problem(at, "%s is a number from 0 to 1000", a.name)
		}
		a.count, a.value = n, strconv.Itoa(n)
		return nil
	case "category":
		if a.value == "" || strings.ContainsAny(a.value, `"`) {
			return l.problem(at, "a category is a word")
		}
		return nil
	}
	return l.problem(at, "there is no variable %q; there are max-frames, min-frames and category", a.name)
}

// String prints the rules, one a line, without comments.
func (s *Stacks) String() string {
	var b strings.Builder
	for _, r := range s.rules {
		b.WriteString(r.String())
		b.WriteByte('\n')
	}
	return b.String()
}

func (r stackRule) String() string {
	var words []string
	if len(r.callers) > 0 {
		words = append(words, neighbour(r.callers), "|")
	}
	for _, m := range r.matchers {
		words = append(words, m.String())
	}
	if len(r.callees) > 0 {
		words = append(words, "|", neighbour(r.callees))
	}
	for _, a := range r.actions {
		words = append(words, a.String())
	}
	return strings.Join(words, " ")
}

func neighbour(list []*matcher) string {
	s := "["
	for _, m := range list {
		s += " " + m.String()
	}
	return s + " ]"
}

// String prints the action as it is read.
func (a action) String() string {
	if a.name != "" {
		return a.name + "=" + a.value
	}
	s := ""
	if a.reach != 0 {
		s = string(rune(a.reach))
	}
	if a.set {
		return s + "+" + a.flag
	}
	return s + "-" + a.flag
}

// Frame is what the rules decided about one frame.
type Frame struct {
	InApp event.InApp // InAppUnknown: no rule decided
	Group event.InApp // whether it counts; InAppUnknown: no rule decided
}

// Decision is what the rules decided about one stack.
type Decision struct {
	Frames    []Frame // as many as the stack has; nil: nothing was decided
	MaxFrames int     // only so many of the last frames count; 0: all
	MinFrames int     // with fewer the stack does not count
}

// LooksAtValues reports whether what exceptions say can change a decision.
func (s *Stacks) LooksAtValues() bool { return s.values }

// Empty reports whether there is no rule.
func (s *Stacks) Empty() bool { return s == nil || len(s.rules) == 0 }

// Decide applies the rules in their order to a stack of an event and the
// exception that has it, which is nil for a thread's. Later rules see what
// earlier ones decided. It changes nothing of the event.
func (s *Stacks) Decide(e *event.Event, x *event.Exception, frames []event.Frame) Decision {
	run := stackRun{event: e, exception: x, frames: frames}
	for i := range s.rules {
		run.apply(&s.rules[i])
	}
	return run.decision
}

// stackRun is the work on one stack.
type stackRun struct {
	event      *event.Event
	exception  *event.Exception
	frames     []event.Frame
	decision   Decision
	categories []string
}

func (w *stackRun) apply(r *stackRule) {
	for i := range w.frames {
		if !w.all(r.matchers, i) || len(r.callers) > 0 && (i == 0 || !w.all(r.callers, i-1)) ||
			len(r.callees) > 0 && (i+1 == len(w.frames) || !w.all(r.callees, i+1)) {
			continue
		}
		for _, a := range r.actions {
			w.act(a, i)
		}
	}
}

func (w *stackRun) all(list []*matcher, i int) bool {
	for _, m := range list {
		if !w.holds(m, i) {
			return false
		}
	}
	return true
}

func (w *stackRun) holds(m *matcher, i int) bool {
	f := &w.frames[i]
	switch {
	case m.key.scope == ofException:
		return w.exception != nil && m.exception(w.exception)
	case m.key.name == "family":
		platform := f.Platform
		if platform == "" {
			platform = w.event.Platform
		}
		return m.family(platform) != m.negated
	}
	inApp, category := f.InApp, ""
	if w.decision.Frames != nil && w.decision.Frames[i].InApp != event.InAppUnknown {
		inApp = w.decision.Frames[i].InApp
	}
	if w.categories != nil {
		category = w.categories[i]
	}
	return m.frame(f, inApp == event.InAppYes, category)
}

func (w *stackRun) act(a action, i int) {
	switch a.name {
	case "max-frames":
		w.decision.MaxFrames = a.count
		return
	case "min-frames":
		w.decision.MinFrames = a.count
		return
	case "category":
		if w.categories == nil {
			w.categories = make([]string, len(w.frames))
		}
		w.categories[i] = a.value
		return
	}
	if w.decision.Frames == nil {
		w.decision.Frames = make([]Frame, len(w.frames))
	}
	from, to := i, i+1
	switch a.reach { // frames are stored caller first, so that the crash is at the end
	case '^':
		from, to = i+1, len(w.frames)
	case 'v':
		from, to = 0, i
	}
	value := event.InAppNo
	if a.set {
		value = event.InAppYes
	}
	for k := from; k < to; k++ {
		if a.flag == "app" {
			w.decision.Frames[k].InApp = value
		} else {
			w.decision.Frames[k].Group = value
		}
	}
}
