package meta

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/faultline-dev/faultline/internal/issue"
)

// ChangeIssue gives an issue to decide and writes what it returns: the record
// with the next version, the activities and a row of the outbox, in one
// transaction. No two changes of an issue overlap. If decide returns the record
// as it was and no activities, nothing is written; an error of decide is
// returned as it is. decide may be called again if the transaction lost against
// another one. Its record's identity, number and version are ignored.
// project.ErrNotFound if there is no such issue.
func (s *Store) ChangeIssue(ctx context.Context, id issue.ID, decide func(issue.Record) (issue.Record, []issue.Activity, error)) (issue.Record, error) {
	recs, err := s.ChangeIssues(ctx, []issue.ID{id}, decide)
	if err != nil {
		return issue.Record{}, err
	}
	return recs[0], nil
}

// ChangeIssues is ChangeIssue for several, all or none. The answer is in the
// order of ids; an issue named twice is changed once.
func (s *Store) ChangeIssues(ctx context.Context, ids []issue.ID, decide func(issue.Record) (issue.Record, []issue.Activity, error)) ([]issue.Record, error) {
	// All transactions take the rows in one order, so that none waits for another in a circle.
	ordered := slices.Clone(ids)
	slices.SortFunc(ordered, func(a, b issue.ID) int {
		return cmp.Or(cmp.Compare(a.ProjectID, b.ProjectID), bytes.Compare(a.Fingerprint[:], b.Fingerprint[:]))
	})
	ordered = slices.Compact(ordered)

	changed := make(map[issue.ID]issue.Record, len(ids))
	err := s.tx(ctx, func(tx transaction) error {
		for _, id := range ordered {
			rec, err := s.changeIssue(ctx, tx, id, decide)
			if err != nil {
				return err
			}
			changed[id] = rec
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	recs := make([]issue.Record, len(ids))
	for i, id := range ids {
		recs[i] = changed[id]
	}
	return recs, nil
}

func (s *Store) changeIssue(ctx context.Context, tx transaction, id issue.ID, decide func(issue.Record) (issue.Record, []issue.Activity, error)) (issue.Record, error) {
	old, err := readIssue(ctx, tx, id, s.dialect.forUpdate)
	if err != nil {
		return issue.Record{}, err
	}
	rec, activities, err := decide(old)
	if err != nil {
		return issue.Record{}, err
	}
	rec = cleanIssue(rec)
	rec.ID, rec.Number, rec.Version = old.ID, old.Number, old.Version
	if rec == old && len(activities) == 0 {
		return old, nil
	}
	rec.Version++
	if rec.UpdatedAt.Equal(old.UpdatedAt) {
		rec.UpdatedAt = now()
	}
	err = change(ctx, tx, "change issue "+id.String(), `UPDATE issues SET status = $3, substatus = $4, reason = $5, since = $6, release = $7,
		assignee = $8, title = $9, culprit = $10, level = $11, platform = $12, first_release = $13, first_seen = $14,
		version = $15, updated_at = $16 WHERE project_id = $1 AND fingerprint = $2`,
		id.ProjectID, id.Fingerprint.String(), rec.State.Status, rec.State.Substatus, rec.State.Reason, micros(rec.State.Since), rec.State.Release,
		rec.Assignee, rec.Title, rec.Culprit, rec.Level, rec.Platform, rec.FirstRelease, micros(rec.FirstSeen),
		rec.Version, micros(rec.UpdatedAt))
	if err != nil {
		return issue.Record{}, err
	}
	for _, a := range activities {
		a.IssueID = id
		if err := insertActivity(ctx, tx, a); err != nil {
			return issue.Record{}, fmt.Errorf("change issue %s: %w", id, err)
		}
	}
	return rec, insertOutbox(ctx, tx, issue.Change{Record: rec, From: old.State.Status, Time: rec.UpdatedAt})
}
