package query_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
	"github.com/faultline-dev/faultline/server/query"
)

func TestEventsArePagedThroughOnce(t *testing.T) {
	f := newFixture(t)
	for n := byte(1); n <= 7; n++ {
		f.seed(f.web, n)
	}
	seen := map[event.ID]bool{}
	r := query.EventsRequest{Query: "level:error", Page: query.Page{Size: 3}}
	var tokens []string
	for {
		events, next, err := f.ListEvents(t.Context(), f.ada, f.web.ID, r)
		must(t, err)
		for _, e := range events {
			if seen[e.EventID] {
				t.Fatalf("%s comes twice", e.EventID)
			}
			seen[e.EventID] = true
		}
		if next == "" {
			break
		}
		tokens = append(tokens, next)
		r.Page.Token = next
	}
	if len(seen) != 7 || len(tokens) != 2 {
		t.Fatalf("%d events on %d pages", len(seen), len(tokens)+1)
	}
	refused := func(r query.EventsRequest) {
		t.Helper()
		if _, _, err := f.ListEvents(t.Context(), f.ada, f.web.ID, r); !errors.Is(err, project.ErrInvalid) || !strings.Contains(err.Error(), "page_token") {
			t.Fatalf("%+v: %v", r, err)
		}
	}
	for _, token := range []string{tokens[0][1:], tokens[0] + "A", "A" + tokens[0][1:], tokens[0][:50] + "_" + tokens[0][51:], strings.Repeat("=", len(tokens[0])), strings.Repeat("A", len(tokens[0]))} {
		refused(query.EventsRequest{Query: "level:error", Page: query.Page{Token: token}})
	}
	refused(query.EventsRequest{Query: "level:info", Page: query.Page{Token: tokens[0]}})
	refused(query.EventsRequest{Query: "level:error", Environment: "prod", Page: query.Page{Token: tokens[0]}})
	if _, _, err := f.ListEvents(t.Context(), f.ada, f.other.ID, query.EventsRequest{Query: "level:error", Page: query.Page{Token: tokens[0]}}); !errors.Is(err, project.ErrInvalid) {
		t.Fatalf("a token of another project: %v", err)
	}
}

func TestListsOfIssuesArePagedThrough(t *testing.T) {
	f := newFixture(t)
	f.seed(f.web, 1)
	f.seed(f.web, 2)
	f.events.more = true
	r := query.IssuesRequest{ProjectID: f.web.ID, Page: query.Page{Size: 2}}
	_, next, err := f.ListIssues(t.Context(), f.ada, r)
	must(t, err)
	end := f.events.issues.Range.End
	r.Page.Token = next
	_, _, err = f.ListIssues(t.Context(), f.ada, r)
	must(t, err)
	if f.events.issues.Offset != 2 || !f.events.issues.Range.End.Equal(end) {
		t.Fatalf("%+v", f.events.issues)
	}
}

func TestEventsOfAnIssue(t *testing.T) {
	f := newFixture(t)
	a := f.seed(f.web, 1)
	f.seed(f.web, 2)
	events, _, err := f.ListIssueEvents(t.Context(), f.ada, a.String(), query.EventsRequest{})
	must(t, err)
	if len(events) != 1 || events[0].IssueID != a || !f.events.listed.Range.Start.IsZero() {
		t.Fatalf("%+v", events)
	}
	for _, name := range []string{query.Latest, query.Oldest, "01000000000000000000000000000000", "01000000-0000-0000-0000-000000000000"} {
		d, err := f.GetIssueEvent(t.Context(), f.ada, a.String(), name)
		must(t, err)
		if d.Event.ID != (event.ID{1}) || d.IssueID != a || d.Neighbours.Latest != (event.ID{1}) {
			t.Fatalf("%s: %+v", name, d)
		}
	}
	for _, name := range []string{"02000000000000000000000000000000", "03000000000000000000000000000000"} {
		if _, err := f.GetIssueEvent(t.Context(), f.ada, a.String(), name); !errors.Is(err, project.ErrNotFound) {
			t.Fatalf("%s: %v", name, err)
		}
	}
	_, _, err = f.ListEvents(t.Context(), f.ada, f.web.ID, query.EventsRequest{Query: "assigned:me"})
	must(t, err)
	if got := f.events.listed.Query.String(); got != "assigned:ada@example.com" {
		t.Fatalf("asked for %s", got)
	}
	if err := f.Service.Tail(t.Context(), f.ada, f.web.ID, "is:unresolved", nil); !errors.Is(err, search.ErrSyntax) {
		t.Fatal(err)
	}
	if _, _, err := f.ListOutcomes(t.Context(), f.ada, f.web.ID, view.Range{}, 501); !errors.Is(err, project.ErrInvalid) {
		t.Fatal(err)
	}
}

// wire is a bus that hands over what it is given at once.
type wire struct {
	fn   func(event.Summary)
	open chan struct{}
}

func (w *wire) SubscribeTail(_ context.Context, _ uint32, fn func(event.Summary)) (func(), error) {
	w.fn = fn
	close(w.open)
	return func() { w.fn = nil }, nil
}

func TestATailShowsWhatMatchesAndCountsWhatItLeavesOut(t *testing.T) {
	f := newFixture(t)
	w := &wire{open: make(chan struct{})}
	id := f.seed(f.web, 1)
	whole := f.events.events[0]
	whole.Event.User.Email = "ada@example.com"
	parts := f.Parts
	parts.Tail = w
	synctest.Test(t, func(t *testing.T) {
		tail := func(text string, act func(), check func(shown int, skipped uint64)) {
			t.Helper()
			w.open = make(chan struct{})
			ctx, cancel := context.WithCancel(t.Context())
			var shown, beats int
			var skipped uint64
			done := make(chan error)
			go func() {
				done <- query.New(parts).Tail(ctx, f.ada, f.web.ID, text, func(m query.Tailed) error {
					skipped += m.Skipped
					if m.Event == nil {
						beats++
						return nil
					}
					if m.Event.IssueID != id {
						t.Errorf("%+v", m.Event)
					}
					shown++
					return nil
				})
			}()
			<-w.open
			synctest.Wait()
			act()
			synctest.Wait()
			time.Sleep(16 * time.Second)
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) || w.fn != nil {
				t.Fatal(err)
			}
			if beats != 2 {
				t.Fatalf("%d signs of life", beats)
			}
			check(shown, skipped)
		}
		want := func(a int, b uint64) func(int, uint64) {
			return func(shown int, skipped uint64) {
				t.Helper()
				if shown != a || skipped != b {
					t.Fatalf("shown %d, skipped %d; want %d, %d", shown, skipped, a, b)
				}
			}
		}
		offer := func(n int) func() {
			return func() {
				for range n {
					w.fn(whole.Summary())
				}
			}
		}
		tail("level:error", offer(3), want(3, 0))
		tail("level:info", offer(3), want(0, 0))
		tail("user.email:ada@example.com", offer(2), want(2, 0))
		tail("user.email:eve@example.com", offer(2), want(0, 0))
		tail("", offer(60), want(50, 10))
		tail("user.email:ada@example.com", offer(30), want(20, 10))
	})
}
