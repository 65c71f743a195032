package query

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// The pages of a list over projects, one after another, are what sorting everything at once
// gives: no row is missing, none is there twice. Most rows are equal to others, so that the
// ties matter.
func TestPagesOfAllProjectsAreTheSortedWhole(t *testing.T) {
	value := map[view.Sort]func(view.IssueRow) int64{
		view.ByLastSeen:  func(r view.IssueRow) int64 { return r.LastSeen.UnixNano() },
		view.ByFirstSeen: func(r view.IssueRow) int64 { return r.FirstSeen.UnixNano() },
		view.ByEvents:    func(r view.IssueRow) int64 { return int64(r.Events) },
		view.ByUsers:     func(r view.IssueRow) int64 { return int64(r.Users) },
	}
	rapid.Check(t, func(t *rapid.T) {
		by := rapid.SampledFrom([]view.Sort{view.ByLastSeen, view.ByFirstSeen, view.ByEvents, view.ByUsers}).Draw(t, "sort")
		size := rapid.IntRange(1, 7).Draw(t, "page size")
		end := time.UnixMilli(1773144000123).UTC()
		var projects []project.Project
		var whole []view.IssueRow
		stored := make(map[uint32][]view.IssueRow) // in the order of the store
		for id := range uint32(rapid.IntRange(0, 5).Draw(t, "projects")) {
			projects = append(projects, project.Project{ID: id + 1})
			for n := range rapid.IntRange(0, 12).Draw(t, "issues") {
				small := rapid.IntRange(0, 3)
				stored[id+1] = append(stored[id+1], view.IssueRow{
					Record:   issue.Record{ID: issue.ID{ProjectID: id + 1, Fingerprint: event.Fingerprint{byte(n)}}},
					LastSeen: end.Add(time.Duration(small.Draw(t, "last seen"))), FirstSeen: end.Add(time.Duration(small.Draw(t, "first seen"))),
					Events: uint64(small.Draw(t, "events")), Users: uint64(small.Draw(t, "users")),
				})
			}
			slices.SortStableFunc(stored[id+1], func(a, b view.IssueRow) int { return cmp.Compare(value[by](b), value[by](a)) })
			whole = append(whole, stored[id+1]...)
		}
		slices.SortStableFunc(whole, func(a, b view.IssueRow) int { return cmp.Compare(value[by](b), value[by](a)) })

		var paged []view.IssueRow
		read, err := begin(projects)
		if err != nil {
			t.Fatal(err)
		}
		for {
			lists, err := (&Service{}).lists(t.Context(), project.Access{}, projects, read, IssuesRequest{})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range lists {
				left := stored[l.project.ID][l.shown:]
				l.rows, l.more = left[:min(size, len(left))], len(left) > size
			}
			page := interleave(lists, by, size)
			paged = append(paged, page...)
			token := after(lists, end).token("q")
			if token == "" {
				break
			}
			if len(page) != size {
				t.Fatalf("a page of %d rows is not the last one", len(page))
			}
			if read, _, err = (Page{Token: token}).progress("q"); err != nil || !read.end.Equal(end) {
				t.Fatal(read, err)
			}
		}
		if d := diff.Diff(whole, paged); d != "" {
			t.Fatal(d)
		}
	})
}

func TestProjectsThatGoAreLeftOutAndThoseThatComeWaitForTheNextFirstPage(t *testing.T) {
	read := progress{rows: []shown{{1, 5}, {2, 7}, {4, 0}}}
	now := []project.Project{{ID: 2}, {ID: 3}, {ID: 4}}
	lists, err := (&Service{}).lists(t.Context(), project.Access{}, now, read, IssuesRequest{})
	if err != nil || len(lists) != 2 || lists[0].project.ID != 2 || lists[0].shown != 7 || lists[1].project.ID != 4 {
		t.Fatal(lists, err)
	}
}

func TestALengthyListOfProjectsIsRefusedByName(t *testing.T) {
	if _, err := begin(make([]project.Project, maxProjects)); err != nil {
		t.Fatal(err)
	}
	_, err := begin(make([]project.Project, maxProjects+1))
	if want := fmt.Sprintf("%d projects, and one list goes over at most %d", maxProjects+1, maxProjects); !errors.Is(err, project.ErrInvalid) || err == nil || err.Error() != "invalid: there are "+want+"; give a project_id" {
		t.Fatal(err)
	}
}

func TestAQueryThatCannotBeReadIsRefusedWhateverProjectsThereAre(t *testing.T) {
	if _, err := (&Service{}).lists(t.Context(), project.Access{}, nil, progress{}, IssuesRequest{Query: "level:("}); !errors.Is(err, search.ErrSyntax) {
		t.Fatal(err)
	}
}

func FuzzProgress(f *testing.F) {
	f.Add(progress{end: time.UnixMilli(1), rows: []shown{{1, 5}, {7, 0}}}.token("q"))
	f.Add(progress{end: time.UnixMilli(1), rows: []shown{{1, maxOffset + 1}}}.token("q"))
	f.Add(position{end: time.UnixMilli(1), offset: 7}.token("q"))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		read, found, err := Page{Token: token}.progress("q")
		if err != nil {
			if !errors.Is(err, project.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if found && read.token("q") != token {
			t.Fatalf("%q reads as another token's progress", token)
		}
	})
}
