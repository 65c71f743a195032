package clickhouse

import (
	"sync"

	"github.com/ClickHouse/ch-go/proto"
	lib "github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// span is where a list lies in the columns of its elements.
type span struct{ from, to uint32 }

// spans are the lists of the rows. Rows with equal lists may share one, so that it is kept
// once.
type spans struct {
	all      []span
	elements []uint32 // of the lists of the rows that are sent, one after the other
}

// add adds the list of a row.
func (s *spans) add(from, to int) span {
	at := span{uint32(from), uint32(to)}
	s.all = append(s.all, at)
	return at
}

// arrange finds the elements of the rows that are sent.
func (s *spans) arrange(rows []uint32) {
	n := 0
	for _, i := range rows {
		n += int(s.all[i].to - s.all[i].from)
	}
	s.elements = takeElements(n)
	for _, i := range rows {
		for j := s.all[i].from; j < s.all[i].to; j++ {
			s.elements = append(s.elements, j)
		}
	}
}

// at is the list of a row; an empty one if there is no such row.
func (s *spans) at(row int) span {
	if uint(row) >= uint(len(s.all)) {
		return span{}
	}
	return s.all[row]
}

func (s *spans) reset() {
	if list := s.elements; list != nil {
		elementLists.Put(&list)
	}
	s.all, s.elements = s.all[:0], nil
}

// elementLists are lists of elements that were sent; a large block needs megabytes of them.
var elementLists sync.Pool // of *[]uint32

// takeElements gives an empty list with room for so many elements.
func takeElements(n int) []uint32 {
	if list, _ := elementLists.Get().(*[]uint32); list != nil && cap(*list) >= n {
		return (*list)[:0]
	}
	return make([]uint32, 0, n)
}

// encode writes where the lists of rows end when they are sent one after the other.
func (s *spans) encode(e *encoder, rows []uint32) {
	var end uint64
	for _, i := range rows {
		end += uint64(s.all[i].to - s.all[i].from)
		e.PutUInt64(end)
	}
}

// places are the elements of a row's list.
func (s *spans) places(row uint32) []uint32 {
	at := s.all[row]
	return rowsOf(int(at.to-at.from), func(i int) uint32 { return at.from + uint32(i) })
}

// array is an Array column. Arrays that are parts of one Nested share their spans, which
// must be arranged for the rows before they are encoded.
type array[T values] struct {
	spans *spans
	data  T
}

// Rows is the number of arrays.
func (c *array[T]) Rows() int { return len(c.spans.all) }

// Reset empties the column and keeps its room.
func (c *array[T]) Reset() {
	c.spans.reset()
	c.data.Reset()
}

// Type is what ClickHouse calls it.
func (c *array[T]) Type() proto.ColumnType { return proto.ColumnTypeArray.Sub(c.data.Type()) }

// EncodeState writes what stands before the column.
func (c *array[T]) EncodeState(b *proto.Buffer) { encodeState(b, c.data) }

func (c *array[T]) encode(e *encoder, rows []uint32) {
	c.spans.encode(e, rows)
	c.data.encode(e, c.spans.elements)
}

func (c *array[T]) appendRows(to driver.BatchColumn, rows []uint32) error {
	for _, i := range rows {
		if err := to.AppendRow(c.data.pick(c.spans.places(i))); err != nil {
			return err
		}
	}
	return nil
}

// pairs is a Map column whose keys are few.
type pairs struct {
	spans  spans
	keys   *dictionary
	values *text
}

// Rows is the number of maps.
func (c *pairs) Rows() int { return len(c.spans.all) }

// Reset empties the column and keeps its room.
func (c *pairs) Reset() {
	c.spans.reset()
	c.keys.Reset()
	c.values.Reset()
}

// Type is what ClickHouse calls it.
func (c *pairs) Type() proto.ColumnType {
	return proto.ColumnTypeMap.Sub(c.keys.Type(), c.values.Type())
}

// EncodeState writes what stands before the column.
func (c *pairs) EncodeState(b *proto.Buffer) { c.keys.EncodeState(b) }

func (c *pairs) encode(e *encoder, rows []uint32) {
	c.spans.encode(e, rows)
	c.keys.encode(e, c.spans.elements)
	c.values.encode(e, c.spans.elements)
}

func (c *pairs) appendRows(to driver.BatchColumn, rows []uint32) error {
	for _, i := range rows {
		row := &orderedPairs{}
		for _, j := range c.spans.places(i) {
			row.Put(c.keys.Row(int(j)), c.values.Row(int(j)))
		}
		if err := to.AppendRow(row); err != nil {
			return err
		}
	}
	return nil
}

// orderedPairs hands the pairs of a map to the driver in their order.
type orderedPairs struct {
	pairs []proto.KV[string, string]
	next  int
}

// Put adds a pair.
func (o *orderedPairs) Put(key, value any) {
	k, _ := key.(string)
	v, _ := value.(string)
	o.pairs = append(o.pairs, proto.KV[string, string]{Key: k, Value: v})
}

// Iterator starts over.
func (o *orderedPairs) Iterator() lib.MapIterator {
	return &orderedPairs{pairs: o.pairs}
}

// Next moves to the next pair.
func (o *orderedPairs) Next() bool {
	o.next++
	return o.next <= len(o.pairs)
}

// Key is the key of the current pair.
func (o *orderedPairs) Key() any { return o.pairs[o.next-1].Key }

// Value is the value of the current pair.
func (o *orderedPairs) Value() any { return o.pairs[o.next-1].Value }
