package meta_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/meta"
)

func testRegroup(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	merges := func(want ...issue.Merge) {
		t.Helper()
		got, err := s.Merges(ctx, web.ID)
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
	ensure(t, s, webIssue(1))
	// Somebody made 4 part of 2 by hand.
	if _, err := s.Merge(ctx, webIssue(2), []issue.ID{webIssue(4)}, false, "ann@example.com", at); err != nil {
		t.Fatal(err)
	}

	p, err := s.Project(ctx, web.ID)
	if err != nil {
		t.Fatal(err)
	}
	before := p.Settings
	p.Settings.FingerprintRules = "message:x -> y"
	r := issue.Regrouping{
		ProjectID: web.ID, Name: "x is y", Actor: "ann@example.com", CreatedAt: at, Merged: 2, Split: 1, Renamed: 1,
		After: issue.RuleTexts{Fingerprints: p.Settings.FingerprintRules},
	}
	joinings := []issue.Joining{
		{Into: webIssue(1), From: []issue.ID{webIssue(2), webIssue(3)}, Under: []event.Fingerprint{fp(20)}},
		{Into: webIssue(5), Under: []event.Fingerprint{fp(21)}},
	}
	expected := record(webIssue(22))
	r, now, err := s.Regroup(ctx, r, p, joinings, []issue.Record{expected, record(webIssue(1))})
	if err != nil || r.ID == "" || now.Version != p.Version+1 {
		t.Fatal(r, now, err)
	}
	merges(m(2, 1, 1, false), m(3, 1, 1, false), m(4, 1, 2, false), m(20, 1, 1, false), m(21, 5, 1, false))
	if _, _, err := s.Regroup(ctx, r, p, nil, nil); !errors.Is(err, project.ErrChanged) {
		t.Fatal(err)
	}

	// What is still to come is told as an issue that was open before: nobody is alerted.
	out, err := s.Outbox(ctx, 10)
	if err != nil || len(out) != 2 || out[0].Change.From != "" || out[1].Change.Record.ID != webIssue(22) || out[1].Change.From != issue.Unresolved {
		t.Fatal(out, err)
	}

	// Somebody takes 3 out, and 6 goes in.
	for _, undo := range []bool{true, false} {
		if _, err := s.Merge(ctx, webIssue(1), []issue.ID{webIssue(3)}, undo, "bob@example.com", at); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Regroupings(ctx, web.ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]issue.Regrouping{r}, got); d != "" {
		t.Fatal(d)
	}
	if _, err := s.UndoRegrouping(ctx, app.ID, r.ID, "bob@example.com", at); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	later := at.Add(time.Hour)
	done, err := s.UndoRegrouping(ctx, web.ID, r.ID, "bob@example.com", later)
	if err != nil || !done.RulesRestored || done.Separated != 1 || done.Regrouping.UndoneBy != "bob@example.com" || !done.Regrouping.UndoneAt.Equal(later) {
		t.Fatal(done, err)
	}
	if p, err = s.Project(ctx, web.ID); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, p.Settings); d != "" {
		t.Fatal(d)
	}
	// 2 stands alone and has 4 again; 3 is as somebody left it; what rules made stays.
	merges(m(2, 1, 2, true), m(3, 1, 3, false), m(4, 2, 3, false), m(20, 1, 1, false), m(21, 5, 1, false))
	if _, err := s.UndoRegrouping(ctx, web.ID, r.ID, "bob@example.com", at); !errors.Is(err, project.ErrInvalid) {
		t.Fatal(err)
	}
}

// testTorn is the note that stored events are to be moved.
func testTorn(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	apply := func() (issue.Regrouping, error) {
		p, err := s.Project(ctx, web.ID)
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := s.Regroup(ctx, issue.Regrouping{ProjectID: web.ID, CreatedAt: at, Torn: []event.Fingerprint{fp(3), fp(4)}}, p, nil, nil)
		return r, err
	}
	next := func() artifact.Repair {
		t.Helper()
		r, found, err := s.NextRepair(ctx, at, at.Add(time.Minute))
		if err != nil || !found {
			t.Fatal(found, err)
		}
		return r
	}
	r, err := apply()
	if err != nil || r.Past != issue.PastMoving {
		t.Fatal(r, err)
	}
	if _, err := apply(); !errors.Is(err, project.ErrInvalid) {
		t.Fatal("two at a time", err)
	}
	job := next()
	if job.Regrouping != r.ID || job.ProjectID != web.ID {
		t.Fatal(job)
	}
	r.Looked, r.Moved = 7, 5
	if err := s.TellRegrouping(ctx, r); err != nil {
		t.Fatal(err)
	}
	if err := s.Expect(ctx, []issue.Record{record(webIssue(30)), record(webIssue(30))}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Regroupings(ctx, web.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]issue.Regrouping{r}, got); d != "" {
		t.Fatal(d)
	}
	if out, err := s.Outbox(ctx, 10); err != nil || len(out) != 1 || out[0].Change.From != issue.Unresolved {
		t.Fatal(out, err)
	}

	// Undoing takes the work away from whoever is at it, and leaves a note to undo it.
	if _, err := s.UndoRegrouping(ctx, web.ID, r.ID, "ann@example.com", at); err != nil {
		t.Fatal(err)
	}
	if _, err := s.KeepRepair(ctx, job, at); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	if job = next(); job.Regrouping != r.ID {
		t.Fatal(job)
	}
	r.Moved = 9
	if err := s.TellRegrouping(ctx, r); err != nil {
		t.Fatal(err)
	}
	if r, err = s.Regrouping(ctx, r.ID); err != nil || r.Moved != 5 || r.UndoneAt.IsZero() {
		t.Fatal(r, err)
	}
	if _, err := apply(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Regrouping(ctx, "x"); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
}

func testUndoKeepsLaterRules(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	p := web
	p.Settings.StackRules = "app:yes +group"
	r, p, err := s.Regroup(ctx, issue.Regrouping{ProjectID: web.ID, After: issue.RuleTexts{Stacks: p.Settings.StackRules}}, p, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Settings.StackRules = "app:no -group"
	if p, err = s.UpdateProject(ctx, p); err != nil {
		t.Fatal(err)
	}
	done, err := s.UndoRegrouping(ctx, web.ID, r.ID, "ann@example.com", at)
	if err != nil || done.RulesRestored {
		t.Fatal(done, err)
	}
	if p, err = s.Project(ctx, web.ID); err != nil || p.Settings.StackRules != "app:no -group" {
		t.Fatal(p, err)
	}
}
