package query_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/internal/view"
	"github.com/faultline-dev/faultline/server/query"
)

var now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// fixture is a service over a real relational store and events in memory.
type fixture struct {
	*query.Service
	t        *testing.T
	events   *memory
	meta     *meta.Store
	flushed  int
	flushErr error
	announce int
	web      project.Project // of acme
	other    project.Project // of acme too
	foreign  project.Project // of another organization
	ada      project.Access  // a member of acme with every right
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	t.Parallel()
	ctx := t.Context()
	store, err := meta.Open(ctx, filepath.Join(t.TempDir(), "meta.db"))
	must(t, err)
	t.Cleanup(func() { store.Close() })
	must(t, store.Migrate(ctx))
	f := &fixture{t: t, events: &memory{}, meta: store}
	for id, email := range map[string]string{"acme": "ada@example.com", "other": "eve@example.org"} {
		_, err := store.EnsureOrganization(ctx, project.Organization{ID: id, Name: id})
		must(t, err)
		m, err := store.CreateMember(ctx, project.Member{OrganizationID: id, Email: email, Role: project.RoleAdmin})
		must(t, err)
		if id == "acme" {
			f.ada = project.Access{OrganizationID: id, Member: m, Scopes: project.Scopes()}
		}
	}
	f.web = f.project("acme", "web")
	f.other = f.project("acme", "api")
	f.foreign = f.project("other", "web")
	f.Service = query.New(query.Parts{Events: f.events, Issues: store, Flush: f, Announce: f, Now: func() time.Time { return now }})
	return f
}

func (f *fixture) project(organization, slug string) project.Project {
	f.t.Helper()
	p, err := f.meta.CreateProject(f.t.Context(), project.Project{OrganizationID: organization, Slug: slug, Name: slug, Settings: project.DefaultSettings()})
	must(f.t, err)
	return p
}

// Flush implements query.Flusher.
func (f *fixture) Flush(context.Context) error { f.flushed++; return f.flushErr }

// SettingsChanged implements query.Announcer.
func (f *fixture) SettingsChanged(context.Context, uint32) error { f.announce++; return nil }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// memory is a store of events that remembers what it was asked, and answers with
// what it was given.
type memory struct {
	mu      sync.Mutex
	rows    []view.IssueRow
	more    bool
	events  []*event.Occurrence // newest first
	merges  []issue.Merge
	issues  view.IssuesRequest
	listed  view.EventsRequest
	explore view.ExploreRequest
	fail    error
}

func (m *memory) Issues(_ context.Context, r view.IssuesRequest) ([]view.IssueRow, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.issues = r
	var rows []view.IssueRow
	for _, row := range m.rows {
		if slices.Contains(r.Projects, row.Record.ID.ProjectID) {
			rows = append(rows, row)
		}
	}
	return rows, m.more, m.fail
}

func (m *memory) Issue(_ context.Context, id issue.ID, _ int) (view.IssueRow, bool, error) {
	for _, row := range m.rows {
		if row.Record.ID == id {
			return row, true, m.fail
		}
	}
	return view.IssueRow{}, false, m.fail
}

func (m *memory) IssueTrend(_ context.Context, _ issue.ID, _ view.Range, buckets int) ([]uint64, error) {
	return make([]uint64, buckets), nil
}

func (m *memory) IssueTags(context.Context, issue.ID) ([]view.TagDistribution, error) {
	return []view.TagDistribution{{Key: "browser", Total: 1}}, nil
}

func (m *memory) Events(_ context.Context, r view.EventsRequest) ([]event.Summary, error) {
	m.listed = r
	var found []event.Summary
	for _, o := range m.events {
		s := o.Summary()
		switch {
		case o.ProjectID != r.ProjectID, r.Issue != nil && *r.Issue != o.Fingerprint, len(found) == r.Limit,
			s.Timestamp.Before(r.Range.Start), !s.Timestamp.Before(r.Range.End),
			r.Before != nil && !s.Timestamp.Before(r.Before.Timestamp), !r.Query.Match(search.OfOccurrence(o), now):
			continue
		}
		found = append(found, s)
	}
	return found, m.fail
}

