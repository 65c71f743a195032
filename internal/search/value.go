package search

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

// comparison reads what stands after the colon of a key.
func (p *parser) comparison(k writtenKey) (Node, error) {
	if !p.end() && p.peek() == '[' {
		return p.list(k)
	}
	op := p.operator()
	v, err := p.value(k, false)
	if err != nil {
		return nil, err
	}
	if err := p.boundary(); err != nil {
		return nil, err
	}
	if op == Equal {
		return p.equals(k, []rawValue{v})
	}
	return p.ordered(k, op, v)
}

func (p *parser) operator() Op {
	for _, op := range [...]Op{GreaterOrEqual, LessOrEqual, Greater, Less} {
		if strings.HasPrefix(p.text[p.pos:], op.String()) {
			p.pos += len(op.String())
			return op
		}
	}
	return Equal
}

func (p *parser) list(k writtenKey) (Node, error) {
	open := p.pos
	var values []rawValue
	for p.pos++; ; p.pos++ {
		p.space()
		if !p.end() && strings.IndexByte("<>", p.peek()) >= 0 {
			return nil, p.fail(p.pos, "expected a value; a list is of equal values, without %c", p.peek())
		}
		v, err := p.value(k, true)
		if err != nil {
			return nil, err
		}
		if values = append(values, v); len(values) > MaxList {
			return nil, failLimit(p.text, v.offset, ErrTooManyValues)
		}
		p.space()
		switch {
		case !p.end() && p.peek() == ',':
		case !p.end() && p.peek() == ']':
			p.pos++
			if err := p.boundary(); err != nil {
				return nil, err
			}
			return p.equals(k, values)
		default:
			return nil, p.fail(p.pos, "expected , or ] in the list opened in column %d", column(p.text, open))
		}
	}
}

func (p *parser) value(k writtenKey, inList bool) (rawValue, error) {
	if !p.end() && p.peek() == '"' {
		return p.quoted()
	}
	v := p.bare(inList)
	if v.literal() == "" {
		return v, p.fail(v.offset, "expected a value for %s:", k.name)
	}
	return v, nil
}

// equals makes the node for one value or a list. An empty text, a lone star,
// and the words that stand for having or lacking something become has: or what
// it negates.
func (p *parser) equals(k writtenKey, values []rawValue) (Node, error) {
	var nodes []Node
	var compare Compare
	for _, v := range values {
		if n := special(k, v); n != nil {
			nodes = append(nodes, n)
			continue
		}
		val, op, err := p.convert(k, v)
		if err != nil {
			return nil, err
		}
		if op != Equal && len(values) > 1 {
			return nil, p.fail(v.offset, "expected a time; a list holds no spans")
		}
		compare.Op, compare.Values = op, append(compare.Values, val)
	}
	if len(compare.Values) > 0 {
		compare.Key = k.key
		nodes = slices.Insert(nodes, 0, Node(compare))
	}
	return disjunction(nodes), nil
}

func special(k writtenKey, v rawValue) Node {
	text := fold(v.literal())
	switch {
	case k.key.Field == Is && text == "assigned":
		return Has{Key{Field: Assigned}}
	case k.key.Field == Is && text == "unassigned":
		return Not{Has{Key{Field: Assigned}}}
	case k.key.Field == Is && (text == "handled" || text == "unhandled"):
		handled := Compare{Key: Key{Field: Handled}, Values: []Value{{}}}
		if text == "handled" {
			handled.Values[0].Number = 1
		}
		return handled
	case k.key.Field == Assigned && text == "none":
		return Not{Has{k.key}}
	case k.key.canBeAbsent() && text == "":
		return Not{Has{k.key}}
	case k.key.Kind() == KindText && v.hasStar() && strings.Join(v.parts, "") == "":
		return Has{k.key}
	}
	return nil
}

