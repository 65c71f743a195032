package ingest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

func TestALoneEventDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		began := time.Now()
		r.Receive(t.Context(), batch(1))
		if took := time.Since(began); took != r.store.took {
			t.Fatalf("took %v", took)
		}
	})
}

func TestWhatArrivesDuringAnInsertMakesTheNextBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		var clients sync.WaitGroup
		for range 100 {
			clients.Go(func() { r.Receive(t.Context(), batch(10)) })
			time.Sleep(500 * time.Microsecond)
		}
		clients.Wait()
		if want := []int{10, 990}; !slices.Equal(r.store.blocks, want) {
			t.Fatalf("blocks %v, want %v", r.store.blocks, want)
		}
		if gap := r.store.starts[1].Sub(r.store.starts[0]); gap != r.cfg.FlushMin {
			t.Fatalf("%v between inserts", gap)
		}
	})
}

// TestABlockDoesNotWaitWhenAllWhoSendWait looks at clients that send again when they have their answers. Where the store
// has too many parts, their blocks wait for the interval.
func TestABlockDoesNotWaitWhenAllWhoSendWait(t *testing.T) {
	f := func(parts int, hurries bool) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			r := start(t, nil)
			r.store.took, r.store.parts = 5*time.Millisecond, parts
			var last time.Duration
			for range 200 {
				began := time.Now()
				var clients sync.WaitGroup
				for range 50 {
					clients.Go(func() { r.Receive(t.Context(), batch(1)) })
					time.Sleep(100 * time.Microsecond)
				}
				clients.Wait()
				last = time.Since(began)
			}
			cfg := DefaultConfig()
			if most := 5*time.Millisecond + lullAnswer + 2*r.store.took; (last <= most) != hurries {
				t.Errorf("with %d parts a round took %v; at most %v: want %v", parts, last, most, hurries)
			}
			if !hurries && last < cfg.FlushMin {
				t.Errorf("with %d parts a round took %v, less than %v", parts, last, cfg.FlushMin)
			}
		})
	}
	f(DefaultConfig().HurryParts, true)
	f(DefaultConfig().HurryParts+1, false)
	f(DefaultConfig().CrowdParts+1, false)
}

func TestTheIntervalGrowsWithWhatInsertsTake(t *testing.T) {
	f := func(took, want, behind time.Duration) {
		t.Helper()
		w := &writer{cfg: DefaultConfig(), took: took, disk: new(onDisk)}
		if got := w.interval(); got != want {
			t.Errorf("%v after an insert of %v, want %v", got, took, want)
		}
		w.parts.Store(int64(w.cfg.HurryParts) + 1)
		if got := w.interval(); got != behind {
			t.Errorf("%v after an insert of %v where the store has many parts, want %v", got, took, behind)
		}
	}
	f(0, 50*time.Millisecond, 50*time.Millisecond)
	f(10*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond)
	f(30*time.Millisecond, 90*time.Millisecond, 90*time.Millisecond)
	f(60*time.Millisecond, 120*time.Millisecond, 180*time.Millisecond)
	f(120*time.Millisecond, 180*time.Millisecond, 360*time.Millisecond)
	f(time.Second, 400*time.Millisecond, 400*time.Millisecond)
	catchingUp := &writer{cfg: DefaultConfig(), took: 300 * time.Millisecond, disk: newOnDisk()}
	if got := catchingUp.interval(); got != 900*time.Millisecond {
		t.Fatalf("%v while the spill is drained", got)
	}
}

func TestAFullBlockIsInsertedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(c *Config) { c.BlockRows, c.FlushMin, c.FlushMax = 100, time.Minute, time.Minute })
		r.Receive(t.Context(), batch(1))
		began := time.Now()
		r.Receive(t.Context(), batch(100))
		if took := time.Since(began); took != r.store.took {
			t.Fatalf("took %v", took)
		}
	})
}

func TestNoRoomRefusesAfterTheBatchsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(c *Config) { c.RoomBytes = 1 << 20 })
		r.store.took = 4 * time.Second
		go r.Receive(t.Context(), batch(1000))
		synctest.Wait()
		b := batch(1)
		b.Patience = time.Second
		began := time.Now()
		got := r.Receive(t.Context(), b)
		if got[0].Kind != outcome.Limited || got[0].Reason != outcome.Buffer || !got[0].Retry || got[0].RetryAfter == 0 {
			t.Fatalf("%+v", got[0])
		}
		if took := time.Since(began); took != b.Patience {
			t.Fatalf("refused after %v", took)
		}
		patient := again(b)
		patient.Patience = 0
		if got := kinds(r.Receive(t.Context(), patient)); got[outcome.Stored] != 1 {
			t.Fatalf("got %v once there was room", got)
		}
	})
}

