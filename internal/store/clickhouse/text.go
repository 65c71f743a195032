package clickhouse

import (
	"encoding/binary"

	"github.com/ClickHouse/ch-go/proto"
)

// text is a String column that holds its values as they are sent, each after its length.
// The library's own needs sixteen bytes beside each value, and most values of an event's
// frames are empty.
type text struct {
	encoded []byte
	rows    int
	index   []int // where values begin; as long as nothing was appended since it was made
}

// Append adds a value.
func (c *text) Append(s string) {
	c.encoded = append(binary.AppendUvarint(c.encoded, uint64(len(s))), s...)
	c.rows++
}

// AppendBytes adds a value.
func (c *text) AppendBytes(s []byte) {
	c.encoded = append(binary.AppendUvarint(c.encoded, uint64(len(s))), s...)
	c.rows++
}

// size is where the next value will begin, in bytes.
func (c *text) size() int { return len(c.encoded) }

// repeat adds the values between two places, as size told them, once more; there are n.
func (c *text) repeat(from, to, n int) {
	c.encoded = append(c.encoded, c.encoded[from:to]...)
	c.rows += n
}

// Row is value number i. The first call after an Append reads the whole column.
func (c *text) Row(i int) string {
	if len(c.index) != c.rows {
		c.index = c.index[:0]
		for at := 0; at < len(c.encoded); {
			c.index = append(c.index, at)
			n, width := binary.Uvarint(c.encoded[at:])
			at += width + int(n)
		}
	}
	at := c.index[i]
	n, width := binary.Uvarint(c.encoded[at:])
	return string(c.encoded[at+width:][:n])
}

// Rows is the number of values.
func (c *text) Rows() int { return c.rows }

// Reset empties the column and keeps its room.
func (c *text) Reset() { c.encoded, c.rows, c.index = c.encoded[:0], 0, nil }

// Type is what ClickHouse calls it.
func (c *text) Type() proto.ColumnType { return proto.ColumnTypeString }

// EncodeColumn writes all values.
func (c *text) EncodeColumn(b *proto.Buffer) { b.Buf = append(b.Buf, c.encoded...) }

// WriteColumn does the same to a stream.
func (c *text) WriteColumn(w *proto.Writer) { w.ChainWrite(c.encoded) }
