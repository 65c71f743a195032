package meta

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
)

func scanMerge(r scanner) (v issue.Merge, err error) {
	err = r.Scan(&v.From.ProjectID, intoFingerprint(&v.From.Fingerprint), intoFingerprint(&v.Into.Fingerprint), &v.Version, &v.Undone)
	v.Into.ProjectID = v.From.ProjectID
	return v, err
}

const mergeColumns = `project_id, source, target, version, undone`

// Merges returns every merge of a project, undone ones included, by the
// fingerprint merged.
func (s *Store) Merges(ctx context.Context, projectID uint32) ([]issue.Merge, error) {
	return readMerges(ctx, s.read, projectID)
}

func readMerges(ctx context.Context, q querier, projectID uint32) ([]issue.Merge, error) {
	return list(ctx, q, "merges", scanMerge, `SELECT `+mergeColumns+` FROM issue_merges WHERE project_id = $1 ORDER BY source`, projectID)
}

// Merge makes the events of the issues from count as those of into, or, with
// undo, stops it, and returns the merges that changed. Merges are one level
// deep: merging into an issue that is itself merged goes to its target, and what
// was merged into one of from follows it. All issues must be of one project. The
// histories of both sides say who did it.
func (s *Store) Merge(ctx context.Context, into issue.ID, from []issue.ID, undo bool, actor string, at time.Time) ([]issue.Merge, error) {
	for _, id := range from {
		if id.ProjectID != into.ProjectID {
			return nil, fmt.Errorf("merge issue %s into one of another project: %w", id, project.ErrInvalid)
		}
	}
	var changed []issue.Merge
	err := s.tx(ctx, func(tx transaction) error {
		// One merge a project at a time, so that no two make a circle.
		if err := change(ctx, tx, fmt.Sprintf("project %d", into.ProjectID), `UPDATE projects SET name = name WHERE id = $1`, into.ProjectID); err != nil {
			return err
		}
		known, err := readMerges(ctx, tx, into.ProjectID)
		if err != nil {
			return err
		}
		changed = plan(known, into, from, undo)
		for _, m := range changed {
			if err := writeMerge(ctx, tx, m); err != nil {
				return err
			}
			if err := mergeHistory(ctx, tx, m, actor, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// mergeHistory writes a merge, or its undoing, into the histories of both sides.
func mergeHistory(ctx context.Context, tx transaction, m issue.Merge, actor string, at time.Time) error {
	kind, back := issue.ActivityMerged, "into "
	if m.Undone {
		kind, back = issue.ActivityUnmerged, "from "
	}
	if err := insertActivity(ctx, tx, issue.Activity{IssueID: m.Into, Time: at, Actor: actor, Kind: kind, Detail: m.From.String()}); err != nil {
		return err
	}
	return insertActivity(ctx, tx, issue.Activity{IssueID: m.From, Time: at, Actor: actor, Kind: kind, Detail: back + m.Into.String()})
}

func writeMerge(ctx context.Context, tx transaction, m issue.Merge) error {
	_, err := exec(ctx, tx, "write merge", `INSERT INTO issue_merges (`+mergeColumns+`) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (project_id, source) DO UPDATE SET target = excluded.target, version = excluded.version, undone = excluded.undone`,
		m.From.ProjectID, m.From.Fingerprint.String(), m.Into.Fingerprint.String(), m.Version, m.Undone)
	return err
}

// plan decides which merges change.
func plan(known []issue.Merge, into issue.ID, from []issue.ID, undo bool) []issue.Merge {
	bySource := make(map[event.Fingerprint]issue.Merge, len(known))
	for _, m := range known {
		bySource[m.From.Fingerprint] = m
	}
	if m, ok := bySource[into.Fingerprint]; ok && !m.Undone {
		into = m.Into
	}
	var changed []issue.Merge
	set := func(source issue.ID, undone bool) {
		old, exists := bySource[source.Fingerprint]
		next := issue.Merge{From: source, Into: into, Version: old.Version + 1, Undone: undone}
		switch {
		case source == into,
			undone && (!exists || old.Undone || old.Into != into),
			!undone && exists && !old.Undone && old.Into == into:
			return
		}
		bySource[source.Fingerprint] = next
		changed = append(changed, next)
	}
	for _, source := range from {
		set(source, undo)
		if undo {
			continue
		}
		for _, m := range known {
			if !m.Undone && m.Into == source {
				set(m.From, false)
			}
		}
	}
	return slices.Clip(changed)
}
