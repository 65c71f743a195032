package clickhouse

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// TestStatements shows what runs, and what runs in a project of which events were moved. The values that are bound are
// listed after each.
func TestStatements(t *testing.T) {
	t.Parallel()
	golden(t, "statements.sql", statements(t, nil))
	golden(t, "statements_moved.sql", statements(t, map[uint32][]string{7: {"r1", "r2"}, 9: {"r3"}}))
}

func statements(t *testing.T, moved map[uint32][]string) string {
	t.Helper()
	m := movesOf(projects{7}, moved)
	at := time.Date(2026, 1, 31, 12, 34, 56, 789, time.UTC)
	span := view.Range{Start: at.Add(-14 * 24 * time.Hour), End: at}
	id := issue.ID{ProjectID: 7, Fingerprint: event.Fingerprint{1}}
	one, two := [][16]byte{{1}}, [][16]byte{{1}, {2}}
	cursor := view.Cursor{Timestamp: at, EventID: event.ID{9}}
	parse := func(text string) search.Query {
		q, err := search.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	var b strings.Builder
	f := func(name string, st *statement, sql string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		fmt.Fprintf(&b, "---- %s\n%s%s\n\n", name, sql, st.comment())
	}
	issues := func(name string, r view.IssuesRequest) {
		t.Helper()
		for _, of := range []projects{{7}, {7, 8, 9}} {
			r.Projects, r.Limit = of, 25
			st, sql, _, err := issuesSQL(r, movesOf(of, moved), at)
			if len(of) > 1 {
				name += ", of several projects"
			}
			f(name, st, sql, err)
		}
	}
	issues("issues", view.IssuesRequest{})
	issues("issues in a range, with words about issues: from roll-ups", view.IssuesRequest{Query: parse("is:unresolved !assigned:a@b.c times_seen:>100 age:-24h"), Range: span, Environment: "production", Sort: view.ByUsers, Buckets: 24, Offset: 50})
	issues("issues with words about events", view.IssuesRequest{Query: parse(`is:unresolved level:>=error release:1.2.* tag[region]:[eu, us] stack.function:handle* "time out"`), Range: span, Buckets: 24})
	issues("issues with both in one", view.IssuesRequest{Query: parse("is:resolved OR level:fatal"), Range: span})
	issues("issues that are named", view.IssuesRequest{Query: parse("issue:[" + id.String() + ", " + idOf(2).String() + ", " + inProject(9, 1).String() + ", " + inProject(9, 2).String() + "]")})
	st, sql, err := eventsSQL(view.EventsRequest{ProjectID: 7, Query: parse("user.email:a@b.c is:new"), Range: span, Limit: 50, Before: &cursor}, nil, m, at)
	f("events", st, sql, err)
	fp := event.Fingerprint{1}
	st, sql, err = eventsSQL(view.EventsRequest{ProjectID: 7, Issue: &fp, Limit: 50}, two, m, at)
	f("events of a merged issue", st, sql, err)
	st = &statement{}
	f("members", st, membersSQL(st, id), nil)
	st, sql = issueSQL(id, one, m)
	f("issue", st, sql, nil)
	st, sql = issueCountsSQL(id, one, m)
	f("counts of an issue", st, sql, nil)
	st, sql, _, err = trendSQL(id, one, m, span, 14, at)
	f("trend by the hour", st, sql, err)
	st, sql, _, err = trendSQL(id, one, m, view.Range{Start: at.Add(-time.Hour), End: at}, 60, at)
	f("trend by the minute", st, sql, err)
	st, sql = tagsSQL(id, one, m)
	f("tags", st, sql, nil)
	st, sql = neighboursSQL(id, one, m, cursor)
	f("neighbours", st, sql, nil)
	st, sql = nearSQL(id, one, m, cursor, history{events: 1_000_000, first: at.Add(-24 * time.Hour), last: at})
	f("neighbours in a large issue", st, sql, nil)
	st, sql, _, err = exploreSQL(view.ExploreRequest{ProjectID: 7, Query: parse("level:error"), Range: span, Measure: view.CountUsers, GroupBy: "release", Buckets: 30, Limit: 5}, m, at)
	f("explore users", st, sql, err)
	st, sql, _, err = exploreSQL(view.ExploreRequest{ProjectID: 7, Range: span, GroupBy: "issue", Limit: 5}, m, at)
	f("explore issues", st, sql, err)
	st, sql, _, err = outcomesSQL(view.OutcomesRequest{ProjectID: 7, Range: span, Buckets: 14}, at)
	f("outcomes", st, sql, err)
	st = &statement{}
	f("where an event is", st, locateSQL(st, 7, cursor.EventID, m), nil)
	st = &statement{}
	sql, _ = eventAtSQL(st, &eventRow{}, id, cursor, m)
	f("event", st, sql, nil)
	st = &statement{}
	f("when events were seen", st, historySQL(st, 7, nil, m), nil)
	st = &statement{}
	f("young", st, youngSQL(st, at, 100), nil)
	st = &statement{}
	f("first events", st, firstEventsSQL(st, []issue.ID{idOf(1), idOf(2)}), nil)
	st = &statement{}
	f("how many events to group", st, countSQL(st, 7, at, m), nil)
	st = &statement{}
	f("which events to group", st, chooseSQL(st, 7, at, m, 5), nil)
	return b.String()
}

func TestEventsArePagedThroughTies(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	var all []*event.Occurrence
	for i := range 23 {
		all = append(all, stampedEvent(1, 1, noon.Add(time.Duration(i/5)*time.Nanosecond)))
	}
	if err := s.Insert(t.Context(), "a", all); err != nil {
		t.Fatal(err)
	}
	var seen []event.ID
	var before *view.Cursor
	for {
		list, err := s.Events(t.Context(), view.EventsRequest{ProjectID: 1, Limit: 4, Before: before})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, e := range list {
			seen = append(seen, e.EventID)
		}
		last := list[len(list)-1]
		before = &view.Cursor{Timestamp: last.Timestamp, EventID: last.EventID}
	}
	if len(seen) != len(all) {
		t.Fatalf("%d events over all pages, want %d", len(seen), len(all))
	}
	for _, o := range all {
		if !slices.Contains(seen, o.Event.ID) {
			t.Errorf("%v is on no page", o.Event.ID)
		}
	}
	// Walking by neighbours goes the same way.
	at := func(i int) view.Cursor {
		for _, o := range all {
			if o.Event.ID == seen[i] {
				return view.Cursor{Timestamp: o.Event.Timestamp, EventID: seen[i]}
			}
		}
		return view.Cursor{}
	}
	for i := range seen {
		n, err := s.Neighbours(t.Context(), idOf(1), at(i))
		if err != nil {
			t.Fatal(err)
		}
		want := view.Neighbours{Oldest: seen[len(seen)-1], Latest: seen[0]}
		if i > 0 {
			want.Next = seen[i-1]
		}
		if i < len(seen)-1 {
			want.Previous = seen[i+1]
		}
		if n != want {
			t.Errorf("neighbours of %d: %v, want %v", i, n, want)
		}
		for _, events := range []uint64{1, 100, 1_000_000} { // wide to narrow
			st, sql := nearSQL(idOf(1), [][16]byte{{1}}, moves{}, at(i), history{events: events, first: at(len(seen) - 1).Timestamp, last: at(0).Timestamp})
			if n, err = s.neighbours(t.Context(), st, sql); err != nil || n != want && (events == 1 || isWhole(n, at(i))) {
				t.Errorf("neighbours of %d near by: %v, want %v, %v", i, n, want, err)
			}
		}
	}
}

func TestSummariesAreThoseOfTheEvents(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	o := fullEvent()
	if err := s.Insert(t.Context(), "a", []*event.Occurrence{o}); err != nil {
		t.Fatal(err)
	}
	list, err := s.Events(t.Context(), view.EventsRequest{ProjectID: 1, Limit: 9})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]event.Summary{o.Summary()}, list); diff != "" {
		t.Error(diff)
	}
	young, err := s.Young(t.Context(), o.ReceivedAt, 9)
	if err != nil {
		t.Fatal(err)
	}
	id := issue.ID{ProjectID: o.ProjectID, Fingerprint: o.Fingerprint}
	if diff := cmp.Diff([]view.Young{{ID: id, Received: o.ReceivedAt}}, young); diff != "" {
		t.Error(diff)
	}
	first, err := s.FirstEvents(t.Context(), []issue.ID{id, {ProjectID: 1}, {ProjectID: 2, Fingerprint: o.Fingerprint}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]event.Summary{o.Summary()}, first); diff != "" {
		t.Error(diff)
	}
	if young, err = s.Young(t.Context(), o.ReceivedAt.Add(time.Millisecond), 9); err != nil || len(young) != 0 {
		t.Errorf("older issues are young: %v %v", young, err)
	}
}

