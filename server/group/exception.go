package group

import (
	"bytes"
	"slices"
	"strings"

	"github.com/faultline-dev/faultline/internal/event"
)

// exceptions takes each exception of the chain in order. Of a group it takes each
// member that says something new, in an order that does not depend on which of
// them failed first; a group of one kind of failure is that failure.
func (b *builder) exceptions() {
	e := b.event
	stackless := stackless(e)
	if root := groupRoot(e.Exceptions); root >= 0 {
		b.group(root, stackless, 0)
		return
	}
	for i := range e.Exceptions {
		b.exception(i, stackless)
	}
}

// exception takes the type, then the stack, and the parameterized value only if
// there is no stack that says more.
func (b *builder) exception(i int, stackless bool) {
	e := b.event
	x := &e.Exceptions[i]
	stack := exceptionStack(e, i, stackless)
	stack.brief = len(e.Exceptions) > 1 && anyInApp(e)
	start := len(b.text)
	if !x.Mechanism.Synthetic {
		b.text = appendType(b.text, familyOf(e.Platform), x.Type)
		if b.part(KindExceptionType, start, "") {
			b.sourced("exceptions", i, ".type")
		}
	}
	named := stack.stack != nil && b.stack(stack)
	value, counts := exceptionValue(e, i, stack, stackless)
	if stack.stack != nil && !named {
		// The stack names no function: what the error says tells more.
		b.wide, counts = true, true
	}
	if !counts {
		return
	}
	start = len(b.text)
	b.text = appendWords(b.text, value)
	if b.part(KindExceptionValue, start, "") {
		b.sourced("exceptions", i, ".value")
	}
}

// stackless reports whether no exception has a stack of its own.
func stackless(e *event.Event) bool {
	for i := range e.Exceptions {
		if len(e.Exceptions[i].Stack.Frames) > 0 {
			return false
		}
	}
	return true
}

// anyInApp reports whether the stack of any exception has a frame of the program.
func anyInApp(e *event.Event) bool {
	for i := range e.Exceptions {
		if hasInApp(e.Exceptions[i].Stack.Frames) {
			return true
		}
	}
	return false
}

// stackOf is a stack and the field it comes from.
type stackOf struct {
	stack    *event.Stacktrace // nil: none
	owner    string
	index    int
	overflow bool // the stack was full: how deep it was and where it ended is chance
	brief    bool // another exception of the chain has frames of the program
}

// exceptionStack is the exception's own stack, else that of its thread; and the
// first exception, if none has a stack, has that of the thread that crashed.
func exceptionStack(e *event.Event, i int, stackless bool) stackOf {
	x := &e.Exceptions[i]
	if len(x.Stack.Frames) > 0 {
		return stackOf{stack: &x.Stack, owner: "exceptions", index: i, overflow: overflow(x)}
	}
	if !stackless || i > 0 || len(e.Threads) == 0 {
		return stackOf{}
	}
	thread := mainThread(e.Threads)
	for k := range e.Threads {
		if x.ThreadID != "" && e.Threads[k].ID == x.ThreadID {
			thread = k
			break
		}
	}
	if thread < 0 || len(e.Threads[thread].Stack.Frames) == 0 {
		return stackOf{}
	}
	return stackOf{stack: &e.Threads[thread].Stack, owner: "threads", index: thread, overflow: overflow(x)}
}

// exceptionValue is the value, and whether it counts whatever the stack says. It
// does where there is no stack. But a wrapper that repeats what its cause says
// adds only what it was doing, and that is what the stack beside it tells.
func exceptionValue(e *event.Event, i int, stack stackOf, stackless bool) (value string, counts bool) {
	value = e.Exceptions[i].Value
	if stack.stack != nil {
		return value, false
	}
	if !stackless && i+1 < len(e.Exceptions) {
		if cause := e.Exceptions[i+1].Value; cause != "" && strings.Contains(value, cause) {
			return value, false
		}
	}
	return value, true
}

// overflow reports whether an exception says that the stack was full.
func overflow(x *event.Exception) bool {
	switch x.Type {
	case "RecursionError", "SystemStackError", "StackOverflowError", "java.lang.StackOverflowError", "StackOverflowException", "System.StackOverflowException", "EXC_STACK_OVERFLOW":
		return true
	case "RangeError":
		return strings.HasPrefix(x.Value, "Maximum call stack")
	case "InternalError":
		return x.Value == "too much recursion"
	}
	return false
}

// maxGroupDepth bounds groups inside groups.
const maxGroupDepth = 8

// groupRoot is the index of the group that holds all others, -1 if there is none
// or if the numbers of the exceptions do not make a tree.
func groupRoot(list []event.Exception) int {
	if len(list) < 2 || !list[0].Mechanism.IsGroup {
		return -1
	}
	for i := 1; i < len(list); i++ {
		// A parent stands before its children and numbers are used once, else this is
		// no tree, and the list is as good as a chain.
		if m := &list[i].Mechanism; m.ID == list[0].Mechanism.ID || indexByID(list[:i], m.ParentID) < 0 || indexByID(list[:i], m.ID) >= 0 {
			return -1
		}
	}
	return 0
}

func indexByID(list []event.Exception, id int) int {
	return slices.IndexFunc(list, func(x event.Exception) bool { return x.Mechanism.ID == id })
}

// group takes a group and its members.
func (b *builder) group(root int, stackless bool, depth int) {
	list := b.event.Exceptions
	first := len(b.pieces)
	b.exception(root, stackless)
	type member struct {
		hash   [16]byte
		pieces []piece
	}
	var members []member
	own := len(b.pieces)
	for i := range list {
		if i == root || list[i].Mechanism.ParentID != list[root].Mechanism.ID {
			continue
		}
		if depth < maxGroupDepth {
			b.group(i, stackless, depth+1)
		}
		pieces := slices.Clone(b.pieces[own:])
		b.pieces = b.pieces[:own]
		m := member{hash: b.hash(pieces), pieces: pieces}
		if len(pieces) > 0 && !slices.ContainsFunc(members, func(o member) bool { return o.hash == m.hash }) {
			members = append(members, m)
		}
	}
	if len(members) == 1 && list[root].Mechanism.IsGroup {
		b.pieces = append(b.pieces[:first], members[0].pieces...)
		return
	}
	slices.SortFunc(members, func(x, y member) int { return bytes.Compare(x.hash[:], y.hash[:]) })
	for _, m := range members {
		b.pieces = append(b.pieces, m.pieces...)
	}
}
