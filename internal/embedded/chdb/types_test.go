package chdb_test

import (
	"encoding/json"
	"math/big"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
)

// TestEveryTypeComesBackAsItWent inserts a few values of each type through clickhouse-go's
// batches and reads them back.
func TestEveryTypeComesBackAsItWent(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	at := time.Date(2026, 11, 22, 18, 34, 48, 123456789, time.UTC)
	nul := "a\x00b\n\n\nc\r\n"
	str := func(s string) *string { return &s }
	same := []cmp.Option{
		cmp.Comparer(func(a, b big.Int) bool { return a.Cmp(&b) == 0 }),
		cmp.Comparer(func(a, b clickhouse.Variant) bool { return a.Any() == b.Any() }),
	}

	f := func(kind string, values ...any) {
		t.Helper()
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			table := "t" + uuid.NewString()[:8]
			exec(t, db.Conn, "CREATE TABLE "+table+" (i UInt32, v "+kind+") ENGINE = MergeTree ORDER BY i")
			batch, err := db.Conn.PrepareBatch(t.Context(), "INSERT INTO "+table+" (i, v)")
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				if err := batch.Append(uint32(i), v); err != nil {
					t.Fatal(err)
				}
			}
			if err := batch.Send(); err != nil {
				t.Fatal(err)
			}
			rows, err := db.Conn.Query(t.Context(), "SELECT v FROM "+table+" ORDER BY i")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for i, want := range values {
				if !rows.Next() {
					t.Fatalf("row %d is missing: %v", i, rows.Err())
				}
				got := reflect.New(reflect.TypeOf(want))
				if err := rows.Scan(got.Interface()); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got.Elem().Interface(), same...); diff != "" {
					t.Errorf("row %d: -want +got\n%s", i, diff)
				}
			}
			if rows.Next() {
				t.Error("more rows than went in")
			}
			if err := rows.Err(); err != nil {
				t.Error(err)
			}
		})
	}

	f("UInt8", uint8(0), uint8(255))
	f("UInt16", uint16(0), uint16(65535))
	f("UInt32", uint32(0), ^uint32(0))
	f("UInt64", uint64(0), ^uint64(0))
	f("Int32", int32(-1<<31), int32(1<<31-1))
	f("Int64", int64(-1<<63), int64(1<<63-1))
	f("UInt128", *new(big.Int).Lsh(big.NewInt(1), 100))
	f("Float64", 0.0, -1.5e300)
	f("Bool", true, false)
	f("String", "", "plain", nul, string(make([]byte, 100_000)))
	f("FixedString(4)", "abcd", "\x00\n\x00\n")
	f("LowCardinality(String)", "", "web", "web", nul)
	f("LowCardinality(Nullable(String))", (*string)(nil), str(""), str("x"))
	f("Nullable(String)", (*string)(nil), str(nul))
	f("Nullable(UInt64)", (*uint64)(nil), new(uint64))
	f("UUID", uuid.Nil, uuid.MustParse("0192f1c4-aaaa-7bbb-8ccc-0123456789ab"))
	f("DateTime", at.Truncate(time.Second))
	f("DateTime64(3, 'UTC')", at.Truncate(time.Millisecond))
	f("DateTime64(9, 'UTC')", at)
	f("Date", at.Truncate(24*time.Hour))
	f("Enum8('error' = 1, 'fatal' = 2)", "error", "fatal")
	f("IPv4", net.IPv4(10, 0, 0, 1).To4())
	f("IPv6", net.ParseIP("2001:db8::1"))
	f("Decimal(18, 4)", decimal.New(123456, -4), decimal.New(-1, -4))
	f("Array(String)", []string{}, []string{"", nul, "x"})
	f("Array(LowCardinality(String))", []string{"a", "a", "b"})
	f("Array(Array(UInt32))", [][]uint32{{}, {1, 2}}, [][]uint32{})
	f("Map(LowCardinality(String), String)", map[string]string{}, map[string]string{"k": nul, "": "empty key"})
	f("Map(String, Array(UInt8))", map[string][]uint8{"a": {1, 2}})
	f("Tuple(a UInt8, b String)", map[string]any{"a": uint8(1), "b": nul})
	f("Variant(String, UInt64)", clickhouse.NewVariant("x"), clickhouse.NewVariant(uint64(7)))
	f("Dynamic", clickhouse.NewDynamic("x"), clickhouse.NewDynamic(int64(-7)))
	f("SimpleAggregateFunction(max, UInt64)", uint64(5))
}

// TestNestedColumnsStayTogether covers the shape frames and breadcrumbs are stored in.
func TestNestedColumnsStayTogether(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	exec(t, db.Conn, "CREATE TABLE t (i UInt32, frames Nested(function String, line UInt32, in_app Bool)) ENGINE = MergeTree ORDER BY i")
	batch, err := db.Conn.PrepareBatch(t.Context(), "INSERT INTO t (i, frames.function, frames.line, frames.in_app)")
	if err != nil {
		t.Fatal(err)
	}
	if err := batch.Append(uint32(1), []string{"main", "run"}, []uint32{1, 2}, []bool{true, false}); err != nil {
		t.Fatal(err)
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var functions []string
	var lines []uint32
	if err := db.Conn.QueryRow(t.Context(), "SELECT frames.function, frames.line FROM t").Scan(&functions, &lines); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"main", "run"}, functions); diff != "" {
		t.Error(diff)
	}
	if n := count(t, db.Conn, "SELECT count() FROM t ARRAY JOIN frames AS f WHERE f.in_app AND f.line = 1"); n != 1 {
		t.Errorf("found %d frames, want 1", n)
	}
}

// TestJSONColumnIsReadAsStructure writes JSON as text and reads it as clickhouse-go's JSON.
func TestJSONColumnIsReadAsStructure(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	exec(t, db.Conn, "CREATE TABLE t (i UInt32, v JSON) ENGINE = MergeTree ORDER BY i")
	batch, err := db.Conn.PrepareBatch(t.Context(), "INSERT INTO t (i, v)")
	if err != nil {
		t.Fatal(err)
	}
	if err := batch.Append(uint32(1), `{"user": {"id": 7, "name": "x"}, "tags": ["a", "b"]}`); err != nil {
		t.Fatal(err)
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var got clickhouse.JSON
	if err := db.Conn.QueryRow(t.Context(), "SELECT v FROM t").Scan(&got); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got.NestedMap())
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"tags":["a","b"],"user":{"id":7,"name":"x"}}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
}

// TestAggregateStatesAreMerged covers roll-ups: states written by a view, merged by a query.
func TestAggregateStatesAreMerged(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	exec(t, db.Conn, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	exec(t, db.Conn, "CREATE TABLE r (k UInt8, users AggregateFunction(uniq, UInt64), spread AggregateFunction(quantileTDigest, UInt64)) ENGINE = AggregatingMergeTree ORDER BY k")
	exec(t, db.Conn, "CREATE MATERIALIZED VIEW v TO r AS SELECT 1 AS k, uniqState(n) AS users, quantileTDigestState(n) AS spread FROM t GROUP BY k")
	for range 2 {
		if err := numbers(t, db.Conn, t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
	}
	var users uint64
	var median float32
	if err := db.Conn.QueryRow(t.Context(), "SELECT uniqMerge(users), quantileTDigestMerge(spread) FROM r").Scan(&users, &median); err != nil {
		t.Fatal(err)
	}
	if users != 1000 || median < 450 || median > 550 {
		t.Errorf("got %d users, median %v", users, median)
	}
}
