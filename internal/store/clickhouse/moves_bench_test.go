package clickhouse

import (
	"fmt"
	"testing"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// BenchmarkMoved is what moving costs, and what a person waits for before and after a tenth of an issue of
// 200,000 events was moved.
func BenchmarkMoved(b *testing.B) {
	s := openStore(b)
	engine := enginetest.Start(b).Engine
	ctx := b.Context()
	const blocks, block, batch = 20, 10_000, 1000
	var leave []view.Movable
	for i := range uint64(blocks) {
		events := typicalEvents(block, 100+i)
		for n, o := range events {
			o.ProjectID, o.Fingerprint = 1, event.Fingerprint{1}
			if n%10 == 0 {
				leave = append(leave, view.Movable{Occurrence: o, Moved: event.Fingerprint{2}})
			}
		}
		if err := s.Insert(ctx, fmt.Sprint(i), events); err != nil {
			b.Fatal(err)
		}
	}
	id := issue.ID{ProjectID: 1, Fingerprint: event.Fingerprint{1}}
	span := view.Range{Start: noon.Add(-30 * 24 * time.Hour), End: noon.Add(time.Hour)}
	open, err := search.Parse("is:unresolved")
	if err != nil {
		b.Fatal(err)
	}
	reads := func(when string) {
		for _, one := range []struct {
			name string
			read func() error
		}{
			{"list", func() error {
				_, _, err := s.Issues(ctx, view.IssuesRequest{Projects: []uint32{1}, Query: open, Range: span, Buckets: 24, Limit: 25})
				return err
			}},
			{"issue", func() error { _, _, err := s.Issue(ctx, id, 24); return err }},
			{"events=issue", func() error {
				_, err := s.Events(ctx, view.EventsRequest{ProjectID: 1, Issue: &id.Fingerprint, Limit: 50})
				return err
			}},
			{"event", func() error { _, _, err := s.Event(ctx, 1, leave[0].Event.ID); return err }},
		} {
			b.Run(when+"/"+one.name, func(b *testing.B) {
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
	reads("before")
	if err := s.BeginMoves(ctx, 1, "r", []event.Fingerprint{{1}}); err != nil {
		b.Fatal(err)
	}
	if err := s.PutMoves(ctx, 1, "r", []view.Move{{From: event.Fingerprint{1}, To: event.Fingerprint{2}}}); err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		r := view.MovableRequest{ProjectID: 1, Regrouping: "r", Fingerprint: event.Fingerprint{1}, Since: span.Start, Limit: batch}
		for b.Loop() {
			page, err := s.Movable(ctx, r)
			if err != nil {
				b.Fatal(err)
			}
			if r.After = (view.AffectedPlace{}); len(page) == batch {
				last := page[batch-1]
				r.After = view.AffectedPlace{Fingerprint: last.Fingerprint, Timestamp: last.Event.Timestamp, EventID: last.Event.ID}
			}
		}
		b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("move", func(b *testing.B) {
		at := 0
		for b.Loop() {
			if at+batch > len(leave) {
				at = 0
			}
			if err := s.Move(ctx, leave[at:at+batch]); err != nil {
				b.Fatal(err)
			}
			at += batch
		}
		b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	for at := 0; at < len(leave); at += batch {
		if err := s.Move(ctx, leave[at:at+batch]); err != nil {
			b.Fatal(err)
		}
	}
	reads("after")
	if err := s.conn.Exec(driver.Context(ctx, driver.WithSettings(driver.Settings{"max_execution_time": 120})), "OPTIMIZE TABLE events FINAL"); err != nil {
		b.Fatal(err)
	}
	reads("merged")
}
