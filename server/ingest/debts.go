package ingest

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/event"
)

// owedMax bounds what of each kind waits to be published again. What is beyond it, or is
// owed by a process that is killed, triage's sweeps find in the store.
const owedMax = 10_000

// debts is what could not be published, because the bus was away.
type debts struct {
	fresh  []event.Summary // first sightings
	hits   []event.Summary
	alarms []alarm
}

// alarm is an event that matches alert rules.
type alarm struct {
	event event.Summary
	rules []string
}

// settle tries to publish what is owed.
func (a *announcer) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, a.cfg.PublishTimeout)
	defer cancel()
	a.firstSeen(ctx, nil)
	a.hits(ctx, nil)
	a.critical(ctx, nil)
}

// firstSeen publishes first sightings, those that are owed too.
func (a *announcer) firstSeen(ctx context.Context, fresh []event.Summary) {
	list := append(take(a, &a.owed.fresh), fresh...)
	if len(list) == 0 {
		return
	}
	if err := a.publisher.FirstSeen(ctx, list); err != nil {
		a.failed("publish first sightings", err)
		owe(a, &a.owed.fresh, list)
	}
}

// hits publishes events of watched issues, those that are owed too.
func (a *announcer) hits(ctx context.Context, hits []event.Summary) {
	list := append(take(a, &a.owed.hits), hits...)
	if len(list) == 0 {
		return
	}
	if err := a.publisher.Hit(ctx, list); err != nil {
		a.failed("publish hits", err)
		owe(a, &a.owed.hits, list)
	}
}

// alarmsAtOnce is how many critical events wait for the bus at the same time.
const alarmsAtOnce = 32

// critical publishes critical events, those that are owed too, side by side, because
// each waits for the bus.
func (a *announcer) critical(ctx context.Context, alarms []alarm) {
	list := append(take(a, &a.owed.alarms), alarms...)
	var g errgroup.Group
	g.SetLimit(alarmsAtOnce)
	var mu sync.Mutex
	var left []alarm
	for _, al := range list {
		g.Go(func() error {
			err := a.publisher.Critical(ctx, al.event, al.rules)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				left = append(left, al)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		a.failed("publish all critical events", err)
		owe(a, &a.owed.alarms, left)
	}
}

// take empties a list of debts and returns what was in it.
func take[T any](a *announcer, list *[]T) []T {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := *list
	*list = nil
	return all
}

// owe adds to a list of debts what there is room for.
func owe[T any](a *announcer, list *[]T, more []T) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*list = append(*list, more[:min(len(more), max(owedMax-len(*list), 0))]...)
}
