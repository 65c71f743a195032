package regroup

import (
	"cmp"
	"maps"
	"slices"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/group"
)

// sighting is how one stored event was grouped when it came, and how rules group it now.
type sighting struct {
	stored event.Fingerprint
	today  event.Fingerprint // by the rules of today
	tried  group.Result      // by those that are tried
}

// goes is the fingerprint of the next event like this one, as far as the rules that are tried
// have anything to do with it.
func (s sighting) goes() event.Fingerprint {
	if s.tried.Fingerprint == s.today {
		return s.stored
	}
	return s.tried.Fingerprint
}

// source is a stored fingerprint and where its events would go.
type source struct {
	fingerprint event.Fingerprint
	looked      uint64
	title       string // of its newest event, as stored
	culprit     string
	to          map[event.Fingerprint]*part
}

// part is the events of a source that go one way.
type part struct {
	fingerprint event.Fingerprint
	looked      uint64
	title       string // of the newest, as the rules make it
	culprit     string
}

// sightings are what was seen, by stored fingerprint.
type sightings struct {
	of        map[event.Fingerprint]*source
	looked    uint64
	otherwise uint64 // events that today's rules group otherwise than when they came
}

func newSightings() *sightings { return &sightings{of: map[event.Fingerprint]*source{}} }

// join takes in what was seen of other events, which are older where they have a fingerprint that is here already.
func (s *sightings) join(older *sightings) {
	s.looked += older.looked
	s.otherwise += older.otherwise
	for f, from := range older.of {
		own := s.of[f]
		if own == nil {
			s.of[f] = from
			continue
		}
		own.looked += from.looked
		for to, way := range from.to {
			if there := own.to[to]; there != nil {
				there.looked += way.looked
			} else {
				own.to[to] = way
			}
		}
	}
}

// add takes in one event, of each fingerprint the newest first.
func (s *sightings) add(o *event.Occurrence, today event.Fingerprint, tried group.Result) {
	saw := sighting{stored: o.Fingerprint, today: today, tried: tried}
	s.looked++
	if today != o.Fingerprint {
		s.otherwise++
	}
	from := s.of[o.Fingerprint]
	if from == nil {
		from = &source{fingerprint: o.Fingerprint, title: o.Title, culprit: o.Culprit, to: map[event.Fingerprint]*part{}}
		s.of[o.Fingerprint] = from
	}
	from.looked++
	way := from.to[saw.goes()]
	if way == nil {
		way = &part{fingerprint: saw.goes(), title: tried.Title, culprit: tried.Culprit}
		from.to[way.fingerprint] = way
	}
	way.looked++
}

// sources are in a fixed order.
func (s *sightings) sources() []*source {
	return slices.SortedFunc(maps.Values(s.of), func(a, b *source) int { return order(a.fingerprint, b.fingerprint) })
}

// targets are all fingerprints to which events would go and which are not their own.
func (s *sightings) targets() []event.Fingerprint {
	seen := map[event.Fingerprint]bool{}
	for _, from := range s.of {
		for f := range from.to {
			if f != from.fingerprint {
				seen[f] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(seen), order)
}

// whole is where all events of a source go; false if they go several ways.
func (s *source) whole() (event.Fingerprint, bool) {
	if len(s.to) != 1 {
		return event.Fingerprint{}, false
	}
	for f := range s.to {
		return f, true
	}
	return event.Fingerprint{}, false
}

// parts are the ways of a source, the one with most events first.
func (s *source) parts() []*part {
	return slices.SortedFunc(maps.Values(s.to), func(a, b *part) int {
		return cmp.Or(cmp.Compare(b.looked, a.looked), order(a.fingerprint, b.fingerprint))
	})
}

func order(a, b event.Fingerprint) int { return slices.Compare(a[:], b[:]) }
