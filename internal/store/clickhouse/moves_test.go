package clickhouse

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// tornFixture stores 30 events of issue 1, one a minute, of ten users, and 3 of issue 2.
func tornFixture(t *testing.T, s *Store) (events []*event.Occurrence) {
	t.Helper()
	for i := range 33 {
		o := stampedEvent(3, byte(1+i/30), noon.Add(time.Duration(i)*time.Minute))
		o.Event.User = event.User{ID: fmt.Sprint(i % 10)}
		o.Event.Environment = "production"
		events = append(events, o)
	}
	if err := s.Insert(t.Context(), "before", events); err != nil {
		t.Fatal(err)
	}
	return events
}

// tornTo are events as moved to another issue.
func tornTo(to byte, events ...*event.Occurrence) (list []view.Movable) {
	for _, o := range events {
		list = append(list, view.Movable{Occurrence: o, Moved: event.Fingerprint{to}})
	}
	return list
}

// requireIssue holds everything that is said of an issue to its events, which are in the order of their times.
func requireIssue(t *testing.T, s *Store, issueOf byte, events ...*event.Occurrence) {
	t.Helper()
	ctx := t.Context()
	id := issue.ID{ProjectID: 3, Fingerprint: event.Fingerprint{issueOf}}
	check := func(what string, want, got any, err error) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("issue %d: %s (-want +got): %v\n%s", issueOf, what, err, d)
		}
	}
	users := map[string]bool{}
	var ids []event.ID
	for _, o := range events {
		users[o.Event.User.ID] = true
		ids = append(ids, o.Event.ID)
	}
	row, found, err := s.Issue(ctx, id, 0)
	check("found", len(events) > 0, found, err)
	span := view.Range{Start: noon.Add(-time.Hour), End: noon.Add(5 * time.Hour)}
	find := func(query string) (n int) {
		t.Helper()
		q, err := search.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		list, _, err := s.Issues(ctx, view.IssuesRequest{Projects: []uint32{3}, Query: q, Range: span, Buckets: 6, Limit: 100})
		check("list", nil, nil, err)
		for _, one := range list {
			if one.Record.ID != id {
				continue
			}
			n++
			sum := uint64(0)
			for _, part := range one.Sparkline {
				sum += part
			}
			check("list: events", uint64(len(events)), one.Events, nil)
			check("list: users", uint64(len(users)), one.Users, nil)
			check("list: sparkline", uint64(len(events)), sum, nil)
		}
		return n
	}
	there := 0
	if len(events) > 0 {
		there = 1
		check("events", uint64(len(events)), row.Events, nil)
		check("users", uint64(len(users)), row.Users, nil)
		check("first", events[0].Event.Timestamp, row.FirstSeen, nil)
		check("last", events[len(events)-1].Event.Timestamp, row.LastSeen, nil)
		around, err := s.Neighbours(ctx, id, view.Cursor{Timestamp: events[0].Event.Timestamp, EventID: events[0].Event.ID})
		want := view.Neighbours{Oldest: ids[0], Latest: ids[len(ids)-1]}
		if len(ids) > 1 {
			want.Next = ids[1]
		}
		check("neighbours", want, around, err)
	}
	check("list from roll-ups", there, find("is:unresolved"), nil)
	check("list from events", there, find("level:>=debug"), nil)
	for _, buckets := range []int{6, 60} { // by the hour, and exactly
		trend, err := s.IssueTrend(ctx, id, span, buckets)
		sum := uint64(0)
		for _, n := range trend {
			sum += n
		}
		check("trend", uint64(len(events)), sum, err)
	}
	tags, err := s.IssueTags(ctx, id)
	check("tags", nil, nil, err)
	for _, tag := range tags {
		if tag.Key == "environment" {
			check("tags", uint64(len(events)), tag.Total, nil)
		}
	}
	q, err := search.ParseEvents("issue:" + id.String())
	if err != nil {
		q, err = search.Parse("issue:" + id.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(ids)
	for what, r := range map[string]view.EventsRequest{
		"events of": {ProjectID: 3, Issue: &id.Fingerprint, Limit: 100}, "search": {ProjectID: 3, Query: q, Limit: 100},
	} {
		list, err := s.Events(ctx, r)
		var got []event.ID
		for _, e := range list {
			got = append(got, e.EventID)
			check(what+": shown with", id.Fingerprint, e.Fingerprint, nil)
		}
		check(what, ids, got, err)
	}
	explored, err := s.Explore(ctx, view.ExploreRequest{ProjectID: 3, Range: span, GroupBy: "issue", Limit: 100})
	check("explore", nil, nil, err)
	total := uint64(0)
	for _, one := range explored.Series {
		if one.Group == id.String() {
			total += one.Total
		}
	}
	check("explore", uint64(len(events)), total, nil)
	choice, err := s.Choose(ctx, 3, span.Start, 1000)
	check("choose", uint64(len(events)), choice.Events[id.Fingerprint], err)
	read := 0
	chosen := slices.DeleteFunc(choice.Chosen, func(c view.Chosen) bool { return c.Fingerprint != id.Fingerprint })
	if len(chosen) > 0 {
		err = s.Read(ctx, 3, span.Start, chosen, func(o *event.Occurrence) error {
			check("read", id.Fingerprint, o.Fingerprint, nil)
			read++
			return nil
		})
	}
	check("read", len(events), read, err)
	for _, o := range events {
		in, at, found, err := s.Locate(ctx, 3, o.Event.ID)
		check("locate", id, in, err)
		whole, found, err := s.EventAt(ctx, in, at)
		if !found || err != nil {
			t.Fatal(found, err)
		}
		check("event", id.Fingerprint, whole.Fingerprint, nil)
		want := o.Parts
		if o.Fingerprint != id.Fingerprint {
			want = []event.Part{{Kind: "rule", Value: fmt.Sprint(issueOf)}}
		}
		check("parts", want, whole.Parts, nil)
	}
}

// put lets events of one issue count for others.
func put(t *testing.T, s *Store, regrouping string, from byte, to ...byte) {
	t.Helper()
	if err := s.BeginMoves(t.Context(), 3, regrouping, []event.Fingerprint{{from}}); err != nil {
		t.Fatal(err)
	}
	var list []view.Move
	for _, n := range to {
		list = append(list, view.Move{From: event.Fingerprint{from}, To: event.Fingerprint{n}, Parts: []event.Part{{Kind: "rule", Value: fmt.Sprint(n)}}})
	}
	if err := s.PutMoves(t.Context(), 3, regrouping, list); err != nil {
		t.Fatal(err)
	}
}

func move(t *testing.T, s *Store, list ...view.Movable) {
	t.Helper()
	if err := s.Move(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

func TestMovedEventsCountElsewhereOnce(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	ctx := t.Context()
	all := tornFixture(t, s)
	requireIssue(t, s, 1, all[:30]...)
	requireIssue(t, s, 2, all[30:]...)
	if err := s.conn.Exec(ctx, "OPTIMIZE TABLE events FINAL"); err != nil {
		t.Fatal(err)
	}

	// What is written beside the rows says nothing until it may count.
	move(t, s, tornTo(8, all[5:10]...)...)
	requireIssue(t, s, 1, all[:30]...)
	requireIssue(t, s, 8)
	put(t, s, "r1", 1, 8, 9)
	requireIssue(t, s, 1, slices.Concat(all[:5], all[10:30])...)
	requireIssue(t, s, 8, all[5:10]...)
	requireIssue(t, s, 2, all[30:]...)

	// Twice is once, across weeks and merges.
	for range 2 {
		move(t, s, slices.Concat(tornTo(8, all[5:10]...), tornTo(9, all[20:30]...))...)
		put(t, s, "r1", 1, 8, 9)
	}
	for range 2 {
		requireIssue(t, s, 1, slices.Concat(all[:5], all[10:20])...)
		requireIssue(t, s, 8, all[5:10]...)
		requireIssue(t, s, 9, all[20:30]...)
		if err := s.conn.Exec(ctx, "OPTIMIZE TABLE events FINAL"); err != nil {
			t.Fatal(err)
		}
	}

	// New events of every one count with the old ones, and blocks that are sent again do not.
	again := stampedEvent(3, 1, noon.Add(100*time.Minute))
	own := stampedEvent(3, 8, noon.Add(101*time.Minute))
	for i, o := range []*event.Occurrence{again, own} {
		o.Event.User, o.Event.Environment = event.User{ID: "1"}, "production"
		if err := s.Insert(ctx, fmt.Sprint("new", i), []*event.Occurrence{o}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Insert(ctx, "before", all); err != nil {
		t.Fatal(err)
	}
	requireIssue(t, s, 1, slices.Concat(all[:5], all[10:20], []*event.Occurrence{again})...)
	requireIssue(t, s, 8, slices.Concat(all[5:10], []*event.Occurrence{own})...)

	// A part that is merged back counts where it was.
	into := issue.Merge{From: issue.ID{ProjectID: 3, Fingerprint: event.Fingerprint{8}}, Into: issue.ID{ProjectID: 3, Fingerprint: event.Fingerprint{2}}, Version: 1}
	if err := s.PutMerges(ctx, []issue.Merge{into}); err != nil {
		t.Fatal(err)
	}
	row, _, err := s.Issue(ctx, into.From, 0)
	if err != nil || row.Record.ID != into.Into || row.Events != 9 || len(row.Merged) != 1 {
		t.Errorf("merged: %+v, %v", row, err)
	}
	into.Undone, into.Version = true, 2
	if err := s.PutMerges(ctx, []issue.Merge{into}); err != nil {
		t.Fatal(err)
	}

	// Another regrouping moves some of a part on; undoing it gives them back to where they came.
	put(t, s, "r2", 1, 7)
	move(t, s, tornTo(7, all[20:22]...)...)
	requireIssue(t, s, 7, all[20:22]...)
	requireIssue(t, s, 9, all[22:30]...)
	if err := s.UndoMoves(ctx, 3, "r2"); err != nil {
		t.Fatal(err)
	}
	requireIssue(t, s, 7)
	requireIssue(t, s, 9, all[22:30]...)

	// Undone for good, also if something is put late.
	if err := s.UndoMoves(ctx, 3, "r1"); err != nil {
		t.Fatal(err)
	}
	put(t, s, "r1", 1, 8, 9)
	requireIssue(t, s, 1, slices.Concat(all[:30], []*event.Occurrence{again})...)
	requireIssue(t, s, 8, own)
	requireIssue(t, s, 9)
	if known, err := s.readMoved(ctx); err != nil || len(known) != 0 {
		t.Errorf("projects with moves: %v, %v", known, err)
	}
}

func TestWhatMayMoveIsReadOnce(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	all := tornFixture(t, s)
	read := func(regrouping string, of byte, received time.Time) (ids []event.ID) {
		t.Helper()
		r := view.MovableRequest{ProjectID: 3, Regrouping: regrouping, Fingerprint: event.Fingerprint{of}, Since: noon, Received: received, Limit: 7}
		for {
			page, err := s.Movable(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				ids = append(ids, e.Event.ID)
			}
			if len(page) < r.Limit {
				return ids
			}
			last := page[len(page)-1]
			r.After = view.AffectedPlace{Fingerprint: last.Fingerprint, Timestamp: last.Event.Timestamp, EventID: last.Event.ID}
		}
	}
	f := func(what string, got []event.ID, want ...*event.Occurrence) {
		t.Helper()
		var ids []event.ID
		for _, o := range want {
			ids = append(ids, o.Event.ID)
		}
		if d := cmp.Diff(ids, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	count := func(want uint64, prints ...event.Fingerprint) {
		t.Helper()
		if n, err := s.CountMovable(t.Context(), 3, prints); n != want || err != nil {
			t.Errorf("%d events may move, not %d: %v", n, want, err)
		}
	}
	count(30, event.Fingerprint{1})
	f("before", read("r1", 1, time.Time{}), all[:30]...)
	put(t, s, "r1", 1, 8)
	move(t, s, tornTo(8, all[:10]...)...)
	f("its own moves change nothing", read("r1", 1, time.Time{}), all[:30]...)
	f("those of others do", read("r2", 1, time.Time{}), all[10:30]...)
	f("and are found where they are", read("r2", 8, time.Time{}), all[:10]...)
	f("what arrived since", read("r2", 1, all[25].ReceivedAt), slices.DeleteFunc(slices.Clone(all[10:30]), func(o *event.Occurrence) bool { return o.ReceivedAt.Before(all[25].ReceivedAt) })...)
	count(33, event.Fingerprint{2})
	moved, err := s.Moves(t.Context(), 3, "r1")
	if err != nil || len(moved) != 1 || moved[0].To != (event.Fingerprint{8}) {
		t.Error(moved, err)
	}
}

func TestRowsOfBeforeCanBeMoved(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	if err := s.conn.Exec(t.Context(), "ALTER TABLE events DROP COLUMN moved"); err != nil {
		t.Fatal(err)
	}
	all := tornFixture(t, s)
	if err := s.conn.Exec(t.Context(), "ALTER TABLE events ADD COLUMN moved UUID"); err != nil {
		t.Fatal(err)
	}
	put(t, s, "r1", 1, 8)
	move(t, s, tornTo(8, all[:10]...)...)
	requireIssue(t, s, 8, all[:10]...)
	requireIssue(t, s, 1, all[10:30]...)
}

func TestNothingIsMovedInACluster(t *testing.T) {
	t.Parallel()
	s := &Store{cfg: Config{Cluster: "c"}}
	if err := s.Move(t.Context(), tornTo(8, fullEvent())); !errors.Is(err, view.ErrFixed) {
		t.Error(err)
	}
	if err := s.PutMoves(t.Context(), 3, "r", []view.Move{{}}); !errors.Is(err, view.ErrFixed) {
		t.Error(err)
	}
	if err := s.BeginMoves(t.Context(), 3, "r", []event.Fingerprint{{}}); !errors.Is(err, view.ErrFixed) {
		t.Error(err)
	}
}

func TestWhoeverReadsMeanwhileSeesEachEventOnce(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	ctx := t.Context()
	all := tornFixture(t, s)
	other, err := Open(ctx, s.cfg) // another process, which knows later
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	span := view.Range{Start: noon.Add(-time.Hour), End: noon.Add(5 * time.Hour)}
	look := func(s *Store) error {
		for _, query := range []string{"", "level:>=debug"} {
			q, err := search.Parse(query)
			if err != nil {
				return err
			}
			list, _, err := s.Issues(ctx, view.IssuesRequest{Projects: []uint32{3}, Query: q, Range: span, Limit: 100})
			if err != nil {
				return err
			}
			n := uint64(0)
			for _, row := range list {
				n += row.Events
			}
			if n != uint64(len(all)) {
				return fmt.Errorf("a list with %q counts %d events", query, n)
			}
		}
		list, err := s.Events(ctx, view.EventsRequest{ProjectID: 3, Limit: 100})
		if err != nil || len(list) != len(all) {
			return fmt.Errorf("%d events are listed: %w", len(list), err)
		}
		return nil
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for _, s := range []*Store{s, other} {
		readers.Go(func() {
			for {
				if err := look(s); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for i := range 5 {
		r := fmt.Sprint("r", i)
		put(t, s, r, 1, 8)
		move(t, s, tornTo(8, all[i*3:i*3+3]...)...)
		put(t, s, r, 1, 9)
		move(t, s, tornTo(9, all[i*3:i*3+2]...)...)
		if i == 2 {
			if err := s.conn.Exec(ctx, "OPTIMIZE TABLE events FINAL"); err != nil {
				t.Error(err)
			}
		}
		if i%2 == 0 {
			if err := s.UndoMoves(ctx, 3, r); err != nil {
				t.Error(err)
			}
		}
	}
	close(stop)
	readers.Wait()
}

func TestMovesAreWrittenTheWayOfNativeTCP(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	s.http = false // there is no server here that speaks it
	move := view.Move{From: event.Fingerprint{1}, To: event.Fingerprint{2}, Parts: []event.Part{{Kind: "message", Value: "x"}}}
	if err := s.PutMoves(t.Context(), 1, "r", []view.Move{move}); err != nil {
		t.Fatal(err)
	}
	list, err := s.Moves(t.Context(), 1, "r")
	if err != nil || len(list) != 1 || list[0].From != move.From || list[0].To != move.To {
		t.Errorf("%v %v", list, err)
	}
}
