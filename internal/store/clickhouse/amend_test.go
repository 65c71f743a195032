package clickhouse

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

const imageID = "aabbccdd222233334444555555555555"

// scriptEvent is an event of a minified script.
func scriptEvent(print byte, at time.Time) *event.Occurrence {
	o := stampedEvent(3, print, at)
	o.Event.Platform = "javascript"
	o.Event.Exceptions[0].Stack.Frames = []event.Frame{{Function: "a", AbsPath: "https://x/a.js", Line: 1, Column: 2}, {Function: "b", AbsPath: "https://x/a.js", Line: 1, Column: 9, ContextLine: "b()"}}
	return o
}

// explained is what becomes of it: one frame more, and other words everywhere.
func explained(o *event.Occurrence) *event.Occurrence {
	c, e, x := *o, *o.Event, o.Event.Exceptions[0]
	x.Type, x.Value = "TypeError", "explained"
	x.Stack.Frames = []event.Frame{
		{Function: "checkout", Filename: "cart.ts", Line: 7, InApp: event.InAppYes, PreContext: []string{"{"}, ContextLine: "pay()", Origin: &event.Origin{Function: "a", Line: 1}},
		{Function: "inlined", Filename: "cart.ts", Line: 8, Origin: &event.Origin{Inlined: true}},
		{Function: "pay", Filename: "pay.ts", Line: 9, Origin: &event.Origin{Function: "b", ContextLine: "b()"}},
	}
	e.Exceptions = []event.Exception{x}
	e.Threads = []event.Thread{{ID: "1", Stack: event.Stacktrace{Frames: x.Stack.Frames}}}
	c.Event, c.Title, c.Culprit = &e, "TypeError: explained", "pay"
	c.Parts = []event.Part{{Kind: "frame", Value: "pay", Source: "s"}}
	return &c
}

