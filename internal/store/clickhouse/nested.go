package clickhouse

import (
	"github.com/ClickHouse/ch-go/proto"

	"github.com/faultline-dev/faultline/internal/event"
)

// The columns of the lists that an event holds, one type a list. All arrays of a list
// share their ends.

func texts(ends *proto.ColUInt64) *array[*text] {
	return &array[*text]{ends: ends, data: new(text)}
}

func words(ends *proto.ColUInt64) *array[*dictionary] {
	return &array[*dictionary]{ends: ends, data: newDictionary()}
}

func bytesOfRows(ends *proto.ColUInt64) *array[*proto.ColUInt8] {
	return &array[*proto.ColUInt8]{ends: ends, data: new(proto.ColUInt8)}
}

func numbers(ends *proto.ColUInt64) *array[*proto.ColUInt32] {
	return &array[*proto.ColUInt32]{ends: ends, data: new(proto.ColUInt32)}
}

// lastBegin is where the elements of the last row begin.
func lastBegin(ends *proto.ColUInt64) int {
	if n := len(*ends); n > 1 {
		return int((*ends)[n-2])
	}
	return 0
}

// contextColumns are the contexts of events.
type contextColumns struct {
	ends *proto.ColUInt64
	name *array[*dictionary]
	data *array[*text]
}

func newContextColumns() contextColumns {
	ends := new(proto.ColUInt64)
	return contextColumns{ends: ends, name: words(ends), data: texts(ends)}
}

func (c *contextColumns) columns() []proto.InputColumn {
	return []proto.InputColumn{{Name: "contexts.name", Data: c.name}, {Name: "contexts.data", Data: c.data}}
}

func (c *contextColumns) append(list []event.Context) {
	like := lastBegin(c.ends)
	for i := range list {
		c.name.data.appendLike(list[i].Name, like+i)
		c.data.data.Append(string(list[i].Data))
	}
	c.ends.Append(uint64(c.name.data.Rows()))
}

// partColumns are the parts of fingerprints, the same for all events of an issue.
type partColumns struct {
	ends                *proto.ColUInt64
	kind, value, source *array[*dictionary]

	before []event.Part // of the event before
}

func newPartColumns() partColumns {
	ends := new(proto.ColUInt64)
	return partColumns{ends: ends, kind: words(ends), value: words(ends), source: words(ends)}
}

func (c *partColumns) columns() []proto.InputColumn {
	return []proto.InputColumn{
		{Name: "parts.kind", Data: c.kind}, {Name: "parts.value", Data: c.value}, {Name: "parts.source", Data: c.source},
	}
}

func (c *partColumns) append(list []event.Part) {
	like := lastBegin(c.ends)
	if n := len(list); n > 0 && n == len(c.before) && &list[0] == &c.before[0] {
		for _, words := range [...]*dictionary{c.kind.data, c.value.data, c.source.data} {
			words.keys = append(words.keys, words.keys[like:like+n]...)
		}
		c.ends.Append(uint64(c.kind.data.Rows()))
		return
	}
	c.before = list
	for i := range list {
		c.kind.data.appendLike(list[i].Kind, like+i)
		c.value.data.appendLike(list[i].Value, like+i)
		c.source.data.appendLike(list[i].Source, like+i)
	}
	c.ends.Append(uint64(c.kind.data.Rows()))
}

// exceptionColumns are the exceptions of events.
type exceptionColumns struct {
	ends                    *proto.ColUInt64
	kind, module, mechanism *array[*dictionary]
	value, more             *array[*text]
	handled                 *array[*proto.ColUInt8]
}

func newExceptionColumns() exceptionColumns {
	ends := new(proto.ColUInt64)
	return exceptionColumns{
		ends: ends, kind: words(ends), module: words(ends), mechanism: words(ends),
		value: texts(ends), more: texts(ends), handled: bytesOfRows(ends),
	}
}

