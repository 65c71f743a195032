package quota

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/semaphore"
	"pgregory.net/rapid"
)

func TestAProjectThatSendsLittleNeedNotWait(t *testing.T) {
	t.Parallel()
	r := NewRoom(900, 0)
	n := int64(0)
	for r.TryAcquire(1, 10) {
		n += 10
	}
	if n != 800 {
		t.Fatalf("alone, a project gets %d of 900", n)
	}
	for id := range uint32(5) {
		if !r.TryAcquire(2+id, 10) {
			t.Fatalf("project %d has nothing and gets nothing", 2+id)
		}
	}
	if r.TryAcquire(1, 10) {
		t.Fatal("the one that has most gets more")
	}
}

func TestWhatWaitsIsServedByHowLittleItsProjectHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(900, 0)
		for r.TryAcquire(1, 100) {
		}
		for r.TryAcquire(2, 50) {
		}
		var mu sync.Mutex
		var order []uint32
		var wg sync.WaitGroup
		ask := func(id uint32, n int64) {
			wg.Go(func() {
				if err := r.Acquire(t.Context(), id, n); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, id)
				mu.Unlock()
			})
			synctest.Wait()
		}
		ask(1, 100)
		ask(1, 100)
		ask(2, 50)
		ask(3, 140) // more than is free
		r.Release(1, 100)
		synctest.Wait()
		r.Release(1, 100)
		synctest.Wait()
		r.Release(1, 300)
		wg.Wait()
		if want := "[3 2 1 1]"; fmt.Sprint(order) != want {
			t.Fatal(order)
		}
	})
}

func TestALargeOneIsNotPassedForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(100, 0)
		if !r.TryAcquire(1, 60) {
			t.Fatal("an empty room is full")
		}
		done := make(chan error, 1)
		go func() { done <- r.Acquire(t.Context(), 2, 100) }()
		synctest.Wait()
		if r.TryAcquire(3, 1) {
			t.Fatal("one that came later is served before")
		}
		r.Release(1, 60)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

func TestWaitingEndsWithTheContextAndMakesWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(100, 100)
		r.TryAcquire(1, 50)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, behind := make(chan error, 1), make(chan error, 1)
		go func() { got <- r.Acquire(ctx, 2, 90) }()
		synctest.Wait()
		go func() { behind <- r.Acquire(t.Context(), 3, 10) }()
		synctest.Wait()
		if err := r.Acquire(t.Context(), 4, 10); !errors.Is(err, ErrCrowded) {
			t.Fatal("more waits than may wait:", err)
		}
		if err := <-got; !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if err := <-behind; err != nil {
			t.Fatal(err)
		}
		r.Release(1, 50)
		r.Release(3, 10)
		if r.free != 100 || r.queue != 100 {
			t.Fatal(r.free, r.queue)
		}
	})
}

// Whatever is asked for and given back, in whatever order: never more is held than
// there is, everybody is served in the end, and nothing is left.
func TestRoomHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 1000).Draw(t, "size")
		r := NewRoom(size, 0)
		type held struct {
			id    uint32
			bytes int64
		}
		var mu sync.Mutex
		var got []held
		var wg sync.WaitGroup
		for range rapid.IntRange(1, 60).Draw(t, "askers") {
			h := held{uint32(rapid.IntRange(1, 5).Draw(t, "project")), rapid.Int64Range(1, size).Draw(t, "bytes")}
			patience := time.Duration(rapid.IntRange(0, 3).Draw(t, "patience")) * 50 * time.Microsecond
			wg.Go(func() {
				ctx := context.Background()
				if patience > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, patience)
					defer cancel()
				}
				if r.Acquire(ctx, h.id, h.bytes) != nil {
					return
				}
				mu.Lock()
				got = append(got, h)
				sum := int64(0)
				for _, other := range got {
					sum += other.bytes
				}
				mu.Unlock()
				if sum > size {
					panic(fmt.Sprintf("%d of %d are held", sum, size))
				}
				mu.Lock()
				for i := range got {
					if got[i] == h {
						got = append(got[:i], got[i+1:]...)
						break
					}
				}
				mu.Unlock()
				r.Release(h.id, h.bytes)
			})
		}
		wg.Wait()
		if r.free != size || len(r.waiting) != 0 {
			t.Fatalf("%d of %d are free, %d wait", r.free, size, len(r.waiting))
		}
	})
}

// Three projects want all there is, with many, some and few at once; each gets a third.
func TestSharesAreEqualWhateverIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(10_000, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		served := [4]int64{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for id, askers := range []int{1: 400, 2: 60, 3: 40} {
			for range askers {
				wg.Go(func() {
					for ctx.Err() == nil && r.Acquire(ctx, uint32(id), 100) == nil {
						time.Sleep(10 * time.Millisecond)
						mu.Lock()
						served[id] += 100
						mu.Unlock()
						r.Release(uint32(id), 100)
					}
				})
			}
		}
		wg.Wait()
		sum := served[1] + served[2] + served[3]
		t.Log("served:", served[1:], "of", sum)
		for id := 1; id <= 3; id++ {
			if part := float64(served[id]) / float64(sum); part < 0.30 || part > 0.37 {
				t.Fatalf("project %d gets %.2f", id, part)
			}
		}
	})
}

func TestIdleProjectsAreForgotten(t *testing.T) {
	t.Parallel()
	r := NewRoom(1000, 0)
	for id := range uint32(100_000) {
		r.TryAcquire(id, 10)
		r.Release(id, 10)
	}
	if len(r.shares) > idleShares+1 {
		t.Fatal(len(r.shares))
	}
}

func BenchmarkRoom(b *testing.B) {
	ctx := context.Background()
	b.Run("semaphore", func(b *testing.B) {
		s := semaphore.NewWeighted(1 << 30)
		for b.Loop() {
			s.Acquire(ctx, 1000)
			s.Release(1000)
		}
	})
	b.Run("fair", func(b *testing.B) {
		r := NewRoom(1<<30, 0)
		for b.Loop() {
			r.Acquire(ctx, 1, 1000)
			r.Release(1, 1000)
		}
	})
	b.Run("fair/100 projects", func(b *testing.B) {
		r := NewRoom(1<<30, 0)
		for i := uint32(0); b.Loop(); i++ {
			r.Acquire(ctx, i%100, 1000)
			r.Release(i%100, 1000)
		}
	})
	b.Run("semaphore/parallel", func(b *testing.B) {
		s := semaphore.NewWeighted(1 << 30)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				s.Acquire(ctx, 1000)
				s.Release(1000)
			}
		})
	})
	b.Run("fair/parallel", func(b *testing.B) {
		r := NewRoom(1<<30, 0)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				r.Acquire(ctx, 1, 1000)
				r.Release(1, 1000)
			}
		})
	})
}
