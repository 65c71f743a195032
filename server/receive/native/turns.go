package native

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// turns lets few batches be in work at a time, from their first byte until the sink has let
// go of their events. More would be no faster: batches that come together would all be
// decoded before the first is done with, and their memory would neither be in a cache any
// more nor be there to be used again (docs/tried.md).
type turns chan struct{}

// There are so many turns for each processor, because a batch may wait for a lock. One that
// is held up for longer than heldUp, because its source map has to be fetched or the meta
// store is slow, gives its turn to another.
const (
	turnsEach = 2
	heldUp    = 50 * time.Millisecond
)

func newTurns() turns { return make(turns, turnsEach*runtime.GOMAXPROCS(0)) }

// take waits for a turn, which ends with done. The error is that of the context.
func (t turns) take(ctx context.Context) (done func(), err error) {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	pass := sync.OnceFunc(func() { <-t })
	held := time.AfterFunc(heldUp, pass)
	return func() {
		held.Stop()
		pass()
	}, nil
}
