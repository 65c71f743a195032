package clickhouse

import (
	"fmt"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// appendColumn copies one of a block's columns into a batch of the driver.
func appendColumn(to driver.BatchColumn, from proto.ColInput) error {
	switch c := from.(type) {
	case *proto.ColUInt8:
		return to.Append([]uint8(*c))
	case *proto.ColUInt16:
		return to.Append([]uint16(*c))
	case *proto.ColUInt32:
		return to.Append([]uint32(*c))
	case *proto.ColUInt64:
		return to.Append([]uint64(*c))
	case *proto.ColUUID:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *text:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *proto.ColFixedStr8:
		return to.Append(rowsOf(c.Rows(), func(i int) string { v := (*c)[i]; return string(v[:]) }))
	case *proto.ColFixedStr16:
		return to.Append(rowsOf(c.Rows(), func(i int) string { v := (*c)[i]; return string(v[:]) }))
	case *proto.ColDateTime:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *proto.ColDateTime64:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *dictionary:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *pairs:
		return appendMaps(to, c)
	case *array[*dictionary]:
		return appendArrays(to, c, c.data.Row)
	case *array[*text]:
		return appendArrays(to, c, c.data.Row)
	case *array[*proto.ColUInt8]:
		return appendArrays(to, c, c.data.Row)
	case *array[*proto.ColUInt16]:
		return appendArrays(to, c, c.data.Row)
	case *array[*proto.ColUInt32]:
		return appendArrays(to, c, c.data.Row)
	case *array[*proto.ColDateTime64]:
		return appendArrays(to, c, c.data.Row)
	}
	return fmt.Errorf("a column of type %s cannot be sent as a batch", from.Type())
}

// appendArrays copies arrays of anything.
func appendArrays[C proto.ColInput, T any](to driver.BatchColumn, c *array[C], element func(int) T) error {
	for i := range c.Rows() {
		from, end := c.bounds(i)
		if err := to.AppendRow(rowsOf(end-from, func(j int) T { return element(from + j) })); err != nil {
			return err
		}
	}
	return nil
}

func appendMaps(to driver.BatchColumn, c *pairs) error {
	for i := range c.Rows() {
		from, end := bounds(c.ends, i)
		row := &orderedPairs{}
		for j := from; j < end; j++ {
			row.Put(c.keys.Row(j), c.values.Row(j))
		}
		if err := to.AppendRow(row); err != nil {
			return err
		}
	}
	return nil
}

func rowsOf[T any](n int, row func(int) T) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = row(i)
	}
	return list
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
func (o *orderedPairs) Iterator() column.MapIterator {
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
