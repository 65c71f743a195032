package clickhouse

import (
	"fmt"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// appendColumn copies a column into a batch of the driver.
func appendColumn(to driver.BatchColumn, from proto.ColInput) error {
	switch c := from.(type) {
	case ordered:
		switch own := c.column.(type) {
		case values:
			return to.Append(own.pick(*c.rows))
		case rowwise:
			return own.appendRows(to, *c.rows)
		}
	case *proto.ColUInt8:
		return to.Append([]uint8(*c))
	case *proto.ColUInt32:
		return to.Append([]uint32(*c))
	case *proto.ColUInt64:
		return to.Append([]uint64(*c))
	case *proto.ColUUID:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *text:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *dictionary:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *proto.ColDateTime:
		return to.Append(rowsOf(c.Rows(), c.Row))
	case *proto.ColDateTime64:
		return to.Append(rowsOf(c.Rows(), c.Row))
	}
	return fmt.Errorf("a column of type %s cannot be sent as a batch", from.Type())
}

func rowsOf[T any](n int, row func(int) T) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = row(i)
	}
	return list
}