func TestAmendedEventsAreThereOnceAndWhole(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	ctx := t.Context()
	var events, amended []*event.Occurrence
	for i := range 40 {
		o := scriptEvent(byte(i%2), noon.Add(time.Duration(i)*24*time.Hour/4)) // several weeks, two issues
		if i%4 < 2 {
			o.Event.DebugImages = []event.DebugImage{{Type: "sourcemap", DebugID: "AABBCCDD-2222-3333-4444-555555555555"}}
			amended = append(amended, explained(o))
		}
		events = append(events, o)
	}
	if err := s.Insert(ctx, "before", events); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() { // a reader in the middle
		for {
			var rows, ids, sum uint64
			row := s.conn.QueryRow(ctx, "SELECT count(), uniqExact(event_id), (SELECT sum(events) FROM issue_totals) FROM events")
			if err := row.Scan(&rows, &ids, &sum); err != nil || rows != 40 || ids != 40 || sum != 40 {
				t.Errorf("a reader sees %d rows with %d ids, and %d in totals: %v", rows, ids, sum, err)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for range 2 {
		if err := s.Amend(ctx, amended); err != nil {
			t.Fatal(err)
		}
		if err := s.Retell(ctx, 3, []event.Fingerprint{{0}, {1}}, noon); err != nil {
			t.Fatal(err)
		}
	}
	check := func() {
		t.Helper()
		for _, o := range amended {
			requireSame(t, s, o)
		}
		requireSame(t, s, events[2])
		q, err := search.ParseEvents("stack.function:checkout explained")
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.Events(ctx, view.EventsRequest{ProjectID: 3, Query: q, Limit: 100})
		if err != nil || len(found) != len(amended) || found[0].Title != "TypeError: explained" {
			t.Errorf("a search finds %d events, not %d: %v", len(found), len(amended), err)
		}
	}
	check()
	if err := s.Insert(ctx, "before", events); err != nil { // sent again
		t.Fatal(err)
	}
	if err := s.conn.Exec(ctx, "OPTIMIZE TABLE events FINAL"); err != nil {
		t.Fatal(err)
	}
	check()
	close(stop)
	readers.Wait()
	row, found, err := s.Issue(ctx, issue.ID{ProjectID: 3, Fingerprint: event.Fingerprint{1}}, 0)
	if err != nil || !found || row.Events != 20 || row.Users != 7 || !row.FirstSeen.Equal(events[1].Event.Timestamp) || !row.LastSeen.Equal(events[39].Event.Timestamp) || row.Title != events[39].Title {
		t.Errorf("the roll-up says %+v, %v", row, err)
	}
	if err := s.Retell(ctx, 3, []event.Fingerprint{{0}}, noon); err != nil {
		t.Fatal(err)
	}
	later := scriptEvent(0, noon.Add(100*24*time.Hour))
	later.Title = "later"
	title := func(want string) {
		t.Helper()
		row, _, err := s.Issue(ctx, issue.ID{ProjectID: 3}, 0)
		if err != nil || row.Title != want {
			t.Errorf("the issue is called %q, not %q: %v", row.Title, want, err)
		}
	}
	title(events[38].Title) // the newest event was not amended
	if err := s.Amend(ctx, []*event.Occurrence{explained(events[38])}); err != nil {
		t.Fatal(err)
	}
	if err := s.Retell(ctx, 3, []event.Fingerprint{{0}}, noon.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	title("TypeError: explained")
	if err := s.Insert(ctx, "later", []*event.Occurrence{later}); err != nil {
		t.Fatal(err)
	}
	title("later")
	var left uint64
	if err := s.conn.QueryRow(ctx, "SELECT count() FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'amended_')").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d tables are left: %v", left, err)
	}
}

func TestAffectedEventsComeIssueByIssue(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	ctx := t.Context()
	var events []*event.Occurrence
	byID := func(print byte, at time.Time, id string) *event.Occurrence {
		o := scriptEvent(print, at)
		o.Event.Release = "other"
		o.Event.DebugImages = []event.DebugImage{{Type: "sourcemap", CodeFile: "a", DebugID: id}}
		events = append(events, o)
		return o
	}
	a := byID(1, noon, "AABBCCDD-2222-3333-4444-555555555555")
	b := byID(1, noon.Add(time.Second), imageID)
	c := byID(2, noon, imageID+"-1")
	byID(2, noon, "00000000222233334444555555555555")
	old := byID(2, noon.Add(-48*time.Hour), imageID)
	d := scriptEvent(2, noon.Add(time.Minute))
	d.Event.Dist = "7"
	foreign := scriptEvent(2, noon)
	foreign.ProjectID = 4
	python := scriptEvent(2, noon)
	python.Event.Platform = "python"
	if err := s.Insert(ctx, "all", append(events, d, scriptEvent(2, noon), foreign, python)); err != nil {
		t.Fatal(err)
	}
	r := view.AffectedRequest{ProjectID: 3, DebugIDs: []string{"x", "11111111222233334444555555555555", imageID}, Release: "shop@1.0.0", Dist: "7", Since: noon.Add(-time.Hour), Limit: 2}
	for i := range 300 { // more than one look
		r.DebugIDs = append(r.DebugIDs, fmt.Sprintf("%032x", i))
	}
	ids := func(list []*event.Occurrence) (ids []event.ID) {
		for _, o := range list {
			ids = append(ids, o.Event.ID)
		}
		return ids
	}
	want := []event.ID{a.Event.ID, b.Event.ID, c.Event.ID, d.Event.ID}
	var got []event.ID
	for {
		page, err := s.Affected(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, ids(page)...)
		if len(page) < r.Limit {
			break
		}
		last := page[len(page)-1]
		r.After = view.AffectedPlace{Fingerprint: last.Fingerprint, Timestamp: last.Event.Timestamp, EventID: last.Event.ID}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r.Limit, r.Release, r.Since = 10, "", old.Event.Timestamp
	newest, err := s.AffectedNewest(ctx, r, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(newest); len(got) != 2 || !slices.Contains(got, b.Event.ID) || !slices.Contains(got, c.Event.ID) {
		t.Errorf("the newest are %v", got)
	}
	r.Received, r.After = b.ReceivedAt, view.AffectedPlace{}
	if all, err := s.Affected(ctx, r); err != nil || len(all) != 1 || all[0].Event.ID != b.Event.ID {
		t.Errorf("those that arrived later are %v, %v", ids(all), err)
	}
	if all, err := s.Affected(ctx, view.AffectedRequest{ProjectID: 3, Since: noon.Add(-time.Hour), Limit: 5}); err != nil || len(all) != 0 {
		t.Errorf("an upload without names affects %d events, %v", len(all), err)
	}
}

func TestAClusterIsNotAmended(t *testing.T) {
	t.Parallel()
	s := &Store{cfg: Config{Cluster: "c"}}
	if err := s.Amend(t.Context(), []*event.Occurrence{fullEvent()}); !errors.Is(err, view.ErrFixed) {
		t.Error(err)
	}
}
