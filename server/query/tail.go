package query

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// The limits of a tail: what waits for a slow reader, what a reader is shown, and how many
// events are looked up whole because the query asks for more than their short
// form holds.
const (
	tailQueue   = 256
	tailRate    = 50 // events a second
	tailLookups = 20 // a second
)

// Tailed is one message of a tail.
type Tailed struct {
	Event   *Event // nil: only a sign of life
	Skipped uint64 // events left out since the message before
}

// Tail calls send with the events of a project that match a query, as they are
// stored, and with a sign of life when there are none, until ctx ends or send
// fails.
func (s *Service) Tail(ctx context.Context, a project.Access, projectID uint32, query string, send func(Tailed) error) error {
	p, err := s.project(ctx, a, projectID, project.ScopeEventRead)
	if err != nil {
		return err
	}
	q, err := search.ParseEvents(query)
	if err != nil {
		return err
	}
	target, err := s.targets(ctx, p.ID)
	if err != nil {
		return err
	}
	t := tail{service: s, query: q, queue: make(chan event.Summary, tailQueue), show: rate.NewLimiter(tailRate, tailRate), look: rate.NewLimiter(tailLookups, tailLookups)}
	stop, err := s.Parts.Tail.SubscribeTail(ctx, p.ID, t.offer)
	if err != nil {
		return fmt.Errorf("tail project %d: %w", p.ID, err)
	}
	defer stop()
	return t.run(ctx, target, send)
}

type tail struct {
	service *Service
	query   search.Query
	queue   chan event.Summary
	skipped atomic.Uint64
	show    *rate.Limiter
	look    *rate.Limiter
}

// offer takes an event without ever waiting.
func (t *tail) offer(e event.Summary) {
	select {
	case t.queue <- e:
	default:
		t.skipped.Add(1)
	}
}

func (t *tail) run(ctx context.Context, target func(issue.ID) issue.ID, send func(Tailed) error) error {
	// The first sign of life tells the reader that the tail is open.
	if err := send(Tailed{}); err != nil {
		return err
	}
	beat := time.NewTicker(t.service.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-beat.C:
			if err := send(Tailed{Skipped: t.skipped.Swap(0)}); err != nil {
				return err
			}
		case e := <-t.queue:
			if !t.matches(ctx, &e) {
				continue
			}
			if !t.show.Allow() {
				t.skipped.Add(1)
				continue
			}
			shown := Event{e, target(issue.ID{ProjectID: e.ProjectID, Fingerprint: e.Fingerprint})}
			if err := send(Tailed{Event: &shown, Skipped: t.skipped.Swap(0)}); err != nil {
				return err
			}
		}
	}
}

// matches decides on the short form of an event where it can, else on the whole
// event; one that cannot be looked up counts as left out.
func (t *tail) matches(ctx context.Context, e *event.Summary) bool {
	now := t.service.now()
	if t.query.FitsSummary() {
		return t.query.Match(search.OfSummary(e), now)
	}
	if t.look.Allow() {
		o, found, err := t.service.Events.EventAt(ctx, issue.ID{ProjectID: e.ProjectID, Fingerprint: e.Fingerprint}, view.Cursor{Timestamp: e.Timestamp, EventID: e.EventID})
		if err == nil && found {
			return t.query.Match(search.OfOccurrence(o), now)
		}
	}
	t.skipped.Add(1)
	return false
}
