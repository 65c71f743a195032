package repair

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
)

// moves is where events are in memory.
type moves struct {
	stored []view.Movable
	put    map[string]map[way]bool
	undone map[string]bool
	fail   error // of the next Move, after it is done
	fixed  bool
	writes int
}

func (s *moves) CountMovable(context.Context, uint32, []event.Fingerprint) (uint64, error) {
	return uint64(len(s.stored)), nil
}

func (s *moves) Movable(_ context.Context, r view.MovableRequest) (page []view.Movable, _ error) {
	for _, e := range s.stored {
		p := view.AffectedPlace{Fingerprint: e.Fingerprint, Timestamp: e.Event.Timestamp, EventID: e.Event.ID}
		behind := cmp.Or(slices.Compare(p.Fingerprint[:], r.After.Fingerprint[:]), p.Timestamp.Compare(r.After.Timestamp), slices.Compare(p.EventID[:], r.After.EventID[:])) > 0
		if behind && s.owner(e, r.Regrouping) == r.Fingerprint && !e.ReceivedAt.Before(r.Received) && len(page) < r.Limit {
			page = append(page, view.Movable{Occurrence: clone(e.Occurrence), Moved: e.Moved})
		}
	}
	return page, nil
}

// owner is the fingerprint under which an event counts if one regrouping does not.
func (s *moves) owner(e view.Movable, without string) event.Fingerprint {
	for name, ways := range s.put {
		if name != without && !s.undone[name] && ways[way{e.Fingerprint, e.Moved}] {
			return e.Moved
		}
	}
	return e.Fingerprint
}

// counts are the events of each fingerprint.
func (s *moves) counts() map[event.Fingerprint]int {
	n := map[event.Fingerprint]int{}
	for _, e := range s.stored {
		n[s.owner(e, "-")]++
	}
	return n
}

func (s *moves) Move(_ context.Context, list []view.Movable) error {
	for _, e := range list {
		i := slices.IndexFunc(s.stored, func(known view.Movable) bool { return known.Event.ID == e.Event.ID })
		s.stored[i].Moved = e.Moved
		s.writes++
	}
	err := s.fail
	s.fail = nil
	return err
}

func (s *moves) Moves(_ context.Context, _ uint32, regrouping string) (list []view.Move, _ error) {
	for w := range s.put[regrouping] {
		list = append(list, view.Move{From: w.from, To: w.to})
	}
	return list, nil
}

func (s *moves) BeginMoves(context.Context, uint32, string, []event.Fingerprint) error {
	if s.fixed {
		return view.ErrFixed
	}
	return nil
}

func (s *moves) PutMoves(_ context.Context, _ uint32, regrouping string, list []view.Move) error {
	if s.put[regrouping] == nil {
		s.put[regrouping] = map[way]bool{}
	}
	for _, m := range list {
		s.put[regrouping][way{m.From, m.To}] = true
	}
	return nil
}

func (s *moves) UndoMoves(_ context.Context, _ uint32, regrouping string) error {
	s.undone[regrouping] = true
	return nil
}

