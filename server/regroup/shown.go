package regroup

import (
	"cmp"
	"slices"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

// What of a preview is listed at most.
const (
	maxShown   = 100 // merges, and splits
	maxMembers = 25  // issues of a merge, and parts of a split
)

// Issue is an issue as a preview shows it.
type Issue struct {
	ID      issue.ID
	ShortID string // empty while nobody has written it down
	Title   string
	Culprit string
	Events  uint64 // in the days that were looked at
}

// Merge is issues that become one.
type Merge struct {
	Into  Issue
	From  []Issue // of many, those with most events
	Count int     // of From
	Title string  // of the newest event, as the rules make it
}

// Split is an issue of which new events go several ways.
type Split struct {
	Issue Issue
	Parts []Part // the largest first
	Count int    // of Parts
}

// Part is one way that events of an issue go.
type Part struct {
	Title   string
	Culprit string
	Events  uint64 // looked at
	Joins   *Issue // the issue that new events join; nil: a new one
}

// Merges are the issues that become one, those with most events first, and how many there are.
func (v *Preview) Merges() ([]Merge, int) {
	var all []Merge
	size := map[issue.ID]uint64{}
	for _, j := range v.plan.merges {
		m := Merge{Into: v.issue(j.into), Count: len(j.from), Title: j.title}
		size[m.Into.ID] = m.Into.Events
		for _, f := range j.from {
			one := v.issue(f)
			m.From = append(m.From, one)
			size[m.Into.ID] += one.Events
		}
		slices.SortStableFunc(m.From, func(a, b Issue) int { return cmp.Compare(b.Events, a.Events) })
		m.From = m.From[:min(len(m.From), maxMembers)]
		if m.Title == "" {
			m.Title = m.Into.Title
		}
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b Merge) int { return cmp.Compare(size[b.Into.ID], size[a.Into.ID]) })
	return all[:min(len(all), maxShown)], len(all)
}

// Splits are the issues that come apart, those with most events first, and how many there are.
func (v *Preview) Splits() ([]Split, int) {
	var all []Split
	for _, t := range v.plan.splits {
		s := Split{Issue: v.issue(t.issue), Count: len(t.parts)}
		for _, p := range t.parts[:min(len(t.parts), maxMembers)] {
			one := Part{Title: p.title, Culprit: p.culprit, Events: p.looked}
			if p.joins != nil {
				joins := v.issue(*p.joins)
				one.Joins = &joins
			}
			s.Parts = append(s.Parts, one)
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b Split) int { return cmp.Compare(b.Issue.Events, a.Issue.Events) })
	return all[:min(len(all), maxShown)], len(all)
}

// Renamed is how many issues go on under another fingerprint.
func (v *Preview) Renamed() int { return len(v.plan.renamed) }

// Staying is how many issues nothing happens to.
func (v *Preview) Staying() int { return v.plan.staying }

// Issues is how many issues were looked at.
func (v *Preview) Issues() int { return v.plan.issues }

// issue is an issue as it is shown.
func (v *Preview) issue(f event.Fingerprint) Issue {
	id := issue.ID{ProjectID: v.Project.ID, Fingerprint: f}
	one := Issue{ID: id, Events: v.counts[f]}
	if rec, written := v.records[id]; written {
		one.ShortID, one.Title, one.Culprit = issue.ShortID(v.Project.Slug, rec.Number), rec.Title, rec.Culprit
	}
	if from := v.sources[f]; from != nil && one.Title == "" {
		one.Title, one.Culprit = from.title, from.culprit
	}
	return one
}
