package repair

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
)

// How many events are looked at to find out what issues are called: the newest of each.
const (
	samplesEach = 5
	samplesAll  = 5000
)

// Foresee merges what issues are called now with what they will be called once an upload
// counts. explain explains an event by the upload alone.
func (s *Service) Foresee(ctx context.Context, r artifact.Repair, explain func(*event.Event) (int, error)) error {
	if s.cfg.EventsPerSecond == 0 {
		return nil
	}
	p, err := s.Projects.Project(ctx, r.ProjectID)
	if err != nil {
		return fmt.Errorf("read the project: %w", err)
	}
	if err := s.align(ctx, &p, s.request(&p, r, time.Now()), explain); err != nil {
		return err
	}
	s.stir()
	return nil
}

// align finds out by samples what the affected issues will be called, and merges. Where an
// issue's events will be of several, most of the samples decide: the others were never
// one, and are told apart from now on.
func (s *Service) align(ctx context.Context, p *project.Project, q view.AffectedRequest, explain func(*event.Event) (int, error)) error {
	q.After, q.Limit = view.AffectedPlace{}, samplesAll
	samples, err := s.Events.AffectedNewest(ctx, q, samplesEach)
	if err != nil {
		return fmt.Errorf("look for affected issues: %w", err)
	}
	x := s.explainer(p, explain)
	votes := map[event.Fingerprint]map[event.Fingerprint]int{}
	for _, o := range samples {
		now, _, err := x.become(o)
		if err != nil {
			return fmt.Errorf("explain an event: %w", err)
		}
		if votes[o.Fingerprint] == nil {
			votes[o.Fingerprint] = map[event.Fingerprint]int{}
		}
		votes[o.Fingerprint][now]++
	}
	var same []pair
	for was, names := range votes {
		if becomes := winner(names); becomes != was {
			same = append(same, pair{issue.ID{ProjectID: p.ID, Fingerprint: was}, issue.ID{ProjectID: p.ID, Fingerprint: becomes}})
		}
	}
	slices.SortFunc(same, func(a, b pair) int { return bytes.Compare(a.was.Fingerprint[:], b.was.Fingerprint[:]) })
	return s.merge(ctx, p.ID, same)
}

// winner is the name with most votes; the same one every time.
func winner(votes map[event.Fingerprint]int) (best event.Fingerprint) {
	for name, n := range votes {
		if n > votes[best] || n == votes[best] && bytes.Compare(name[:], best[:]) < 0 {
			best = name
		}
	}
	return best
}

// pair is what an issue was called and what it will be called.
type pair struct{ was, becomes issue.ID }

// merge makes one issue of each pair: the older stays, with its state and its history, and
// links to the other lead to it. What somebody has taken apart stays apart.
func (s *Service) merge(ctx context.Context, projectID uint32, same []pair) error {
	if len(same) == 0 {
		return nil
	}
	involved := map[issue.ID]bool{}
	for _, m := range same {
		involved[m.was], involved[m.becomes] = true, true
		into, from, merge, err := s.choose(ctx, m)
		if err != nil {
			return err
		}
		if !merge {
			continue
		}
		changed, err := s.Workflow.Merge(ctx, into, []issue.ID{from}, false, issue.SystemActor, time.Now())
		if err != nil {
			return fmt.Errorf("merge issue %s into %s: %w", from, into, err)
		}
		for _, c := range changed {
			involved[c.From] = true
		}
	}
	all, err := s.Workflow.Merges(ctx, projectID)
	if err != nil {
		return fmt.Errorf("read the merges of project %d: %w", projectID, err)
	}
	all = slices.DeleteFunc(all, func(m issue.Merge) bool { return !involved[m.From] })
	if err := s.Issues.PutMerges(ctx, all); err != nil {
		return fmt.Errorf("merge in the store of events: %w", err)
	}
	if err := s.Announce.SettingsChanged(ctx, projectID); err != nil {
		s.log.Warn("merged, but watch lists will know it later", "project", projectID, "error", err)
	}
	return nil
}

// choose says which issue of a pair goes into which, if any.
func (s *Service) choose(ctx context.Context, m pair) (into, from issue.ID, merge bool, err error) {
	merges, err := s.Workflow.Merges(ctx, m.was.ProjectID)
	if err != nil {
		return into, from, false, fmt.Errorf("read the merges of project %d: %w", m.was.ProjectID, err)
	}
	root := func(id issue.ID) issue.ID {
		for _, known := range merges {
			if known.From == id && !known.Undone {
				return known.Into
			}
		}
		return id
	}
	was, becomes := root(m.was), root(m.becomes)
	if was == becomes {
		return into, from, false, nil
	}
	for _, known := range merges {
		apart := known.From == m.was && root(known.Into) == becomes || known.From == m.becomes && root(known.Into) == was
		if known.Undone && apart {
			return into, from, false, nil
		}
	}
	records, err := s.Workflow.Issues(ctx, []issue.ID{was, becomes})
	if err != nil {
		return into, from, false, fmt.Errorf("read issues: %w", err)
	}
	a, known := records[was]
	b, other := records[becomes]
	if other && (!known || b.FirstSeen.Before(a.FirstSeen)) {
		return becomes, was, true, nil
	}
	return was, becomes, true, nil
}
