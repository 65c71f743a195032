package meta_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/meta"
)

func testMerge(t *testing.T, s *meta.Store) {
	f := func(into int, from []int, undo bool, want ...issue.Merge) {
		t.Helper()
		var ids []issue.ID
		for _, n := range from {
			ids = append(ids, webIssue(n))
		}
		got, err := s.Merge(t.Context(), webIssue(into), ids, undo, "ann@example.com", at)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	}
	m := func(from, into int, version uint64, undone bool) issue.Merge {
		return issue.Merge{From: webIssue(from), Into: webIssue(into), Version: version, Undone: undone}
	}
	if _, err := s.Merge(t.Context(), webIssue(1), []issue.ID{{ProjectID: app.ID, Fingerprint: fp(2)}}, false, "x", at); !errors.Is(err, project.ErrInvalid) {
		t.Fatal(err)
	}
	if _, err := s.Merge(t.Context(), issue.ID{ProjectID: 4}, nil, false, "x", at); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	f(1, []int{2, 3, 1}, false, m(2, 1, 1, false), m(3, 1, 1, false))
	f(1, []int{2}, false)
	f(2, []int{1}, false)                                                                             // 2 is 1 already
	f(2, []int{4}, false, m(4, 1, 1, false))                                                          // goes to 2's target
	f(5, []int{1}, false, m(1, 5, 1, false), m(2, 5, 2, false), m(3, 5, 2, false), m(4, 5, 2, false)) // all follow
	f(5, []int{6, 3}, true, m(3, 5, 3, true))
	f(5, []int{3}, true)
	f(5, []int{3}, false, m(3, 5, 4, false))

	all, err := s.Merges(t.Context(), web.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := []issue.Merge{m(1, 5, 1, false), m(2, 5, 2, false), m(3, 5, 4, false), m(4, 5, 2, false)}
	if d := cmp.Diff(want, all); d != "" {
		t.Fatal(d)
	}
	history, err := s.Activities(t.Context(), webIssue(3), 10, 0)
	if err != nil || len(history) != 4 || history[1].Kind != issue.ActivityUnmerged || history[0].Detail != "into "+webIssue(5).String() {
		t.Fatal(history, err)
	}
}

func testMergeAtOnce(t *testing.T, s *meta.Store) {
	var g errgroup.Group
	for i := range 20 {
		g.Go(func() error {
			_, err := s.Merge(t.Context(), webIssue(i%5), []issue.ID{webIssue((i + 1) % 5), webIssue((i + 2) % 5)}, false, "x", at)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	all, err := s.Merges(t.Context(), web.ID)
	if err != nil {
		t.Fatal(err)
	}
	merged := make(map[issue.ID]bool)
	for _, m := range all {
		merged[m.From] = true
	}
	for _, m := range all {
		if merged[m.Into] {
			t.Fatalf("%v is merged into one that is merged itself: %v", m.From, all)
		}
	}
}
