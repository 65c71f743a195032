package query

import (
	"context"
	"fmt"
	"slices"

	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
)

// MergeIssues makes issues of one project part of another one, or, with undo,
// takes them out again, and returns the one that stays. When it returns, lists
// show it.
func (s *Service) MergeIssues(ctx context.Context, a project.Access, into string, names []string, undo bool) (Issue, error) {
	if len(names) == 0 || len(names) > maxBatch {
		return Issue{}, invalid("%d issues are named to merge; give 1 to %d", len(names), maxBatch)
	}
	target, p, err := s.issue(ctx, a, into, project.ScopeIssueWrite)
	if err != nil {
		return Issue{}, err
	}
	from := make([]issue.ID, len(names))
	for i, name := range names {
		if from[i], err = s.part(ctx, a, p, name); err != nil {
			return Issue{}, err
		}
	}
	// Both sides get a number and a history, even if triage has not seen them.
	if _, err := s.rows(ctx, a, append(slices.Clone(names), into)); err != nil {
		return Issue{}, err
	}
	if _, err := s.Issues.Merge(ctx, target, from, undo, a.Actor(), s.now()); err != nil {
		return Issue{}, fmt.Errorf("merge %d issues into %s: %w", len(from), into, err)
	}
	if err := s.mirrorMerges(ctx, p.ID, target, from); err != nil {
		return Issue{}, err
	}
	return s.row(ctx, p, target, into)
}

// part finds an issue that is to be merged or taken out, as it is named: not
// what it was merged into.
func (s *Service) part(ctx context.Context, a project.Access, p project.Project, name string) (issue.ID, error) {
	id, in, err := s.named(ctx, a, name, project.ScopeIssueWrite)
	if err != nil {
		return issue.ID{}, err
	}
	if in.ID != p.ID {
		return issue.ID{}, invalid("issue %s is of another project; only issues of one project can be merged", name)
	}
	return id, nil
}

// mirrorMerges writes all merges of the issues, not only those that changed just
// now, so that asking again heals a mirror that could not be written.
func (s *Service) mirrorMerges(ctx context.Context, projectID uint32, into issue.ID, from []issue.ID) error {
	all, err := s.Issues.Merges(ctx, projectID)
	if err != nil {
		return fmt.Errorf("read the merges of project %d: %w", projectID, err)
	}
	all = slices.DeleteFunc(all, func(m issue.Merge) bool {
		return m.Into != into && !slices.Contains(from, m.From) && !slices.Contains(from, m.Into)
	})
	if err := s.Events.PutMerges(ctx, all); err != nil {
		return fmt.Errorf("merge in the store of events: %w", err)
	}
	if err := s.Announce.SettingsChanged(ctx, projectID); err != nil {
		s.Log.WarnContext(ctx, "merged, but watch lists will know it later", "project", projectID, "error", err)
	}
	s.mirror(ctx)
	return nil
}
