package regroup

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/view"
	"github.com/faultline-dev/faultline/server/group"
)

// looker groups stored events by two sets of rules.
type looker struct {
	*Service
	project      uint32
	since        time.Time
	today, tried *group.Rules
	end          time.Time // of the time for it
}

// errEnough ends the reading of events.
var errEnough = errors.New("the time for looking at events is over")

// Pieces of this many events are read and grouped side by side, by so many at most.
const (
	pieceEvents = 1000
	maxLookers  = 8
)

// all looks at the chosen events, some of which may be read and grouped at the same time;
// stopped is whether the time was over before that.
func (l *looker) all(ctx context.Context, chosen []view.Chosen) (seen *sightings, stopped bool, err error) {
	pieces := slices.Collect(slices.Chunk(chosen, pieceEvents))
	found := make([]*sightings, len(pieces))
	enough := make([]bool, len(pieces))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(min(runtime.GOMAXPROCS(0), maxLookers))
	for i, piece := range pieces {
		work.Go(func() error {
			found[i] = newSightings()
			err := l.piece(ctx, piece, found[i])
			if enough[i] = errors.Is(err, errEnough); enough[i] {
				return nil
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, false, err
	}
	seen = newSightings()
	for _, part := range found {
		seen.join(part)
	}
	return seen, slices.Contains(enough, true), nil
}

// piece looks at some events.
func (l *looker) piece(ctx context.Context, chosen []view.Chosen, seen *sightings) error {
	if time.Now().After(l.end) {
		return errEnough
	}
	within, cancel := context.WithDeadline(ctx, l.end)
	defer cancel()
	err := l.parts.Events.Read(within, l.project, l.since, chosen, func(o *event.Occurrence) error {
		if time.Now().After(l.end) {
			return errEnough
		}
		seen.add(o, l.today.Event(group.WithOwnStacks(o.Event)).Fingerprint, l.tried.Event(o.Event))
		return nil
	})
	if err != nil && ctx.Err() == nil && time.Now().After(l.end) {
		return errEnough // a question that takes too long is cut off, which is no failure
	}
	return err
}
