// Package recent remembers things that came more than once, by a hash, in bounded memory.
// It compares nothing: who finds something must look whether it is the thing. It locks
// nothing either.
package recent

// Things are in two generations: when the young one has half of the memory, it becomes
// the old one, and what is not asked for until the next time is forgotten.
type Things[T any] struct {
	budget     int
	young, old map[uint64]thing[T]
	bytes      int // of the young ones
	once       [slots]uint64
}

type thing[T any] struct {
	value T
	bytes int
}

// slots is how many hashes that came once are remembered, roughly.
const slots = 1 << 13

// New remembers things in about so many bytes.
func New[T any](bytes int) *Things[T] {
	return &Things[T]{budget: bytes, young: make(map[uint64]thing[T])}
}

// Find returns what was kept under a hash, and makes it young.
func (t *Things[T]) Find(hash uint64) (value T, found bool) {
	if k, found := t.young[hash]; found {
		return k.value, true
	}
	k, found := t.old[hash]
	if found {
		delete(t.old, hash)
		t.Keep(hash, k.value, k.bytes)
	}
	return k.value, found
}

// CameBefore notes that a hash came, and tells whether it came lately. Things that never
// come again are not worth keeping.
func (t *Things[T]) CameBefore(hash uint64) bool {
	slot := &t.once[hash%slots]
	before := *slot == hash
	*slot = hash
	return before
}

// Keep remembers a value that takes so many bytes.
func (t *Things[T]) Keep(hash uint64, value T, bytes int) {
	t.young[hash] = thing[T]{value, bytes}
	t.bytes += bytes
	if t.bytes > t.budget/2 {
		t.old, t.young, t.bytes = t.young, make(map[uint64]thing[T]), 0
	}
}
