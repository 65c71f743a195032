package meta

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
)

const issueColumns = `project_id, fingerprint, number, status, substatus, reason, since, release, assignee,
	title, culprit, level, platform, first_release, first_seen, version, updated_at`

func scanIssue(r scanner) (issue.Record, error) {
	var v issue.Record
	err := r.Scan(&v.ID.ProjectID, intoFingerprint(&v.ID.Fingerprint), &v.Number,
		&v.State.Status, &v.State.Substatus, &v.State.Reason, intoTime(&v.State.Since), &v.State.Release, &v.Assignee,
		&v.Title, &v.Culprit, &v.Level, &v.Platform, &v.FirstRelease, intoTime(&v.FirstSeen), &v.Version, intoTime(&v.UpdatedAt))
	return v, err
}

// Issue returns one issue, or project.ErrNotFound.
func (s *Store) Issue(ctx context.Context, id issue.ID) (issue.Record, error) {
	return readIssue(ctx, s.read, id, "")
}

func readIssue(ctx context.Context, q querier, id issue.ID, suffix string) (issue.Record, error) {
	return one(ctx, q, "issue "+id.String(), scanIssue,
		`SELECT `+issueColumns+` FROM issues WHERE project_id = $1 AND fingerprint = $2`+suffix, id.ProjectID, id.Fingerprint.String())
}

// IssueByNumber returns the issue that has a number in a project, or
// project.ErrNotFound.
func (s *Store) IssueByNumber(ctx context.Context, projectID uint32, number uint64) (issue.Record, error) {
	if number > 1<<63-1 {
		return issue.Record{}, fmt.Errorf("issue %d: %w", number, project.ErrNotFound)
	}
	return one(ctx, s.read, fmt.Sprintf("issue %d of project %d", number, projectID), scanIssue,
		`SELECT `+issueColumns+` FROM issues WHERE project_id = $1 AND number = $2`, projectID, number)
}

// inList bounds how many values one statement lists.
const inList = 500

// Issues returns those of the issues that exist.
func (s *Store) Issues(ctx context.Context, ids []issue.ID) (map[issue.ID]issue.Record, error) {
	byProject := make(map[uint32][]event.Fingerprint)
	for _, id := range ids {
		byProject[id.ProjectID] = append(byProject[id.ProjectID], id.Fingerprint)
	}
	found := make(map[issue.ID]issue.Record, len(ids))
	for projectID, fps := range byProject {
		for len(fps) > 0 {
			n := min(len(fps), inList)
			args := make([]any, 0, n+1)
			args = append(args, projectID)
			for _, fp := range fps[:n] {
				args = append(args, fp.String())
			}
			fps = fps[n:]
			recs, err := list(ctx, s.read, "issues", scanIssue,
				`SELECT `+issueColumns+` FROM issues WHERE project_id = $1 AND fingerprint IN (`+placeholders(2, n)+`)`, args...)
			if err != nil {
				return nil, err
			}
			for _, rec := range recs {
				found[rec.ID] = rec
			}
		}
	}
	return found, nil
}

// Young returns issues that are open and have counted as new or regressed since before a
// time, the longest first.
func (s *Store) Young(ctx context.Context, before time.Time, limit int) ([]issue.ID, error) {
	return list(ctx, s.read, "young issues", func(r scanner) (id issue.ID, err error) {
		return id, r.Scan(&id.ProjectID, intoFingerprint(&id.Fingerprint))
	}, `SELECT project_id, fingerprint FROM issues WHERE status = $1 AND substatus IN ($2, $3) AND since <= $4
		ORDER BY since, project_id, fingerprint LIMIT $5`, issue.Unresolved, issue.SubNew, issue.SubRegressed, micros(before), limit)
}

// WatchList returns the fingerprints whose next event may change an issue: those
// of resolved issues, and those merged into one.
func (s *Store) WatchList(ctx context.Context, projectID uint32) ([]event.Fingerprint, error) {
	return list(ctx, s.read, "watch list", func(r scanner) (f event.Fingerprint, err error) {
		return f, r.Scan(intoFingerprint(&f))
	}, `SELECT fingerprint FROM issues WHERE project_id = $1 AND status = $2
		UNION
		SELECT m.source FROM issue_merges m JOIN issues i ON i.project_id = m.project_id AND i.fingerprint = m.target
		WHERE m.project_id = $1 AND NOT m.undone AND i.status = $2
		ORDER BY 1`, projectID, issue.Resolved)
}

// cleanIssue makes a record as it will be read back: texts that every engine
// takes, times in microseconds and UTC.
func cleanIssue(v issue.Record) issue.Record {
	for _, p := range []*string{&v.State.Release, &v.Assignee, &v.Title, &v.Culprit, &v.Level, &v.Platform, &v.FirstRelease} {
		*p = clean(*p)
	}
	for _, p := range []*time.Time{&v.State.Since, &v.FirstSeen, &v.UpdatedAt} {
		*p = fromMicros(micros(*p))
	}
	return v
}

// now is the time in the resolution of the store.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