func (m *memory) Locate(_ context.Context, projectID uint32, id event.ID) (issue.ID, view.Cursor, bool, error) {
	for _, o := range m.events {
		if o.ProjectID == projectID && o.Event.ID == id {
			return issue.ID{ProjectID: projectID, Fingerprint: o.Fingerprint}, view.Cursor{Timestamp: o.Event.Timestamp, EventID: id}, true, m.fail
		}
	}
	return issue.ID{}, view.Cursor{}, false, m.fail
}

func (m *memory) EventAt(_ context.Context, in issue.ID, at view.Cursor) (*event.Occurrence, bool, error) {
	for _, o := range m.events {
		if o.ProjectID == in.ProjectID && o.Fingerprint == in.Fingerprint && o.Event.ID == at.EventID && o.Event.Timestamp.Equal(at.Timestamp) {
			return o, true, m.fail
		}
	}
	return nil, false, m.fail
}

func (m *memory) Neighbours(_ context.Context, id issue.ID, _ view.Cursor) (view.Neighbours, error) {
	var n view.Neighbours
	for _, o := range m.events {
		if o.Fingerprint == id.Fingerprint {
			if n.Latest.IsZero() {
				n.Latest = o.Event.ID
			}
			n.Oldest = o.Event.ID
		}
	}
	return n, m.fail
}

func (m *memory) Explore(_ context.Context, r view.ExploreRequest) (view.Exploration, error) {
	m.explore = r
	return view.Exploration{Series: []view.Series{{Total: 3}}, SQL: "SELECT"}, m.fail
}

func (m *memory) Outcomes(_ context.Context, r view.OutcomesRequest) ([]view.OutcomeSeries, []time.Time, error) {
	return []view.OutcomeSeries{{Kind: outcome.Stored, Total: 3}}, []time.Time{r.Range.Start}, m.fail
}

func (m *memory) PutMerges(_ context.Context, merges []issue.Merge) error {
	if m.fail == nil {
		m.merges = append(m.merges, merges...)
	}
	return m.fail
}

// seed puts an issue with an event into the store of events and returns its id.
func (f *fixture) seed(p project.Project, n byte) issue.ID {
	id := issue.ID{ProjectID: p.ID, Fingerprint: event.Fingerprint{n}}
	at := now.Add(-time.Duration(n) * time.Minute)
	f.events.rows = append(f.events.rows, view.IssueRow{
		Record: issue.Record{ID: id}, Title: "E", Level: event.LevelError, Events: 1, FirstSeen: at, LastSeen: at, LastRelease: "1.2",
	})
	f.events.events = append(f.events.events, &event.Occurrence{
		ProjectID: p.ID, Fingerprint: id.Fingerprint, Title: "E",
		Event: &event.Event{ID: event.ID{n}, Timestamp: at, Level: event.LevelError},
	})
	return id
}

