package auth

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"
)

// cache is a bounded copy of a table. It asks the store for what it does not
// have or has had for too long, once at a time for each key, and keeps using
// what it has while the store is away. What does not exist is remembered apart,
// so that made-up keys push out no real ones.
type cache[K comparable, V any] struct {
	what    string
	cfg     Config
	known   *otter.Cache[K, *entry[V]]
	unknown *otter.Cache[K, *entry[error]]
	load    func(context.Context, K) (V, error)
	flights singleflight.Group
	changes atomic.Int64 // counted up by forget: an answer that was asked for before is old
	away    atomic.Int64 // until when the store is not asked for what is here, in nanoseconds since 1970
	now     func() time.Time
}

type entry[V any] struct {
	value V
	until time.Time   // when to ask again
	old   atomic.Bool // it has changed: wait for the answer
	asked atomic.Bool // somebody is asking because its time is over: do not wait
}

func newCache[K comparable, V any](what string, size int, cfg Config, load func(context.Context, K) (V, error)) *cache[K, V] {
	return &cache[K, V]{
		what: what, cfg: cfg, load: load, now: time.Now,
		known:   otter.Must(&otter.Options[K, *entry[V]]{MaximumSize: size}),
		unknown: otter.Must(&otter.Options[K, *entry[error]]{MaximumSize: size}),
	}
}

func (e *entry[V]) fresh(now time.Time) bool { return !e.old.Load() && now.Before(e.until) }

// get returns the value of a key. An error is either the store's word that there
// is none, or an UnavailableError.
func (c *cache[K, V]) get(ctx context.Context, k K) (V, error) {
	now := c.now()
	e, found := c.known.GetIfPresent(k)
	if found && (e.fresh(now) || now.UnixNano() < c.away.Load() || !e.old.Load() && !e.asked.CompareAndSwap(false, true)) {
		return e.value, nil
	}
	if !found {
		if no, ok := c.unknown.GetIfPresent(k); ok && no.fresh(now) {
			var none V
			return none, no.value
		}
	}
	v, err, _ := c.flights.Do(fmt.Sprint(k), func() (any, error) { return c.refresh(ctx, k) })
	if err != nil {
		var none V
		return none, err
	}
	return v.(V), nil
}

func (c *cache[K, V]) refresh(ctx context.Context, k K) (V, error) {
	before := c.changes.Load()
	// Others may wait for this answer: the first caller's end must not be theirs.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.LoadTimeout)
	defer cancel()
	v, err := c.load(ctx, k)
	now := c.now()
	switch {
	case err == nil:
		e := &entry[V]{value: v, until: now.Add(c.cfg.TTL)}
		c.known.Set(k, e)
		c.unknown.Invalidate(k)
		e.old.Store(c.changes.Load() != before)
		return v, nil
	case missing(err):
		e := &entry[error]{value: err, until: now.Add(c.cfg.UnknownTTL)}
		c.unknown.Set(k, e)
		c.known.Invalidate(k)
		e.old.Store(c.changes.Load() != before)
		return v, err
	}
	if e, ok := c.known.GetIfPresent(k); ok {
		c.away.Store(now.Add(c.cfg.RetryAfter).UnixNano())
		e.old.Store(false)
		e.asked.Store(false)
		return e.value, nil
	}
	return v, &UnavailableError{What: c.what, Err: err}
}

// forget makes the copies that match, and all that is known not to exist, be
// asked for again; they are still used if the store is away.
func (c *cache[K, V]) forget(match func(K, V) bool) {
	c.changes.Add(1)
	for k, e := range c.known.All() {
		if match(k, e.value) {
			e.old.Store(true)
		}
	}
	c.unknown.InvalidateAll()
	c.away.Store(0)
}
