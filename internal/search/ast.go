package search

import (
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// Node is one of And, Or, Not, Text, Has and Compare. The parser keeps trees
// in one form: And and Or hold at least two nodes and none of their own kind,
// and Not holds no Not.
type Node interface{ node() }

// And matches what all its nodes match.
type And []Node

// Or matches what at least one of its nodes matches.
type Or []Node

// Not matches what its node does not match.
type Not struct{ Node Node }

// Text is free text: it matches when every word of it is a word of the event's
// SearchText. See Words for what a word is.
type Text struct{ Text string }

// Has matches when a field or tag has at least one value that is not empty.
type Has struct{ Key Key }

// Compare matches when at least one value of the field or tag, empty values
// left out, compares as asked with at least one of Values. Only Equal comes with more than one of them.
//
// For KindText equality is Pattern.Match. Times count in whole milliseconds.
type Compare struct {
	Key    Key
	Op     Op
	Values []Value
}

func (And) node()     {}
func (Or) node()      {}
func (Not) node()     {}
func (Text) node()    {}
func (Has) node()     {}
func (Compare) node() {}

// Key is what a term speaks of: a field of the table, or a tag.
type Key struct {
	Field Field  // empty for a tag
	Tag   string // the tag, case and all
}

// IsTag reports whether the key is a tag.
func (k Key) IsTag() bool { return k.Field == "" }

// Kind is how the values of the key are compared. Tags are text.
func (k Key) Kind() Kind {
	if k.IsTag() {
		return KindText
	}
	return k.Field.Info().Kind
}

func (k Key) inSummary() bool { return k.IsTag() || k.Field.Info().summary }

// Op is a comparison.
type Op uint8

// The comparisons. Order is defined for levels, numbers and times.
const (
	Equal Op = iota
	Greater
	GreaterOrEqual
	Less
	LessOrEqual
)

var opSigns = [...]string{"", ">", ">=", "<", "<="}

// String is the sign that stands before a value; nothing for Equal.
func (o Op) String() string { return opSigns[o] }

// Value is what a field is compared with. Which part is set depends on the
// kind of the field.
type Value struct {
	Pattern Pattern       // KindText
	Number  uint64        // KindNumber; KindLevel: the event.Level; KindBool: 0 or 1
	Time    time.Time     // KindTime: a moment, the beginning of what was written
	End     time.Time     // KindTime with Equal: the end, exclusive, of the day, minute, second or millisecond that was written
	Ago     time.Duration // KindTime if Time is zero: this long before now
	ID      event.ID      // KindID
	Word    string        // KindStatus: a word of StatusWords; KindIssue: an issue.ID or short id
}

// Level is the value of a KindLevel.
func (v Value) Level() event.Level { return event.Level(v.Number) }

// Moment is the time that a KindTime names, seen from now.
func (v Value) Moment(now time.Time) time.Time {
	if v.Time.IsZero() {
		return now.Add(-v.Ago).Truncate(time.Millisecond)
	}
	return v.Time
}

// conjunction joins nodes, keeping the form that Node promises.
func conjunction(nodes []Node) Node {
	var all And
	for _, n := range nodes {
		if inner, ok := n.(And); ok {
			all = append(all, inner...)
		} else {
			all = append(all, n)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

func disjunction(nodes []Node) Node {
	var all Or
	for _, n := range nodes {
		if inner, ok := n.(Or); ok {
			all = append(all, inner...)
		} else {
			all = append(all, n)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

func negation(n Node) Node {
	if inner, ok := n.(Not); ok {
		return inner.Node
	}
	return Not{n}
}
