package ingest

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/server/group"
	"github.com/faultline-dev/faultline/server/receive"
)

func TestEveryEventGetsOneOutcome(t *testing.T) {
	f := func(name string, b *receive.Batch, arrange func(*rig), want map[outcome.Kind]int, reason outcome.Reason) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, nil)
				arrange(r)
				results := r.Receive(t.Context(), b)
				if len(results) != len(b.Events) {
					t.Fatalf("%d results for %d events", len(results), len(b.Events))
				}
				if got := kinds(results); !maps.Equal(got, want) {
					t.Fatalf("got %v, want %v", got, want)
				}
				for i, res := range results {
					if res.EventID != b.Events[i].ID || res.EventID.IsZero() {
						t.Fatalf("result %d is of event %s, want %s", i, res.EventID, b.Events[i].ID)
					}
					if res.Kind != outcome.Stored && res.Reason != reason {
						t.Fatalf("reason %q, want %q", res.Reason, reason)
					}
				}
				r.store.set(func(m *memory) { m.fail = nil })
				time.Sleep(10 * time.Second)
				r.stop()
				var counted uint64
				for _, n := range r.store.outcomes {
					counted += n
				}
				if counted != uint64(len(b.Events)) {
					t.Fatalf("%v outcomes counted for %d events", r.store.outcomes, len(b.Events))
				}
			})
		})
	}
	nothing := func(*rig) {}
	nameless := batch(3)
	for _, e := range nameless.Events {
		e.ID = event.ID{}
	}
	f("without ids", nameless, nothing, map[outcome.Kind]int{outcome.Stored: 3}, "")
	f("refused for good", batch(3), func(r *rig) {
		r.store.fail = func(int) (bool, error) { return false, errRefused }
	}, map[outcome.Kind]int{outcome.Lost: 3}, outcome.StoreFailed)
	f("store and spill away", batch(3), func(r *rig) {
		r.store.fail = func(int) (bool, error) { return false, later{} }
		r.disk.fail = errors.New("full")
	}, map[outcome.Kind]int{outcome.Lost: 3}, outcome.StoreFailed)
	f("no such project", batch(2), func(r *rig) { r.store.away = project.ErrNotFound },
		map[outcome.Kind]int{outcome.Invalid: 2}, ProjectNotFound)
	f("settings away", batch(2), func(r *rig) { r.store.away = later{} },
		map[outcome.Kind]int{outcome.Lost: 2}, outcome.StoreFailed)
	f("filtered", batch(2), func(r *rig) { r.store.settings.FilterMessages = []string{"E: *"} },
		map[outcome.Kind]int{outcome.Filtered: 2}, "filter_message")
	f("a flood over the rate", batch(100), func(r *rig) { r.store.settings.RatePerSecond = 3 },
		map[outcome.Kind]int{outcome.Stored: 9, outcome.Limited: 91}, outcome.IssueLimit)
	limited := batch(5)
	limited.KeyRate.PerSecond = 3
	f("over the key's rate", limited, func(*rig) {}, map[outcome.Kind]int{outcome.Stored: 3, outcome.Limited: 2}, outcome.KeyLimit)
	empty := batch(2)
	empty.Events[1].Exceptions = nil
	f("one empty", empty, nothing, map[outcome.Kind]int{outcome.Stored: 1, outcome.Invalid: 1}, outcome.Empty)
	double := batch(3)
	double.Events[2].ID = double.Events[0].ID
	f("twice in one batch", double, nothing, map[outcome.Kind]int{outcome.Stored: 2, outcome.Duplicate: 1}, outcome.DuplicateInside)
	f("store away", batch(3), func(r *rig) {
		r.store.fail = func(int) (bool, error) { return false, later{} }
	}, map[outcome.Kind]int{outcome.Stored: 3}, "")
	f("nothing wrong", batch(1000), nothing, map[outcome.Kind]int{outcome.Stored: 1000}, "")
}

func TestRefusalsAndDropsOfClientsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		b := batch(1)
		b.Refused = []receive.Refused{{Reason: outcome.Malformed, Count: 4}}
		b.Drops = []receive.Drop{{Reason: "queue_overflow", Count: 7}, {Reason: "<script>", Count: 1}}
		r.Receive(t.Context(), b)
		r.stop()
		want := map[outcome.Kind]uint64{outcome.Stored: 1, outcome.Invalid: 4, outcome.Lost: 8}
		if !maps.Equal(r.store.outcomes, want) {
			t.Fatalf("counted %v, want %v", r.store.outcomes, want)
		}
	})
}

func TestAPanickingStageCostsOnlyItsEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		b := batch(1)
		o := event.Occurrence{}
		refusal := r.process(b, b.Events[0], &o, &project.Project{}, stageRules{})
		if o.Event != nil || refusal.Kind != outcome.Lost || refusal.Reason != outcome.StageFailed {
			t.Fatalf("%+v, %+v", o, refusal)
		}
	})
}