func TestAClientThatGoesAwayIsAnsweredAndItsEventsAreStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		got := r.Receive(ctx, batch(3))
		if got[0].Kind != outcome.Lost || !got[0].Retry {
			t.Fatalf("%+v", got[0])
		}
		r.stop()
		if len(r.store.rows) != 3 || r.store.outcomes[outcome.Stored] != 3 || r.store.outcomes[outcome.Lost] != 0 {
			t.Fatalf("%d rows, outcomes %v", len(r.store.rows), r.store.outcomes)
		}
	})
}

func TestResendsAreDuplicates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(c *Config) { c.RecentEvents = 10 })
		b := batch(5)
		first := make(chan []outcome.Result)
		go func() { first <- r.Receive(t.Context(), b) }()
		synctest.Wait()
		during := r.Receive(t.Context(), again(b)) // while the first is under way
		if got := kinds(<-first); got[outcome.Stored] != 5 {
			t.Fatalf("first: %v", got)
		}
		if got := kinds(during); got[outcome.Duplicate] != 5 {
			t.Fatalf("during: %v", got)
		}
		if got := kinds(r.Receive(t.Context(), again(b))); got[outcome.Duplicate] != 5 {
			t.Fatalf("after: %v", got)
		}
		for range 3 {
			r.Receive(t.Context(), batch(10)) // makes it forget b
		}
		if got := kinds(r.Receive(t.Context(), again(b))); got[outcome.Duplicate] != 5 || len(r.store.rows) != 35 {
			t.Fatalf("long after: %v, %d rows", got, len(r.store.rows))
		}
	})
}

func TestAResendSharesTheFailureOfTheFirstSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		r.store.fail = func(int) (bool, error) { return false, errRefused }
		b := batch(2)
		go r.Receive(t.Context(), b)
		synctest.Wait()
		if got := r.Receive(t.Context(), again(b)); got[0].Kind != outcome.Lost || !got[0].Retry {
			t.Fatalf("%+v", got[0])
		}
		r.store.set(func(m *memory) { m.fail = nil })
		if got := kinds(r.Receive(t.Context(), again(b))); got[outcome.Stored] != 2 {
			t.Fatalf("got %v", got)
		}
	})
}

func TestBlocksGoToDiskWhileTheStoreIsAwayAndComeBackOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		// The insert is applied, but nobody knows: the same token must come back.
		r.store.fail = func(int) (bool, error) { return true, later{} }
		b := batch(4)
		if got := kinds(r.Receive(t.Context(), b)); got[outcome.Stored] != 4 {
			t.Fatalf("got %v", got)
		}
		r.store.set(func(m *memory) { m.fail = func(int) (bool, error) { return false, later{} } })
		began := time.Now()
		r.Receive(t.Context(), batch(1))
		if took := time.Since(began); took > r.cfg.FlushAway {
			t.Fatalf("took %v though the store is known to be away", took)
		}
		r.store.set(func(m *memory) { m.fail = nil })
		time.Sleep(10 * time.Second)
		if r.writer.away.Load() || r.writer.disk.any() {
			t.Fatal("the store still counts as away")
		}
		r.stop()
		if len(r.store.rows) != 5 || len(r.disk.tokens) != 0 {
			t.Fatalf("%d rows, %d blocks on disk", len(r.store.rows), len(r.disk.tokens))
		}
		for id, n := range r.store.rows {
			if n != 1 {
				t.Fatalf("%s is stored %d times", id, n)
			}
		}
	})
}

func TestASlowStoreIsCaughtUpWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		r.store.set(func(m *memory) { m.took = 2 * r.cfg.InsertPatience })
		for range 3 {
			if got := kinds(r.Receive(t.Context(), batch(2))); got[outcome.Stored] != 2 {
				t.Fatalf("got %v", got)
			}
		}
		time.Sleep(10 * time.Minute)
		r.stop()
		if len(r.store.rows) != 6 || len(r.disk.tokens) != 0 {
			t.Fatalf("%d rows, %d blocks on disk", len(r.store.rows), len(r.disk.tokens))
		}
	})
}

func TestWhatIsOnDiskWaitsForAStoreThatIsCrowded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		r.store.set(func(m *memory) { m.fail = func(int) (bool, error) { return false, later{} } })
		for range 20 {
			r.Receive(t.Context(), batch(2))
		}
		r.store.set(func(m *memory) { m.fail, m.took, m.parts = nil, time.Second, r.cfg.CrowdParts+1 })
		time.Sleep(time.Minute)
		if n, _, _, _ := r.disk.SpillPending(t.Context()); n == 0 || n == 20 {
			t.Fatalf("%d blocks on disk", n)
		}
		began := time.Now()
		r.Receive(t.Context(), batch(1))
		if took := time.Since(began); took < time.Second || took > r.cfg.FlushAway+time.Second {
			t.Errorf("a new event took %v", took)
		}
		r.store.set(func(m *memory) { m.parts = r.cfg.CrowdParts })
		time.Sleep(time.Minute)
		r.stop()
		if len(r.store.rows) != 41 || len(r.disk.tokens) != 0 {
			t.Fatalf("%d rows, %d blocks on disk", len(r.store.rows), len(r.disk.tokens))
		}
	})
}

