package enginetest_test

import (
	"os"
	"testing"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for range 2 {
		t.Run("same table", func(t *testing.T) {
			t.Parallel()
			db := enginetest.Start(t)
			if err := db.Conn.Exec(t.Context(), "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n"); err != nil {
				t.Fatal(err)
			}
			batch, err := db.Conn.PrepareBatch(t.Context(), "INSERT INTO t (n)")
			if err != nil {
				t.Fatal(err)
			}
			for n := range uint64(10) {
				if err := batch.Append(n); err != nil {
					t.Fatal(err)
				}
			}
			if err := batch.Send(); err != nil {
				t.Fatal(err)
			}
			var sum uint64
			if err := db.Conn.QueryRow(t.Context(), "SELECT sum(n) FROM t").Scan(&sum); err != nil {
				t.Fatal(err)
			}
			if sum != 45 {
				t.Fatalf("sum is %d, want 45", sum)
			}
		})
	}
}
