package chdb_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

// connect opens a connection to the test's database with options changed.
func connect(t *testing.T, db *enginetest.DB, change func(*clickhouse.Options)) driver.Conn {
	t.Helper()
	options := &clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{db.Addr},
		Auth: clickhouse.Auth{Database: db.Name, Username: "faultline", Password: db.Secret},
	}
	if change != nil {
		change(options)
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func exec(t *testing.T, conn driver.Conn, sql string, args ...any) {
	t.Helper()
	if err := conn.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// count runs a query that gives one number.
func count(t *testing.T, conn driver.Conn, sql string, args ...any) uint64 {
	t.Helper()
	var n uint64
	if err := conn.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// numbers inserts n rows 0..n-1 into table t (n UInt64).
func numbers(t *testing.T, conn driver.Conn, ctx context.Context, n uint64) error {
	t.Helper()
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO t (n)")
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := batch.Append(i); err != nil {
			t.Fatal(err)
		}
	}
	return batch.Send()
}

// nativeBlock is n rows of the column n UInt64 at revision 0.
func nativeBlock(n int) []byte {
	var b bytes.Buffer
	b.WriteByte(1)
	for v := n; ; v >>= 7 {
		if v < 0x80 {
			b.WriteByte(byte(v))
			break
		}
		b.WriteByte(byte(v) | 0x80)
	}
	b.WriteString("\x01n\x06UInt64")
	b.Write(make([]byte, 8*n))
	return b.Bytes()
}

// waitUntil checks again and again, as the engine has nothing to wait on.
func waitUntil(t *testing.T, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(30 * time.Second)
	for !done() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatal("waited 30 s in vain")
		}
	}
}
