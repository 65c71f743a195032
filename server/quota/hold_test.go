package quota

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatIsReadIsHeld(t *testing.T) {
	t.Parallel()
	f := func(length, expected, limit int64, want error) {
		t.Helper()
		r := NewRoom(1<<20, 0)
		h := r.Hold(7, time.Second)
		text := strings.Repeat("x", int(length))
		b, err := h.ReadAll(t.Context(), io.MultiReader(strings.NewReader(text), strings.NewReader("")), expected, limit)
		if !errors.Is(err, want) || want == nil && string(b) != text {
			t.Errorf("%d of %d: %d bytes, %v", length, limit, len(b), err)
		}
		if int64(cap(b)) > h.bytes || h.bytes > limit+1 {
			t.Errorf("%d of %d: %d bytes are held for %d", length, limit, h.bytes, cap(b))
		}
		if h.Release(); r.free != r.size {
			t.Errorf("%d of %d: %d bytes are not given back", length, limit, r.size-r.free)
		}
	}
	f(0, 0, 10, nil)
	f(10, 0, 10, nil)
	f(11, 0, 10, ErrTooLong)
	f(11, 500, 10, ErrTooLong)
	f(4095, 0, 1<<19, nil)
	f(4096, 0, 1<<19, nil)
	f(4097, 0, 1<<19, nil)
	f(100_000, 0, 1<<19, nil)
	f(100_000, 100_000, 1<<19, nil)
	f(100_000, 1, 100_000, nil)
	f(100_001, 1, 100_000, ErrTooLong)
}

func TestAHoldWaitsForRoomNoLongerThanItsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(8<<10, 0)
		if !r.TryAcquire(1, 7<<10) {
			t.Fatal("room is taken")
		}
		began := time.Now()
		h := r.Hold(2, time.Second)
		if _, err := h.ReadAll(t.Context(), bytes.NewReader(make([]byte, 5000)), 0, 8<<10); !errors.Is(err, ErrNoRoom) || time.Since(began) != time.Second {
			t.Fatal(err, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := h.Grow(ctx, 4<<10); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		r.Release(1, 7<<10)
		if err := h.Grow(t.Context(), 1<<20); err != nil || h.bytes != r.size {
			t.Fatal("what is larger than the room has all of it:", err, h.bytes)
		}
		h.Release()
	})
}
