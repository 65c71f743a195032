package meta

import (
	"context"
	"fmt"
	"time"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
)

const regroupingColumns = `id, project_id, name, actor, created_at, merged, split, renamed, rules_before, rules_after, merges, undone_at, undone_by, torn, past, looked, moved`

// storedRegrouping is a regrouping with what is needed to take it back.
type storedRegrouping struct {
	issue.Regrouping
	merges []takenMerge
}

// takenMerge is a merge that a regrouping wrote.
type takenMerge struct {
	From, Into event.Fingerprint
	Version    uint64
	Was        *event.Fingerprint // what it was merged into before; nil: nothing
	Kept       bool               // undoing leaves it
}

func scanRegrouping(r scanner) (storedRegrouping, error) {
	var v storedRegrouping
	err := r.Scan(&v.ID, &v.ProjectID, &v.Name, &v.Actor, intoTime(&v.CreatedAt), &v.Merged, &v.Split, &v.Renamed,
		intoJSON(&v.Before), intoJSON(&v.After), intoJSON(&v.merges), intoTime(&v.UndoneAt), &v.UndoneBy, intoJSON(&v.Torn), &v.Past, &v.Looked, &v.Moved)
	return v, err
}

// Regroupings returns the newest regroupings of a project, at most limit.
func (s *Store) Regroupings(ctx context.Context, projectID uint32, limit int) ([]issue.Regrouping, error) {
	stored, err := list(ctx, s.read, "regroupings", scanRegrouping,
		`SELECT `+regroupingColumns+` FROM regroupings WHERE project_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2`, projectID, limit)
	all := make([]issue.Regrouping, len(stored))
	for i := range stored {
		all[i] = stored[i].Regrouping
	}
	return all, err
}

// Regrouping returns a regrouping by its id, or project.ErrNotFound.
func (s *Store) Regrouping(ctx context.Context, id string) (issue.Regrouping, error) {
	r, err := one(ctx, s.read, "regrouping "+id, scanRegrouping, `SELECT `+regroupingColumns+` FROM regroupings WHERE id = $1`, clean(id))
	return r.Regrouping, err
}

// TellRegrouping writes down how far the moving of stored events has come, unless it was undone.
func (s *Store) TellRegrouping(ctx context.Context, r issue.Regrouping) error {
	_, err := exec(ctx, s.write, "tell of regrouping "+r.ID, `UPDATE regroupings SET past = $2, looked = $3, moved = $4 WHERE id = $1 AND undone_at = 0`,
		r.ID, string(r.Past), r.Looked, r.Moved)
	return err
}

// Expect writes down issues of one project of which no event is stored under their own fingerprint yet,
// so that nobody is told of them as new. Those that exist stay as they are.
func (s *Store) Expect(ctx context.Context, records []issue.Record) error {
	if len(records) == 0 {
		return nil
	}
	return s.tx(ctx, func(tx transaction) error {
		p := records[0].ID.ProjectID
		if err := change(ctx, tx, fmt.Sprintf("project %d", p), `UPDATE projects SET name = name WHERE id = $1`, p); err != nil {
			return err
		}
		for _, rec := range records {
			if err := s.expect(ctx, tx, rec); err != nil {
				return err
			}
		}
		return nil
	})
}

// Regroup writes the project, which has the new rules, and makes issues count as one, all
// or nothing. Records are issues of which no event is stored yet; they are written
// down so that nobody is told of them as new. It returns the regrouping and the project as they stand.
// Stored events of issues that come apart are a repair to be done, one regrouping of a project at a time: project.ErrInvalid if another is at it.
// project.ErrChanged if the version of p is out of date.
func (s *Store) Regroup(ctx context.Context, r issue.Regrouping, p project.Project, joinings []issue.Joining, records []issue.Record) (issue.Regrouping, project.Project, error) {
	r.ID, r.Name, r.CreatedAt = newID(), clean(r.Name), fromMicros(micros(r.CreatedAt))
	var now project.Project
	err := s.tx(ctx, func(tx transaction) (err error) {
		// The project's row is the lock of its merges and numbers.
		if now, err = updateProject(ctx, tx, p); err != nil {
			return err
		}
		taken, err := join(ctx, tx, r, joinings)
		if err != nil {
			return err
		}
		for _, rec := range records {
			if err := s.expect(ctx, tx, rec); err != nil {
				return err
			}
		}
		if err := tear(ctx, tx, &r); err != nil {
			return err
		}
		return insertRegrouping(ctx, tx, r, taken)
	})
	if err != nil {
		return issue.Regrouping{}, project.Project{}, err
	}
	return r, now, nil
}

