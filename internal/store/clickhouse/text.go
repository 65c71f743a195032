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
	begins  []uint32 // of the values; a block is far smaller than 4 GiB
}

// Append adds a value.
func (c *text) Append(s string) {
	c.begins = append(c.begins, uint32(len(c.encoded)))
	c.encoded = append(binary.AppendUvarint(c.encoded, uint64(len(s))), s...)
}

// AppendBytes adds a value.
func (c *text) AppendBytes(s []byte) {
	c.begins = append(c.begins, uint32(len(c.encoded)))
	c.encoded = append(binary.AppendUvarint(c.encoded, uint64(len(s))), s...)
}

// Row is value number i.
func (c *text) Row(i int) string {
	value := c.encoded[c.begins[i]:]
	n, width := binary.Uvarint(value)
	return string(value[width:][:n])
}

// Rows is the number of values.
func (c *text) Rows() int { return len(c.begins) }

// Reset empties the column and keeps its room.
func (c *text) Reset() { c.encoded, c.begins = c.encoded[:0], c.begins[:0] }

// Type is what ClickHouse calls it.
func (c *text) Type() proto.ColumnType { return proto.ColumnTypeString }

// EncodeColumn writes all values.
func (c *text) EncodeColumn(b *proto.Buffer) { b.Buf = append(b.Buf, c.encoded...) }

// WriteColumn does the same to a stream.
func (c *text) WriteColumn(w *proto.Writer) { w.ChainWrite(c.encoded) }

func (c *text) encode(b *proto.Buffer, rows []uint32) {
	for _, i := range rows {
		end := len(c.encoded)
		if int(i)+1 < len(c.begins) {
			end = int(c.begins[i+1])
		}
		b.Buf = append(b.Buf, c.encoded[c.begins[i]:end]...)
	}
}

func (c *text) pick(rows []uint32) any {
	return rowsOf(len(rows), func(i int) string { return c.Row(int(rows[i])) })
}
