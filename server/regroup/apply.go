package regroup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
)

// Limits of applying rules to the past.
const (
	maxJoined = 5000 // issues and fingerprints that change their issue
	maxName   = 200  // bytes
	maxListed = 50   // regroupings
)

// Apply saves rules and makes issues that they join one, the past included. What comes apart does so
// for new events at once, and for stored ones in the background; its largest part goes on as the issue it was.
// Nobody is alerted of it. If version is not 0, the project must still have it.
func (s *Service) Apply(ctx context.Context, a project.Access, id uint32, t Trial, name string, version uint64) (issue.Regrouping, project.Project, error) {
	p, err := s.project(ctx, a, id, project.ScopeProjectWrite, project.ScopeIssueWrite, project.ScopeEventRead)
	if err != nil {
		return issue.Regrouping{}, project.Project{}, err
	}
	if len(name) > maxName || !utf8.ValidString(name) {
		return issue.Regrouping{}, project.Project{}, fmt.Errorf("%w: name has %d bytes; give at most %d", project.ErrInvalid, len(name), maxName)
	}
	if version != 0 && version != p.Version {
		return issue.Regrouping{}, project.Project{}, stale(p)
	}
	v, err := s.preview(ctx, p, t)
	if err != nil {
		return issue.Regrouping{}, project.Project{}, err
	}
	now := s.now()
	joinings, expected := v.changes(now)
	if n := size(joinings); n > maxJoined {
		return issue.Regrouping{}, project.Project{}, fmt.Errorf("%w: this would change %d issues; at most %d are changed at once: save the rules for new events alone, or give fewer days", project.ErrInvalid, n, maxJoined)
	}
	r := issue.Regrouping{
		ProjectID: p.ID, Name: strings.TrimSpace(name), Actor: a.Actor(), CreatedAt: now, After: v.after,
		Before: issue.RuleTexts{Fingerprints: p.Settings.FingerprintRules, Stacks: p.Settings.StackRules},
		Split:  len(v.plan.splits), Renamed: len(v.plan.renamed),
	}
	for _, j := range joinings {
		r.Merged += len(j.From)
	}
	for _, one := range v.plan.splits {
		r.Torn = append(r.Torn, one.torn)
	}
	if r.Name == "" {
		r.Name = fmt.Sprintf("%s, %s", counted(r.Merged, "issue merged", "issues merged"), counted(r.Split, "issue split", "issues split"))
	}
	p.Settings.FingerprintRules, p.Settings.StackRules = v.after.Fingerprints, v.after.Stacks
	r, changed, err := s.parts.Regroup.Regroup(ctx, r, p, joinings, expected)
	if errors.Is(err, project.ErrChanged) {
		return issue.Regrouping{}, project.Project{}, stale(p)
	}
	if err != nil {
		return issue.Regrouping{}, project.Project{}, fmt.Errorf("apply rules to project %d: %w", id, err)
	}
	return r, changed, s.tell(ctx, id)
}

func stale(p project.Project) error {
	return fmt.Errorf("project %s was %w: read it again, and make your change to what it is now", p.Slug, project.ErrChanged)
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// changes are what is written down to make a plan true.
func (v *Preview) changes(now time.Time) (joinings []issue.Joining, expected []issue.Record) {
	id := func(f event.Fingerprint) issue.ID { return issue.ID{ProjectID: v.Project.ID, Fingerprint: f} }
	for _, list := range [][]joined{v.plan.merges, v.plan.renamed} {
		for _, j := range list {
			one := issue.Joining{Into: id(j.into), Under: j.under}
			for _, f := range j.from {
				one.From = append(one.From, id(f))
			}
			joinings = append(joinings, one)
		}
	}
	for _, s := range v.plan.splits {
		for _, p := range s.parts {
			switch {
			case p.under:
				joinings = append(joinings, issue.Joining{Into: id(*p.joins), Under: []event.Fingerprint{p.fingerprint}})
			case p.joins == nil:
				was := v.records[id(s.issue)]
				expected = append(expected, issue.Record{
					ID: id(p.fingerprint), Title: p.title, Culprit: p.culprit, Level: was.Level, Platform: was.Platform, FirstSeen: now, UpdatedAt: now,
					State: issue.State{Status: issue.Unresolved, Substatus: issue.SubOngoing, Reason: issue.ReasonFirstSeen, Since: now},
				})
			}
		}
	}
	return joinings, expected
}

func size(joinings []issue.Joining) int {
	n := 0
	for _, j := range joinings {
		n += len(j.From) + len(j.Under)
	}
	return n
}

// List returns what was applied to the past of a project, newest first.
func (s *Service) List(ctx context.Context, a project.Access, id uint32) ([]issue.Regrouping, error) {
	if _, err := s.project(ctx, a, id, project.ScopeProjectRead); err != nil {
		return nil, err
	}
	all, err := s.parts.Regroup.Regroupings(ctx, id, maxListed)
	if err != nil {
		return nil, fmt.Errorf("list the regroupings of project %d: %w", id, err)
	}
	return all, nil
}

// Undo takes back what still stands of a regrouping, the moves of events included, and its rules if nobody changed
// them since.
func (s *Service) Undo(ctx context.Context, a project.Access, id uint32, regrouping string) (issue.Undone, project.Project, error) {
	if _, err := s.project(ctx, a, id, project.ScopeProjectWrite, project.ScopeIssueWrite); err != nil {
		return issue.Undone{}, project.Project{}, err
	}
	done, err := s.parts.Regroup.UndoRegrouping(ctx, id, regrouping, a.Actor(), s.now())
	if err != nil {
		return issue.Undone{}, project.Project{}, fmt.Errorf("undo a regrouping: %w", err)
	}
	if len(done.Regrouping.Torn) > 0 {
		if err := s.parts.Events.UndoMoves(ctx, id, regrouping); err != nil {
			s.parts.Log.WarnContext(ctx, "a regrouping was undone, and moved events will follow a little later", "project", id, "error", err)
		}
	}
	if err := s.tell(ctx, id); err != nil {
		return issue.Undone{}, project.Project{}, err
	}
	p, err := s.project(ctx, a, id, project.ScopeProjectWrite)
	return done, p, err
}

// tell writes the merges of a project into the store of events, all of them, so that doing
// it again heals one that could not be written, and tells the other parts.
func (s *Service) tell(ctx context.Context, id uint32) error {
	merges, err := s.parts.Records.Merges(ctx, id)
	if err != nil {
		return fmt.Errorf("read the merges of project %d: %w", id, err)
	}
	if err := s.parts.Events.PutMerges(ctx, merges); err != nil {
		return fmt.Errorf("merge in the store of events: %w", err)
	}
	if err := s.parts.Announce.SettingsChanged(context.WithoutCancel(ctx), id); err != nil {
		s.parts.Log.WarnContext(ctx, "other processes were not told of new rules and will see them a little later", "project", id, "error", err)
	}
	if err := s.parts.Flush.Flush(ctx); err != nil {
		s.parts.Log.WarnContext(ctx, "rules were applied but lists will show it later", "project", id, "error", err)
	}
	return nil
}
