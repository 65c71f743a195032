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
	"github.com/faultline-dev/faultline/internal/view"
)

// The pages of a list over projects, one after another, are the whole list: no row is missing, none is there twice,
// also when the caller stops to reach some of its projects in between, and others are made.
func TestPagesOfAllProjectsAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 7).Draw(t, "page size")
		end := time.UnixMilli(1773144000123).UTC()
		var projects []project.Project
		var stored []view.IssueRow
		for id := range uint32(rapid.IntRange(1, 5).Draw(t, "projects")) {
			projects = append(projects, project.Project{ID: id + 1})
			for n := range rapid.IntRange(0, 12).Draw(t, "issues") {
				stored = append(stored, view.IssueRow{
					Record: issue.Record{ID: issue.ID{ProjectID: id + 1, Fingerprint: event.Fingerprint{byte(n)}}},
					Events: uint64(rapid.IntRange(0, 3).Draw(t, "events")),
				})
			}
		}
		slices.SortStableFunc(stored, func(a, b view.IssueRow) int { return cmp.Compare(b.Events, a.Events) })
		list := func(of []project.Project, from int) []view.IssueRow { // as a store does
			rows := slices.DeleteFunc(slices.Clone(stored), func(r view.IssueRow) bool {
				return !slices.ContainsFunc(of, func(p project.Project) bool { return p.ID == r.Record.ID.ProjectID })
			})
			return rows[from:]
		}

		all, steady := list(projects, 0), true
		var paged []view.IssueRow
		read, err := begin(projects)
		if err != nil {
			t.Fatal(err)
		}
		for {
			about := read.keep(projects)
			left := list(about, read.offset())
			page := left[:min(size, len(left))]
			paged = append(paged, page...)
			if len(page) == len(left) {
				break
			}
			token := read.after(page, end).token("q")
			if read, _, err = (Page{Token: token}).progress("q"); err != nil || !read.end.Equal(end) {
				t.Fatal(read, err)
			}
			if len(projects) > 1 && rapid.IntRange(0, 3).Draw(t, "a project goes") == 0 {
				projects, steady = slices.Delete(projects, 0, 1), false
			}
			if rapid.IntRange(0, 3).Draw(t, "a project comes") == 0 {
				projects = append(projects, project.Project{ID: uint32(100 + len(projects))})
			}
		}
		if d := diff.Diff(all, paged); steady && d != "" {
			t.Fatal(d)
		}
		seen := map[issue.ID]bool{}
		for _, row := range paged {
			if seen[row.Record.ID] {
				t.Fatalf("%v is on two pages", row.Record.ID)
			}
			seen[row.Record.ID] = true
		}
		for _, row := range list(projects, 0) {
			if !seen[row.Record.ID] {
				t.Fatalf("%v is on no page", row.Record.ID)
			}
		}
	})
}

func TestProjectsThatGoAreLeftOutAndThoseThatComeWaitForTheNextFirstPage(t *testing.T) {
	read := progress{rows: []shown{{1, 5}, {2, 7}, {4, 0}}}
	about := read.keep([]project.Project{{ID: 2}, {ID: 3}, {ID: 4}})
	if len(about) != 2 || about[0].ID != 2 || about[1].ID != 4 || read.offset() != 7 || len(read.rows) != 2 {
		t.Fatal(about, read)
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

func TestDeepPagesOfAllProjectsAreRefused(t *testing.T) {
	token := progress{rows: []shown{{1, maxOffset}, {2, 1}}}.token("q")
	if _, _, err := (Page{Token: token}).progress("q"); !errors.Is(err, project.ErrInvalid) {
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
