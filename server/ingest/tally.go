package ingest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
)

// tallyEntries bounds how many different counts wait for the store. Beyond it, keys
// and fingerprints are no longer told apart, and beyond twice that, nothing is.
const tallyEntries = 50_000

// tally counts the outcomes of events that are not stored and writes them to the
// store, which counts stored events itself, row by row. What a process that is killed
// had not written is lost: up to OutcomeInterval.
type tally struct {
	store   Store
	metrics *Metrics
	log     *slog.Logger

	mu   sync.Mutex
	open map[outcome.Count]uint64 // by everything but Events

	writing sync.Mutex
	token   string          // names sealed
	sealed  []outcome.Count // what is being written; the same until the store has it
}

func newTally(s Store, m *Metrics, log *slog.Logger) *tally {
	return &tally{store: s, metrics: m, log: log, open: map[outcome.Count]uint64{}}
}

// add counts events.
func (t *tally) add(c outcome.Count) {
	if c.Events == 0 {
		return
	}
	n := c.Events
	c.Events, c.Minute = 0, c.Minute.UTC().Truncate(time.Minute)
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, found := t.open[c]; !found && len(t.open) >= tallyEntries {
		c.KeyID, c.Fingerprint = "", event.Fingerprint{}
		if _, found := t.open[c]; !found && len(t.open) >= 2*tallyEntries {
			t.metrics.failures.WithLabelValues("count outcomes").Inc()
			return
		}
	}
	t.open[c] += n
}

// addEach counts events that had the same outcome.
func (t *tally) addEach(events []*event.Occurrence, r outcome.Result) {
	for _, o := range events {
		t.addOne(o, r)
	}
}

func (t *tally) addOne(o *event.Occurrence, r outcome.Result) {
	t.add(outcome.Count{
		ProjectID: o.ProjectID, KeyID: o.KeyID, Minute: o.ReceivedAt, Kind: r.Kind, Reason: r.Reason, Fingerprint: o.Fingerprint, Events: 1,
	})
}

// flush writes what was counted. What fails stays and is written by a later flush,
// under the same token.
func (t *tally) flush(ctx context.Context) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	if err := t.write(ctx); err != nil {
		return err
	}
	t.seal()
	return t.write(ctx)
}

func (t *tally) write(ctx context.Context) error {
	if len(t.sealed) == 0 {
		return nil
	}
	if err := t.store.InsertOutcomes(ctx, t.token, t.sealed); err != nil {
		t.metrics.failures.WithLabelValues("write outcomes").Inc()
		return err
	}
	t.sealed = nil
	return nil
}

// seal ends the present counts and names them.
func (t *tally) seal() {
	t.mu.Lock()
	open := t.open
	t.open = make(map[outcome.Count]uint64, len(open))
	t.mu.Unlock()
	if len(open) == 0 {
		return
	}
	t.token, t.sealed = "outcomes-"+rand.Text(), make([]outcome.Count, 0, len(open))
	for c, n := range open {
		c.Events = n
		t.sealed = append(t.sealed, c)
	}
}
