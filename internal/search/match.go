package search

import "time"

// Subject is what a query is matched against. OfOccurrence and OfSummary make
// the two that there are.
type Subject interface {
	// Texts calls yield with each value of a text field or tag, and of a
	// KindID as its hexadecimal digits, until yield returns false. Empty values may be among them.
	Texts(k Key, yield func(string) bool)
	// Number returns the value of a KindLevel, KindBool or KindNumber.
	Number(f Field) (n uint64, known bool)
	// Time returns the value of a KindTime.
	Time(f Field) (t time.Time, known bool)
	// SearchText returns the text that free text is looked for in.
	SearchText() string
}

func matches(n Node, s Subject, now time.Time) bool {
	switch n := n.(type) {
	case And:
		for _, m := range n {
			if !matches(m, s, now) {
				return false
			}
		}
		return true
	case Or:
		for _, m := range n {
			if matches(m, s, now) {
				return true
			}
		}
		return false
	case Not:
		return !matches(n.Node, s, now)
	case Text:
		return n.matches(s.SearchText())
	case Has:
		return n.matches(s)
	case Compare:
		return n.matches(s, now)
	}
	return false
}

func (t Text) matches(text string) bool {
	missing := t.Words()
	if len(missing) == 0 {
		return true
	}
	for w := range Words(text) {
		for i := range missing {
			if missing[i] == w {
				missing[i] = missing[len(missing)-1]
				missing = missing[:len(missing)-1]
				break
			}
		}
		if len(missing) == 0 {
			return true
		}
	}
	return false
}

func (h Has) matches(s Subject) bool {
	if h.Key.Kind() == KindLevel {
		n, known := s.Number(h.Key.Field)
		return known && n != 0
	}
	return anyText(s, h.Key, func(string) bool { return true })
}

func (c Compare) matches(s Subject, now time.Time) bool {
	switch c.Key.Kind() {
	case KindText:
		return anyText(s, c.Key, func(text string) bool {
			return c.anyValue(func(v Value) bool { return v.Pattern.Match(text) })
		})
	case KindID:
		return anyText(s, c.Key, func(text string) bool {
			return c.anyValue(func(v Value) bool { return v.ID.String() == text })
		})
	case KindLevel, KindBool, KindNumber:
		n, known := s.Number(c.Key.Field)
		return known && c.anyValue(func(v Value) bool { return c.Op.holds(compareNumbers(n, v.Number)) })
	case KindTime:
		t, known := s.Time(c.Key.Field)
		t = t.Truncate(time.Millisecond)
		return known && c.anyValue(func(v Value) bool {
			if c.Op == Equal {
				return !t.Before(v.Time) && t.Before(v.End)
			}
			return c.Op.holds(t.Compare(v.Moment(now)))
		})
	}
	return false
}

func (c Compare) anyValue(ok func(Value) bool) bool {
	for i := range c.Values {
		if ok(c.Values[i]) {
			return true
		}
	}
	return false
}

func anyText(s Subject, k Key, ok func(string) bool) bool {
	found := false
	s.Texts(k, func(text string) bool {
		found = text != "" && ok(text)
		return !found
	})
	return found
}

func compareNumbers(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// holds reports whether the comparison is true of two values of which the
// first is less (-1), equal (0) or greater (1).
func (o Op) holds(order int) bool {
	switch o {
	case Greater:
		return order > 0
	case GreaterOrEqual:
		return order >= 0
	case Less:
		return order < 0
	case LessOrEqual:
		return order <= 0
	}
	return order == 0
}