// tear writes down that stored events of issues that come apart are to be moved.
func tear(ctx context.Context, tx transaction, r *issue.Regrouping) error {
	if len(r.Torn) == 0 {
		return nil
	}
	n, err := one(ctx, tx, "regroupings", func(r scanner) (n int, err error) { return n, r.Scan(&n) },
		`SELECT count(*) FROM regroupings WHERE project_id = $1 AND past = $2 AND undone_at = 0`, r.ProjectID, string(issue.PastMoving))
	if err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%w: stored events are still being moved by rules that were applied before: wait until they are, or undo that", project.ErrInvalid)
	}
	r.Past = issue.PastMoving
	return addRepair(ctx, tx, artifact.Repair{ProjectID: r.ProjectID, Regrouping: r.ID, CreatedAt: r.CreatedAt})
}

// join writes the merges of a regrouping.
func join(ctx context.Context, tx transaction, r issue.Regrouping, joinings []issue.Joining) ([]takenMerge, error) {
	known, err := readMerges(ctx, tx, r.ProjectID)
	if err != nil {
		return nil, err
	}
	at := make(map[event.Fingerprint]int, len(known))
	for i, m := range known {
		at[m.From.Fingerprint] = i
	}
	var taken []takenMerge
	for _, j := range joinings {
		under := make(map[event.Fingerprint]bool, len(j.Under))
		from := j.From
		for _, f := range j.Under {
			under[f] = true
			from = append(from[:len(from):len(from)], issue.ID{ProjectID: r.ProjectID, Fingerprint: f})
		}
		for _, m := range plan(known, j.Into, from, false) {
			t := takenMerge{From: m.From.Fingerprint, Into: m.Into.Fingerprint, Version: m.Version, Kept: under[m.From.Fingerprint]}
			if i, exists := at[t.From]; !exists {
				at[t.From], known = len(known), append(known, m)
			} else {
				if old := known[i]; !old.Undone {
					t.Was = &old.Into.Fingerprint
				}
				known[i] = m
			}
			taken = append(taken, t)
			if err := writeMerge(ctx, tx, m); err != nil {
				return nil, err
			}
			if t.Kept {
				continue
			}
			if err := mergeHistory(ctx, tx, m, r.Actor, r.CreatedAt); err != nil {
				return nil, err
			}
		}
	}
	return taken, nil
}

// expect writes down an issue whose first event is still to come.
func (s *Store) expect(ctx context.Context, tx transaction, rec issue.Record) error {
	known, err := list(ctx, tx, "issue "+rec.ID.String(), scanText, `SELECT fingerprint FROM issues WHERE project_id = $1 AND fingerprint = $2`,
		rec.ID.ProjectID, rec.ID.Fingerprint.String())
	if err != nil || len(known) > 0 {
		return err
	}
	rec = cleanIssue(rec)
	rec.Version = 1
	last, err := s.lastNumber(ctx, tx, rec.ID.ProjectID)
	if err != nil {
		return err
	}
	return s.insertIssues(ctx, tx, rec.ID.ProjectID, last, []*issue.Record{&rec}, rec.State.Status)
}

func insertRegrouping(ctx context.Context, tx transaction, r issue.Regrouping, taken []takenMerge) error {
	texts := make([]string, 4)
	for i, v := range []any{r.Before, r.After, taken, r.Torn} {
		var err error
		if texts[i], err = jsonText(v); err != nil {
			return err
		}
	}
	_, err := exec(ctx, tx, "write down a regrouping", `INSERT INTO regroupings (`+regroupingColumns+`) VALUES (`+placeholders(1, 17)+`)`,
		r.ID, r.ProjectID, r.Name, r.Actor, micros(r.CreatedAt), r.Merged, r.Split, r.Renamed, texts[0], texts[1], texts[2], 0, "", texts[3], string(r.Past), r.Looked, r.Moved)
	return err
}

