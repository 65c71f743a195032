package ingest

import "sync"

// recent is a set that forgets the oldest half when it is full.
type recent[K comparable] struct {
	mu    sync.Mutex
	limit int
	young map[K]struct{}
	old   map[K]struct{}
}

func newRecent[K comparable](limit int) *recent[K] {
	return &recent[K]{limit: limit/2 + 1, young: map[K]struct{}{}}
}

// has tells whether a key is in the set. If it is, it counts as new.
func (r *recent[K]) has(k K) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, found := r.young[k]; found {
		return true
	}
	_, found := r.old[k]
	if found {
		r.put(k)
	}
	return found
}

func (r *recent[K]) add(keys []K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range keys {
		r.put(k)
	}
}

func (r *recent[K]) put(k K) {
	if len(r.young) >= r.limit {
		r.old, r.young = r.young, map[K]struct{}{}
	}
	r.young[k] = struct{}{}
}
