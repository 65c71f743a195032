package clickhouse

import (
	"math"
	"strings"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// column is one column of a block. It keeps values as they come, and writes those of some
// rows in the order that is asked for.
type column interface {
	Type() proto.ColumnType
	Rows() int
	Reset()
	encode(e *encoder, rows []uint32)
}

// values is a column whose rows the driver takes all at once, as a slice of what it calls
// their type.
type values interface {
	column
	pick(rows []uint32) any
}

// rowwise is a column whose rows the driver takes one by one.
type rowwise interface {
	column
	appendRows(to driver.BatchColumn, rows []uint32) error
}

// ordered is a column of which some rows are sent, in an order.
type ordered struct {
	column
	rows *[]uint32
}

// EncodeState writes what stands before the column.
func (c ordered) EncodeState(b *proto.Buffer) { encodeState(b, c.column) }

// EncodeColumn writes the rows.
func (c ordered) EncodeColumn(b *proto.Buffer) { c.encode(&encoder{Buffer: b}, *c.rows) }

// WriteColumn does the same to a stream.
func (c ordered) WriteColumn(w *proto.Writer) { w.ChainBuffer(c.EncodeColumn) }

func encodeState(b *proto.Buffer, c column) {
	if s, ok := c.(proto.StateEncoder); ok {
		s.EncodeState(b)
	}
}

// library is a column of the library whose values have one size.
type library[T any] interface {
	~[]T
	Type() proto.ColumnType
	EncodeColumn(*proto.Buffer)
}

// plain is a column of values of one size.
type plain[C library[T], T any] struct {
	all     C
	kind    proto.ColumnType // empty: the library's
	convert func([]T) any    // to what the driver takes; nil: it takes them as they are
}

func (c *plain[C, T]) append(v T) { c.all = append(c.all, v) }

// Rows is the number of values.
func (c *plain[C, T]) Rows() int { return len(c.all) }

// Reset empties the column and keeps its room.
func (c *plain[C, T]) Reset() { c.all = c.all[:0] }

// Type is what ClickHouse calls it.
func (c *plain[C, T]) Type() proto.ColumnType {
	if c.kind != "" {
		return c.kind
	}
	return c.all.Type()
}

// gathered is how many values are put together before they are encoded.
const gathered = 1024

func (c *plain[C, T]) encode(e *encoder, rows []uint32) {
	piece := make(C, 0, min(len(rows), gathered))
	for _, i := range rows {
		if len(piece) == cap(piece) {
			piece.EncodeColumn(e.Buffer)
			piece = piece[:0]
			e.pause()
		}
		piece = append(piece, c.all[i])
	}
	piece.EncodeColumn(e.Buffer)
}

func (c *plain[C, T]) pick(rows []uint32) any {
	list := rowsOf(len(rows), func(i int) T { return c.all[rows[i]] })
	if c.convert != nil {
		return c.convert(list)
	}
	return list
}

// dictionary is a LowCardinality(String) column that looks values up as they come. The
// library's own keeps every value until it encodes, ten times the memory.
type dictionary struct {
	index  map[string]uint32
	texts  []string // by key
	values *text
	keys   pages[uint32]
}

func newDictionary() *dictionary {
	return &dictionary{index: map[string]uint32{}, values: newText(), keys: pages[uint32]{pool: &numberPages}}
}

// Append adds a value.
func (c *dictionary) Append(s string) {
	key, known := c.index[s]
	if !known {
		key = c.learn(strings.Clone(s)) // a column outlives the events it is made of
	}
	c.keys.append(key)
}

// appendLike adds a value that is probably the one at place i, if there is such a place.
func (c *dictionary) appendLike(s string, i int) {
	if c.is(s, i) {
		c.keys.append(c.keys.at(i))
		return
	}
	c.Append(s)
}

// is tells whether a value is the one at place i.
func (c *dictionary) is(s string, i int) bool {
	return uint(i) < uint(c.keys.n) && c.texts[c.keys.at(i)] == s
}

// appendBytesLike does the same, and copies the value only if it is new.
func (c *dictionary) appendBytesLike(b []byte, i int) {
	if uint(i) < uint(c.keys.n) && c.texts[c.keys.at(i)] == string(b) {
		c.keys.append(c.keys.at(i))
		return
	}
	key, known := c.index[string(b)]
	if !known {
		key = c.learn(string(b))
	}
	c.keys.append(key)
}

func (c *dictionary) learn(s string) uint32 {
	key := uint32(len(c.index))
	c.index[s] = key
	c.texts = append(c.texts, s)
	c.values.Append(s)
	return key
}

// Row is value number i.
func (c *dictionary) Row(i int) string { return c.texts[c.keys.at(i)] }

// Rows is the number of values.
func (c *dictionary) Rows() int { return c.keys.n }

// Reset empties the column.
func (c *dictionary) Reset() {
	clear(c.index)
	clear(c.texts)
	c.texts = c.texts[:0]
	c.values.Reset()
	c.keys.reset()
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

// EncodeColumn writes the dictionary and all keys.
func (c *dictionary) EncodeColumn(b *proto.Buffer) {
	if width, any := c.encodeTexts(b, c.keys.n); any {
		c.keys.each(0, c.keys.n, func(keys []uint32) { putKeys(b, width, keys) })
	}
}

// WriteColumn does the same to a stream.
func (c *dictionary) WriteColumn(w *proto.Writer) { w.ChainBuffer(c.EncodeColumn) }

func (c *dictionary) encode(e *encoder, rows []uint32) {
	if width, any := c.encodeTexts(e.Buffer, len(rows)); any {
		runs(rows, func(from, to int) {
			c.keys.each(from, to, func(keys []uint32) { putKeys(e.Buffer, width, keys) })
			e.pause()
		})
	}
}

// encodeTexts writes what stands before so many keys, if there are any, and says how wide
// the keys must be.
func (c *dictionary) encodeTexts(b *proto.Buffer, keys int) (width proto.CardinalityKey, any bool) {
	if keys == 0 {
		return 0, false
	}
	width = proto.KeyUInt8
	switch n := c.values.Rows(); {
	case n > math.MaxUint16+1:
		width = proto.KeyUInt32
	case n > math.MaxUint8+1:
		width = proto.KeyUInt16
	}
	b.PutInt64(dictionaryFollows | int64(width))
	b.PutInt64(int64(c.values.Rows()))
	c.values.EncodeColumn(b)
	b.PutInt64(int64(keys))
	return width, true
}

func putKeys(b *proto.Buffer, width proto.CardinalityKey, keys []uint32) {
	switch width {
	case proto.KeyUInt8:
		for _, key := range keys {
			b.Buf = append(b.Buf, byte(key))
		}
	case proto.KeyUInt16:
		for _, key := range keys {
			b.Buf = append(b.Buf, byte(key), byte(key>>8))
		}
	default:
		for _, key := range keys {
			b.PutUInt32(key)
		}
	}
}

func (c *dictionary) pick(rows []uint32) any {
	return rowsOf(len(rows), func(i int) string { return c.Row(int(rows[i])) })
}
