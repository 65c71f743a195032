package clickhouse

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// BenchmarkBlock is what the client pays for an event before it is sent: filling the
// columns and encoding them.
func BenchmarkBlock(b *testing.B) {
	events := typicalEvents(10000, 1)
	block, piece := newBlock(nil), new(proto.Buffer)
	var sent int64
	once := func() {
		block.reset()
		for _, o := range events {
			block.Append(o)
		}
		block.arrange("token")
		n, err := io.Copy(io.Discard, newNativeReader(block.input, piece))
		if err != nil {
			b.Fatal(err)
		}
		sent = n
	}
	once()
	b.ReportAllocs()
	done := perEvent(b, len(events))
	for b.Loop() {
		once()
	}
	done()
	b.ReportMetric(float64(sent)/float64(len(events)), "wireB/event")
}

// BenchmarkDriverBatch is the same through the driver's own columns, which box every
// value: the reason for BenchmarkBlock's way.
func BenchmarkDriverBatch(b *testing.B) {
	s := openStore(b)
	events := typicalEvents(10000, 1)
	block := newBlock(nil)
	for _, o := range events {
		block.Append(o)
	}
	block.arrange("token")
	statement := insertStatement("events", block.input)
	b.ReportAllocs()
	done := perEvent(b, len(events))
	for b.Loop() {
		batch, err := s.conn.PrepareBatch(b.Context(), statement)
		if err != nil {
			b.Fatal(err)
		}
		for i, c := range block.input {
			if err := appendColumn(batch.Column(i), c.Data); err != nil {
				b.Fatal(err)
			}
		}
		if err := batch.Abort(); err != nil {
			b.Fatal(err)
		}
	}
	done()
}

// BenchmarkInsert is the whole way into the engine, client and engine together.
func BenchmarkInsert(b *testing.B) {
	for _, rows := range []int{1, 500, 1000, 10000, 25000} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			s := openStore(b)
			events := typicalEvents(rows, 2)
			n := 0
			if err := s.Insert(deadline(b), "warm", events); err != nil {
				b.Fatal(err)
			}
			engine := enginetest.Start(b).Engine
			done, before := perEvent(b, rows), engineCPU(b, engine.PID())
			for b.Loop() {
				n++
				if err := s.Insert(deadline(b), fmt.Sprint("block", n), events); err != nil {
					b.Fatal(err)
				}
			}
			done()
			cpu := engineCPU(b, engine.PID()) - before
			b.ReportMetric(float64(cpu)/float64(time.Microsecond)/float64(b.N), "engineCPUµs/insert")
			b.ReportMetric(float64(cpu)/float64(time.Microsecond)/float64(b.N)/float64(rows), "engineCPUµs/event")
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
			reportDisk(b, s)
		})
	}
}

// BenchmarkRead is what a person waits for, over 100,000 events of five projects.
func BenchmarkRead(b *testing.B) {
	s := openStore(b)
	engine := enginetest.Start(b).Engine
	ctx := b.Context()
	var sample *event.Occurrence
	for i := range uint64(10) {
		events := typicalEvents(10000, 100+i)
		sample = events[0]
		if err := s.Insert(ctx, fmt.Sprint(i), events); err != nil {
			b.Fatal(err)
		}
	}
	id := issue.ID{ProjectID: sample.ProjectID, Fingerprint: sample.Fingerprint}
	span := view.Range{Start: noon.Add(-24 * time.Hour), End: noon.Add(time.Hour)}
	parse := func(text string) search.Query {
		q, err := search.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		return q
	}
	words := parse(`is:unresolved level:error tag[region]:eu "ledger locked"`)
	for _, one := range []struct {
		name string
		read func() error
	}{
		{"list", func() error {
			_, _, err := s.Issues(ctx, view.IssuesRequest{Projects: []uint32{1}, Query: parse("is:unresolved"), Range: span, Buckets: 24, Limit: 25})
			return err
		}},
		{"list=words", func() error {
			_, _, err := s.Issues(ctx, view.IssuesRequest{Projects: []uint32{1}, Query: words, Range: span, Buckets: 24, Limit: 25})
			return err
		}},
		{"issue", func() error { _, _, err := s.Issue(ctx, id, 24); return err }},
		{"event", func() error { _, _, err := s.Event(ctx, id.ProjectID, sample.Event.ID); return err }},
		{"neighbours", func() error {
			_, err := s.Neighbours(ctx, id, view.Cursor{Timestamp: sample.Event.Timestamp, EventID: sample.Event.ID})
			return err
		}},
		{"events", func() error { _, err := s.Events(ctx, view.EventsRequest{ProjectID: 1, Limit: 50}); return err }},
		{"events=issue", func() error {
			_, err := s.Events(ctx, view.EventsRequest{ProjectID: id.ProjectID, Issue: &id.Fingerprint, Limit: 50})
			return err
		}},
		{"tags", func() error { _, err := s.IssueTags(ctx, id); return err }},
		{"trend", func() error { _, err := s.IssueTrend(ctx, id, span, 25); return err }},
		{"explore", func() error {
			_, err := s.Explore(ctx, view.ExploreRequest{ProjectID: 1, Range: span, GroupBy: "release", Buckets: 30, Limit: 5})
			return err
		}},
		{"known", func() error { _, err := s.Known(ctx, []issue.ID{id, {ProjectID: 1}}); return err }},
		{"existing", func() error {
			_, err := s.Existing(ctx, 1, []event.ID{sample.Event.ID, {1}})
			return err
		}},
		{"young", func() error { _, err := s.Young(ctx, noon.Add(-time.Hour), 100); return err }},
	} {
		b.Run(one.name, func(b *testing.B) {
			before := engineCPU(b, engine.PID())
			for b.Loop() {
				if err := one.read(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(engineCPU(b, engine.PID())-before)/float64(time.Millisecond)/float64(b.N), "engineCPUms/op")
		})
	}
}

// reportDisk tells how many bytes an event takes once parts are merged.
func reportDisk(b *testing.B, s *Store) {
	ctx := driver.Context(context.Background(), driver.WithSettings(driver.Settings{"max_execution_time": 120}))
	if err := s.conn.Exec(ctx, "OPTIMIZE TABLE events FINAL"); err != nil {
		b.Fatal(err)
	}
	var perEvent float64
	if err := s.conn.QueryRow(ctx, "SELECT sum(bytes_on_disk) / sum(rows) FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events'").Scan(&perEvent); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(perEvent, "diskB/event")
}

// perEvent measures this process's CPU time until the returned function is called, because
// the wall clock says little on a machine with other work.
func perEvent(b *testing.B, events int) (done func()) {
	cpu := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start := cpu()
	return func() {
		b.ReportMetric(float64(cpu()-start)/float64(time.Microsecond)/float64(b.N)/float64(events), "clientCPUµs/event")
	}
}

// engineCPU is the CPU time that a process has used.
func engineCPU(b *testing.B, pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skip("the CPU time of the engine is read from /proc:", err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+2:]))
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		b.Fatal(err)
	}
	return time.Duration(user+system) * (time.Second / 100) // in ticks, which are hundredths
}
