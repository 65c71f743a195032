package regroup_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/clickhouse"
	"github.com/faultline-dev/faultline/server/regroup"
	"github.com/faultline-dev/faultline/server/repair"
)

// works runs what moves stored events until the test ends or stop is called.
func (p *place) works() (stop func()) {
	p.t.Helper()
	cfg := repair.DefaultConfig()
	cfg.EventsPerSecond, cfg.Batch, cfg.Poll = 1_000_000, 2, 100*time.Millisecond
	s, err := repair.New(cfg, repair.Parts{
		Jobs: p.meta, Events: p.events, Issues: p.events, Workflow: p.meta, Projects: p.meta, Announce: p, Regroupings: p.meta, Moves: p.events,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx, nil) // ends with the test
	}()
	stop = func() { cancel(); <-done }
	p.t.Cleanup(stop)
	return stop
}

// until waits for a condition.
func (p *place) until(what string, holds func() bool) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatal(what)
		}
	}
}

// counts are the events of some issues.
func (p *place) counts(ids ...issue.ID) (n []uint64) {
	p.t.Helper()
	for _, id := range ids {
		n = append(n, p.count(id))
	}
	return n
}

func TestWhatComesApartDoesSoInThePast(t *testing.T) {
	p := newPlace(t, regroup.DefaultConfig())
	ctx := t.Context()
	look := func(region string) *event.Event { return failure("KeyError", "x", "look", region) }
	c := p.store(look("eu"), look("eu"), look("us"), look("eu"), look("us"), look("eu"), look("eu"), look("ap"))[0]
	other := p.store(failure("ValueError", "x", "parse", "eu"))[0]
	trial := "error.type:KeyError -> {{ default }}, {{ tags.region }}"
	r, _, err := p.Apply(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &trial}, "", 0)
	if err != nil || r.Past != issue.PastMoving || !slices.Equal(r.Torn, []event.Fingerprint{c.Fingerprint}) {
		t.Fatal(r, err)
	}
	// New events go apart at once, and show where the stored ones will be.
	fresh := p.store(look("eu"), look("us"), look("ap"))
	eu, us, ap := fresh[0], fresh[1], fresh[2]
	if p.shows(eu) != c || !slices.Equal(p.counts(c, us, ap, other), []uint64{9, 1, 1, 1}) {
		t.Fatal(p.counts(c, us, ap, other))
	}
	none := ""
	told, err := p.meta.Outbox(ctx, 100)
	if err != nil {
		t.Fatal(err)
	}
	stop := p.works()
	p.until("stored events do not follow", func() bool { return slices.Equal(p.counts(c, us, ap, other), []uint64{6, 3, 2, 1}) })
	after, err := p.meta.Outbox(ctx, 100)
	if err != nil || len(after) != len(told) {
		t.Fatal("somebody is told", after, err)
	}
	list, err := p.List(ctx, p.owner, p.web.ID)
	if err != nil || len(list) != 1 || list[0].Past != issue.PastMoving || list[0].Looked < 8 || list[0].Moved != 3 {
		t.Fatal(list, err)
	}
	// The laboratory sees what people see.
	v, err := p.Preview(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &none})
	if err != nil {
		t.Fatal(err)
	}
	if merges, n := v.Merges(); n != 1 || merges[0].Into.ID != c || merges[0].Count != 2 {
		t.Fatalf("%+v", merges)
	}
	// New events are counted meanwhile, by another process too.
	p.store(look("us"), look("eu"))
	if got := p.counts(c, us, ap); !slices.Equal(got, []uint64{7, 4, 2}) {
		t.Fatal(got)
	}
	stop()
	done, _, err := p.Undo(ctx, p.owner, p.web.ID, r.ID)
	if err != nil || len(done.Regrouping.Torn) != 1 {
		t.Fatal(done, err)
	}
	// What came meanwhile stays where it was counted; everything else is back at once.
	if got := p.counts(c, us, ap, other); !slices.Equal(got, []uint64{10, 2, 1, 1}) {
		t.Fatal(got)
	}
	// And stays there when the note is worked on, which remains if a process dies in between.
	p.works()
	p.until("a note is left", func() bool { n, err := p.meta.PendingRepairs(ctx); return n == 0 && err == nil })
	if got := p.counts(c, us, ap, other); !slices.Equal(got, []uint64{10, 2, 1, 1}) {
		t.Fatal(got)
	}
}

func TestOneSplitAtATime(t *testing.T) {
	p := newPlace(t, regroup.DefaultConfig())
	ctx := t.Context()
	p.store(failure("KeyError", "x", "look", "eu"), failure("KeyError", "x", "look", "us"))
	p.store(failure("OSError", "x", "look", "eu"), failure("OSError", "x", "look", "us"))
	first := "error.type:KeyError -> {{ default }}, {{ tags.region }}"
	second := first + "\nerror.type:OSError -> {{ default }}, {{ tags.region }}"
	r, _, err := p.Apply(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &first}, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	joins := first + "\nerror.type:OSError -> disk"
	if _, _, err = p.Apply(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &joins}, "", 0); err != nil {
		t.Fatal("what takes nothing apart was refused", err)
	}
	if _, _, err = p.Apply(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &second}, "", 0); !errors.Is(err, project.ErrInvalid) {
		t.Fatal(err)
	}
	if _, _, err := p.Undo(ctx, p.owner, p.web.ID, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err = p.Apply(ctx, p.owner, p.web.ID, regroup.Trial{Fingerprints: &second}, "", 0); err != nil {
		t.Fatal(err)
	}
}

var _ repair.Moves = (*clickhouse.Store)(nil)