func (c *exceptionColumns) columns() []proto.InputColumn {
	return []proto.InputColumn{
		{Name: "exceptions.type", Data: c.kind}, {Name: "exceptions.value", Data: c.value},
		{Name: "exceptions.module", Data: c.module}, {Name: "exceptions.mechanism", Data: c.mechanism},
		{Name: "exceptions.handled", Data: c.handled}, {Name: "exceptions.more", Data: c.more},
	}
}

func (c *exceptionColumns) append(list []event.Exception, p *packer) {
	like := lastBegin(c.ends)
	for i := range list {
		x := &list[i]
		c.kind.data.appendLike(x.Type, like+i)
		c.value.data.Append(x.Value)
		c.module.data.appendLike(x.Module, like+i)
		c.mechanism.data.appendLike(x.Mechanism.Type, like+i)
		c.handled.data.Append(uint8(x.Mechanism.Handled))
		p.b = p.b[:0]
		packException(p, i, x)
		c.more.data.AppendBytes(p.b)
	}
	c.ends.Append(uint64(c.kind.data.Rows()))
}

// frameColumns are the frames of all exceptions of events; exception tells whose a frame is.
type frameColumns struct {
	ends                                *proto.ColUInt64
	exception                           *array[*proto.ColUInt16]
	function, module, filename, absPath *array[*dictionary]
	line, column                        *array[*proto.ColUInt32]
	inApp                               *array[*proto.ColUInt8]
	source                              *array[*dictionary]
	vars, native                        *array[*text]

	text     []byte
	row      []*event.Frame // of the event that is being added
	before   []*event.Frame // of the event before it, and
	beforeAt int            // where they begin in the columns,
	varsAt   [2]int         // in the bytes of vars, and
	nativeAt [2]int         // in those of native, and where they end
	stacks   []uint64       // numbers of the shared stacks of the event before it; nil: it has others
}

func newFrameColumns() frameColumns {
	ends := new(proto.ColUInt64)
	return frameColumns{
		ends:      ends,
		exception: &array[*proto.ColUInt16]{ends: ends, data: new(proto.ColUInt16)},
		function:  words(ends), module: words(ends), filename: words(ends), absPath: words(ends),
		line: numbers(ends), column: numbers(ends), inApp: bytesOfRows(ends), source: words(ends), vars: texts(ends), native: texts(ends),
	}
}

func (c *frameColumns) columns() []proto.InputColumn {
	return []proto.InputColumn{
		{Name: "frames.exception", Data: c.exception},
		{Name: "frames.function", Data: c.function}, {Name: "frames.module", Data: c.module},
		{Name: "frames.filename", Data: c.filename}, {Name: "frames.abs_path", Data: c.absPath},
		{Name: "frames.line", Data: c.line}, {Name: "frames.column", Data: c.column},
		{Name: "frames.in_app", Data: c.inApp}, {Name: "frames.source", Data: c.source},
		{Name: "frames.vars", Data: c.vars}, {Name: "frames.native", Data: c.native},
	}
}

func (c *frameColumns) append(list []event.Exception, p *packer) {
	at := c.function.data.Rows()
	if c.same(list) {
		c.repeat(c.beforeAt, at)
		c.beforeAt = at
		c.ends.Append(uint64(c.function.data.Rows()))
		return
	}
	c.row = c.row[:0]
	varsAt, nativeAt := c.vars.data.size(), c.native.data.size()
	for i := range list {
		for j := range list[i].Stack.Frames {
			f := &list[i].Stack.Frames[j]
			c.appendFrame(uint16(i), f, p, c.beforeAt+len(c.row))
			c.appendSource(f)
			c.row = append(c.row, f)
		}
	}
	c.row, c.before, c.beforeAt = c.before, c.row, at
	c.varsAt, c.nativeAt = [2]int{varsAt, c.vars.data.size()}, [2]int{nativeAt, c.native.data.size()}
	c.ends.Append(uint64(c.function.data.Rows()))
}