func TestAResendOfASpilledEventIsLookedUpWhenItIsDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(c *Config) { c.RecentEvents = 1 })
		r.store.fail = func(int) (bool, error) { return false, later{} }
		b := batch(3)
		r.Receive(t.Context(), b)
		r.Receive(t.Context(), batch(1)) // makes it forget b
		r.Receive(t.Context(), batch(1))
		if got := kinds(r.Receive(t.Context(), again(b))); got[outcome.Stored] != 3 {
			t.Fatalf("got %v", got)
		}
		if len(r.disk.tokens) != 4 {
			t.Fatalf("%d blocks on disk", len(r.disk.tokens))
		}
		r.store.set(func(m *memory) { m.fail = nil })
		time.Sleep(10 * time.Second)
		r.stop()
		if len(r.store.rows) != 5 {
			t.Fatalf("%d rows", len(r.store.rows))
		}
		for id, n := range r.store.rows {
			if n != 1 {
				t.Fatalf("%s is stored %d times", id, n)
			}
		}
	})
}

func TestStoppingStoresTheRestAndRefusesMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(c *Config) { c.FlushMin, c.FlushMax = time.Minute, time.Minute })
		r.Receive(t.Context(), batch(1))
		waiting := make(chan []outcome.Result)
		go func() { waiting <- r.Receive(t.Context(), batch(7)) }()
		synctest.Wait()
		r.stop()
		if got := kinds(<-waiting); got[outcome.Stored] != 7 {
			t.Fatalf("got %v", got)
		}
		if got := r.Receive(t.Context(), batch(1)); got[0].Reason != outcome.Shutdown || !got[0].Retry {
			t.Fatalf("%+v", got[0])
		}
	})
}

func TestStoppingEndsInTimeThoughTheStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(c *Config) { c.InsertPatience = time.Hour })
		r.store.took = time.Hour
		waiting := make(chan []outcome.Result)
		go func() { waiting <- r.Receive(t.Context(), batch(2)) }()
		synctest.Wait()
		began := time.Now()
		go r.stop()
		if got := kinds(<-waiting); got[outcome.Stored] != 2 || len(r.disk.tokens) != 1 {
			t.Fatalf("got %v with %d blocks on disk", got, len(r.disk.tokens))
		}
		if took := time.Since(began); took > r.cfg.StopTimeout {
			t.Fatalf("took %v", took)
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	f := func(change func(*Config)) {
		t.Helper()
		c := DefaultConfig()
		change(&c)
		if c.Validate() == nil {
			t.Fatalf("%+v is valid", c)
		}
	}
	f(func(c *Config) { c.FlushMin = 0 })
	f(func(c *Config) { c.FlushMax = c.FlushMin - 1 })
	f(func(c *Config) { c.FlushShare = 0 })
	f(func(c *Config) { c.FlushBrisk = 0 })
	f(func(c *Config) { c.CrowdParts = c.HurryParts - 1 })
	f(func(c *Config) { c.BlockRows = 0 })
	f(func(c *Config) { c.RoomBytes = 0 })
	f(func(c *Config) { c.StopTimeout = 0 })
	f(func(c *Config) { c.RecentEvents = 0 })
	if err := errors.Join(DefaultConfig().Validate()); err != nil {
		t.Fatal(err)
	}
}

// fragile is rows that break at an event.
type fragile struct {
	list
	at int
}

func (f *fragile) Append(o *event.Occurrence) {
	if len(f.events) == f.at {
		panic("broken")
	}
	f.list.Append(o)
}

func TestABlockThatLacksEventsIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, away := range []bool{false, true} {
			r := start(t, nil)
			r.Receive(t.Context(), batch(1)) // what comes after it waits for each other
			r.writer.newRows = func() Rows { return &fragile{list{insert: r.store.insert}, 15} }
			r.writer.away.Store(away)
			answers := make(chan map[outcome.Kind]int, 1)
			go func() { answers <- kinds(r.Receive(t.Context(), batch(10))) }()
			synctest.Wait()
			func() {
				defer func() { recover() }()
				r.Receive(t.Context(), batch(10))
			}()
			if got := <-answers; got[outcome.Lost] != 10 {
				t.Errorf("away %v: %v", away, got)
			}
			if len(r.store.stored()) != 1 || len(r.disk.tokens) > 0 {
				t.Errorf("away %v: a part is stored", away)
			}
			r.stop()
		}
	})
}
