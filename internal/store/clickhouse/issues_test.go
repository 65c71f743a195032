package clickhouse

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// issueFixture is a store with three issues of project 1: ten, twenty and one events, a
// second apart from noon, one minute after the other; and one of project 2.
func issueFixture(t *testing.T) (*Store, []*event.Occurrence) {
	t.Helper()
	s := openStore(t)
	var all []*event.Occurrence
	for i, n := range []int{10, 20, 1} {
		for j := range n {
			all = append(all, stampedEvent(1, byte(i+1), noon.Add(time.Duration(i)*time.Minute+time.Duration(j)*time.Second)))
		}
	}
	all = append(all, stampedEvent(2, 9, noon))
	if err := s.Insert(t.Context(), "fixture", all); err != nil {
		t.Fatal(err)
	}
	err := s.PutRecords(t.Context(), []issue.Record{
		{ID: idOf(1), Number: 1, Version: 2, Assignee: "a@b.c", State: issue.State{Status: issue.Unresolved, Substatus: issue.SubOngoing}},
		{ID: idOf(2), Number: 2, Version: 3, State: issue.State{Status: issue.Resolved, Reason: issue.ReasonByUser, Since: noon, Release: "shop@1.0.0"}, UpdatedAt: noon},
		{ID: idOf(2), Number: 2, Version: 1, State: issue.State{Status: issue.Unresolved}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, all
}

func idOf(fingerprint byte) issue.ID {
	return issue.ID{ProjectID: 1, Fingerprint: event.Fingerprint{fingerprint}}
}

// listed runs a request and shows each row by fingerprint, events and users.
func listed(t *testing.T, s *Store, r view.IssuesRequest) (rows []view.IssueRow, shown [][3]uint64) {
	t.Helper()
	if r.Limit == 0 {
		r.Limit = 100
	}
	r.Projects = []uint32{1}
	rows, _, err := s.Issues(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		shown = append(shown, [3]uint64{uint64(row.Record.ID.Fingerprint[0]), row.Events, row.Users})
	}
	return rows, shown
}

func TestIssuesAreSortedAndPaged(t *testing.T) {
	t.Parallel()
	s, _ := issueFixture(t)
	f := func(sort view.Sort, want ...byte) {
		t.Helper()
		for offset := range want {
			rows, more, err := s.Issues(t.Context(), view.IssuesRequest{Projects: []uint32{1}, Sort: sort, Limit: 1, Offset: offset})
			if err != nil || len(rows) != 1 || rows[0].Record.ID != idOf(want[offset]) || more != (offset < len(want)-1) {
				t.Errorf("%s, offset %d: %v more %v %v", sort, offset, rows, more, err)
			}
		}
	}
	f(view.ByLastSeen, 3, 2, 1)
	f(view.ByFirstSeen, 3, 2, 1)
	f(view.ByEvents, 2, 1, 3)
	f("", 3, 2, 1)
	if _, _, err := s.Issues(t.Context(), view.IssuesRequest{Projects: []uint32{1}, Sort: "title; DROP", Limit: 1}); err == nil {
		t.Error("an unknown order was taken")
	}
}

func TestAnIssueRowIsComplete(t *testing.T) {
	t.Parallel()
	s, _ := issueFixture(t)
	rows, _ := listed(t, s, view.IssuesRequest{Range: view.Range{Start: noon.Add(-2 * time.Hour), End: noon.Add(2 * time.Hour)}, Buckets: 4})
	want := view.IssueRow{
		Title: "E: value 2", Culprit: "main", Level: event.LevelError, Platform: "go", Events: 20, Users: 7,
		FirstSeen: noon.Add(time.Minute), LastSeen: noon.Add(79 * time.Second), FirstRelease: "shop@1.0.0", LastRelease: "shop@1.0.0",
		Sparkline: []uint64{0, 0, 20, 0},
		Record: issue.Record{
			ID: idOf(2), Number: 2, Title: "E: value 2", Culprit: "main", Level: "error", Platform: "go", FirstRelease: "shop@1.0.0",
			FirstSeen: noon.Add(time.Minute), Version: 3, UpdatedAt: noon,
			State: issue.State{Status: issue.Resolved, Reason: issue.ReasonByUser, Since: noon, Release: "shop@1.0.0"},
		},
	}
	if diff := cmp.Diff(want, rows[1]); diff != "" {
		t.Error(diff)
	}
	unknown := rows[0].Record
	if unknown.Number != 0 || unknown.State.Status != issue.Unresolved || unknown.State.Substatus != issue.SubNew {
		t.Errorf("an issue nobody wrote down is %+v", unknown)
	}
}

func TestRollUpsAndEventsCountTheSame(t *testing.T) {
	t.Parallel()
	s, _ := issueFixture(t)
	r := view.IssuesRequest{Range: view.Range{Start: noon.Add(-time.Hour), End: noon.Add(time.Hour)}, Sort: view.ByEvents, Buckets: 2}
	byRollUp, shownByRollUp := listed(t, s, r)
	r.Query, _ = search.Parse("tag[region]:eu")
	byEvents, shownByEvents := listed(t, s, r)
	if diff := cmp.Diff(shownByRollUp, shownByEvents); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(byRollUp, byEvents); diff != "" {
		t.Error(diff)
	}
	r = view.IssuesRequest{Environment: "staging"}
	if _, shown := listed(t, s, r); shown != nil {
		t.Errorf("another environment has %v", shown)
	}
	r = view.IssuesRequest{Range: view.Range{Start: noon.Add(-9 * time.Hour), End: noon.Add(-8 * time.Hour)}}
	if _, shown := listed(t, s, r); shown != nil {
		t.Errorf("another range has %v", shown)
	}
}

func TestMergesCountTogetherAndComeApart(t *testing.T) {
	t.Parallel()
	s, all := issueFixture(t)
	_, apart := listed(t, s, view.IssuesRequest{Sort: view.ByEvents})
	merge := []issue.Merge{{From: idOf(3), Into: idOf(1), Version: 1}}
	if err := s.PutMerges(t.Context(), merge); err != nil {
		t.Fatal(err)
	}
	q, _ := search.Parse("tag[region]:eu")
	for _, r := range []view.IssuesRequest{{Sort: view.ByEvents, Buckets: 3}, {Sort: view.ByEvents, Query: q, Buckets: 3}} {
		rows, shown := listed(t, s, r)
		if diff := cmp.Diff([][3]uint64{{2, 20, 7}, {1, 11, shown[1][2]}}, shown); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]event.Fingerprint{{3}}, rows[1].Merged); diff != "" {
			t.Error(diff)
		}
	}
	last := all[30]
	for _, id := range []issue.ID{idOf(1), idOf(3)} {
		row, found, err := s.Issue(t.Context(), id, 10)
		if err != nil || !found || row.Record.ID != idOf(1) || row.Events != 11 || !row.LastSeen.Equal(last.Event.Timestamp) || len(row.Sparkline) != 10 {
			t.Errorf("%v %v %+v", err, found, row)
		}
		counts, found, err := s.IssueCounts(t.Context(), id)
		if want := (view.IssueCounts{Events: 11, Users: row.Users, FirstSeen: row.FirstSeen}); err != nil || !found || counts != want {
			t.Errorf("%v %v %+v, want %+v", err, found, counts, want)
		}
		fp := id.Fingerprint
		events, err := s.Events(t.Context(), view.EventsRequest{ProjectID: 1, Issue: &fp, Limit: 100})
		if err != nil || len(events) != 11 || events[0].EventID != last.Event.ID || events[0].Fingerprint != (event.Fingerprint{3}) {
			t.Errorf("%d events, %v", len(events), err)
		}
		n, err := s.Neighbours(t.Context(), id, view.Cursor{Timestamp: all[9].Event.Timestamp, EventID: all[9].Event.ID})
		want := view.Neighbours{Previous: all[8].Event.ID, Next: last.Event.ID, Oldest: all[0].Event.ID, Latest: last.Event.ID}
		if err != nil || n != want {
			t.Errorf("neighbours %v, want %v, %v", n, want, err)
		}
	}
	merge[0].Undone, merge[0].Version = true, 2
	if err := s.PutMerges(t.Context(), merge); err != nil {
		t.Fatal(err)
	}
	if _, shown := listed(t, s, view.IssuesRequest{Sort: view.ByEvents}); !cmp.Equal(apart, shown) {
		t.Errorf("after unmerging: %v, want %v", shown, apart)
	}
	if _, found, err := s.Issue(t.Context(), idOf(99), 3); err != nil || found {
		t.Errorf("an issue without events was found: %v", err)
	}
	if _, found, err := s.IssueCounts(t.Context(), idOf(99)); err != nil || found {
		t.Errorf("events of an issue without any were counted: %v", err)
	}
}

func TestNoProjectSeesAnother(t *testing.T) {
	t.Parallel()
	s, all := issueFixture(t)
	foreign := all[len(all)-1]
	id := issue.ID{ProjectID: 1, Fingerprint: foreign.Fingerprint}
	if _, found, err := s.Issue(t.Context(), id, 3); err != nil || found {
		t.Errorf("issue: %v %v", found, err)
	}
	fp := foreign.Fingerprint
	if list, err := s.Events(t.Context(), view.EventsRequest{ProjectID: 1, Issue: &fp, Limit: 9}); err != nil || len(list) != 0 {
		t.Errorf("events: %v %v", list, err)
	}
	if known, err := s.Known(t.Context(), []issue.ID{id}); err != nil || len(known) != 0 {
		t.Errorf("known: %v %v", known, err)
	}
	if got, err := s.Existing(t.Context(), 1, []event.ID{foreign.Event.ID}); err != nil || len(got) != 0 {
		t.Errorf("existing: %v %v", got, err)
	}
	if _, shown := listed(t, s, view.IssuesRequest{}); len(shown) != 3 {
		t.Errorf("list: %v", shown)
	}
}

func TestOddTextsStayValues(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	o := stampedEvent(1, 1, noon)
	for i, text := range nasty {
		o.Event.Tags = append(o.Event.Tags, event.Tag{Key: "k" + string(rune('a'+i)), Value: text}, event.Tag{Key: text, Value: "v"})
	}
	o.Event.Environment, o.Event.Transaction = nasty[8], nasty[0]
	if err := s.Insert(t.Context(), strings.Repeat("'\\\n", 5), []*event.Occurrence{o}); err != nil {
		t.Fatal(err)
	}
	for i, text := range nasty {
		for _, node := range []search.Node{
			search.Compare{Key: search.Key{Tag: "k" + string(rune('a'+i))}, Values: []search.Value{{Pattern: search.NewPattern(text)}}},
			search.Compare{Key: search.Key{Tag: "k" + string(rune('a'+i))}, Values: []search.Value{{Pattern: search.NewPattern(text)}, {Pattern: search.NewPattern("other")}}},
			search.Compare{Key: search.Key{Tag: text}, Values: []search.Value{{Pattern: search.NewPattern("v")}}},
			search.Compare{Key: search.Key{Tag: "k" + string(rune('a'+i))}, Values: []search.Value{{Pattern: search.NewPattern("", text, "")}}},
			search.Text{Text: text},
		} {
			list, err := s.Events(t.Context(), view.EventsRequest{ProjectID: 1, Query: search.Query{Root: node}, Environment: nasty[8], Limit: 5})
			if err != nil {
				t.Errorf("%q as %T: %v", text, node, err)
			}
			want := search.Query{Root: node}.Match(search.OfOccurrence(o), time.Now())
			if (len(list) == 1) != want {
				t.Errorf("%q as %+v: %d found, in memory %v", text, node, len(list), want)
			}
		}
		x, err := s.Explore(t.Context(), view.ExploreRequest{ProjectID: 1, Range: view.Range{Start: noon.Add(-time.Hour), End: noon.Add(time.Hour)}, GroupBy: `tag[` + strings.NewReplacer(`\`, `\\`, `]`, `\]`).Replace(text) + `]`, Limit: 5})
		if err != nil && !strings.Contains(err.Error(), "invalid query") {
			t.Errorf("group by %q: %v", text, err)
		}
		_ = x
	}
	if _, found, err := s.Event(t.Context(), 1, o.Event.ID); err != nil || !found {
		t.Errorf("the event is gone: %v", err)
	}
}
