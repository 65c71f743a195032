package quota

import (
	"math"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

const (
	// tracked is how many issues of a project are counted; of all others only the sum is
	// known. An issue with more than one part in so many of the events is always among them.
	tracked = 128
	// halfLife is after how long an event counts half.
	halfLife = 10 * time.Second
	// fewEvents is what an issue's part is a part of, at least, so that the first events do
	// not make a flood.
	fewEvents = 20
	// heaviest bounds the weight of a new event before all weights are made smaller.
	heaviest = 1 << 40
)

// sketch counts events by issue in bounded memory, newer ones more than older ones. It is
// the Space-Saving algorithm: when all places are taken, a new issue takes over the
// smallest count, so that counts may be too large, never too small. Instead of making old
// counts smaller as time goes by, it makes new ones larger.
type sketch struct {
	since  time.Time
	total  float64
	places map[event.Fingerprint]int
	prints []event.Fingerprint
	counts []float64
}

func newSketch(now time.Time) *sketch {
	return &sketch{since: now, places: map[event.Fingerprint]int{}}
}

// weight is what an event counts at a time.
func (s *sketch) weight(now time.Time) float64 {
	w := math.Exp2(max(0, now.Sub(s.since).Seconds()) / halfLife.Seconds())
	if w < heaviest {
		return w
	}
	s.total /= w
	for i := range s.counts {
		s.counts[i] /= w
	}
	s.since = now
	return 1
}

// add counts one event.
func (s *sketch) add(f event.Fingerprint, now time.Time) {
	w := s.weight(now)
	s.total += w
	if i, found := s.places[f]; found {
		s.counts[i] += w
		return
	}
	if len(s.prints) < tracked {
		s.places[f] = len(s.prints)
		s.prints, s.counts = append(s.prints, f), append(s.counts, w)
		return
	}
	least := 0
	for i, n := range s.counts {
		if n < s.counts[least] {
			least = i
		}
	}
	delete(s.places, s.prints[least])
	s.places[f], s.prints[least] = least, f
	s.counts[least] += w
}

// share is the part of an issue in what was counted lately, from 0 to 1.
func (s *sketch) share(f event.Fingerprint, now time.Time) float64 {
	i, found := s.places[f]
	if !found {
		return 0
	}
	return s.counts[i] / max(s.total, fewEvents*s.weight(now))
}
