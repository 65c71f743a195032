package meta_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/meta"
)

func testEnsureIssue(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	if _, _, err := s.EnsureIssue(ctx, record(issue.ID{ProjectID: 4, Fingerprint: fp(1)})); !errors.Is(err, project.ErrNotFound) {
		t.Fatalf("an issue of no project: %v", err)
	}
	got, created, err := s.EnsureIssue(ctx, record(webIssue(1)))
	if err != nil || !created {
		t.Fatal(created, err)
	}
	want := record(webIssue(1))
	want.Number, want.Version = 1, 1
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	other := record(webIssue(1))
	other.Title = "something else"
	again, created, err := s.EnsureIssue(ctx, other)
	if err != nil || created {
		t.Fatal(created, err)
	}
	if d := cmp.Diff(want, again); d != "" {
		t.Fatal(d)
	}
	if rec := ensure(t, s, webIssue(2)); rec.Number != 2 {
		t.Fatalf("the second issue has number %d", rec.Number)
	}
	if rec := ensure(t, s, issue.ID{ProjectID: app.ID, Fingerprint: fp(1)}); rec.Number != 1 {
		t.Fatalf("the first issue of another project has number %d", rec.Number)
	}
	history, err := s.Activities(ctx, webIssue(1), 10, 0)
	if err != nil || len(history) != 1 || history[0].Kind != issue.ActivityFirstSeen || history[0].Actor != issue.SystemActor || !history[0].Time.Equal(at) {
		t.Fatal(history, err)
	}
}

func testFindIssues(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	want := ensure(t, s, webIssue(1))
	if _, err := s.Issue(ctx, webIssue(2)); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	if _, err := s.IssueByNumber(ctx, web.ID, 2); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	if _, err := s.IssueByNumber(ctx, web.ID, 1<<64-1); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	got, err := s.IssueByNumber(ctx, web.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	other := ensure(t, s, issue.ID{ProjectID: app.ID, Fingerprint: fp(1)})
	ids := []issue.ID{other.ID}
	for n := range 1200 {
		ids = append(ids, webIssue(n))
	}
	found, err := s.Issues(ctx, ids)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[issue.ID]issue.Record{want.ID: want, other.ID: other}, found); d != "" {
		t.Fatal(d)
	}
}

// resolve is a decision as the workflow makes it.
func resolve(rec issue.Record) (issue.Record, []issue.Activity, error) {
	rec.State = issue.State{Status: issue.Resolved, Reason: issue.ReasonByUser, Since: at.Add(time.Hour), Release: "1.1"}
	rec.UpdatedAt = at.Add(time.Hour)
	return rec, []issue.Activity{{Time: at.Add(time.Hour), Actor: "ann@example.com", Kind: issue.ActivityResolved, Detail: "in 1.1"}}, nil
}

func testChangeIssue(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	if _, err := s.ChangeIssue(ctx, webIssue(1), resolve); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	want := ensure(t, s, webIssue(1))
	refused := errors.New("refused")
	if _, err := s.ChangeIssue(ctx, webIssue(1), func(r issue.Record) (issue.Record, []issue.Activity, error) {
		r.Title = "changed"
		return r, nil, refused
	}); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	same, err := s.ChangeIssue(ctx, webIssue(1), func(r issue.Record) (issue.Record, []issue.Activity, error) {
		r.Number, r.Version, r.ID = 77, 99, webIssue(3)
		return r, nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, same); d != "" {
		t.Fatal("an unchanged record was written", d)
	}

	got, err := s.ChangeIssue(ctx, webIssue(1), resolve)
	if err != nil {
		t.Fatal(err)
	}
	want, _, _ = resolve(want)
	want.Version = 2
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	stored, err := s.Issue(ctx, webIssue(1))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, stored); d != "" {
		t.Fatal(d)
	}
	history, err := s.Activities(ctx, webIssue(1), 1, 0)
	if err != nil || len(history) != 1 || history[0].Kind != issue.ActivityResolved || history[0].Detail != "in 1.1" || history[0].ID == "" {
		t.Fatal(history, err)
	}
	history, err = s.Activities(ctx, webIssue(1), 10, 1)
	if err != nil || len(history) != 1 || history[0].Kind != issue.ActivityFirstSeen {
		t.Fatal(history, err)
	}
}

