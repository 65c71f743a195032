package clickhouse

import (
	"math"
	"strings"

	"github.com/ClickHouse/ch-go/proto"
)

// dictionary is a LowCardinality(String) column that looks values up as they come. The
// library's own keeps every value until it encodes, ten times the memory.
type dictionary struct {
	index  map[string]uint32
	texts  []string // by key
	values text
	keys   []uint32
	last   string // rows come sorted, so a value is often the one before
	key    uint32
}

func newDictionary() *dictionary { return &dictionary{index: map[string]uint32{}} }

// Append adds a value.
func (c *dictionary) Append(s string) {
	if s != c.last || len(c.keys) == 0 {
		key, known := c.index[s]
		if !known {
			s = strings.Clone(s) // a column outlives the events it is made of
			key = c.learn(s)
		}
		c.last, c.key = c.texts[key], key
	}
	c.keys = append(c.keys, c.key)
}

// appendLike adds a value that is probably the one at place i: rows come sorted, so the
// lists of neighbours are much alike.
func (c *dictionary) appendLike(s string, i int) {
	if i < len(c.keys) {
		if key := c.keys[i]; c.texts[key] == s {
			c.keys = append(c.keys, key)
			return
		}
	}
	c.Append(s)
}

// AppendBytes adds a value and copies it only if it is new.
func (c *dictionary) AppendBytes(b []byte) {
	key, known := c.index[string(b)]
	if !known {
		key = c.learn(string(b))
	}
	c.keys = append(c.keys, key)
}

// repeat adds the value that is number i once more.
func (c *dictionary) repeat(i int) { c.keys = append(c.keys, c.keys[i]) }

func (c *dictionary) learn(s string) uint32 {
	key := uint32(len(c.index))
	c.index[s] = key
	c.texts = append(c.texts, s)
	c.values.Append(s)
	return key
}

// Row is value number i.
func (c *dictionary) Row(i int) string { return c.texts[c.keys[i]] }

// Rows is the number of values.
func (c *dictionary) Rows() int { return len(c.keys) }

// Reset empties the column and keeps its room.
func (c *dictionary) Reset() {
	clear(c.index)
	clear(c.texts)
	c.texts = c.texts[:0]
	c.values.Reset()
	c.keys = c.keys[:0]
	c.last, c.key = "", 0
}

// Type is what ClickHouse calls it.
func (c *dictionary) Type() proto.ColumnType {
	return proto.ColumnTypeLowCardinality.Sub(proto.ColumnTypeString)
}

// The words of the format: the version of the keys, and that a dictionary follows.
const (
	dictionaryVersion = 1
	dictionaryFollows = 1<<9 | 1<<10
)

// EncodeState writes what stands before the column.
func (c *dictionary) EncodeState(b *proto.Buffer) { b.PutInt64(dictionaryVersion) }

// EncodeColumn writes the dictionary and the keys in the fewest bytes.
func (c *dictionary) EncodeColumn(b *proto.Buffer) {
	if len(c.keys) == 0 {
		return
	}
	width := int64(proto.KeyUInt8)
	switch n := c.values.Rows(); {
	case n > math.MaxUint16+1:
		width = int64(proto.KeyUInt32)
	case n > math.MaxUint8+1:
		width = int64(proto.KeyUInt16)
	}
	b.PutInt64(dictionaryFollows | width)
	b.PutInt64(int64(c.values.Rows()))
	c.values.EncodeColumn(b)
	b.PutInt64(int64(len(c.keys)))
	for _, key := range c.keys {
		switch proto.CardinalityKey(width) {
		case proto.KeyUInt8:
			b.PutByte(byte(key))
		case proto.KeyUInt16:
			b.Buf = append(b.Buf, byte(key), byte(key>>8))
		default:
			b.PutUInt32(key)
		}
	}
}

// WriteColumn does the same to a stream.
func (c *dictionary) WriteColumn(w *proto.Writer) { w.ChainBuffer(c.EncodeColumn) }

// array is an Array column. Arrays that are parts of one Nested share their ends.
type array[T proto.ColInput] struct {
	ends *proto.ColUInt64
	data T
}

// Rows is the number of arrays.
func (c *array[T]) Rows() int { return c.ends.Rows() }

// bounds are where array i begins and ends.
func (c *array[T]) bounds(i int) (from, to int) { return bounds(*c.ends, i) }

// bounds are where list i begins and ends.
func bounds(ends proto.ColUInt64, i int) (from, to int) {
	if i > 0 {
		from = int(ends[i-1])
	}
	return from, int(ends[i])
}

// Reset empties the column and keeps its room.
func (c *array[T]) Reset() {
	c.ends.Reset()
	if r, ok := any(c.data).(proto.Resettable); ok {
		r.Reset()
	}
}

// Type is what ClickHouse calls it.
func (c *array[T]) Type() proto.ColumnType { return proto.ColumnTypeArray.Sub(c.data.Type()) }

// EncodeState writes what stands before the column.
func (c *array[T]) EncodeState(b *proto.Buffer) {
	if s, ok := any(c.data).(proto.StateEncoder); ok {
		s.EncodeState(b)
	}
}

// EncodeColumn writes the ends and the elements.
func (c *array[T]) EncodeColumn(b *proto.Buffer) {
	c.ends.EncodeColumn(b)
	c.data.EncodeColumn(b)
}

// WriteColumn does the same to a stream.
func (c *array[T]) WriteColumn(w *proto.Writer) {
	c.ends.WriteColumn(w)
	c.data.WriteColumn(w)
}

// pairs is a Map column whose keys are few.
type pairs struct {
	ends   proto.ColUInt64
	keys   *dictionary
	values text
}

// Rows is the number of maps.
func (c *pairs) Rows() int { return c.ends.Rows() }

// Reset empties the column and keeps its room.
func (c *pairs) Reset() {
	c.ends.Reset()
	c.keys.Reset()
	c.values.Reset()
}

// Type is what ClickHouse calls it.
func (c *pairs) Type() proto.ColumnType {
	return proto.ColumnTypeMap.Sub(c.keys.Type(), c.values.Type())
}

// EncodeState writes what stands before the column.
func (c *pairs) EncodeState(b *proto.Buffer) { c.keys.EncodeState(b) }

// EncodeColumn writes the ends, the keys and the values.
func (c *pairs) EncodeColumn(b *proto.Buffer) {
	c.ends.EncodeColumn(b)
	c.keys.EncodeColumn(b)
	c.values.EncodeColumn(b)
}

// WriteColumn does the same to a stream.
func (c *pairs) WriteColumn(w *proto.Writer) { w.ChainBuffer(c.EncodeColumn) }