// same tells whether an event has the stacks of the one before, and notes its own.
// Rows come sorted by issue, so it mostly has.
func (c *frameColumns) same(list []event.Exception) bool {
	same := len(list) > 0 && len(list) == len(c.stacks)
	for i := 0; i < len(list) && same; i++ {
		s := &list[i].Stack
		same = s.Shared == c.stacks[i] && (s.Shared != 0 || len(s.Frames) == 0)
	}
	if same {
		return true
	}
	c.stacks = c.stacks[:0]
	for i := range list {
		s := &list[i].Stack
		if s.Shared == 0 && len(s.Frames) > 0 {
			c.stacks = c.stacks[:0]
			break
		}
		c.stacks = append(c.stacks, s.Shared)
	}
	return false
}

// repeat adds the frames from one place to another once more.
func (c *frameColumns) repeat(from, to int) {
	again(c.exception.data, from, to)
	for _, words := range [...]*dictionary{c.function.data, c.module.data, c.filename.data, c.absPath.data, c.source.data} {
		words.keys = append(words.keys, words.keys[from:to]...)
	}
	again(c.line.data, from, to)
	again(c.column.data, from, to)
	again(c.inApp.data, from, to)
	c.vars.data.repeat(c.varsAt[0], c.varsAt[1], to-from)
	c.native.data.repeat(c.nativeAt[0], c.nativeAt[1], to-from)
}

// again adds the numbers from one place to another once more.
func again[C ~[]T, T any](column *C, from, to int) { *column = append(*column, (*column)[from:to]...) }

// appendFrame adds a frame that is probably like the one at a place.
func (c *frameColumns) appendFrame(exception uint16, f *event.Frame, p *packer, like int) {
	c.exception.data.Append(exception)
	c.function.data.appendLike(f.Function, like)
	c.module.data.appendLike(f.Module, like)
	c.filename.data.appendLike(f.Filename, like)
	c.absPath.data.appendLike(f.AbsPath, like)
	c.line.data.Append(f.Line)
	c.column.data.Append(f.Column)
	c.inApp.data.Append(uint8(f.InApp))
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

// appendSource adds the source around a frame. Rows come sorted by issue, so it is mostly
// that of the same frame in the event before.
func (c *frameColumns) appendSource(f *event.Frame) {
	if n := len(c.row); n < len(c.before) && sameSource(c.before[n], f) {
		c.source.data.repeat(c.beforeAt + n)
		return
	}
	c.text = appendSource(c.text[:0], f)
	c.source.data.AppendBytes(c.text)
}

// forget lets go of the events.
func (c *frameColumns) forget() {
	clear(c.row[:cap(c.row)])
	clear(c.before[:cap(c.before)])
	c.row, c.before, c.stacks = c.row[:0], c.before[:0], c.stacks[:0]
}

// crumbColumns are the breadcrumbs of events.
type crumbColumns struct {
	ends           *proto.ColUInt64
	time           *array[*proto.ColDateTime64]
	kind, category *array[*dictionary]
	level          *array[*proto.ColUInt8]
	message, data  *array[*text]
}

func newCrumbColumns() crumbColumns {
	ends := new(proto.ColUInt64)
	return crumbColumns{
		ends: ends, time: &array[*proto.ColDateTime64]{ends: ends, data: nanoseconds()},
		kind: words(ends), category: words(ends), level: bytesOfRows(ends), message: texts(ends), data: texts(ends),
	}
}

func (c *crumbColumns) columns() []proto.InputColumn {
	return []proto.InputColumn{
		{Name: "crumbs.time", Data: c.time}, {Name: "crumbs.type", Data: c.kind},
		{Name: "crumbs.category", Data: c.category}, {Name: "crumbs.level", Data: c.level},
		{Name: "crumbs.message", Data: c.message}, {Name: "crumbs.data", Data: c.data},
	}
}

func (c *crumbColumns) append(list []event.Breadcrumb) {
	like := lastBegin(c.ends)
	for i := range list {
		b := &list[i]
		c.time.data.AppendRaw(nanos(b.Timestamp))
		c.kind.data.appendLike(b.Type, like+i)
		c.category.data.appendLike(b.Category, like+i)
		c.level.data.Append(uint8(b.Level))
		c.message.data.Append(b.Message)
		c.data.data.Append(string(b.Data))
	}
	c.ends.Append(uint64(c.kind.data.Rows()))
}
