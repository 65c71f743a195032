package chdb_test

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
)

//go:embed testdata/ingest.sql
var ingestSQL string

// BenchmarkIngest stores blocks of events of about 3 kB with a text index and a roll-up,
// one block at a time as the writer does, and reports the engine's speed and memory.
func BenchmarkIngest(b *testing.B) {
	statements := strings.Split(strings.TrimSpace(ingestSQL), ";\n")
	generate := statements[len(statements)-1]
	for _, rows := range []int{1000, 10_000, 25_000, 50_000} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			db := enginetest.Start(b)
			for _, ddl := range statements[:len(statements)-1] {
				if err := db.Conn.Exec(b.Context(), ddl); err != nil {
					b.Fatal(err)
				}
			}
			var blocks []string
			for seed := range 4 {
				got := post(b, db, strings.NewReader(generate), "param_rows", strconv.Itoa(rows), "param_seed", strconv.Itoa(seed))
				if got.status != 200 {
					b.Fatal(got.body)
				}
				blocks = append(blocks, got.body)
			}
			resetPeak(b, db.Engine.PID())
			retries, n := 0, 0
			b.SetBytes(int64(len(blocks[0])))
			for b.Loop() {
				for {
					got := post(b, db, bytes.NewReader([]byte(blocks[n%len(blocks)])), "query", "INSERT INTO events FORMAT Native", "insert_deduplication_token", strconv.Itoa(n))
					if got.status == 200 {
						break
					}
					if got.header.Get("X-ClickHouse-Exception-Code") != "241" || retries > 1000 {
						b.Fatal(got.body)
					}
					retries++
				}
				n++
			}
			b.ReportMetric(float64(n*rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(retries), "memory-retries")
			b.ReportMetric(memory(b, db.Engine.PID(), "VmHWM"), "peak-MB")
			b.ReportMetric(memory(b, db.Engine.PID(), "VmRSS"), "now-MB")
			var parts uint64
			if err := db.Conn.QueryRow(b.Context(), "SELECT count() FROM system.parts WHERE active AND database = {d:String}", clickhouse.Named("d", db.Name)).Scan(&parts); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(parts), "parts")
		})
	}
}

// resetPeak makes the kernel forget the highest memory use so far.
func resetPeak(b *testing.B, pid int) {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
		b.Log(err)
	}
}

// memory reads one line of the kernel's account of a process, in MB.
func memory(b *testing.B, pid int, name string) float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Log(err)
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

// BenchmarkSelectOne is the price of a round trip.
func BenchmarkSelectOne(b *testing.B) {
	db := enginetest.Start(b)
	for b.Loop() {
		var n uint8
		if err := db.Conn.QueryRow(b.Context(), "SELECT 1").Scan(&n); err != nil {
			b.Fatal(err)
		}
	}
}
