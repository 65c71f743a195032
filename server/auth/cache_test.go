package auth

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/project"
)

// awayStore counts questions and can be slow or away.
type awayStore struct {
	asked atomic.Int64
	err   error
	slow  time.Duration
}

func (s *awayStore) load(ctx context.Context, k uint32) (int64, error) {
	n := s.asked.Add(1)
	if s.slow > 0 {
		select {
		case <-time.After(s.slow):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return n, s.err
}

func TestManyAskOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &awayStore{slow: time.Second}
		c := newCache("number", 10, DefaultConfig(), s.load)
		var g errgroup.Group
		for range 100 {
			g.Go(func() error {
				v, err := c.get(t.Context(), 1)
				if v != 1 {
					err = fmt.Errorf("%d, %w", v, err)
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		if n := s.asked.Load(); n != 1 {
			t.Fatalf("asked %d times", n)
		}
	})
}

func TestASlowStoreStopsOneCallerAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &awayStore{}
		c := newCache("number", 10, DefaultConfig(), s.load)
		if _, err := c.get(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		s.slow = time.Hour
		time.Sleep(DefaultConfig().TTL)
		var waited atomic.Int64
		var g errgroup.Group
		for range 50 {
			g.Go(func() error {
				start := time.Now()
				v, err := c.get(t.Context(), 1)
				if v != 1 {
					err = fmt.Errorf("%d, %w", v, err)
				}
				if time.Since(start) > 0 {
					waited.Add(1)
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		if n := waited.Load(); n != 1 {
			t.Fatalf("%d callers waited", n)
		}
	})
}

func TestAnAnswerFromBeforeAChangeIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &awayStore{slow: time.Second}
		c := newCache("number", 10, DefaultConfig(), s.load)
		done := make(chan int64)
		go func() {
			v, _ := c.get(t.Context(), 1)
			done <- v
		}()
		synctest.Wait()
		c.forget(func(uint32, int64) bool { return true })
		if v := <-done; v != 1 {
			t.Fatal(v)
		}
		if v, err := c.get(t.Context(), 1); err != nil || v != 2 {
			t.Fatal("the old answer is used:", v, err)
		}
	})
}

func TestMadeUpKeysPushOutNoRealOnes(t *testing.T) {
	t.Parallel()
	s := &awayStore{}
	c := newCache("number", 100, DefaultConfig(), func(ctx context.Context, k uint32) (int64, error) {
		if k > 50 {
			return 0, project.ErrNotFound
		}
		return s.load(ctx, k)
	})
	for k := range uint32(51) {
		if _, err := c.get(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	for k := range uint32(100_000) {
		if _, err := c.get(t.Context(), 1000+k); !errors.Is(err, project.ErrNotFound) {
			t.Fatal(err)
		}
	}
	c.unknown.CleanUp()
	if n := c.unknown.EstimatedSize(); n > 200 {
		t.Fatalf("%d unknown keys are kept", n)
	}
	for k := range uint32(51) {
		if _, err := c.get(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.asked.Load(); n != 51 {
		t.Fatalf("asked %d times for 51 keys", n)
	}
}

func BenchmarkKey(b *testing.B) {
	s := &awayStore{}
	c := newCache("number", 10, DefaultConfig(), s.load)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.get(b.Context(), 1); err != nil {
				b.Fatal(err)
			}
		}
	})
}
