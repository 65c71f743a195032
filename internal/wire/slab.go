package wire

import (
	"slices"
	"unsafe"
)

// slab hands out slices of large pieces of memory, so that the lists of a batch
// cost a few allocations and not a few each, and those of the next batch none.
type slab[T any] struct {
	first []T // the piece that stays from batch to batch
	free  []T // what is left of the present piece
	used  int // elements handed out
}

const (
	// slabLength is how many elements are allocated at once at most while a batch is read.
	slabLength = 256
	// slabKept is how many bytes of a slab stay for the next batch at most.
	slabKept = 512 << 10
)

// take returns an empty slice with room for n, whose elements are zero. What is ahead tells how
// large the rest of the batch is, in terms of what has been read of it: a new piece is made to
// last for it.
func (s *slab[T]) take(n int, ahead float64) []T {
	s.used += n
	if n > cap(s.free) {
		if n > slabLength/2 {
			return make([]T, 0, n)
		}
		s.free = make([]T, 0, min(max(int(float64(s.used-n)*ahead), n), slabLength))
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
func (s *slab[T]) extend(list []T, n int, ahead float64) []T {
	if list == nil {
		return s.take(n, ahead)
	}
	return slices.Grow(list, n)
}

// recycle takes everything back. A batch that needed more than was there makes the first
// piece of the next one so large.
func (s *slab[T]) recycle() {
	var element T
	clear(s.first[:min(s.used, cap(s.first))])
	if s.used > cap(s.first) && s.used*int(unsafe.Sizeof(element)) <= slabKept {
		s.first = make([]T, 0, s.used)
	}
	s.free, s.used = s.first, 0
}
