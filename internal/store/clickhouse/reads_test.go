package clickhouse

import (
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

func TestSmoke(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	ctx := deadline(t)
	events := typicalEvents(500, 1)
	events = append(events, fullEvent())
	if err := s.Insert(ctx, "a", events); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"", "is:unresolved", "level:error", `locked OR is:resolved`, "times_seen:>1 age:-90d", "!tag[region]:eu has:user stack.function:handle*", `error.value:"*ledger*" timestamp:>2020-01-01 id:fc6d8c0c43fc4630ad850ee518f1b9d0`, "assigned:none issue:WEB-42", "trace:4bf92f3577b34da6a3ce929d0e0e4736", "release:[shop@1.2.0, shop@1.3.0]"} {
		query, err := search.Parse(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, env := range []string{"", "production"} {
			for _, sort := range []view.Sort{view.ByLastSeen, view.ByFirstSeen, view.ByEvents, view.ByUsers} {
				rows, more, err := s.Issues(ctx, view.IssuesRequest{ProjectID: 1, Query: query, Environment: env, Sort: sort, Buckets: 24, Limit: 10, Range: view.Range{Start: noon.Add(-20 * 24 * time.Hour)}})
				if err != nil {
					t.Fatalf("%s: %v", q, err)
				}
				if sort == view.ByUsers {
					t.Log(q, len(rows), more)
				}
			}
			list, err := s.Events(ctx, view.EventsRequest{ProjectID: 1, Query: query, Environment: env, Limit: 10})
			if err != nil {
				t.Fatalf("%s: %v", q, err)
			}
			t.Log(q, len(list))
		}
		for _, by := range []string{"", "level", "issue", "region", "stack.function", "user", "trace", "handled", "id"} {
			x, err := s.Explore(ctx, view.ExploreRequest{ProjectID: 1, Query: query, Range: view.Range{Start: noon.Add(-20 * 24 * time.Hour), End: noon.Add(time.Hour)}, Measure: view.CountUsers, GroupBy: by, Buckets: 10, Limit: 3})
			if err != nil {
				t.Fatalf("%s: %v", by, err)
			}
			t.Log(by, len(x.Series))
		}
	}
	o := events[0]
	id := issue.ID{ProjectID: o.ProjectID, Fingerprint: o.Fingerprint}
	row, found, err := s.Issue(ctx, id, 14)
	t.Logf("%+v %v %v", row, found, err)
	trend, err := s.IssueTrend(ctx, id, view.Range{}, 14)
	t.Log(trend, err)
	trend, err = s.IssueTrend(ctx, id, view.Range{Start: noon.Add(-20 * 24 * time.Hour), End: noon}, 2000)
	t.Log(len(trend), err)
	tags, err := s.IssueTags(ctx, id)
	t.Log(tags, err)
	n, err := s.Neighbours(ctx, id, view.Cursor{Timestamp: o.Event.Timestamp, EventID: o.Event.ID})
	t.Log(n, err)
	ex, err := s.Existing(ctx, o.ProjectID, []event.ID{o.Event.ID, event.NewID()})
	t.Log(ex, err)
	kn, err := s.Known(ctx, o.ProjectID, []event.Fingerprint{o.Fingerprint, {9}})
	t.Log(kn, err)
	young, err := s.Young(ctx, noon.Add(-time.Hour*24*3), 10)
	t.Log(len(young), err)
	if err := s.PutRecords(ctx, []issue.Record{{ID: id, Number: 7, Version: 1, State: issue.State{Status: issue.Resolved, Since: noon}, Assignee: "a@b.c"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutMerges(ctx, []issue.Merge{{From: issue.ID{ProjectID: o.ProjectID, Fingerprint: events[1].Fingerprint}, Into: id, Version: 1}}); err != nil {
		t.Fatal(err)
	}
	if err := s.InsertOutcomes(ctx, "o", []outcome.Count{{ProjectID: 1, KeyID: "k", Minute: noon, Kind: outcome.Stored, Events: 3}}); err != nil {
		t.Fatal(err)
	}
	out, times, err := s.Outcomes(ctx, view.OutcomesRequest{ProjectID: 1, Buckets: 5})
	t.Log(out, times, err)
	row, found, err = s.Issue(ctx, id, 14)
	t.Logf("%+v %v %v", row, found, err)
}
