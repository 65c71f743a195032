package clickhouse

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// statement collects what is bound to the placeholders of one statement. Text that comes
// from outside only ever enters a statement through bind.
type statement struct {
	args  []any
	shown []string // each placeholder and its value, for people
}

// bind keeps a value and returns its placeholder.
func (s *statement) bind(kind string, value any) string {
	name := fmt.Sprintf("p%d", len(s.args)+1)
	s.args = append(s.args, driver.Named(name, value))
	s.shown = append(s.shown, fmt.Sprintf("%s = %q", name, fmt.Sprint(value)))
	return "{" + name + ":" + kind + "}"
}

func (s *statement) text(v string) string    { return s.bind("String", v) }
func (s *statement) number(v uint64) string  { return s.bind("UInt64", v) }
func (s *statement) project(v uint32) string { return s.bind("UInt32", v) }

// moment binds a time with all its digits.
func (s *statement) moment(t time.Time) string {
	return "fromUnixTimestamp64Nano(" + s.bind("Int64", t.UnixNano()) + ", 'UTC')"
}

// second binds a time in whole seconds.
func (s *statement) second(t time.Time) string {
	return "toDateTime(" + s.bind("Int64", t.Unix()) + ", 'UTC')"
}

// uuid binds the bytes of an event id or fingerprint.
func (s *statement) uuid(id [16]byte) string { return s.bind("UUID", dashed(id)) }

// uuids binds a list of them.
func (s *statement) uuids(ids [][16]byte) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = dashed(id)
	}
	return s.bind("Array(UUID)", list)
}

// oneOf is the condition that a column is one of some ids. A single one is compared, so
// that the order of the table can be used.
func (s *statement) oneOf(column string, ids [][16]byte) string {
	if len(ids) == 1 {
		return column + " = " + s.uuid(ids[0])
	}
	return column + " IN " + s.uuids(ids)
}

// comment tells what is bound, as lines of a comment after a statement.
func (s *statement) comment() string {
	var b strings.Builder
	for _, line := range s.shown {
		b.WriteString("\n-- " + line)
	}
	return b.String()
}

// dashed is a UUID as ClickHouse reads it.
func dashed(id [16]byte) string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// conditions joins conditions, each on its line; none is true.
func conditions(list []string) string {
	if len(list) == 0 {
		return "1"
	}
	return strings.Join(list, "\n  AND ")
}