func TestYoungIsByArrival(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	late := stampedEvent(1, 1, noon.Add(-5*24*time.Hour))
	late.ReceivedAt = noon
	second := stampedEvent(1, 1, noon.Add(time.Second))
	known := stampedEvent(1, 2, noon.Add(-time.Hour))
	again := stampedEvent(1, 2, noon.Add(time.Hour))
	for i, o := range []*event.Occurrence{late, second, known, again} {
		if err := s.Insert(t.Context(), fmt.Sprint(i), []*event.Occurrence{o}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Young(t.Context(), noon.Add(-time.Minute), 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]view.Young{{ID: issue.ID{ProjectID: late.ProjectID, Fingerprint: late.Fingerprint}, Received: noon}}, list); diff != "" {
		t.Error(diff)
	}
	first, err := s.FirstEvents(t.Context(), []issue.ID{list[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]event.Summary{late.Summary()}, first); diff != "" {
		t.Error(diff)
	}
}

func TestTrendCountsByHourAndExactly(t *testing.T) {
	t.Parallel()
	s, _ := issueFixture(t)
	f := func(r view.Range, parts int, want ...uint64) {
		t.Helper()
		got, err := s.IssueTrend(t.Context(), idOf(2), r, parts)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v %v, want %v", got, err, want)
		}
	}
	f(view.Range{Start: noon.Add(-2 * time.Hour), End: noon.Add(2 * time.Hour)}, 4, 0, 0, 20, 0)
	f(view.Range{Start: noon.Add(time.Minute), End: noon.Add(time.Minute + 20*time.Second)}, 4, 5, 5, 5, 5)
	f(view.Range{Start: noon.Add(time.Minute), End: noon.Add(time.Minute + 15*time.Second)}, 3, 5, 5, 5)
	if _, err := s.IssueTrend(t.Context(), idOf(2), view.Range{Start: noon, End: noon}, 3); err == nil {
		t.Error("an empty range was taken")
	}
}

func TestTagsAreCounted(t *testing.T) {
	t.Parallel()
	s, all := issueFixture(t)
	more := stampedEvent(1, 1, noon.Add(time.Hour))
	more.Event.Tags = []event.Tag{{Key: "region", Value: "us"}, {Key: "only", Value: "here"}}
	if err := s.Insert(t.Context(), "more", []*event.Occurrence{more}); err != nil {
		t.Fatal(err)
	}
	list, err := s.IssueTags(t.Context(), idOf(1))
	if err != nil {
		t.Fatal(err)
	}
	byKey := map[string]view.TagDistribution{}
	for _, d := range list {
		byKey[d.Key] = d
	}
	want := view.TagDistribution{Key: "region", Total: 11, Values: []view.ValueCount{{Value: "eu", Count: 10}, {Value: "us", Count: 1}}}
	if diff := cmp.Diff(want, byKey["region"]); diff != "" {
		t.Error(diff)
	}
	if d := byKey["environment"]; d.Total != 11 || d.Values[0].Value != "production" {
		t.Errorf("environment: %v", d)
	}
	if d := byKey["only"]; d.Total != 1 {
		t.Errorf("only: %v", d)
	}
	_ = all
}

func TestExploreCountsAndGroups(t *testing.T) {
	t.Parallel()
	s, _ := issueFixture(t)
	span := view.Range{Start: noon, End: noon.Add(3 * time.Minute)}
	f := func(r view.ExploreRequest, want ...view.Series) {
		t.Helper()
		r.ProjectID, r.Range = 1, span
		got, err := s.Explore(t.Context(), r)
		if err != nil {
			t.Fatalf("group by %q: %v", r.GroupBy, err)
		}
		if diff := cmp.Diff(want, got.Series); diff != "" {
			t.Errorf("group by %q: %s", r.GroupBy, diff)
		}
		if len(got.Times) != r.Buckets || !strings.Contains(got.SQL, "project_id") {
			t.Errorf("times %v, SQL %s", got.Times, got.SQL)
		}
	}
	f(view.ExploreRequest{Buckets: 3}, view.Series{Total: 31, Values: []uint64{10, 20, 1}})
	f(view.ExploreRequest{}, view.Series{Total: 31})
	f(view.ExploreRequest{Measure: view.CountUsers, Buckets: 3}, view.Series{Total: 7, Values: []uint64{7, 7, 1}})
	f(view.ExploreRequest{GroupBy: "level", Limit: 5}, view.Series{Group: "error", Total: 31})
	f(view.ExploreRequest{GroupBy: "handled", Limit: 5}, view.Series{Group: "true", Total: 31})
	f(view.ExploreRequest{GroupBy: "region", Limit: 5}, view.Series{Group: "eu", Total: 31})
	f(view.ExploreRequest{GroupBy: "error.value", Limit: 2}, view.Series{Group: "value 2", Total: 20}, view.Series{Group: "value 1", Total: 10})
	f(view.ExploreRequest{GroupBy: "issue", Limit: 1}, view.Series{Group: idOf(2).String(), Total: 20})
	q, _ := search.Parse("is:resolved")
	f(view.ExploreRequest{Query: q, GroupBy: "issue", Limit: 9}, view.Series{Group: idOf(2).String(), Total: 20})
	for _, by := range []string{"is", "first_seen", "timestamp", "a b"} {
		if _, err := s.Explore(t.Context(), view.ExploreRequest{ProjectID: 1, Range: span, GroupBy: by}); err == nil {
			t.Errorf("grouped by %q", by)
		}
	}
}

func TestLookUps(t *testing.T) {
	t.Parallel()
	s, all := issueFixture(t)
	var ids []event.ID
	for range 3000 {
		ids = append(ids, event.NewID())
	}
	ids[2999] = all[0].Event.ID
	for _, some := range [][]event.ID{ids, ids[2999:]} {
		found, err := s.Existing(t.Context(), 1, some)
		if _, there := found[ids[2999]]; err != nil || !there || len(found) != 1 {
			t.Errorf("%v %v", found, err)
		}
	}
	id := func(project uint32, fingerprint byte) issue.ID {
		return issue.ID{ProjectID: project, Fingerprint: event.Fingerprint{fingerprint}}
	}
	known, err := s.Known(t.Context(), []issue.ID{id(1, 1), id(1, 3), id(1, 77), id(99, 1)})
	if diff := cmp.Diff(map[issue.ID]struct{}{id(1, 1): {}, id(1, 3): {}}, known); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestOutcomesAddUp(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	counts := []outcome.Count{
		{ProjectID: 1, KeyID: "k", Minute: noon, Kind: outcome.Stored, Fingerprint: event.Fingerprint{1}, Events: 3},
		{ProjectID: 1, KeyID: "k", Minute: noon, Kind: outcome.Stored, Fingerprint: event.Fingerprint{2}, Events: 4},
		{ProjectID: 1, KeyID: "l", Minute: noon.Add(time.Hour), Kind: outcome.Limited, Reason: outcome.RateLimit, Events: 5},
		{ProjectID: 2, KeyID: "m", Minute: noon, Kind: outcome.Stored, Events: 100},
	}
	for range 2 { // the second time is a retry
		if err := s.InsertOutcomes(t.Context(), "minute", counts); err != nil {
			t.Fatal(err)
		}
	}
	got, times, err := s.Outcomes(t.Context(), view.OutcomesRequest{ProjectID: 1, Range: view.Range{Start: noon, End: noon.Add(2 * time.Hour)}, Buckets: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := []view.OutcomeSeries{
		{Kind: outcome.Stored, Total: 7, Values: []uint64{7, 0}},
		{Kind: outcome.Limited, Reason: outcome.RateLimit, Total: 5, Values: []uint64{0, 5}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]time.Time{noon, noon.Add(time.Hour)}, times); diff != "" {
		t.Error(diff)
	}
}
