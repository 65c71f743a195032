package query

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/view"
)

// IssueDetail is an issue with what its page shows beside it.
type IssueDetail struct {
	Issue
	Last24Hours []uint64 // events an hour, oldest first
	Last30Days  []uint64 // events a day, oldest first
	Tags        []view.TagDistribution
}

// GetIssue returns the issue that an id or a short id names.
func (s *Service) GetIssue(ctx context.Context, a project.Access, name string) (IssueDetail, error) {
	id, p, err := s.issue(ctx, a, name, project.ScopeEventRead)
	if err != nil {
		return IssueDetail{}, err
	}
	// Whole hours, so that each part of the trend is an hour or a day and no more.
	end := s.now().Add(ahead).Truncate(time.Hour).Add(time.Hour)
	var d IssueDetail
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		d.Issue, err = s.row(ctx, p, id, name)
		return err
	})
	group.Go(func() (err error) {
		d.Last24Hours, err = s.Events.IssueTrend(ctx, id, view.Range{Start: end.Add(-24 * time.Hour), End: end}, 24)
		return err
	})
	group.Go(func() (err error) {
		d.Last30Days, err = s.Events.IssueTrend(ctx, id, view.Range{Start: end.Add(-30 * 24 * time.Hour), End: end}, 30)
		return err
	})
	group.Go(func() (err error) {
		d.Tags, err = s.Events.IssueTags(ctx, id)
		return err
	})
	if err := group.Wait(); err != nil {
		return IssueDetail{}, fmt.Errorf("read issue %s: %w", name, err)
	}
	return d, nil
}

// row reads an issue with its counts and its workflow. One whose events are all
// gone is known by its workflow alone, and the other way round.
func (s *Service) row(ctx context.Context, p project.Project, id issue.ID, name string) (Issue, error) {
	row, counted, err := s.Events.Issue(ctx, id, defaultSparkline)
	if err != nil {
		return Issue{}, fmt.Errorf("read the events of issue %s: %w", name, err)
	}
	known, err := s.Issues.Issues(ctx, []issue.ID{id})
	if err != nil {
		return Issue{}, fmt.Errorf("read the workflow of issue %s: %w", name, err)
	}
	rec, written := known[id]
	switch {
	case written && counted:
		row.Record = rec
	case written:
		row = rowOf(rec)
	case !counted:
		return Issue{}, noIssue(name)
	}
	return Issue{row, p.Slug}, nil
}

// rowOf is a row for an issue of which only the workflow is known.
func rowOf(rec issue.Record) view.IssueRow {
	level, _ := event.ParseLevel(rec.Level)
	return view.IssueRow{
		Record: rec, Title: rec.Title, Culprit: rec.Culprit, Level: level, Platform: rec.Platform,
		FirstSeen: rec.FirstSeen, LastSeen: rec.FirstSeen, FirstRelease: rec.FirstRelease,
	}
}

// recordOf is what the workflow begins with for an issue that triage has not
// seen yet.
func recordOf(row view.IssueRow) issue.Record {
	return issue.Record{
		ID:    row.Record.ID,
		State: issue.State{Status: issue.Unresolved, Substatus: issue.SubNew, Reason: issue.ReasonFirstSeen, Since: row.FirstSeen},
		Title: row.Title, Culprit: row.Culprit, Level: row.Level.String(), Platform: row.Platform,
		FirstRelease: row.FirstRelease, FirstSeen: row.FirstSeen,
	}
}

// ListActivity returns one page of an issue's history, newest first, and the
// token of the next.
func (s *Service) ListActivity(ctx context.Context, a project.Access, name string, page Page) ([]issue.Activity, string, error) {
	id, _, err := s.issue(ctx, a, name, project.ScopeEventRead)
	if err != nil {
		return nil, "", err
	}
	size, err := page.size()
	if err != nil {
		return nil, "", err
	}
	asked := question("activity", id)
	pos, _, err := page.position(asked)
	if err != nil {
		return nil, "", err
	}
	activities, err := s.Issues.Activities(ctx, id, size+1, pos.offset)
	if err != nil {
		return nil, "", fmt.Errorf("read the history of issue %s: %w", name, err)
	}
	if len(activities) <= size {
		return activities, "", nil
	}
	return activities[:size], position{offset: pos.offset + size}.token(asked), nil
}
