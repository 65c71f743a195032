package clickhouse

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// BenchmarkProjects is what the list of several projects costs, each with 50 issues of six events, beside that of one.
func BenchmarkProjects(b *testing.B) {
	s := openStore(b)
	engine := enginetest.Start(b).Engine
	ctx := b.Context()
	const most, issues, events = 200, 50, 6
	var of []uint32
	for p := range uint32(most) {
		of = append(of, p+1)
	}
	for first := uint32(1); first <= most; first += 20 {
		block := typicalEvents(20*issues*events, uint64(first))
		var states []issue.Record
		for i, o := range block {
			o.ProjectID = first + uint32(i/(issues*events))
			o.Fingerprint = event.Fingerprint{15: byte(i % issues)}
			binary.BigEndian.PutUint32(o.Fingerprint[:], uint32(i%issues)*2654435761)
			if i/issues%events == 0 {
				states = append(states, issue.Record{ID: issue.ID{ProjectID: o.ProjectID, Fingerprint: o.Fingerprint}, Number: uint64(i%issues + 1), Version: 1, State: issue.State{Status: issue.Unresolved, Substatus: issue.SubOngoing}})
			}
		}
		if err := s.Insert(ctx, fmt.Sprint(first), block); err != nil {
			b.Fatal(err)
		}
		if err := s.PutRecords(ctx, states); err != nil {
			b.Fatal(err)
		}
	}
	span := view.Range{Start: noon.Add(-14 * 24 * time.Hour), End: noon.Add(time.Hour)}
	for _, text := range []string{"", "is:unresolved", `level:error tag[region]:eu`} {
		q, err := search.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range []int{1, 10, 50, most} {
			b.Run(fmt.Sprintf("query=%s/projects=%d", text, n), func(b *testing.B) {
				before := engineCPU(b, engine.PID())
				for b.Loop() {
					list, _, err := s.Issues(ctx, view.IssuesRequest{Projects: of[:n], Query: q, Range: span, Buckets: 24, Limit: 50})
					if err != nil || len(list) == 0 {
						b.Fatal(len(list), err)
					}
				}
				b.ReportMetric(float64(engineCPU(b, engine.PID())-before)/float64(time.Millisecond)/float64(b.N), "engineCPUms/op")
			})
		}
	}
}