// UndoRegrouping takes back the merges of a regrouping that still stand as it wrote them,
// and its rules if the project still has them. project.ErrNotFound if the project has no such regrouping,
// project.ErrInvalid if it is undone already.
func (s *Store) UndoRegrouping(ctx context.Context, projectID uint32, id, actor string, at time.Time) (issue.Undone, error) {
	var done issue.Undone
	err := s.tx(ctx, func(tx transaction) error {
		done = issue.Undone{}
		if err := change(ctx, tx, fmt.Sprintf("project %d", projectID), `UPDATE projects SET name = name WHERE id = $1`, projectID); err != nil {
			return err
		}
		r, err := one(ctx, tx, "regrouping "+id, scanRegrouping, `SELECT `+regroupingColumns+` FROM regroupings WHERE project_id = $1 AND id = $2`, projectID, clean(id))
		if err != nil {
			return err
		}
		if !r.UndoneAt.IsZero() {
			return fmt.Errorf("%w: this regrouping was undone before", project.ErrInvalid)
		}
		if done.Separated, err = separate(ctx, tx, r, actor, at); err != nil {
			return err
		}
		if done.RulesRestored, err = restoreRules(ctx, tx, r.Regrouping); err != nil {
			return err
		}
		if err := mend(ctx, tx, r.Regrouping, at); err != nil {
			return err
		}
		r.UndoneAt, r.UndoneBy = fromMicros(micros(at)), actor
		done.Regrouping = r.Regrouping
		return change(ctx, tx, "regrouping "+id, `UPDATE regroupings SET undone_at = $2, undone_by = $3 WHERE id = $1`, r.ID, micros(r.UndoneAt), r.UndoneBy)
	})
	return done, err
}

// mend gives up moving events, and writes down that the moves are to be undone.
func mend(ctx context.Context, tx transaction, r issue.Regrouping, at time.Time) error {
	if len(r.Torn) == 0 {
		return nil
	}
	if _, err := exec(ctx, tx, "give up regrouping "+r.ID, `DELETE FROM artifact_repairs WHERE regrouping = $1`, r.ID); err != nil {
		return err
	}
	return addRepair(ctx, tx, artifact.Repair{ProjectID: r.ProjectID, Regrouping: r.ID, CreatedAt: at})
}

// separate takes back merges: first those that undo nothing older, so that what was merged
// before finds its target.
func separate(ctx context.Context, tx transaction, r storedRegrouping, actor string, at time.Time) (int, error) {
	known, err := readMerges(ctx, tx, r.ProjectID)
	if err != nil {
		return 0, err
	}
	now := make(map[event.Fingerprint]issue.Merge, len(known))
	for _, m := range known {
		now[m.From.Fingerprint] = m
	}
	separated := 0
	for _, older := range []bool{false, true} {
		for _, t := range r.merges {
			m, stands := now[t.From]
			if t.Kept || older != (t.Was != nil) || !stands || m.Undone || m.Version != t.Version {
				continue
			}
			m.Version++
			if m.Undone = t.Was == nil; !m.Undone {
				m.Into.Fingerprint = *t.Was
				if in, merged := now[*t.Was]; merged && !in.Undone {
					m.Into = in.Into
				}
			} else {
				separated++
			}
			if m.From == m.Into {
				m.Undone = true
			}
			now[t.From] = m
			if err := writeMerge(ctx, tx, m); err != nil {
				return 0, err
			}
			if err := mergeHistory(ctx, tx, m, actor, at); err != nil {
				return 0, err
			}
		}
	}
	return separated, nil
}

// restoreRules gives a project the rules it had before a regrouping, if it still has those of after.
func restoreRules(ctx context.Context, tx transaction, r issue.Regrouping) (restored bool, err error) {
	p, err := one(ctx, tx, fmt.Sprintf("project %d", r.ProjectID), scanProject, `SELECT `+projectColumns+` FROM projects WHERE id = $1`, r.ProjectID)
	if err != nil {
		return false, err
	}
	s := &p.Settings
	if (issue.RuleTexts{Fingerprints: s.FingerprintRules, Stacks: s.StackRules}) != r.After {
		return false, nil
	}
	s.FingerprintRules, s.StackRules = r.Before.Fingerprints, r.Before.Stacks
	_, err = updateProject(ctx, tx, p)
	return err == nil, err
}