func testChangeIssues(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	ensure(t, s, webIssue(1))
	ensure(t, s, webIssue(2))
	if _, err := s.ChangeIssues(ctx, []issue.ID{webIssue(2), webIssue(1), webIssue(3)}, resolve); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	if rec := ensure(t, s, webIssue(1)); rec.State.Status != issue.Unresolved {
		t.Fatal("one was changed although another does not exist")
	}
	recs, err := s.ChangeIssues(ctx, []issue.ID{webIssue(2), webIssue(1), webIssue(2)}, resolve)
	if err != nil {
		t.Fatal(err)
	}
	if recs[0].ID != webIssue(2) || recs[1].ID != webIssue(1) || recs[2] != recs[0] || recs[0].Version != 2 {
		t.Fatal(recs)
	}
	if recs, err := s.ChangeIssues(ctx, nil, resolve); err != nil || len(recs) != 0 {
		t.Fatal(recs, err)
	}
}

func testHostileText(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	rec := record(webIssue(1))
	rec.Title = "a\x00b\xffc'; DROP TABLE issues; -- <script>" + strings.Repeat("€", 5000)
	got, created, err := s.EnsureIssue(ctx, rec)
	if err != nil || !created {
		t.Fatal(err)
	}
	if want := "ab\uFFFDc'; DROP TABLE issues; -- <script>" + strings.Repeat("€", 5000); got.Title != want {
		t.Fatalf("%.60q", got.Title)
	}
	stored, err := s.Issue(ctx, rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(got, stored); d != "" {
		t.Fatal(d)
	}
	if _, err := s.ChangeIssue(ctx, rec.ID, func(r issue.Record) (issue.Record, []issue.Activity, error) {
		r.Assignee = "x\x00"
		return r, []issue.Activity{{Actor: "\x00", Kind: issue.ActivityAssigned, Detail: "\xff\x00"}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	rows, err := s.Outbox(ctx, 10)
	if err != nil || len(rows) != 2 || rows[1].Change.Record.Assignee != "x" {
		t.Fatal(rows, err)
	}
}

func testOutbox(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	made := ensure(t, s, webIssue(1))
	resolved, err := s.ChangeIssue(ctx, webIssue(1), resolve)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.Outbox(ctx, 10)
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	want := []issue.Change{{Record: made, Time: at}, {Record: resolved, From: issue.Unresolved, Time: at.Add(time.Hour)}}
	if d := cmp.Diff(want, []issue.Change{rows[0].Change, rows[1].Change}); d != "" {
		t.Fatal(d)
	}
	if first, err := s.Outbox(ctx, 1); err != nil || len(first) != 1 || first[0].ID != rows[0].ID {
		t.Fatal(first, err)
	}
	if err := s.OutboxDone(ctx, []int64{rows[0].ID}); err != nil {
		t.Fatal(err)
	}
	if rest, err := s.Outbox(ctx, 10); err != nil || len(rest) != 1 || rest[0].ID != rows[1].ID {
		t.Fatal(rest, err)
	}
	if err := s.OutboxDone(ctx, []int64{rows[0].ID, rows[1].ID}); err != nil {
		t.Fatal(err)
	}
	if rest, err := s.Outbox(ctx, 10); err != nil || len(rest) != 0 {
		t.Fatal(rest, err)
	}
}

func testWatchList(t *testing.T, s *meta.Store) {
	ctx := t.Context()
	for n := range 4 {
		ensure(t, s, webIssue(n))
	}
	if _, err := s.ChangeIssues(ctx, []issue.ID{webIssue(1), webIssue(2)}, resolve); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Merge(ctx, webIssue(1), []issue.ID{webIssue(3), webIssue(8)}, false, "ann@example.com", at); err != nil {
		t.Fatal(err)
	}
	got, err := s.WatchList(ctx, web.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]event.Fingerprint{fp(1), fp(2), fp(3), fp(8)}, got); d != "" {
		t.Fatal(d)
	}
	if _, err := s.Merge(ctx, webIssue(1), []issue.ID{webIssue(3)}, true, "ann@example.com", at); err != nil {
		t.Fatal(err)
	}
	if got, err = s.WatchList(ctx, web.ID); err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	if got, err = s.WatchList(ctx, app.ID); err != nil || len(got) != 0 {
		t.Fatal(got, err)
	}
}

func testEnsureSameAtOnce(t *testing.T, s *meta.Store) {
	created := make([]bool, 50)
	var g errgroup.Group
	for i := range created {
		g.Go(func() (err error) {
			rec, made, err := s.EnsureIssue(t.Context(), record(webIssue(1)))
			created[i] = made
			if err == nil && rec.Number != 1 {
				err = fmt.Errorf("number %d", rec.Number)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, made := range created {
		if made {
			n++
		}
	}
	if n != 1 {
		t.Fatalf("%d of 50 callers made the issue", n)
	}
	if rec := ensure(t, s, webIssue(2)); rec.Number != 2 {
		t.Fatalf("the race used up numbers: the second issue has %d", rec.Number)
	}
	if rows, err := s.Outbox(t.Context(), 10); err != nil || len(rows) != 2 {
		t.Fatal(len(rows), err)
	}
}

func testEnsureDifferentAtOnce(t *testing.T, s *meta.Store) {
	numbers := make([]uint64, 50)
	var g errgroup.Group
	for i := range numbers {
		g.Go(func() error {
			rec, made, err := s.EnsureIssue(t.Context(), record(webIssue(i)))
			if err == nil && !made {
				err = errors.New("not made")
			}
			numbers[i] = rec.Number
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	seen := make(map[uint64]bool)
	for _, n := range numbers {
		if n < 1 || n > 50 || seen[n] {
			t.Fatalf("numbers are not 1 to 50: %v", numbers)
		}
		seen[n] = true
	}
}

// Issues that are made together share no fate: not that of a call which ends, nor of a project that is gone.
func testEnsureWithOthers(t *testing.T, s *meta.Store) {
	const calls = 60
	var all sync.WaitGroup
	for i := range calls {
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			id := webIssue(i)
			switch i % 3 {
			case 1:
				id.ProjectID = 4 // of nobody
			case 2:
				go cancel()
			}
			rec, made, err := s.EnsureIssue(ctx, record(id))
			if i%3 == 1 && !errors.Is(err, project.ErrNotFound) {
				t.Errorf("an issue of no project: %v", err)
			}
			if i%3 == 0 && (err != nil || !made || rec.ID != id) {
				t.Errorf("issue %d: %v, made: %v, %v", i, rec.ID, made, err)
			}
			if i%3 == 2 && err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("a call that ended: %v", err)
			}
		})
	}
	all.Wait()
	last := ensure(t, s, webIssue(calls))
	for n := uint64(1); n <= last.Number; n++ {
		if _, err := s.IssueByNumber(t.Context(), web.ID, n); err != nil {
			t.Errorf("issue %d of %d: %v", n, last.Number, err)
		}
	}
	if rows, err := s.Outbox(t.Context(), 1000); err != nil || uint64(len(rows)) != last.Number {
		t.Errorf("%d rows in the outbox for %d issues, %v", len(rows), last.Number, err)
	}
}

func testChangeAtOnce(t *testing.T, s *meta.Store) {
	ensure(t, s, webIssue(1))
	if _, err := s.ChangeIssue(t.Context(), webIssue(1), func(r issue.Record) (issue.Record, []issue.Activity, error) {
		r.Assignee = "0"
		return r, nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	for range 50 {
		g.Go(func() error {
			_, err := s.ChangeIssue(context.Background(), webIssue(1), func(r issue.Record) (issue.Record, []issue.Activity, error) {
				n, err := strconv.Atoi(r.Assignee)
				r.Assignee = strconv.Itoa(n + 1)
				return r, nil, err
			})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if rec := ensure(t, s, webIssue(1)); rec.Assignee != "50" || rec.Version != 52 {
		t.Fatalf("50 increments gave %s, version %d", rec.Assignee, rec.Version)
	}
}

func testChangeManyAtOnce(t *testing.T, s *meta.Store) {
	for n := range 4 {
		ensure(t, s, webIssue(n))
	}
	orders := [][]issue.ID{
		{webIssue(0), webIssue(1), webIssue(2), webIssue(3)},
		{webIssue(3), webIssue(2), webIssue(1), webIssue(0)},
		{webIssue(2), webIssue(0), webIssue(3), webIssue(1)},
	}
	var g errgroup.Group
	for i := range 30 {
		g.Go(func() error {
			_, err := s.ChangeIssues(context.Background(), orders[i%3], func(r issue.Record) (issue.Record, []issue.Activity, error) {
				r.Culprit += "."
				return r, nil, nil
			})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		if rec := ensure(t, s, webIssue(n)); rec.Culprit != "main.pay"+strings.Repeat(".", 30) {
			t.Fatal(rec.Culprit)
		}
	}
}
