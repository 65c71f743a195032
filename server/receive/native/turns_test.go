package native

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newTurns()
		began := time.Now()
		var quick func()
		for range cap(all) {
			done, err := all.take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			quick = done
		}
		ctx, cancel := context.WithTimeout(t.Context(), heldUp/2)
		defer cancel()
		if _, err := all.take(ctx); err == nil {
			t.Fatal("there is one turn more than there are")
		}
		quick()
		if _, err := all.take(t.Context()); err != nil || time.Since(began) != heldUp/2 {
			t.Fatalf("a turn that is over is not had at once, but after %v: %v", time.Since(began), err)
		}
		if _, err := all.take(t.Context()); err != nil || time.Since(began) != heldUp {
			t.Fatalf("one that is held up gives its turn away after %v: %v", time.Since(began), err)
		}
		quick() // a second time: it has none to give back
		synctest.Wait()
		if len(all) > cap(all) {
			t.Fatal("more turns than there are")
		}
	})
}
