// Package watch looks at what happened, issue changes and critical events, with the eyes of
// each project's rules, and has deliveries written down for whoever is to be told. It gathers
// what a decision needs and leaves the decision to evaluate; it sends nothing.
//
// Every step may be repeated: a delivery's identity follows from its cause and receiver.
package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/alerting/evaluate"
	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/search"
)

// Incoming hands over what happened, messages about one fingerprint one after another. It must
// offer a message again until the handler returns nil; a bus.Later is no failure.
type Incoming interface {
	ConsumeChanges(ctx context.Context, handle func(context.Context, bus.Changed) error) error
	ConsumeCritical(ctx context.Context, handle func(context.Context, bus.Critical) error) error
}

// Workflow knows what is written down about issues, or project.ErrNotFound.
type Workflow interface {
	Issue(ctx context.Context, id issue.ID) (issue.Record, error)
}

// History knows what was told before, newest first.
type History interface {
	Deliveries(ctx context.Context, f rule.DeliveryFilter, limit, offset int) ([]rule.Delivery, error)
}

// Stored knows whole events.
type Stored interface {
	EventOf(ctx context.Context, e event.Summary) (*event.Occurrence, bool, error)
}

// Deliverer writes deliveries down and sees to them. Adding one again must do nothing.
type Deliverer interface {
	Add(ctx context.Context, d rule.Delivery) error
}

// Parts are what watching needs.
type Parts struct {
	Incoming  Incoming
	Settings  Settings
	Workflow  Workflow
	History   History
	Stored    Stored
	Deliverer Deliverer
	Silent    bool                  // no channel can send, so that what was suppressed counts as told
	Metrics   prometheus.Registerer // nil: none
	Logger    *slog.Logger          // nil: slog's default
}

// Service watches. It is safe for concurrent use.
type Service struct {
	cfg Config
	Parts
	log       *slog.Logger
	decisions *prometheus.CounterVec
	cache     cache
	issues    [64]sync.Mutex // one for some of all issues
}

// New makes the service; Run starts it.
func New(cfg Config, parts Parts) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	log := parts.Logger
	if log == nil {
		log = slog.Default()
	}
	s := &Service{cfg: cfg, Parts: parts, log: log.With("component", "watch")}
	s.decisions = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "faultline_alert_decisions_total",
		Help: "Decisions about telling somebody, by what happened and the reason.",
	}, []string{"trigger", "reason"})
	if parts.Metrics != nil {
		parts.Metrics.MustRegister(s.decisions)
	}
	return s, nil
}

// Run watches until ctx ends, and returns when everything has stopped.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Incoming.ConsumeChanges(ctx, s.changed) })
	g.Go(func() error { return s.Incoming.ConsumeCritical(ctx, s.critical) })
	return g.Wait()
}

// Invalidate forgets what is cached of a project, 0: of all.
func (s *Service) Invalidate(projectID uint32) { s.cache.forget(projectID) }

// critical looks at an event that came with the word that it matches rules.
func (s *Service) critical(ctx context.Context, c bus.Critical) error {
	id := issue.ID{ProjectID: c.Event.ProjectID, Fingerprint: c.Event.Fingerprint}
	return s.look(ctx, id, evaluate.Cause{Trigger: rule.OnEvent, Event: c.Event, Matched: c.RuleIDs}, c.Event.EventID.String())
}

// changed looks at a change of an issue.
func (s *Service) changed(ctx context.Context, c bus.Changed) error {
	var trigger rule.Trigger
	switch {
	case c.From == "":
		trigger = rule.OnNewIssue
	case c.Reason == issue.ReasonRegressed && c.From == issue.Resolved:
		trigger = rule.OnRegression
	default:
		return nil
	}
	cause := evaluate.Cause{Trigger: trigger}
	name := "v" + strconv.FormatUint(c.Version, 10)
	if c.Event != nil {
		cause.Event, name = *c.Event, c.Event.EventID.String()
	}
	return s.look(ctx, c.IssueID(), cause, name)
}

// look has deliveries written down for whoever is to be told of a cause. name tells causes of
// one issue apart.
func (s *Service) look(ctx context.Context, id issue.ID, c evaluate.Cause, name string) error {
	p, err := s.project(ctx, id.ProjectID)
	if errors.Is(err, project.ErrNotFound) || err == nil && !p.waitsFor(c.Trigger) {
		return nil
	}
	if err != nil {
		return err
	}
	c.Issue = p.target(id)
	rec, err := s.record(ctx, c)
	if err != nil {
		return err
	}
	c.Status = rec.State.Status
	if c.Event.EventID.IsZero() {
		c.Event = summaryOf(rec)
	}
	if c.Subject, err = s.subject(ctx, p, c); err != nil {
		return err
	}
	defer s.alone(c.Issue)()
	decisions := evaluate.Decide(p.rules, c, nil, time.Now())
	if slices.ContainsFunc(decisions, func(d evaluate.Decision) bool { return d.Reason == evaluate.Notify }) {
		// What was told before can only hold back.
		history, err := s.told(ctx, c.Issue)
		if err != nil {
			return err
		}
		decisions = evaluate.Decide(p.rules, c, history, time.Now())
	}
	for _, d := range decisions {
		s.decisions.WithLabelValues(string(c.Trigger), string(d.Reason)).Inc()
		if d.Reason != evaluate.Notify {
			s.log.Debug("nobody is told", "rule", d.Rule.ID, "recipient", d.Recipient, "issue", c.Issue.String(), "trigger", c.Trigger, "reason", d.Reason)
			continue
		}
		if err := s.Deliverer.Add(ctx, delivery(d, c, p, rec, name)); err != nil {
			return fmt.Errorf("tell of issue %s: %w", c.Issue, err)
		}
	}
	return nil
}

