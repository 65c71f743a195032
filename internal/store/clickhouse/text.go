package clickhouse

import (
	"encoding/binary"

	"github.com/ClickHouse/ch-go/proto"
)

// text is a String column that holds its values as they are sent, each after its length.
// The library's own needs sixteen bytes beside each value, and most values of an event's
// frames are empty.
type text struct {
	encoded pages[byte]
	begins  pages[uint32] // of the values; a block is far smaller than 4 GiB
}

func newText() *text {
	return &text{pages[byte]{pool: &bytePages}, pages[uint32]{pool: &numberPages}}
}

// Append adds a value.
func (c *text) Append(s string) { appendText(c, s) }

// AppendBytes adds a value.
func (c *text) AppendBytes(s []byte) { appendText(c, s) }

func appendText[S ~string | ~[]byte](c *text, s S) {
	c.begins.append(uint32(c.encoded.n))
	var length [binary.MaxVarintLen64]byte
	write(&c.encoded, binary.AppendUvarint(length[:0], uint64(len(s))))
	write(&c.encoded, s)
}

// begin is where value number i begins, or where the last one ends.
func (c *text) begin(i int) int {
	if i == c.begins.n {
		return c.encoded.n
	}
	return int(c.begins.at(i))
}

// Row is value number i.
func (c *text) Row(i int) string {
	value := c.encoded.appendTo(nil, c.begin(i), c.begin(i+1))
	_, width := binary.Uvarint(value)
	return string(value[width:])
}

// Rows is the number of values.
func (c *text) Rows() int { return c.begins.n }

// Reset empties the column.
func (c *text) Reset() {
	c.encoded.reset()
	c.begins.reset()
}

// Type is what ClickHouse calls it.
func (c *text) Type() proto.ColumnType { return proto.ColumnTypeString }

// EncodeColumn writes all values.
func (c *text) EncodeColumn(b *proto.Buffer) { b.Buf = c.encoded.appendTo(b.Buf, 0, c.encoded.n) }

// WriteColumn does the same to a stream.
func (c *text) WriteColumn(w *proto.Writer) { w.ChainBuffer(c.EncodeColumn) }

func (c *text) encode(e *encoder, rows []uint32) {
	runs(rows, func(from, to int) {
		e.Buf = c.encoded.appendTo(e.Buf, c.begin(from), c.begin(to))
		e.pause()
	})
}

func (c *text) pick(rows []uint32) any {
	return rowsOf(len(rows), func(i int) string { return c.Row(int(rows[i])) })
}
