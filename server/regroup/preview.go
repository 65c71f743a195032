package regroup

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
	"github.com/faultline-dev/faultline/server/group"
	"github.com/faultline-dev/faultline/server/group/rules"
)

// The days that are looked at.
const (
	defaultDays = 14
	maxDays     = 90
)

// Trial is rules to try.
type Trial struct {
	Fingerprints *string // nil: those of the project
	Stacks       *string // nil: those of the project
	Days         uint32  // 0: 14
}

// Preview is what rules would do.
type Preview struct {
	Project   project.Project
	Events    uint64 // of those days
	Looked    uint64
	Otherwise uint64 // looked at, and grouped otherwise by the rules of today than when they came
	Stopped   string // why not all were looked at: limit, time; empty: all were

	plan    plan
	records map[issue.ID]issue.Record
	sources map[event.Fingerprint]*source // the largest of each issue
	counts  map[event.Fingerprint]uint64  // by issue
	after   issue.RuleTexts
}

// Check reads rules without looking at any event; what is wrong with them is *rules.Mistakes.
func (s *Service) Check(ctx context.Context, a project.Access, id uint32, t Trial) error {
	if _, err := s.project(ctx, a, id, project.ScopeProjectRead); err != nil {
		return err
	}
	if err := rules.Check(t.Fingerprints, t.Stacks); err != nil {
		return wrong(err)
	}
	return nil
}

// Preview groups the newest events of each issue by the rules of today and by those that are tried.
func (s *Service) Preview(ctx context.Context, a project.Access, id uint32, t Trial) (Preview, error) {
	p, err := s.project(ctx, a, id, project.ScopeProjectRead, project.ScopeEventRead)
	if err != nil {
		return Preview{}, err
	}
	return s.preview(ctx, p, t)
}

func (s *Service) preview(ctx context.Context, p project.Project, t Trial) (Preview, error) {
	if t.Days > maxDays {
		return Preview{}, fmt.Errorf("%w: days is %d; give 1 to %d", project.ErrInvalid, t.Days, maxDays)
	}
	if t.Days == 0 {
		t.Days = defaultDays
	}
	if err := rules.Check(t.Fingerprints, t.Stacks); err != nil {
		return Preview{}, wrong(err)
	}
	before := issue.RuleTexts{Fingerprints: p.Settings.FingerprintRules, Stacks: p.Settings.StackRules}
	v := Preview{Project: p, after: before}
	if t.Fingerprints != nil {
		v.after.Fingerprints = *t.Fingerprints
	}
	if t.Stacks != nil {
		v.after.Stacks = *t.Stacks
	}
	select {
	case s.room <- struct{}{}:
		defer func() { <-s.room }()
	case <-ctx.Done():
		return Preview{}, fmt.Errorf("wait for other previews: %w", ctx.Err())
	}
	since := s.now().Add(-time.Duration(t.Days) * 24 * time.Hour)
	choice, err := s.parts.Events.Choose(ctx, p.ID, since, s.cfg.Events)
	if err != nil {
		return Preview{}, fmt.Errorf("choose events of project %d: %w", p.ID, err)
	}
	seen, err := s.look(ctx, p.ID, since, choice.Chosen, before, &v)
	if err != nil {
		return Preview{}, err
	}
	for _, n := range choice.Events {
		v.Events += n
	}
	if v.Stopped == "" && v.Looked < v.Events {
		v.Stopped = "limit"
	}
	return v, s.decide(ctx, &v, seen, choice)
}

// look groups the chosen events both ways.
func (s *Service) look(ctx context.Context, projectID uint32, since time.Time, chosen []view.Chosen, before issue.RuleTexts, v *Preview) (*sightings, error) {
	today, err := group.NewRules(before.Fingerprints, before.Stacks)
	if err != nil {
		today = nil // as ingest does; what is saved was read before
	}
	tried, err := group.NewRules(v.after.Fingerprints, v.after.Stacks)
	if err != nil {
		return nil, wrong(err)
	}
	looker := looker{Service: s, project: projectID, since: since, today: today, tried: tried, end: time.Now().Add(s.cfg.Timeout)}
	seen, stopped, err := looker.all(ctx, chosen)
	if err != nil {
		return nil, fmt.Errorf("read events of project %d: %w", projectID, err)
	}
	if stopped {
		v.Stopped = "time"
	}
	v.Looked, v.Otherwise = seen.looked, seen.otherwise
	return seen, nil
}

// decide makes the plan, and gathers what is needed to show it.
func (s *Service) decide(ctx context.Context, v *Preview, seen *sightings, choice view.Choice) error {
	merges, err := s.parts.Records.Merges(ctx, v.Project.ID)
	if err != nil {
		return fmt.Errorf("read the merges of project %d: %w", v.Project.ID, err)
	}
	into := map[event.Fingerprint]event.Fingerprint{}
	for _, m := range merges {
		if !m.Undone {
			into[m.From.Fingerprint] = m.Into.Fingerprint
		}
	}
	issueOf := func(f event.Fingerprint) event.Fingerprint {
		if to, merged := into[f]; merged {
			return to
		}
		return f
	}
	v.counts, v.sources = map[event.Fingerprint]uint64{}, map[event.Fingerprint]*source{}
	ids := []issue.ID{}
	ask := func(f event.Fingerprint) { ids = append(ids, issue.ID{ProjectID: v.Project.ID, Fingerprint: f}) }
	for f, n := range choice.Events {
		v.counts[issueOf(f)] += n
	}
	for _, from := range seen.sources() {
		own := issueOf(from.fingerprint)
		ask(own)
		if there := v.sources[own]; there == nil || choice.Events[there.fingerprint] < choice.Events[from.fingerprint] {
			v.sources[own] = from
		}
	}
	for _, f := range seen.targets() {
		ask(f)
		ask(issueOf(f))
	}
	if v.records, err = s.parts.Records.Issues(ctx, ids); err != nil {
		return fmt.Errorf("read the workflow of %d issues: %w", len(ids), err)
	}
	record := func(f event.Fingerprint) issue.Record {
		return v.records[issue.ID{ProjectID: v.Project.ID, Fingerprint: f}]
	}
	v.plan = decide(seen, world{
		issueOf: issueOf,
		known: func(f event.Fingerprint) bool {
			_, merged := into[f]
			return merged || choice.Events[f] > 0 || record(f).Number > 0
		},
		age: func(f event.Fingerprint) uint64 { return record(f).Number },
	})
	return nil
}

// wrong marks an error as the caller's.
func wrong(err error) error { return fmt.Errorf("%w: %w", project.ErrInvalid, err) }
