package clickhouse

import (
	"github.com/ClickHouse/ch-go/proto"

	"github.com/faultline-dev/faultline/internal/event"
)

// The columns of the lists that an event holds, one type a list. All arrays of a list
// share their spans. A list is probably much like that of another row, mostly the one
// before of the same issue: comparing with it is cheaper than looking every value up.

// noRow is like no row.
const noRow = -1

// The kinds of columns of which lists are made.
type (
	bytesColumn   = plain[proto.ColUInt8, uint8]
	shortsColumn  = plain[proto.ColUInt16, uint16]
	numbersColumn = plain[proto.ColUInt32, uint32]
	timesColumn   = plain[proto.ColInt64, int64]
)

func texts(s *spans) *array[*text]       { return &array[*text]{s, newText()} }
func words(s *spans) *array[*dictionary] { return &array[*dictionary]{s, newDictionary()} }

func arrayOf[C library[T], T any](s *spans) *array[*plain[C, T]] {
	return &array[*plain[C, T]]{s, new(plain[C, T])}
}

// contextColumns are the contexts of events.
type contextColumns struct {
	spans *spans
	name  *array[*dictionary]
	data  *array[*text]
}

func newContextColumns() contextColumns {
	s := new(spans)
	return contextColumns{spans: s, name: words(s), data: texts(s)}
}

func (c *contextColumns) columns() []named {
	return []named{{"contexts.name", c.name}, {"contexts.data", c.data}}
}

func (c *contextColumns) append(list []event.Context, like int) {
	from, near := c.name.data.Rows(), int(c.spans.at(like).from)
	for i := range list {
		c.name.data.appendLike(list[i].Name, near+i)
		c.data.data.Append(string(list[i].Data))
	}
	c.spans.add(from, c.name.data.Rows())
}

// partColumns are the parts of fingerprints, mostly the same for all events of an issue.
type partColumns struct {
	spans               *spans
	kind, value, source *array[*dictionary]
}

func newPartColumns() partColumns {
	s := new(spans)
	return partColumns{spans: s, kind: words(s), value: words(s), source: words(s)}
}

func (c *partColumns) columns() []named {
	return []named{{"parts.kind", c.kind}, {"parts.value", c.value}, {"parts.source", c.source}}
}

func (c *partColumns) append(list []event.Part, like int) {
	near := c.spans.at(like)
	if c.same(list, near) {
		c.spans.all = append(c.spans.all, near)
		return
	}
	from := c.kind.data.Rows()
	for i := range list {
		at := int(near.from) + i
		c.kind.data.appendLike(list[i].Kind, at)
		c.value.data.appendLike(list[i].Value, at)
		c.source.data.appendLike(list[i].Source, at)
	}
	c.spans.add(from, c.kind.data.Rows())
}

// same tells whether parts are those of a list that is there.
func (c *partColumns) same(list []event.Part, there span) bool {
	if len(list) != int(there.to-there.from) {
		return false
	}
	for i := range list {
		at := int(there.from) + i
		if !c.kind.data.is(list[i].Kind, at) || !c.value.data.is(list[i].Value, at) || !c.source.data.is(list[i].Source, at) {
			return false
		}
	}
	return true
}

// exceptionColumns are the exceptions of events.
type exceptionColumns struct {
	spans                   *spans
	kind, module, mechanism *array[*dictionary]
	value, more             *array[*text]
	handled                 *array[*bytesColumn]
}

func newExceptionColumns() exceptionColumns {
	s := new(spans)
	return exceptionColumns{
		spans: s, kind: words(s), module: words(s), mechanism: words(s),
		value: texts(s), more: texts(s), handled: arrayOf[proto.ColUInt8](s),
	}
}

func (c *exceptionColumns) columns() []named {
	return []named{
		{"exceptions.type", c.kind}, {"exceptions.value", c.value}, {"exceptions.module", c.module},
		{"exceptions.mechanism", c.mechanism}, {"exceptions.handled", c.handled}, {"exceptions.more", c.more},
	}
}

func (c *exceptionColumns) append(list []event.Exception, like int, p *packer) {
	from, near := c.kind.data.Rows(), int(c.spans.at(like).from)
	for i := range list {
		x := &list[i]
		c.kind.data.appendLike(x.Type, near+i)
		c.value.data.Append(x.Value)
		c.module.data.appendLike(x.Module, near+i)
		c.mechanism.data.appendLike(x.Mechanism.Type, near+i)
		c.handled.data.append(uint8(x.Mechanism.Handled))
		p.b = p.b[:0]
		packException(p, i, x)
		c.more.data.AppendBytes(p.b)
	}
	c.spans.add(from, c.kind.data.Rows())
}

