package query_test

import (
	"errors"
	"testing"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/query"
)

func TestAnIssueThatTriageHasNotSeenCanBeOpenedAndChanged(t *testing.T) {
	f := newFixture(t)
	id := f.seed(f.web, 1)
	d, err := f.GetIssue(t.Context(), f.ada, id.String())
	must(t, err)
	if d.ShortID() != "" || len(d.Last24Hours) != 24 || len(d.Last30Days) != 30 || len(d.Tags) != 1 {
		t.Fatalf("%+v", d)
	}
	i, err := f.UpdateIssue(t.Context(), f.ada, id.String(), query.Change{Status: issue.Resolved, Assignee: new("ADA@example.com")})
	must(t, err)
	if i.ShortID() != "WEB-1" || i.Record.State.Status != issue.Resolved || i.Record.State.Release != "1.2" || i.Record.Assignee != "ada@example.com" || i.Events != 1 {
		t.Fatalf("%+v", i)
	}
	if f.flushed != 1 {
		t.Fatalf("flushed %d times", f.flushed)
	}
	// By its short id, in any case.
	d, err = f.GetIssue(t.Context(), f.ada, "web-1")
	must(t, err)
	if d.Record.ID != id || d.Record.State.Status != issue.Resolved {
		t.Fatalf("%+v", d)
	}
	activities, next, err := f.ListActivity(t.Context(), f.ada, "WEB-1", query.Page{Size: 2})
	must(t, err)
	older, end, err := f.ListActivity(t.Context(), f.ada, "WEB-1", query.Page{Size: 2, Token: next})
	must(t, err)
	if len(activities) != 2 || len(older) != 1 || end != "" || older[0].Kind != issue.ActivityFirstSeen || activities[0].Actor != "ada@example.com" {
		t.Fatalf("%v, then %v", activities, older)
	}
}

func TestAChangeStandsEvenIfItCannotBeMirroredYet(t *testing.T) {
	f := newFixture(t)
	id := f.seed(f.web, 1)
	f.flushErr = errors.New("clickhouse is away")
	i, err := f.UpdateIssue(t.Context(), f.ada, id.String(), query.Change{Status: issue.Archived})
	must(t, err)
	if i.Record.State.Status != issue.Archived {
		t.Fatalf("%+v", i)
	}
}

func TestSeveralIssuesAreChangedAllOrNone(t *testing.T) {
	f := newFixture(t)
	a, b, c := f.seed(f.web, 1), f.seed(f.web, 2), f.seed(f.other, 3)
	gone := issue.ID{ProjectID: f.web.ID, Fingerprint: [16]byte{9}}
	_, err := f.UpdateIssues(t.Context(), f.ada, []string{a.String(), gone.String()}, query.Change{Status: issue.Resolved})
	if !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	foreign := f.seed(f.foreign, 4)
	_, err = f.UpdateIssues(t.Context(), f.ada, []string{a.String(), foreign.String()}, query.Change{Status: issue.Resolved})
	if !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	d, err := f.GetIssue(t.Context(), f.ada, a.String())
	must(t, err)
	if d.Record.State.Status == issue.Resolved {
		t.Fatal("one of two was changed")
	}
	issues, err := f.UpdateIssues(t.Context(), f.ada, []string{c.String(), b.String(), a.String(), b.String()}, query.Change{Status: issue.Resolved})
	must(t, err)
	for n, want := range []issue.ID{c, b, a, b} {
		if issues[n].Record.ID != want || issues[n].Record.State.Status != issue.Resolved || issues[n].ShortID() == "" {
			t.Fatalf("%d: %+v", n, issues[n])
		}
	}
}

func TestMergedIssuesLeadToOne(t *testing.T) {
	f := newFixture(t)
	a, b := f.seed(f.web, 1), f.seed(f.web, 2)
	elsewhere := f.seed(f.other, 3)
	_, err := f.MergeIssues(t.Context(), f.ada, a.String(), []string{elsewhere.String()}, false)
	if !errors.Is(err, project.ErrInvalid) {
		t.Fatal(err)
	}
	merge := func(undo bool) {
		t.Helper()
		i, err := f.MergeIssues(t.Context(), f.ada, a.String(), []string{b.String()}, undo)
		must(t, err)
		if i.Record.ID != a {
			t.Fatalf("%+v", i)
		}
	}
	leads := func(want issue.ID) {
		t.Helper()
		d, err := f.GetIssue(t.Context(), f.ada, b.String())
		must(t, err)
		e, err := f.GetEvent(t.Context(), f.ada, f.web.ID, "02000000000000000000000000000000")
		must(t, err)
		events, _, err := f.ListEvents(t.Context(), f.ada, f.web.ID, query.EventsRequest{})
		must(t, err)
		if d.Record.ID != want || e.IssueID != want || events[1].IssueID != want {
			t.Fatalf("%s, %s, %s; want %s", d.Record.ID, e.IssueID, events[1].IssueID, want)
		}
	}
	leads(b)
	f.events.fail = errors.New("clickhouse is away")
	if _, err := f.MergeIssues(t.Context(), f.ada, a.String(), []string{b.String()}, false); err == nil {
		t.Fatal("a merge that is not mirrored succeeds")
	}
	f.events.fail = nil
	merge(false) // asking again writes what was committed before
	if len(f.events.merges) != 1 || f.events.merges[0].From != b || f.events.merges[0].Undone || f.announce != 1 {
		t.Fatalf("%+v", f.events.merges)
	}
	leads(a)
	merge(true)
	if m := f.events.merges[len(f.events.merges)-1]; !m.Undone || m.Version < 2 {
		t.Fatalf("%+v", m)
	}
	leads(b)
}