// TestStormStoresExactlyOnce lets clients resend what was not acknowledged while the
// store fails in every way, and wants each event once in the end.
func TestStormStoresExactlyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(c *Config) { c.BlockRows, c.InsertPatience = 50, 100*time.Millisecond })
		rng := rand.New(rand.NewPCG(1, 2))
		var mu sync.Mutex
		r.store.fail = func(int) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			switch rng.IntN(6) {
			case 0:
				return false, later{}
			case 1:
				return true, later{} // applied, but nobody knows
			case 2:
				return false, errRefused
			}
			return true, nil
		}
		var clients sync.WaitGroup
		total := 0
		for i := range 20 {
			total += 10 * (i + 1)
			clients.Go(func() {
				for b := batch(10 * (i + 1)); len(b.Events) > 0; {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(50+i*20)*time.Millisecond)
					results := r.Receive(ctx, b)
					cancel()
					next := again(b)
					next.Events = nil
					for n, res := range results {
						if res.Kind != outcome.Stored && res.Kind != outcome.Duplicate {
							copied := *b.Events[n]
							next.Events = append(next.Events, &copied)
						}
					}
					b = next
					time.Sleep(10 * time.Millisecond)
				}
			})
		}
		clients.Wait()
		r.store.set(func(m *memory) { m.fail = nil })
		time.Sleep(time.Minute)
		r.stop()
		if len(r.store.rows) != total {
			t.Fatalf("%d events stored, want %d", len(r.store.rows), total)
		}
		for id, n := range r.store.rows {
			if n != 1 {
				t.Fatalf("event %s is stored %d times", id, n)
			}
		}
	})
}

func TestEventsAreAnnouncedAfterTheyAreStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		b := batch(3)
		b.Events[2].Exceptions[0].Type = "Other"
		r.store.rules = []rule.Rule{
			{ID: "fatal", Enabled: true, Triggers: []rule.Trigger{rule.OnEvent}, Query: "level:fatal"},
			{ID: "all", Enabled: true, Triggers: []rule.Trigger{rule.OnEvent}},
			{ID: "off", Triggers: []rule.Trigger{rule.OnEvent}},
			{ID: "new", Enabled: true, Triggers: []rule.Trigger{rule.OnNewIssue}},
		}
		watched := group.Event(b.Events[0]).Fingerprint
		r.store.watch = map[event.Fingerprint]struct{}{watched: {}}
		r.ear.tailing = true
		r.Receive(t.Context(), b)
		r.Receive(t.Context(), batch(1))
		r.stop()
		if len(r.ear.first) != 2 || len(r.ear.hits) != 3 || r.ear.tailed != 4 {
			t.Fatalf("%d first, %d hits, %d tailed", len(r.ear.first), len(r.ear.hits), r.ear.tailed)
		}
		if want := map[string]int{"all": 3}; !maps.Equal(r.ear.critical, want) {
			t.Fatalf("critical %v, want %v", r.ear.critical, want)
		}
	})
}

func TestAFirstSightingThatFailedIsToldLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		r.ear.fail = errors.New("no bus")
		if got := kinds(r.Receive(t.Context(), batch(2))); got[outcome.Stored] != 2 {
			t.Fatalf("got %v", got)
		}
		r.ear.fail = nil
		r.Receive(t.Context(), batch(1))
		r.stop()
		if len(r.ear.first) != 1 {
			t.Fatalf("%d first sightings", len(r.ear.first))
		}
	})
}

func TestWhatTheBusDidNotTakeIsToldWithoutAnotherBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		b := batch(2)
		r.store.rules = []rule.Rule{{ID: "all", Enabled: true, Triggers: []rule.Trigger{rule.OnEvent}}}
		r.store.watch = map[event.Fingerprint]struct{}{group.Event(b.Events[0]).Fingerprint: {}}
		r.ear.set(func(e *ear) { e.fail = errors.New("no bus") })
		r.Receive(t.Context(), b)
		time.Sleep(10 * time.Second)
		r.ear.set(func(e *ear) { e.fail = nil })
		time.Sleep(10 * time.Second)
		r.ear.mu.Lock()
		defer r.ear.mu.Unlock()
		if len(r.ear.first) != 1 || len(r.ear.hits) != 2 || r.ear.critical["all"] != 1 {
			t.Fatalf("%d first, %d hits, critical %v", len(r.ear.first), len(r.ear.hits), r.ear.critical)
		}
	})
}

func TestAResendOfAStoredEventIsToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		b := batch(2)
		r.store.rules = []rule.Rule{{ID: "all", Enabled: true, Triggers: []rule.Trigger{rule.OnEvent}}}
		r.store.watch = map[event.Fingerprint]struct{}{group.Event(b.Events[0]).Fingerprint: {}}
		// An earlier process stored the first event and ended before it told of it.
		r.store.rows[b.Events[0].ID]++
		if got := kinds(r.Receive(t.Context(), again(b))); got[outcome.Stored] != 1 || got[outcome.Duplicate] != 1 {
			t.Fatalf("got %v", got)
		}
		time.Sleep(10 * time.Second) // until the spill, where the other one is, has been drained
		r.stop()
		if len(r.ear.hits) != 2 || r.ear.critical["all"] != 2 || r.ear.tailed != 0 {
			t.Fatalf("%d hits, critical %v", len(r.ear.hits), r.ear.critical)
		}
	})
}

func TestTheNewestBlocksAreMadeWholeAfterAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		store.newest = []string{"b", "a"}
		r := startOver(t, store)
		synctest.Wait()
		r.stop()
		if !slices.Equal(r.store.completed, []string{"b", "a"}) {
			t.Fatalf("completed %v", r.store.completed)
		}
	})
}