func (p *parser) ordered(k writtenKey, op Op, v rawValue) (Node, error) {
	switch k.key.Kind() {
	case KindLevel, KindNumber, KindTime:
	default:
		return nil, p.fail(v.offset-len(op.String()), "expected a value; %s has no order (quote a value that begins with %s)", k.name, op)
	}
	if ago, ok := span(v.literal()); ok && k.name == "age" {
		// An age that is smaller is a time that is later.
		if op == Greater || op == GreaterOrEqual {
			op = LessOrEqual
		} else {
			op = GreaterOrEqual
		}
		return Compare{Key: k.key, Op: op, Values: []Value{{Ago: ago}}}, nil
	}
	val, spanOp, err := p.convert(k, v)
	if err != nil {
		return nil, err
	}
	if spanOp != Equal {
		return nil, p.fail(v.offset, "expected a time such as 2026-01-31 after %s; a span stands alone", op)
	}
	val.End = time.Time{}
	return Compare{Key: k.key, Op: op, Values: []Value{val}}, nil
}

// convert reads a value by the kind of its field. The comparison it returns is
// Equal but for spans.
func (p *parser) convert(k writtenKey, v rawValue) (Value, Op, error) {
	kind := k.key.Kind()
	if kind == KindText {
		return Value{Pattern: NewPattern(compact(v.parts)...)}, Equal, nil
	}
	text := v.literal()
	if v.hasStar() {
		return Value{}, Equal, p.fail(v.offset, "expected %s for %s:, without wildcards", kind.expects(), k.name)
	}
	if kind == KindTime {
		if val, op, ok := parseTime(text); ok {
			return val, op, nil
		}
	} else if val, ok := parseScalar(kind, text); ok {
		return val, Equal, nil
	}
	return Value{}, Equal, p.fail(v.offset, "expected %s for %s:", kind.expects(), k.name)
}

func parseScalar(kind Kind, text string) (v Value, ok bool) {
	switch kind {
	case KindLevel:
		var l event.Level
		l, ok = event.ParseLevel(fold(text))
		v.Number = uint64(l)
	case KindBool:
		ok = text == "true" || text == "false"
		if text == "true" {
			v.Number = 1
		}
	case KindNumber:
		n, err := strconv.ParseUint(text, 10, 64)
		v.Number, ok = n, err == nil
	case KindID:
		id, err := event.ParseID(text)
		v.ID, ok = id, err == nil && !id.IsZero()
	case KindStatus:
		v.Word = fold(text)
		if v.Word == "ignored" {
			v.Word = "archived"
		}
		ok = slices.Contains(StatusWords(), v.Word)
	case KindIssue:
		v.Word, ok = issueWord(text)
	}
	return v, ok
}

func issueWord(text string) (string, bool) {
	if id, err := issue.ParseID(fold(text)); err == nil {
		return id.String(), true
	}
	slug, number, err := issue.ParseShortID(text)
	if err != nil {
		return "", false
	}
	return issue.ShortID(slug, number), true
}

// expects says what a value of the kind looks like.
func (k Kind) expects() string {
	switch k {
	case KindLevel:
		return "debug, info, warning, error or fatal"
	case KindBool:
		return "true or false"
	case KindNumber:
		return "a whole number"
	case KindTime:
		return "a time such as 2026-01-31 or 2026-01-31T14:00Z, -24h (within the last 24 hours) or +7d (more than 7 days ago)"
	case KindID:
		return "32 hexadecimal digits"
	case KindStatus:
		return "one of " + strings.Join(StatusWords(), ", ") + ", assigned, unassigned, handled, unhandled"
	case KindIssue:
		return "an issue such as WEB-42"
	}
	return "a text"
}

// compact leaves one star where several follow each other.
func compact(parts []string) []string {
	out := parts[:0:0]
	for i, s := range parts {
		if s != "" || i == 0 || i == len(parts)-1 {
			out = append(out, s)
		}
	}
	return out
}
