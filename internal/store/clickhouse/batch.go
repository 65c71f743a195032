package clickhouse

import (
	"fmt"
	"time"

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
	case *proto.ColStr:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *proto.ColFixedStr8:
		return to.Append(rowsOf(c.Rows(), func(i int) string { v := (*c)[i]; return string(v[:]) }))
	case *proto.ColFixedStr16:
		return to.Append(rowsOf(c.Rows(), func(i int) string { v := (*c)[i]; return string(v[:]) }))
	case *proto.ColDateTime:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *proto.ColDateTime64:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *proto.ColLowCardinality[string]:
		return to.Append(c.Values)
	case *proto.ColMap[string, string]:
		return appendMaps(to, c)
	case *proto.ColArr[string]:
		return appendArrays(to, c)
	case *proto.ColArr[uint8]:
		return appendArrays(to, c)
	case *proto.ColArr[uint16]:
		return appendArrays(to, c)
	case *proto.ColArr[uint32]:
		return appendArrays(to, c)
	case *proto.ColArr[time.Time]:
		return appendArrays(to, c)
	}
	return fmt.Errorf("a column of type %s cannot be sent as a batch", from.Type())
}

func appendArrays[T any](to driver.BatchColumn, c *proto.ColArr[T]) error {
	for i := range c.Rows() {
		if err := to.AppendRow(c.Row(i)); err != nil {
			return err
		}
	}
	return nil
}

func appendMaps(to driver.BatchColumn, c *proto.ColMap[string, string]) error {
	for i := range c.Rows() {
		if err := to.AppendRow(&orderedPairs{pairs: c.RowKV(i)}); err != nil {
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

// Put is what the driver calls when it reads; batches only write.
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