// frameColumns are the frames of all exceptions of events; exception tells whose a frame is.
type frameColumns struct {
	spans                               *spans
	exception                           *array[*shortsColumn]
	function, module, filename, absPath *array[*dictionary]
	line, column                        *array[*numbersColumn]
	inApp                               *array[*bytesColumn]
	source                              *array[*dictionary]
	vars, native                        *array[*text]

	shared map[stackNumbers]span // of events with stacks that others have, too
	text   []byte
}

// stackNumbers name the stacks of an event that others have, too, by their exceptions.
type stackNumbers [4]uint64

func newFrameColumns() frameColumns {
	s := new(spans)
	return frameColumns{
		spans: s, exception: arrayOf[proto.ColUInt16](s), function: words(s), module: words(s), filename: words(s), absPath: words(s),
		line: arrayOf[proto.ColUInt32](s), column: arrayOf[proto.ColUInt32](s), inApp: arrayOf[proto.ColUInt8](s),
		source: words(s), vars: texts(s), native: texts(s), shared: map[stackNumbers]span{},
	}
}

func (c *frameColumns) columns() []named {
	return []named{
		{"frames.exception", c.exception},
		{"frames.function", c.function}, {"frames.module", c.module}, {"frames.filename", c.filename}, {"frames.abs_path", c.absPath},
		{"frames.line", c.line}, {"frames.column", c.column}, {"frames.in_app", c.inApp}, {"frames.source", c.source},
		{"frames.vars", c.vars}, {"frames.native", c.native},
	}
}

func (c *frameColumns) append(list []event.Exception, like int, p *packer) {
	numbers, common := numbersOf(list)
	if there, found := c.shared[numbers]; common && found {
		c.spans.all = append(c.spans.all, there)
		return
	}
	from, near := c.function.data.Rows(), int(c.spans.at(like).from)
	n := 0
	for i := range list {
		for j := range list[i].Stack.Frames {
			c.appendFrame(uint16(i), &list[i].Stack.Frames[j], near+n, p)
			n++
		}
	}
	there := c.spans.add(from, c.function.data.Rows())
	if common {
		c.shared[numbers] = there
	}
}

// numbersOf are the numbers of the stacks of exceptions, if all of them are shared and they
// are few.
func numbersOf(list []event.Exception) (n stackNumbers, common bool) {
	if len(list) > len(n) {
		return n, false
	}
	for i := range list {
		s := &list[i].Stack
		if s.Shared == 0 && len(s.Frames) > 0 {
			return n, false
		}
		n[i] = s.Shared
	}
	return n, true
}

// appendFrame adds a frame that is probably like the one at a place.
func (c *frameColumns) appendFrame(exception uint16, f *event.Frame, like int, p *packer) {
	c.exception.data.append(exception)
	c.function.data.appendLike(f.Function, like)
	c.module.data.appendLike(f.Module, like)
	c.filename.data.appendLike(f.Filename, like)
	c.absPath.data.appendLike(f.AbsPath, like)
	c.line.data.append(f.Line)
	c.column.data.append(f.Column)
	c.inApp.data.append(uint8(f.InApp))
	c.text = appendSource(c.text[:0], f)
	c.source.data.appendBytesLike(c.text, like)
	c.vars.data.Append(string(f.Vars))
	p.b = p.b[:0]
	if hasNative(f) {
		packNative(p, f)
	}
	if f.Origin != nil {
		packOrigin(p, f.Origin)
	}
	c.native.data.AppendBytes(p.b)
}

// crumbColumns are the breadcrumbs of events.
type crumbColumns struct {
	spans          *spans
	time           *array[*timesColumn]
	kind, category *array[*dictionary]
	level          *array[*bytesColumn]
	message, data  *array[*text]
}

func newCrumbColumns() crumbColumns {
	s := new(spans)
	return crumbColumns{
		spans: s, time: &array[*timesColumn]{s, times(proto.PrecisionNano)},
		kind: words(s), category: words(s), level: arrayOf[proto.ColUInt8](s), message: texts(s), data: texts(s),
	}
}

func (c *crumbColumns) columns() []named {
	return []named{
		{"crumbs.time", c.time}, {"crumbs.type", c.kind}, {"crumbs.category", c.category},
		{"crumbs.level", c.level}, {"crumbs.message", c.message}, {"crumbs.data", c.data},
	}
}

func (c *crumbColumns) append(list []event.Breadcrumb, like int) {
	from, near := c.kind.data.Rows(), int(c.spans.at(like).from)
	for i := range list {
		b := &list[i]
		c.time.data.append(nanos(b.Timestamp))
		c.kind.data.appendLike(b.Type, near+i)
		c.category.data.appendLike(b.Category, near+i)
		c.level.data.append(uint8(b.Level))
		c.message.data.Append(b.Message)
		c.data.data.Append(string(b.Data))
	}
	c.spans.add(from, c.kind.data.Rows())
}