func TestEveryCallIsLimitedToTheCallersOrganization(t *testing.T) {
	f := newFixture(t)
	foreign := f.seed(f.foreign, 1)
	mine := f.seed(f.web, 2)
	reader := project.Access{OrganizationID: "acme", Scopes: project.RoleViewer.Scopes()}
	key := project.Access{OrganizationID: "acme", ProjectID: f.other.ID, Scopes: project.Scopes()}
	calls := map[string]func(project.Access, uint32, issue.ID) error{
		"issues": func(a project.Access, p uint32, _ issue.ID) error {
			_, _, err := f.ListIssues(t.Context(), a, query.IssuesRequest{ProjectID: p})
			return err
		},
		"issue": func(a project.Access, _ uint32, id issue.ID) error {
			_, err := f.GetIssue(t.Context(), a, id.String())
			return err
		},
		"update": func(a project.Access, _ uint32, id issue.ID) error {
			_, err := f.UpdateIssue(t.Context(), a, id.String(), query.Change{Status: issue.Resolved})
			return err
		},
		"merge": func(a project.Access, _ uint32, id issue.ID) error {
			_, err := f.MergeIssues(t.Context(), a, id.String(), []string{id.String()}, false)
			return err
		},
		"activity": func(a project.Access, _ uint32, id issue.ID) error {
			_, _, err := f.ListActivity(t.Context(), a, id.String(), query.Page{})
			return err
		},
		"events": func(a project.Access, p uint32, _ issue.ID) error {
			_, _, err := f.ListEvents(t.Context(), a, p, query.EventsRequest{})
			return err
		},
		"issue events": func(a project.Access, _ uint32, id issue.ID) error {
			_, _, err := f.ListIssueEvents(t.Context(), a, id.String(), query.EventsRequest{})
			return err
		},
		"event": func(a project.Access, p uint32, id issue.ID) error {
			_, err := f.GetEvent(t.Context(), a, p, event.ID{id.Fingerprint[0]}.String())
			return err
		},
		"issue event": func(a project.Access, _ uint32, id issue.ID) error {
			_, err := f.GetIssueEvent(t.Context(), a, id.String(), query.Latest)
			return err
		},
		"explore": func(a project.Access, p uint32, _ issue.ID) error {
			_, err := f.Explore(t.Context(), a, query.ExploreRequest{ProjectID: p})
			return err
		},
		"outcomes": func(a project.Access, p uint32, _ issue.ID) error {
			_, _, err := f.ListOutcomes(t.Context(), a, p, view.Range{}, 0)
			return err
		},
		"tail": func(a project.Access, p uint32, _ issue.ID) error {
			return f.Service.Tail(t.Context(), a, p, "level:(", nil)
		},
	}
	writes := map[string]bool{"update": true, "merge": true}
	for name, call := range calls {
		if err := call(project.Access{}, f.web.ID, mine); !errors.Is(err, project.ErrUnauthenticated) {
			t.Errorf("%s without a credential: %v", name, err)
		}
		if err := call(project.Access{OrganizationID: "acme"}, f.web.ID, mine); !errors.Is(err, project.ErrForbidden) {
			t.Errorf("%s without a scope: %v", name, err)
		}
		if err := call(reader, f.web.ID, mine); errors.Is(err, project.ErrForbidden) != writes[name] {
			t.Errorf("%s by a viewer: %v", name, err)
		}
		foreignErr := call(f.ada, f.foreign.ID, foreign)
		missing := call(f.ada, f.foreign.ID+1000, issue.ID{ProjectID: f.foreign.ID + 1000, Fingerprint: foreign.Fingerprint})
		if !errors.Is(foreignErr, project.ErrNotFound) || !errors.Is(missing, project.ErrNotFound) {
			t.Errorf("%s elsewhere: %v, nowhere: %v", name, foreignErr, missing)
		}
		if err := call(key, f.web.ID, mine); !errors.Is(err, project.ErrNotFound) {
			t.Errorf("%s with a key of another project: %v", name, err)
		}
		err := call(f.ada, f.web.ID, mine)
		if name == "tail" {
			if !errors.Is(err, search.ErrSyntax) {
				t.Errorf("tail: %v", err)
			}
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := f.ListEvents(t.Context(), f.ada, 0, query.EventsRequest{}); !errors.Is(err, project.ErrInvalid) {
		t.Errorf("no project: %v", err)
	}
}

func TestListsOfIssuesAreAskedForWithEverythingFilledIn(t *testing.T) {
	f := newFixture(t)
	id := f.seed(f.web, 1)
	_, _, err := f.meta.EnsureIssue(t.Context(), issue.Record{ID: id, FirstSeen: now})
	must(t, err)
	elsewhere := issue.ID{ProjectID: f.other.ID, Fingerprint: id.Fingerprint}
	issues, next, err := f.ListIssues(t.Context(), f.ada, query.IssuesRequest{ProjectID: f.web.ID, Query: "assigned:me issue:[web-1, WEB-99, api-1, " + elsewhere.String() + "]"})
	must(t, err)
	if len(issues) != 1 || next != "" || issues[0].ShortID() != "WEB-1" {
		t.Fatalf("%+v, %q", issues, next)
	}
	none := issue.ID{ProjectID: f.web.ID}.String()
	if got, want := f.events.issues.Query.String(), "assigned:ada@example.com issue:["+strings.Join([]string{id.String(), none, none, none}, ", ")+"]"; got != want {
		t.Fatalf("asked for %s, want %s", got, want)
	}
	f.events.issues.Query = search.Query{}
	want := view.IssuesRequest{
		Projects: []uint32{f.web.ID}, Sort: view.ByLastSeen, Buckets: 24, Limit: 50,
		Range: view.Range{Start: now.Add(time.Minute - 14*24*time.Hour), End: now.Add(time.Minute)},
	}
	if diff := cmp.Diff(want, f.events.issues); diff != "" {
		t.Fatal(diff)
	}
}

func TestBadRequestsAreRefusedByName(t *testing.T) {
	f := newFixture(t)
	id := f.seed(f.web, 1).String()
	fails := func(err error, contains string) {
		t.Helper()
		if !errors.Is(err, project.ErrInvalid) || !strings.Contains(err.Error(), contains) {
			t.Fatalf("%v, want %q", err, contains)
		}
	}
	issues := func(r query.IssuesRequest) error {
		r.ProjectID = f.web.ID
		_, _, err := f.ListIssues(t.Context(), f.ada, r)
		return err
	}
	fails(issues(query.IssuesRequest{Sort: "priority"}), "sort")
	fails(issues(query.IssuesRequest{Sparkline: 121}), "sparkline")
	fails(issues(query.IssuesRequest{Page: query.Page{Size: -1}}), "page_size")
	fails(issues(query.IssuesRequest{Page: query.Page{Token: "x"}}), "page_token")
	fails(issues(query.IssuesRequest{Range: view.Range{Start: now, End: now}}), "start is not before end")
	if err := issues(query.IssuesRequest{Query: "level:loud"}); !errors.Is(err, search.ErrSyntax) {
		t.Fatal(err)
	}
	explore := func(r query.ExploreRequest) error {
		r.ProjectID = f.web.ID
		_, err := f.Explore(t.Context(), f.ada, r)
		return err
	}
	fails(explore(query.ExploreRequest{Measure: "sum"}), "measure")
	fails(explore(query.ExploreRequest{Buckets: 501}), "buckets")
	fails(explore(query.ExploreRequest{Groups: 101}), "limit")
	fails(explore(query.ExploreRequest{GroupBy: "a b"}), "group_by")
	fails(explore(query.ExploreRequest{GroupBy: "timestamp"}), "cannot be grouped")
	fails(explore(query.ExploreRequest{GroupBy: "times_seen"}), "cannot be grouped")
	must(t, explore(query.ExploreRequest{GroupBy: "env"}))
	if f.events.explore.GroupBy != "environment" || f.events.explore.Limit != 10 {
		t.Fatalf("%+v", f.events.explore)
	}
	update := func(c query.Change, names ...string) error {
		_, err := f.UpdateIssues(t.Context(), f.ada, names, c)
		return err
	}
	fails(update(query.Change{Status: issue.Resolved}), "no issue")
	fails(update(query.Change{Status: issue.Resolved}, make([]string, 1001)...), "at most 1000")
	fails(update(query.Change{}, id), "nothing to change")
	fails(update(query.Change{Status: issue.Resolved}, "what"), "WEB-42")
	fails(update(query.Change{Assignee: new("nobody@example.com")}, id), "no member")
	fails(update(query.Change{Assignee: new("eve@example.org")}, id), "no member")
	if err := update(query.Change{Status: "gone"}, id); !errors.Is(err, issue.ErrStatus) {
		t.Fatal(err)
	}
	_, err := f.GetEvent(t.Context(), f.ada, f.web.ID, "zzz")
	fails(err, "event_id")
	_, err = f.GetEvent(t.Context(), f.ada, f.web.ID, query.Latest)
	fails(err, "needs an issue_id")
}