// alone makes sure that no two causes of one issue are decided at the same moment here, each
// not knowing of the other. Between processes only the identity of deliveries does that: two
// that look at two events of one issue in the same instant may both tell of it.
func (s *Service) alone(id issue.ID) (done func()) {
	m := &s.issues[int(id.Fingerprint[0])%len(s.issues)]
	m.Lock()
	return m.Unlock
}

func delivery(d evaluate.Decision, c evaluate.Cause, p settings, rec issue.Record, name string) rule.Delivery {
	out := rule.Delivery{
		ID:        rule.DeliveryID(c.Issue, name, rule.Email, d.Recipient),
		ProjectID: c.Issue.ProjectID, RuleID: d.Rule.ID, RuleName: d.Rule.Name, IssueID: c.Issue,
		Trigger: c.Trigger, Event: c.Event, Channel: rule.Email, Recipient: d.Recipient, EventReceivedAt: c.Event.ReceivedAt,
	}
	if rec.Number > 0 {
		out.ShortID = issue.ShortID(p.slug, rec.Number)
	}
	return out
}

// record is what is written down about an issue. A critical event is often here before triage
// has given its issue a number, so a missing record is waited for, a little.
func (s *Service) record(ctx context.Context, c evaluate.Cause) (issue.Record, error) {
	rec, err := s.Workflow.Issue(ctx, c.Issue)
	if !errors.Is(err, project.ErrNotFound) {
		return rec, err
	}
	if wait, more := s.patience(c.Event.ReceivedAt, s.cfg.IssueWait); more {
		return rec, bus.Later{Delay: wait, Why: "triage has not numbered the issue yet"}
	}
	return issue.Record{}, nil
}

// subject is the event as queries see it: whole where a rule asks for more than the short form
// has. An event that is not stored yet is waited for, a while.
func (s *Service) subject(ctx context.Context, p settings, c evaluate.Cause) (search.Subject, error) {
	if c.Matched != nil || !p.needsWhole(c.Trigger) {
		return search.OfSummary(&c.Event), nil
	}
	if c.Event.EventID.IsZero() { // nobody knows which event it was
		return search.OfSummary(&c.Event), nil
	}
	o, found, err := s.Stored.EventOf(ctx, c.Event)
	if found && err == nil {
		return search.OfOccurrence(o), nil
	}
	if wait, more := s.patience(c.Event.ReceivedAt, s.cfg.EventWait); more {
		return nil, bus.Later{Delay: wait, Why: "the event cannot be read yet"}
	}
	s.log.Warn("rules were asked about the short form of an event only", "event", c.Event.EventID.String(), "error", err)
	return search.OfSummary(&c.Event), nil
}

// patience says whether something that should follow an event soon is worth waiting for, and
// how long to wait before looking again: longer the longer it has taken.
func (s *Service) patience(since time.Time, most time.Duration) (wait time.Duration, more bool) {
	age := time.Since(since)
	return min(max(age/2, 20*time.Millisecond), 10*time.Second), age < most
}

// told is what was told of an issue before.
func (s *Service) told(ctx context.Context, id issue.ID) ([]rule.Delivery, error) {
	all, err := s.History.Deliveries(ctx, rule.DeliveryFilter{ProjectID: id.ProjectID, IssueID: id}, s.cfg.HistoryLimit, 0)
	if err != nil {
		return nil, fmt.Errorf("look what was told of issue %s: %w", id, err)
	}
	var out []rule.Delivery
	for _, d := range all {
		if d.Status != rule.GaveUp && (d.Status != rule.Suppressed || s.Silent) {
			out = append(out, d)
		}
	}
	return out, nil
}

// summaryOf is the little that is known of an event that nobody can find any more.
func summaryOf(r issue.Record) event.Summary {
	level, _ := event.ParseLevel(r.Level)
	return event.Summary{
		ProjectID: r.ID.ProjectID, Fingerprint: r.ID.Fingerprint, Timestamp: r.FirstSeen, ReceivedAt: r.UpdatedAt,
		Title: r.Title, Culprit: r.Culprit, Level: level, Handled: true, Platform: r.Platform, Release: r.FirstRelease,
	}
}