// torn is a world in which rules take the events of one fingerprint apart by the names of their functions.
func torn(t *testing.T, n, functions int) (world, *moves, issue.Regrouping) {
	t.Helper()
	w := newWorld(t)
	s := &moves{put: map[string]map[way]bool{}, undone: map[string]bool{}}
	for i := range n {
		o := occurrence(1, fmt.Sprintf("f%d", i%functions), i)
		o.Event.Tags = []event.Tag{{Key: "part", Value: fmt.Sprint(i % functions)}}
		o.Event.Exceptions[0].Stack.Frames[0].Function = "f"
		s.stored = append(s.stored, view.Movable{Occurrence: o})
	}
	w.Regroupings, w.Service.Moves = w.meta, s
	p, err := w.meta.Project(t.Context(), web)
	if err != nil {
		t.Fatal(err)
	}
	p.Settings.FingerprintRules = "tags.part:[1-9]* -> {{ tags.part }}"
	rg, _, err := w.meta.Regroup(t.Context(), issue.Regrouping{
		ProjectID: web, CreatedAt: time.Now().Add(-time.Minute), Torn: []event.Fingerprint{{1}},
		After: issue.RuleTexts{Fingerprints: p.Settings.FingerprintRules},
	}, p, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w, s, rg
}

// told is what people see of a regrouping.
func (w world) told(t *testing.T, id string) issue.Regrouping {
	t.Helper()
	rg, err := w.meta.Regrouping(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return rg
}

// resume does what is left as another process would, when the lease is over.
func (w world) resume(t *testing.T) error {
	t.Helper()
	r, found, err := w.meta.NextRepair(t.Context(), time.Now().Add(2*DefaultConfig().Lease), time.Now().Add(3*DefaultConfig().Lease))
	if err != nil || !found {
		t.Fatal(found, err)
	}
	return w.repair(t.Context(), r, nil)
}

func TestMovingIsGoneOnWithAfterAFailure(t *testing.T) {
	t.Parallel()
	w, s, rg := torn(t, 10, 3) // 4 stay, 3 and 3 go
	s.fail = errors.New("away")
	if err := w.work(t.Context(), nil); err == nil {
		t.Fatal("a failure was not told")
	}
	if got := w.told(t, rg.ID); got.Past != issue.PastMoving {
		t.Errorf("%+v", got)
	}
	if err := w.resume(t); err != nil {
		t.Fatal(err)
	}
	n := s.counts()
	if len(n) != 3 || n[event.Fingerprint{1}] != 4 || s.writes != 6 {
		t.Errorf("%v after %d writes", n, s.writes)
	}
	if got := w.told(t, rg.ID); got.Past != issue.PastMoved || got.Looked != 10 || got.Moved != 6 {
		t.Errorf("%+v", got)
	}
	// The parts are known, and nobody is told of them as new.
	for f := range n {
		id := issue.ID{ProjectID: web, Fingerprint: f}
		known, err := w.meta.Issues(t.Context(), []issue.ID{id})
		if err != nil || f != (event.Fingerprint{1}) && known[id].State.Substatus != issue.SubOngoing {
			t.Error(known, err)
		}
	}
	out, err := w.meta.Outbox(t.Context(), 10)
	if err != nil || len(out) != 2 || out[0].Change.From != issue.Unresolved || out[1].Change.From != issue.Unresolved {
		t.Error(out, err)
	}
	if n, err := w.meta.PendingRepairs(t.Context()); n != 0 || err != nil {
		t.Errorf("%d repairs are left, %v", n, err)
	}
}

func TestUndoneInTheMiddle(t *testing.T) {
	t.Parallel()
	w, s, rg := torn(t, 10, 3)
	r, found, err := w.meta.NextRepair(t.Context(), time.Now(), time.Now().Add(DefaultConfig().Lease))
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if _, err := w.meta.UndoRegrouping(t.Context(), web, rg.ID, "ann@example.com", time.Now()); err != nil {
		t.Fatal(err)
	}
	// Whoever was at it before does not know, and is told when it has done a batch.
	standing := rg
	if err := w.move(t.Context(), &r, &standing); !errors.Is(err, project.ErrNotFound) {
		t.Fatal(err)
	}
	if err := w.work(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n := s.counts(); n[event.Fingerprint{1}] != 10 {
		t.Error(n)
	}
	if n, err := w.meta.PendingRepairs(t.Context()); n != 0 || err != nil {
		t.Errorf("%d repairs are left, %v", n, err)
	}
}

func TestOnlySoManyParts(t *testing.T) {
	t.Parallel()
	w, s, rg := torn(t, maxMoves+20, maxMoves+10)
	w.cfg.Batch, w.cfg.EventsPerSecond = 2000, 1<<30
	if err := w.work(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := w.told(t, rg.ID); got.Past != issue.PastPartly || len(s.put[rg.ID]) != maxMoves {
		t.Errorf("%d parts: %+v", len(s.put[rg.ID]), got.Past)
	}
}

func TestWhereEventsCannotBeChangedTheyStay(t *testing.T) {
	t.Parallel()
	want := map[string]issue.Past{"in a cluster": issue.PastFixed, "turned off": issue.PastFixed, "too many": issue.PastLarge}
	for name, prepare := range map[string]func(w world, s *moves){
		"in a cluster": func(_ world, s *moves) { s.fixed = true },
		"turned off":   func(w world, _ *moves) { w.cfg.EventsPerSecond = 0 },
		"too many":     func(w world, _ *moves) { w.cfg.MovableEvents = 9 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s, rg := torn(t, 10, 3)
			prepare(w, s)
			if err := w.work(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if got := w.told(t, rg.ID); got.Past != want[name] || s.counts()[event.Fingerprint{1}] != 10 {
				t.Errorf("%+v", got)
			}
			if n, err := w.meta.PendingRepairs(t.Context()); n != 0 || err != nil {
				t.Errorf("%d repairs are left, %v", n, err)
			}
		})
	}
}
