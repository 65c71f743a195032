package ingest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/search"
)

// announcer tells other parts of stored events: of fingerprints seen for the first
// time, of those on a watch list, of critical events, and people who watch live.
type announcer struct {
	cfg       Config
	index     Index
	publisher Publisher
	tail      Tail
	directory Directory
	metrics   *Metrics
	log       *slog.Logger
	known     *recent[issue.ID]

	mu    sync.Mutex
	owed  debts
	rules map[uint32]compiledRules
}

// compiledRules are those of a project's rules that watch every event.
type compiledRules struct {
	source  []rule.Rule // what they were compiled from
	queries []search.Query
	ids     []string
}

func newAnnouncer(cfg Config, p Parts) *announcer {
	return &announcer{
		cfg: cfg, index: p.Index, publisher: p.Publisher, tail: p.Tail, directory: p.Directory, metrics: p.Metrics, log: p.Logger,
		known: newRecent[issue.ID](cfg.KnownFingerprints), rules: map[uint32]compiledRules{},
	}
}

// gathering is what is found out about the events of a block while it fills up. It holds
// none of them, so that their memory is free.
type gathering struct {
	first map[issue.ID]*event.Summary // the first event of each issue; nil: the issue is known
	told  map[toldKey]struct{}
	news
}

// news is what is to be told of a block.
type news struct {
	issues []issue.ID      // all that have events in the block
	fresh  []event.Summary // the first event of each that the store did not hold
	hits   []event.Summary // of watched issues
	alarms []alarm
	live   []event.Summary // for people who watch
}

// note finds out about an event.
func (a *announcer) note(g *gathering, who *interest, o *event.Occurrence) {
	if g.first == nil {
		g.first, g.told = map[issue.ID]*event.Summary{}, map[toldKey]struct{}{}
	}
	id := issue.ID{ProjectID: o.ProjectID, Fingerprint: o.Fingerprint}
	if first, noted := g.first[id]; !noted && a.known.has(id) {
		g.first[id] = nil
	} else if !noted || first != nil && o.Event.Timestamp.Before(first.Timestamp) {
		s := summary(o)
		g.first[id] = &s
	}
	if _, watched := who.watch[o.Fingerprint]; watched {
		g.hits = append(g.hits, summary(o))
	}
	if ids := who.matching(o, g.told); len(ids) > 0 {
		g.alarms = append(g.alarms, alarm{summary(o), ids})
	}
	if who.tail {
		g.live = append(g.live, summary(o))
	}
}

// summary keeps no memory of the event, nor of those that came with it.
func summary(o *event.Occurrence) event.Summary { return o.Summary().Clone() }

// gather finds out about events of any projects.
func (a *announcer) gather(ctx context.Context, events []*event.Occurrence) *gathering {
	g, interests := &gathering{}, map[uint32]*interest{}
	for _, o := range events {
		who := interests[o.ProjectID]
		if who == nil {
			who = a.interest(ctx, o.ProjectID)
			interests[o.ProjectID] = who
		}
		a.note(g, who, o)
	}
	return g
}

// look finds out which issues of a block are new. It must be asked before the events are
// inserted. Where the store does not answer, an issue counts as new: telling twice does no
// harm.
func (a *announcer) look(ctx context.Context, g *gathering) news {
	n := g.news
	n.issues = make([]issue.ID, 0, len(g.first))
	var missing []issue.ID
	for id, first := range g.first {
		n.issues = append(n.issues, id)
		if first != nil && !a.known.has(id) {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return n
	}
	ctx, cancel := context.WithTimeout(ctx, a.cfg.LookupTimeout)
	defer cancel()
	known, err := a.index.Known(ctx, missing)
	if err != nil {
		a.failed("look up fingerprints", err)
	}
	for _, id := range missing {
		if _, found := known[id]; !found {
			n.fresh = append(n.fresh, *g.first[id])
		}
	}
	return n
}

// announce tells of stored events. It gives up after PublishTimeout; first
// sightings that failed are told with a later block.
func (a *announcer) announce(ctx context.Context, n news) {
	ctx, cancel := context.WithTimeout(ctx, a.cfg.PublishTimeout)
	defer cancel()
	a.known.add(n.issues)
	a.firstSeen(ctx, n.fresh)
	a.hits(ctx, n.hits)
	a.critical(ctx, n.alarms)
	for _, s := range n.live {
		a.tail.Tail(s)
	}
}

// retell tells of events that the store had when they were sent again: the process that
// stored them may have ended before it told of them. Whoever was told knows the events
// by their ids. First sightings are looked for elsewhere.
func (a *announcer) retell(ctx context.Context, events []*event.Occurrence) {
	if len(events) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, a.cfg.PublishTimeout)
	defer cancel()
	g := a.gather(ctx, events)
	a.hits(ctx, g.hits)
	a.critical(ctx, g.alarms)
}

// interest is who wants to know of a project's events.
type interest struct {
	watch map[event.Fingerprint]struct{}
	rules compiledRules
	tail  bool
	now   time.Time
}

func (a *announcer) interest(ctx context.Context, projectID uint32) *interest {
	in := &interest{tail: a.tail.TailWanted(projectID), now: time.Now()}
	var err error
	if in.watch, err = a.directory.Watch(ctx, projectID); err != nil {
		a.failed("read a watch list", err)
	}
	rules, err := a.directory.Rules(ctx, projectID)
	if err != nil {
		a.failed("read alert rules", err)
	}
	in.rules = a.compile(projectID, rules)
	return in
}

// toldKey is a rule that matched an event of an issue.
type toldKey struct {
	rule  string
	issue issue.ID
}

// matching returns the ids of the rules that an event matches. In one block, a rule
// matches one event of an issue: more could only be throttled.
func (in *interest) matching(o *event.Occurrence, told map[toldKey]struct{}) []string {
	var ids []string
	for i, q := range in.rules.queries {
		k := toldKey{in.rules.ids[i], issue.ID{ProjectID: o.ProjectID, Fingerprint: o.Fingerprint}}
		if _, told := told[k]; told || !q.Match(search.OfOccurrence(o), in.now) {
			continue
		}
		told[k] = struct{}{}
		ids = append(ids, k.rule)
	}
	return ids
}

// compile parses a project's rules, once for each set of them that the directory
// hands out.
func (a *announcer) compile(projectID uint32, rules []rule.Rule) compiledRules {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, found := a.rules[projectID]
	if found && len(c.source) == len(rules) && (len(rules) == 0 || &c.source[0] == &rules[0]) {
		return c
	}
	c = compiledRules{source: rules}
	for _, r := range rules {
		if !r.Enabled || !watchesEvents(r) {
			continue
		}
		q, err := search.ParseEvents(r.Query)
		if err != nil {
			a.failed("parse alert rule "+r.ID, err)
			continue
		}
		c.queries, c.ids = append(c.queries, q), append(c.ids, r.ID)
	}
	a.rules[projectID] = c
	return c
}

func watchesEvents(r rule.Rule) bool {
	for _, t := range r.Triggers {
		if t == rule.OnEvent {
			return true
		}
	}
	return false
}

func (a *announcer) failed(operation string, err error) {
	a.metrics.failures.WithLabelValues("announce").Inc()
	a.log.Warn("could not "+operation+"; it is repaired later", "error", err)
}
