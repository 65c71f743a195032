package regroup

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/group"
)

func TestPiecesSayWhatTheWholeSays(t *testing.T) {
	add := func(s *sightings, i int) {
		stored, goes := event.Fingerprint{byte(i % 3)}, event.Fingerprint{100 + byte(i%4)}
		title := string(rune('a' + i%26))
		s.add(&event.Occurrence{Fingerprint: stored, Title: title}, stored, group.Result{Fingerprint: goes, Title: title})
	}
	for _, cut := range []int{0, 1, 7, 30, 59, 60} {
		whole, first, second := newSightings(), newSightings(), newSightings()
		for i := range 60 {
			add(whole, i)
			if i < cut {
				add(first, i)
			} else {
				add(second, i)
			}
		}
		joined := newSightings()
		joined.join(first)
		joined.join(second)
		if diff := cmp.Diff(whole, joined, cmp.AllowUnexported(sightings{}, source{}, part{})); diff != "" {
			t.Errorf("cut at %d: %s", cut, diff)
		}
	}
}
