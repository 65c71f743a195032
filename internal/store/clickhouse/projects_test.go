package clickhouse

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// inProject is an issue of a project.
func inProject(project uint32, fingerprint byte) issue.ID {
	return issue.ID{ProjectID: project, Fingerprint: event.Fingerprint{fingerprint}}
}

// sameFingerprints stores projects 1 to 5 with the same fingerprints 1 to 3 and other events: issue f of project p has p + f.
// Issue 3 is merged into issue 1 in project 2, some events of issue 1 are moved in projects 1 and 3, and in project 4
// that was undone. Project 6 has nothing. The counts are what each issue must have.
func sameFingerprints(t *testing.T, s *Store) (counts map[issue.ID]uint64) {
	t.Helper()
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	counts = map[issue.ID]uint64{}
	first := map[uint32][]*event.Occurrence{}
	var states []issue.Record
	for p := uint32(1); p <= 5; p++ {
		var all []*event.Occurrence
		for f := byte(1); f <= 3; f++ {
			for i := range int(p) + int(f) {
				o := stampedEvent(p, f, noon.Add(time.Duration(i)*time.Minute))
				o.Title = fmt.Sprintf("%d in project %d", f, p)
				if p == 2 && i == 0 {
					o.Event.Environment = "staging"
				}
				all = append(all, o)
			}
			counts[inProject(p, f)] = uint64(p) + uint64(f)
			status := issue.State{Status: issue.Unresolved, Substatus: issue.SubOngoing}
			if (int(p)+int(f))%3 == 0 {
				status = issue.State{Status: issue.Resolved}
			}
			if p != 3 { // of which nothing is written down
				states = append(states, issue.Record{ID: inProject(p, f), Number: uint64(f), Version: 1, State: status})
			}
		}
		first[p] = all[:p+1]
		check(s.Insert(ctx, fmt.Sprint(p), all))
	}
	check(s.PutRecords(ctx, states))
	check(s.PutMerges(ctx, []issue.Merge{{From: inProject(2, 3), Into: inProject(2, 1), Version: 1}}))
	counts[inProject(2, 1)] += counts[inProject(2, 3)]
	delete(counts, inProject(2, 3))
	for p, to := range map[uint32]byte{1: 2, 3: 8, 4: 2} {
		check(s.BeginMoves(ctx, p, "r", []event.Fingerprint{{1}}))
		check(s.PutMoves(ctx, p, "r", []view.Move{{From: event.Fingerprint{1}, To: event.Fingerprint{to}}}))
		check(s.Move(ctx, tornTo(to, first[p][:2]...)))
		if p != 4 {
			counts[inProject(p, 1)] -= 2
			counts[inProject(p, to)] += 2
		}
	}
	check(s.UndoMoves(ctx, 4, "r"))
	for id, n := range counts {
		if n == 0 {
			delete(counts, id) // all events of issue 1 of project 1 count elsewhere
		}
	}
	return counts
}

// What is said of the issues of several projects at once is what is said of each by itself, whatever is asked.
func TestIssuesOfSeveralProjectsAreThoseOfEach(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	counts := sameFingerprints(t, s)
	span := view.Range{Start: noon.Add(-time.Hour), End: noon.Add(2 * time.Hour)}
	ask := func(r view.IssuesRequest) (list []view.IssueRow, more bool) {
		t.Helper()
		r.Range, r.Buckets = span, 3
		list, more, err := s.Issues(t.Context(), r)
		if err != nil {
			t.Fatalf("%s: %v", r.Query, err)
		}
		return list, more
	}
	orders := []view.Sort{view.ByLastSeen, view.ByFirstSeen, view.ByEvents, view.ByUsers}
	value := func(r view.IssueRow, by view.Sort) int64 {
		return [...]int64{r.LastSeen.UnixNano(), r.FirstSeen.UnixNano(), int64(r.Events), int64(r.Users)}[slices.Index(orders, by)]
	}
	f := func(text, environment string, by view.Sort, of ...uint32) []view.IssueRow {
		t.Helper()
		q, err := search.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		r := view.IssuesRequest{Query: q, Environment: environment, Sort: by, Limit: 100}
		var want []view.IssueRow
		for _, p := range slices.Sorted(slices.Values(of)) {
			r.Projects = []uint32{p}
			own, _ := ask(r)
			want = append(want, own...)
		}
		slices.SortStableFunc(want, func(a, b view.IssueRow) int { return cmp.Compare(value(b, by), value(a, by)) })
		r.Projects = of
		got, more := ask(r)
		if d := diff.Diff(want, got); d != "" || more {
			t.Errorf("%q in %v by %s (-each +together):\n%s", text, of, by, d)
		}
		return got
	}
	some := []uint32{1, 2, 3, 4}
	n := 0
	for id := range counts {
		if slices.Contains(some, id.ProjectID) {
			n++
		}
	}
	for i, by := range orders {
		whole := f("", "", by, some...)
		if len(whole) != n {
			t.Errorf("%d issues, not %d", len(whole), n)
		}
		for _, row := range whole {
			if row.Events != counts[row.Record.ID] {
				t.Errorf("%v has %d events, not %d", row.Record.ID, row.Events, counts[row.Record.ID])
			}
		}
		for size := 1 + i; size <= n+1; size += len(orders) {
			var paged []view.IssueRow
			for more := true; more; {
				var page []view.IssueRow
				page, more = ask(view.IssuesRequest{Projects: some, Sort: by, Limit: size, Offset: len(paged)})
				paged = append(paged, page...)
			}
			if d := diff.Diff(whole, paged); d != "" {
				t.Errorf("pages of %d by %s (-whole +paged):\n%s", size, by, d)
			}
		}
	}
	found := func(n int, list []view.IssueRow) {
		t.Helper()
		if len(list) != n {
			t.Errorf("%d issues are found, not %d: %v", len(list), n, list)
		}
	}
	for _, by := range []view.Sort{view.ByEvents, view.ByLastSeen} {
		f("is:unresolved", "", by, some...)
		f("is:resolved OR level:error", "", by, some...)
		f("is:resolved OR level:fatal", "", by, 5, 4, 2)
		f("tag[region]:eu", "", by, some...)
		f("times_seen:>4 level:error", "", by, some...)
		found(2, f("", "staging", by, some...))
		found(2, f("level:error", "staging", by, some...))
		f("", "", by, 2, 5) // no moves in either
		f("", "", by, 6, 3)
	}
	// A fingerprint names an issue of one project only; one that was merged, that which it was merged into.
	id := func(p uint32, f byte) string { return inProject(p, f).String() }
	found(1, f("issue:"+id(4, 2), "", view.ByEvents, some...))
	found(2, f("issue:["+id(2, 3)+", "+id(3, 8)+", "+id(5, 1)+"]", "", view.ByEvents, some...))
	found(1, f("(issue:"+id(3, 8)+" OR level:fatal)", "", view.ByEvents, some...))
	found(0, f("issue:"+id(5, 1), "", view.ByEvents, some...))
	short, err := search.Parse("issue:WEB-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Issues(t.Context(), view.IssuesRequest{Projects: some, Query: short, Limit: 1}); err == nil {
		t.Error("a number was looked for in several projects")
	}
}
