package query_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
	"github.com/faultline-dev/faultline/server/query"
)

func TestAllProjectsAreThoseThatTheCallerMayRead(t *testing.T) {
	f := newFixture(t)
	f.seed(f.web, 1)
	f.seed(f.other, 2)
	f.seed(f.foreign, 3)
	list := func(a project.Access, want string) {
		t.Helper()
		issues, next, err := f.ListIssues(t.Context(), a, query.IssuesRequest{})
		must(t, err)
		var got []string
		for _, i := range issues {
			got = append(got, fmt.Sprintf("%s/%d", i.ProjectSlug, i.Record.ID.Fingerprint[0]))
		}
		if strings.Join(got, " ") != want || next != "" {
			t.Errorf("%v, %q; want %s", got, next, want)
		}
	}
	list(f.ada, "web/1 api/2")
	list(project.Access{OrganizationID: "acme", Scopes: project.RoleViewer.Scopes()}, "web/1 api/2")
	list(project.Access{OrganizationID: "other", Scopes: project.Scopes()}, "web/3")
	list(project.Access{OrganizationID: "acme", ProjectID: f.other.ID, Scopes: project.Scopes()}, "api/2")
	list(project.Access{OrganizationID: "empty", Scopes: project.Scopes()}, "")

	refused := func(want error, a project.Access, r query.IssuesRequest) {
		t.Helper()
		if _, _, err := f.ListIssues(t.Context(), a, r); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	refused(project.ErrUnauthenticated, project.Access{}, query.IssuesRequest{})
	refused(project.ErrForbidden, project.Access{OrganizationID: "acme", Scopes: []project.Scope{project.ScopeEventWrite}}, query.IssuesRequest{})
	refused(project.ErrNotFound, project.Access{OrganizationID: "acme", ProjectID: f.foreign.ID, Scopes: project.Scopes()}, query.IssuesRequest{})
	refused(search.ErrSyntax, f.ada, query.IssuesRequest{Query: "level:("})
}

func TestIssuesOfSeveralProjectsAreChangedTogether(t *testing.T) {
	f := newFixture(t)
	names := []string{f.seed(f.web, 1).String(), f.seed(f.other, 2).String()}
	changed, err := f.UpdateIssues(t.Context(), f.ada, names, query.Change{Status: issue.Resolved})
	must(t, err)
	for n, i := range changed {
		if i.Record.ID.String() != names[n] || i.Record.State.Status != issue.Resolved {
			t.Fatalf("%+v", changed)
		}
	}
}

func TestShortIDsNameIssuesOfTheirProjects(t *testing.T) {
	f := newFixture(t)
	for _, p := range []project.Project{f.web, f.other, f.foreign} { // of one fingerprint, all number 1
		_, _, err := f.meta.EnsureIssue(t.Context(), issue.Record{ID: f.seed(p, 1), FirstSeen: now})
		must(t, err)
	}
	id := func(p project.Project, n byte) string {
		return issue.ID{ProjectID: p.ID, Fingerprint: event.Fingerprint{n}}.String()
	}
	none := id(f.web, 0)
	asks := func(text, want string) {
		t.Helper()
		_, _, err := f.ListIssues(t.Context(), f.ada, query.IssuesRequest{Query: text})
		must(t, err)
		if got := f.events.issues.Query.String(); got != want || !slices.Equal(f.events.issues.Projects, []uint32{f.web.ID, f.other.ID}) {
			t.Errorf("%s asks %v for %s, want %s", text, f.events.issues.Projects, got, want)
		}
	}
	asks("issue:WEB-1", "issue:"+id(f.web, 1))
	asks("issue:[api-1, web-1, api-2, shop-1, "+id(f.other, 7)+", "+id(f.foreign, 1)+"]",
		"issue:["+strings.Join([]string{id(f.other, 1), id(f.web, 1), none, none, id(f.other, 7), none}, ", ")+"]")
}

func TestAListThatCannotBeReadIsNone(t *testing.T) {
	f := newFixture(t)
	f.seed(f.web, 1)
	f.events.fail = errors.New("the disk is gone")
	if issues, token, err := f.ListIssues(t.Context(), f.ada, query.IssuesRequest{}); issues != nil || token != "" || !errors.Is(err, f.events.fail) {
		t.Fatal(issues, token, err)
	}
}

// The pages in each order are one list, ties included, and a project that is made in between
// waits for the next first page.
func TestAllProjectsAreOneListOfTheRealStore(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	store := openStore(t)

	at := time.Now().UTC().Add(-2 * time.Hour).Truncate(time.Second)
	put := func(block string, p project.Project, issues, events int) {
		t.Helper()
		var batch []*event.Occurrence
		for n := range issues {
			for e := range events + n%3 {
				batch = append(batch, &event.Occurrence{
					ProjectID: p.ID, ReceivedAt: at, RetentionDays: 30, Fingerprint: event.Fingerprint{byte(n * 37), 8: byte(n * 91)}, Title: "E", Culprit: "here",
					Event: &event.Event{ID: event.NewID(), Timestamp: at.Add(time.Duration(e) * time.Minute), Level: event.LevelError, Platform: "go", User: event.User{ID: fmt.Sprint(e)}},
				})
			}
		}
		must(t, store.Insert(ctx, block, batch))
	}
	put("web", f.web, 8, 1)
	put("api", f.other, 5, 2)
	put("elsewhere", f.foreign, 4, 9)

	service := query.New(query.Parts{Events: store, Issues: f.meta})
	ask := func(r query.IssuesRequest) ([]query.Issue, string) {
		t.Helper()
		issues, next, err := service.ListIssues(ctx, f.ada, r)
		must(t, err)
		return issues, next
	}
	value := map[view.Sort]func(query.Issue) int64{
		view.ByLastSeen:  func(i query.Issue) int64 { return i.LastSeen.UnixNano() },
		view.ByFirstSeen: func(i query.Issue) int64 { return i.FirstSeen.UnixNano() },
		view.ByEvents:    func(i query.Issue) int64 { return int64(i.Events) },
		view.ByUsers:     func(i query.Issue) int64 { return int64(i.Users) },
	}
	for by, of := range value {
		whole, next := ask(query.IssuesRequest{Sort: by})
		if len(whole) != 13 || next != "" {
			t.Fatalf("%d issues by %s, %q", len(whole), by, next)
		}
		own := make(map[uint32][]query.Issue)
		for n, i := range whole {
			own[i.Record.ID.ProjectID] = append(own[i.Record.ID.ProjectID], i)
			if n > 0 && (of(whole[n-1]) < of(i) || of(whole[n-1]) == of(i) && whole[n-1].Record.ID.ProjectID > i.Record.ID.ProjectID) {
				t.Fatalf("by %s, row %d is before row %d", by, n-1, n)
			}
		}
		for id, in := range own { // each project's issues stand as in its own list
			single, _ := ask(query.IssuesRequest{ProjectID: id, Sort: by})
			same(t, in, single)
		}
		var paged []query.Issue
		for r := (query.IssuesRequest{Sort: by, Page: query.Page{Size: 4}}); ; {
			page, token := ask(r)
			paged = append(paged, page...)
			if r.Page.Token = token; token == "" {
				break
			}
		}
		same(t, whole, paged)
	}

	first, token := ask(query.IssuesRequest{Page: query.Page{Size: 4}})
	late := f.project("acme", "late")
	put("late", late, 3, 50)
	rest, _ := ask(query.IssuesRequest{Page: query.Page{Token: token}})
	if len(first)+len(rest) != 13 {
		t.Fatalf("%d and %d issues", len(first), len(rest))
	}
	if whole, _ := ask(query.IssuesRequest{}); len(whole) != 16 || whole[0].ProjectSlug != "late" {
		t.Fatalf("%d issues, first of %s", len(whole), whole[0].ProjectSlug)
	}
}

func same(t *testing.T, want, got []query.Issue) {
	t.Helper()
	name := func(list []query.Issue) (names []string) {
		for _, i := range list {
			names = append(names, i.Record.ID.String())
		}
		return names
	}
	if a, b := strings.Join(name(want), " "), strings.Join(name(got), " "); a != b {
		t.Fatalf("\n%s, want\n%s", b, a)
	}
}
