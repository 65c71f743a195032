package recent

import "testing"

func TestWhatIsAskedForStaysAndTheRestIsForgotten(t *testing.T) {
	t.Parallel()
	things := New[int](200)
	things.Keep(1, 10, 10)
	for hash := range uint64(100) {
		things.Keep(hash+100, int(hash), 10)
		if v, found := things.Find(1); !found || v != 10 {
			t.Fatalf("after %d others: %d %v", hash, v, found)
		}
		if n := len(things.young) + len(things.old); n > 22 {
			t.Fatalf("%d things in room for 20", n)
		}
	}
	if _, found := things.Find(100); found {
		t.Fatal("what nobody asked for is still there")
	}
}

func TestCameBefore(t *testing.T) {
	t.Parallel()
	things := New[int](1)
	if things.CameBefore(7) || !things.CameBefore(7) || things.CameBefore(8) || !things.CameBefore(7) {
		t.Fatal("what came once and what came twice is mixed up")
	}
}
