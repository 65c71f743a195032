package group

import (
	"sync"
	"unsafe"

	"github.com/zeebo/xxh3"

	"github.com/faultline-dev/faultline/internal/event"
)

// key stands for all that decides about an event's parts.
type key = xxh3.Uint128

// entry is what a cache knows of a key: the result, or that only the wide key
// leads to it.
type entry struct {
	fingerprint event.Fingerprint
	parts       []event.Part
	wide        bool
}

// size is about what an entry takes with its place in a map.
func (e entry) size() int {
	n := 2*int(unsafe.Sizeof(e)) + 64 + len(e.parts)*int(unsafe.Sizeof(event.Part{}))
	for i := range e.parts {
		n += len(e.parts[i].Value) + len(e.parts[i].Source)
	}
	return n
}

// shards is how many locks share the work.
const shards = 16

// cache maps keys to values within a bound. Each shard has a young and an old
// generation: when the young one is full it becomes the old one, and what is
// asked for again moves back. So what is asked for often stays.
type cache[V sizer] struct {
	room   int // bytes in one generation of one shard
	shards [shards]shard[V]
}

// sizer tells about how many bytes it takes.
type sizer interface{ size() int }

type shard[V sizer] struct {
	sync.RWMutex
	young, old map[key]V
	used       int // bytes in young
}

func (c *cache[V]) init(memory int) {
	c.room = max(memory/shards/2, 1)
	for i := range c.shards {
		c.shards[i].young = map[key]V{}
	}
}

func (c *cache[V]) get(k key) (V, bool) {
	s := &c.shards[k.Lo%shards]
	s.RLock()
	v, ok := s.young[k]
	if ok {
		s.RUnlock()
		return v, true
	}
	v, ok = s.old[k]
	s.RUnlock()
	if ok {
		c.put(k, v)
	}
	return v, ok
}

func (c *cache[V]) put(k key, v V) {
	s := &c.shards[k.Lo%shards]
	s.Lock()
	defer s.Unlock()
	if _, there := s.young[k]; there {
		return
	}
	size := v.size()
	if size > c.room {
		return
	}
	if s.used+size > c.room {
		s.old, s.young, s.used = s.young, make(map[key]V, len(s.young)), 0
	}
	s.young[k] = v
	s.used += size
}
