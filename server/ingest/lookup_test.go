package ingest

import (
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/server/receive"
)

// uncounted is a batch of a client that does not count its attempts.
func uncounted(n int) *receive.Batch {
	b := batch(n)
	b.Attempt, b.MadeAt, b.Protocol = 0, time.Now(), "sentry"
	return b
}

// same is the same batch, sent once more without saying so.
func same(b *receive.Batch) *receive.Batch {
	c := again(b)
	c.Attempt = b.Attempt
	return c
}

// calm waits until nothing waits in the spill.
func calm(r *rig) {
	for r.writer.disk.any() {
		time.Sleep(time.Second)
	}
}

func TestWhoDoesNotCountIsNotStoredTwice(t *testing.T) {
	f := func(name string, between func(t *testing.T, r *rig)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, func(c *Config) { c.RecentEvents = 10 })
				calm(r)
				time.Sleep(time.Minute)
				b := uncounted(4)
				r.Receive(t.Context(), same(b))
				between(t, r)
				if got := kinds(r.Receive(t.Context(), same(b))); got[outcome.Duplicate] != 4 {
					t.Fatalf("got %v", got)
				}
			})
		})
	}
	f("at once", func(*testing.T, *rig) {})
	f("when it is forgotten", func(t *testing.T, r *rig) {
		for range 5 {
			r.Receive(t.Context(), uncounted(10))
		}
	})
	f("after a day", func(*testing.T, *rig) { time.Sleep(24 * time.Hour) })
}

func TestASendingThatLooksLikeAFailureIsLookedUpWhenItComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		calm(r)
		time.Sleep(time.Minute)
		r.store.set(func(m *memory) { m.fail = func(int) (bool, error) { return true, later{} } })
		r.disk.fail = errors.New("no room")
		b := uncounted(3)
		if got := kinds(r.Receive(t.Context(), same(b))); got[outcome.Lost] != 3 {
			t.Fatalf("got %v", got)
		}
		r.store.set(func(m *memory) { m.fail = nil })
		r.disk.fail = nil
		r.Receive(t.Context(), same(b))
		time.Sleep(time.Minute)
		for _, e := range b.Events {
			if n := r.store.stored()[e.ID]; n != 1 {
				t.Fatalf("an event is there %d times", n)
			}
		}
	})
}

func TestANewProcessLooksUpWhatTheLastOneMayHaveStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := start(t, nil)
		calm(old)
		b := uncounted(3)
		old.Receive(t.Context(), same(b))
		old.stop()
		f := func(wait time.Duration) {
			r := startOver(t, old.store)
			calm(r)
			time.Sleep(wait)
			if got := kinds(r.Receive(t.Context(), same(b))); got[outcome.Duplicate] != 3 {
				t.Fatalf("after %v: %v", wait, got)
			}
			fresh := uncounted(3)
			asked := r.store.asked
			if got := kinds(r.Receive(t.Context(), fresh)); got[outcome.Stored] != 3 {
				t.Fatalf("after %v: %v", wait, got)
			}
			if looked := r.store.asked > asked; looked != (wait < clockLead) {
				t.Fatalf("after %v: looked up: %v", wait, looked)
			}
		}
		f(0)
		f(time.Minute)
	})
}

func TestClocksThatAreWrongCostALookUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		calm(r)
		time.Sleep(time.Minute)
		f := func(age time.Duration, want bool) {
			t.Helper()
			b, asked := uncounted(1), r.store.asked
			b.MadeAt = b.MadeAt.Add(-age)
			r.Receive(t.Context(), b)
			if looked := r.store.asked > asked; looked != want {
				t.Errorf("%v old: looked up: %v", age, looked)
			}
		}
		f(0, false)
		f(r.cfg.ResendAge, false)
		f(r.cfg.ResendAge+1, true)
		f(-clockLead, false)
		f(-clockLead-1, true)
		f(time.Since(time.Time{}), true)
	})
}

func TestLookUpsOfManyRequestsAreOneQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		calm(r)
		var clients sync.WaitGroup
		for range 1000 {
			clients.Go(func() {
				b := uncounted(1)
				b.Attempt = 2
				if got := kinds(r.Receive(t.Context(), b)); got[outcome.Stored] != 1 {
					t.Errorf("got %v", got)
				}
			})
		}
		clients.Wait()
		if r.store.asked > 2*lookupsAtOnce {
			t.Fatalf("%d questions", r.store.asked)
		}
	})
}

func TestWhatCannotBeLookedUpIsSpilledTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		r.store.set(func(m *memory) { m.fail = func(int) (bool, error) { return false, later{} } })
		r.Receive(t.Context(), batch(1)) // the store is away
		var clients sync.WaitGroup
		for range 1000 {
			clients.Go(func() {
				b := batch(1)
				b.Attempt = 2
				if got := kinds(r.Receive(t.Context(), b)); got[outcome.Stored] != 1 {
					t.Errorf("got %v", got)
				}
			})
		}
		clients.Wait()
		r.disk.mu.Lock()
		n := len(r.disk.tokens)
		r.disk.mu.Unlock()
		if n > 4 {
			t.Fatalf("%d blocks", n)
		}
		r.store.set(func(m *memory) { m.fail = nil })
		time.Sleep(time.Minute)
		if len(r.store.stored()) != 1001 {
			t.Fatalf("%d rows", len(r.store.stored()))
		}
	})
}

func TestWhatAnotherProcessSpilledIsNotStoredTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		calm(r)
		other := start(t, nil)
		other.store.set(func(m *memory) { m.fail = func(int) (bool, error) { return false, later{} } })
		b := batch(2)
		other.Receive(t.Context(), again(b))
		// It ends, and what it spilled waits where both spill.
		r.store.set(func(m *memory) { m.fail = other.store.fail })
		r.disk.mu.Lock()
		other.disk.mu.Lock()
		r.disk.tokens, r.disk.blocks, r.disk.strange = other.disk.tokens, other.disk.blocks, true
		other.disk.mu.Unlock()
		r.disk.mu.Unlock()
		time.Sleep(r.cfg.OutcomeInterval)
		b.Attempt = 2
		r.Receive(t.Context(), again(b))
		r.store.set(func(m *memory) { m.fail = nil })
		time.Sleep(time.Minute)
		for _, e := range b.Events {
			if n := r.store.stored()[e.ID]; n != 1 {
				t.Fatalf("an event is there %d times", n)
			}
		}
	})
}

func TestABlockThatWasGivenUpIsMadeWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		calm(r)
		// The rows are there, the roll-ups may not be, and nobody will insert the block again.
		r.store.set(func(m *memory) { m.fail = func(int) (bool, error) { return true, errRefused } })
		b := batch(2)
		if got := kinds(r.Receive(t.Context(), again(b))); got[outcome.Lost] != 2 {
			t.Fatalf("got %v", got)
		}
		var token string
		r.store.set(func(m *memory) {
			m.fail = nil
			for token = range m.tokens {
			}
		})
		time.Sleep(2 * r.cfg.OutcomeInterval)
		r.store.set(func(m *memory) {
			if !slices.Contains(m.completed, token) {
				t.Errorf("completed %v, not %q", m.completed, token)
			}
		})
		time.Sleep(2 * r.cfg.OutcomeInterval)
		if n := len(r.store.completed); n != 1 {
			t.Errorf("completed %d times", n)
		}
	})
}

func TestResentEventsGatherOnTheirWayToTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		r.store.set(func(m *memory) { m.fail = func(int) (bool, error) { return false, later{} } })
		r.Receive(t.Context(), batch(1)) // the store is away from now on
		r.disk.mu.Lock()
		before := len(r.disk.tokens)
		r.disk.mu.Unlock()
		var clients sync.WaitGroup
		for range 500 {
			clients.Go(func() {
				b := batch(2)
				b.Attempt = 2
				if got := kinds(r.Receive(t.Context(), b)); got[outcome.Stored] != 2 {
					t.Errorf("got %v", got)
				}
			})
			time.Sleep(time.Millisecond)
		}
		clients.Wait()
		r.disk.mu.Lock()
		if blocks := len(r.disk.tokens) - before; blocks != 1 {
			t.Errorf("%d blocks were spilled", blocks)
		}
		r.disk.mu.Unlock()
		r.store.set(func(m *memory) { m.fail = nil })
		time.Sleep(time.Minute)
		if n := len(r.store.stored()); n != 1001 {
			t.Errorf("%d events are stored", n)
		}
		if len(r.store.completed) != 0 {
			t.Errorf("nobody tried the blocks %v before", r.store.completed)
		}
	})
}

// TestWhatIsSentAgainNeedNotWaitForTheSpill sends events again while others wait on disk.
func TestWhatIsSentAgainNeedNotWaitForTheSpill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(c *Config) { c.RecentEvents = 1 })
		calm(r)
		r.store.set(func(m *memory) { m.fail = func(int) (bool, error) { return false, later{} } })
		waiting := batch(3)
		r.Receive(t.Context(), waiting)
		for range 3 {
			r.Receive(t.Context(), batch(1)) // makes it forget those before
		}
		// The store takes new blocks again, while those on disk wait.
		r.store.set(func(m *memory) {
			m.fail = nil
			m.parts = DefaultConfig().CrowdParts + 1
		})
		r.writer.parts.Store(int64(DefaultConfig().CrowdParts + 1))
		r.writer.setAway(false)
		on := func() int {
			n, _, _, _ := r.disk.SpillPending(t.Context())
			return int(n)
		}
		before := on()
		fresh := batch(3)
		fresh.Attempt = 2
		if got := kinds(r.Receive(t.Context(), again(fresh))); got[outcome.Stored] != 3 || on() > before {
			t.Fatalf("got %v, %d blocks on disk, before it were %d", got, on(), before)
		}
		if on() < 4 {
			t.Fatalf("only %d blocks are left on disk", on())
		}
		waiting = again(waiting)
		waiting.Attempt = 2
		if got := kinds(r.Receive(t.Context(), waiting)); got[outcome.Stored] != 3 {
			t.Fatalf("got %v", got)
		}
		r.store.set(func(m *memory) { m.parts = 0 })
		time.Sleep(time.Minute)
		for _, e := range waiting.Events {
			if n := r.store.stored()[e.ID]; n != 1 {
				t.Errorf("an event is there %d times", n)
			}
		}
		if r.writer.disk.any() || r.writer.disk.filters != nil {
			t.Error("filters are left when nothing waits")
		}
	})
}

func TestAFilterErrsSeldomAndForgetsNothing(t *testing.T) {
	d := newOnDisk()
	id := func(n uint64) (id event.ID) {
		binary.BigEndian.PutUint64(id[8:], n)
		return id
	}
	if !d.may(1, []event.ID{id(1)}) {
		t.Fatal("it knows before it has looked")
	}
	d.look(0, true, d.version())
	if d.may(1, []event.ID{id(1)}) {
		t.Fatal("it holds what was never there")
	}
	const n = filterIDs + 1000 // more than one filter holds
	_, done := d.add(nil)
	for i := range uint64(n) {
		d.note(1, id(i))
	}
	if d.look(0, true, d.version()); !d.any() {
		t.Fatal("it forgets a block on its way")
	}
	done()
	d.look(1, true, d.version())
	wrong := 0
	for i := range uint64(n) {
		if !d.may(1, []event.ID{id(i)}) {
			t.Fatalf("id %d is not there", i)
		}
		if d.may(2, []event.ID{id(i)}) {
			wrong++
		}
	}
	if wrong > n/1000 {
		t.Errorf("%d of %d others are taken for one of them", wrong, n)
	}
	if d.look(1, false, d.version()); !d.may(2, []event.ID{id(1)}) {
		t.Error("it knows what others put there")
	}
	d.look(0, true, d.version())
	if d.may(1, []event.ID{id(1)}) || d.filters != nil {
		t.Error("it remembers what has left")
	}
}
