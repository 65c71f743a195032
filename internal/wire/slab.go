package wire

import "slices"

// slab hands out slices of large pieces of memory, so that the lists of a batch
// cost a few allocations and not a few each. The pieces grow with the use.
type slab[T any] struct {
	free   []T
	length int // of the last piece
}

// slabLength is how many elements are allocated at once at most.
const slabLength = 256

// take returns an empty slice with room for n.
func (s *slab[T]) take(n int) []T {
	if n > cap(s.free) {
		if n > slabLength/2 {
			return make([]T, 0, n)
		}
		s.length = min(max(2*s.length, n), slabLength)
		s.free = make([]T, 0, s.length)
	}
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
func (s *slab[T]) extend(list []T, n int) []T {
	if list == nil {
		return s.take(n)
	}
	return slices.Grow(list, n)
}
