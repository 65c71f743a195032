package wire

import "slices"

// slab hands out slices of large pieces of memory, so that the lists of a batch
// cost a few allocations and not a few each.
type slab[T any] struct {
	free []T
	used int // elements handed out
}

// slabLength is how many elements are allocated at once at most.
const slabLength = 256

// take returns an empty slice with room for n. What is ahead tells how large the rest of
// the batch is, in terms of what has been read of it: a new piece is made to last for it.
func (s *slab[T]) take(n int, ahead float64) []T {
	if n > cap(s.free) {
		if n > slabLength/2 {
			return make([]T, 0, n)
		}
		s.free = make([]T, 0, min(max(int(float64(s.used)*ahead), n), slabLength))
	}
	s.used += n
	out := s.free[:0:n]
	s.free = s.free[n:n:cap(s.free)]
	return out
}

// expect makes the next piece large enough for n elements.
func (s *slab[T]) expect(n int) {
	if n > cap(s.free) {
		s.free = make([]T, 0, n)
	}
}

// extend makes room for n more elements of a list.
func (s *slab[T]) extend(list []T, n int, ahead float64) []T {
	if list == nil {
		return s.take(n, ahead)
	}
	return slices.Grow(list, n)
}
