package meta

import "testing"

func TestIdentitiesSortByTimeOfMakingAlsoWithinAMillisecond(t *testing.T) {
	t.Parallel()
	last := ""
	for range 10_000 {
		id := newID()
		if len(id) != 32 || id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
}
