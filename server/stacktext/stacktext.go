// Package stacktext reads stack traces that programs wrote as text: what OpenTelemetry
// carries in exception.stacktrace, and what people paste. It knows the forms of Java
// and Kotlin, Python, JavaScript (V8, Firefox, Safari), Go, .NET, Ruby, PHP, Rust and
// Elixir, and tells them apart by their shape, not by what the sender says.
//
// The scanners are written by hand: each looks at every line a fixed number of times,
// so that no text costs more than in proportion to its length. It does no I/O, keeps
// nothing, and decides about no frame whether it is the program's own but where only
// the text can tell; the rest is the stage normalize's business.
package stacktext

import (
	"slices"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// What is read of one text. What is beyond is left out: the middle of a text and of a
// stack, because both ends say most.
const (
	MaxText       = 1 << 20 // bytes
	MaxLines      = 10_000
	MaxFrames     = 500 // of one exception
	MaxExceptions = 50
)

// Hint is what the sender said about the exception beside the text.
type Hint struct {
	Platform string // the event's; decides only where the shape of the text does not
	Type     string
	Value    string
}

// Result is what a text says.
type Result struct {
	// Platform is the event's platform by the shape of the text; empty if the text is no
	// stack trace of a known form.
	Platform string
	// Exceptions holds the one that was thrown, causes after it. Frames are in the order
	// of calls: the caller first, the crash last.
	Exceptions []event.Exception
	// Unread is the number of lines that stand where frames stand and are none of a
	// known form.
	Unread int
}

// Frames is the number of frames of all exceptions.
func (r *Result) Frames() int {
	n := 0
	for i := range r.Exceptions {
		n += len(r.Exceptions[i].Stack.Frames)
	}
	return n
}

// Parse reads a stack trace. The strings of the result may alias the text.
func Parse(text string, h Hint) Result {
	lines := split(unquote(text))
	form := detect(lines, h)
	if form == formNone {
		if len(lines) != 1 {
			return Result{}
		}
		if lines = splitDotnet(lines[0]); len(lines) < 2 {
			return Result{}
		}
		form = formDotnet
	}
	p := &parser{lines: lines, hint: h}
	p.chosen(form)
	r := Result{Platform: p.platform(form), Unread: p.unread}
	r.Exceptions = p.result()
	if r.Frames() == 0 {
		return Result{}
	}
	return r
}

func (p *parser) chosen(f form) {
	switch f {
	case formJava:
		p.java()
	case formPython:
		p.python()
	case formV8:
		p.v8()
	case formGecko:
		p.gecko()
	case formGo:
		p.golang()
	case formDotnet:
		p.dotnet()
	case formRuby:
		p.ruby()
	case formPHP:
		p.php()
	case formRust:
		p.rust()
	case formElixir:
		p.elixir()
	}
}

// parser holds what has been read of one text.
type parser struct {
	lines  []string
	hint   Hint
	found  []*thrown
	unread int
}

// thrown is one exception as it is being read.
type thrown struct {
	kind    string
	value   string
	parent  *thrown // the exception that this one caused or belongs to; nil: thrown itself
	source  string  // how it belongs to its parent
	group   bool
	shared  int  // frames at its outer end that are those of the parent's outer end
	inner   bool // frames come crash first
	calls   []event.Frame
	last    []event.Frame // a ring of the latest calls once calls is full
	total   int
	omitted int
}

const half = MaxFrames / 2

// maxValue bounds a message of many lines; an event keeps less of it.
const maxValue = 16 << 10

// say adds a line to the message.
func (t *thrown) say(line string) {
	if len(t.value) < maxValue {
		t.value += "\n" + line
	}
}

// add notes a frame. Of very many, the first and the last are kept.
func (t *thrown) add(f event.Frame) {
	switch {
	case len(t.calls) < half:
		t.calls = append(t.calls, f)
	case len(t.last) < half:
		t.last = append(t.last, f)
	default:
		t.last[(t.total-half)%half] = f
	}
	t.total++
}

// frames are those kept, in the order of the text.
func (t *thrown) frames() []event.Frame {
	if t.total <= MaxFrames {
		return append(t.calls, t.last...)
	}
	turn := (t.total - half) % half
	return slices.Concat(t.calls, t.last[turn:], t.last[:turn])
}

// begin notes an exception; of too many, only the first are kept.
func (p *parser) begin(t *thrown) *thrown {
	if len(p.found) < MaxExceptions {
		p.found = append(p.found, t)
	}
	return t
}

// result puts the exceptions into their order: the one that was thrown, then what
// belongs to each, as it was found.
func (p *parser) result() []event.Exception {
	out := make([]event.Exception, 0, len(p.found))
	p.emit(nil, -1, &out)
	return out
}

func (p *parser) emit(parent *thrown, number int, out *[]event.Exception) {
	for _, t := range p.found {
		if t.parent != parent || len(*out) >= len(p.found) {
			continue
		}
		id := len(*out)
		if id == 0 {
			number = -1
		} else if number < 0 {
			number = 0
		}
		x := event.Exception{
			Type: t.kind, Value: strings.TrimSpace(t.value), Stack: t.stack(),
			Mechanism: event.Mechanism{ID: id, ParentID: number, IsGroup: t.group, Source: t.source},
		}
		if id > 0 {
			x.Mechanism.Type = "chained"
		}
		*out = append(*out, x)
		p.emit(t, id, out)
	}
}

// stack makes the stack, the caller first.
func (t *thrown) stack() event.Stacktrace {
	s := event.Stacktrace{Frames: t.frames(), Omitted: t.omitted}
	if n := t.total - len(s.Frames); n > 0 {
		s.Omitted += n
	}
	if t.inner {
		slices.Reverse(s.Frames)
	}
	return s
}

// share adds to each exception the calls that it has in common with its parent, which
// some languages leave out of the text. Parents come before their children.
func (p *parser) share() {
	for _, t := range p.found {
		if t.shared <= 0 || t.parent == nil {
			continue
		}
		common := t.parent.frames()
		n := min(t.shared, len(common))
		for _, f := range common[len(common)-n:] {
			t.add(f)
		}
		t.omitted += t.shared - n
	}
}
