package meta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
)

// EnsureIssue makes an issue unless it exists, and returns it as it stands. A
// new one gets the next number of its project, version 1, its first activity
// and a row of the outbox, in one transaction. The number and version of rec are
// ignored. project.ErrNotFound if there is no such project.
//
// Issues that are to be made at the same time share a transaction: a storm of new
// fingerprints waits for the disk once, not once each. See BenchmarkEnsureIssue.
func (s *Store) EnsureIssue(ctx context.Context, rec issue.Record) (issue.Record, bool, error) {
	for {
		found, err := s.Issue(ctx, rec.ID)
		if err == nil || !errors.Is(err, project.ErrNotFound) {
			return found, false, err
		}
		w := s.makings.join(rec)
		select {
		case <-w.done: // somebody else has made it
		case s.makings.turn <- struct{}{}:
			s.makings.serve(func(all []*wanted) { s.makeIssues(ctx, all) })
			<-w.done // now, or by whoever had the turn before
		case <-ctx.Done():
			return issue.Record{}, false, failed("wait for the issues before "+rec.ID.String(), context.Cause(ctx))
		}
		switch {
		case w.made:
			return w.rec, true, nil
		case ctx.Err() != nil:
			return issue.Record{}, false, failed("make issue "+rec.ID.String(), context.Cause(ctx))
		case w.err != nil && !errors.Is(w.err, errTurnEnded):
			return issue.Record{}, false, w.err
		}
		// It exists by now, or has to be tried again.
	}
}

// errTurnEnded is why issues were not made: the call that had the turn ended.
var errTurnEnded = errors.New("the call that made the issues ended")

// wanted is an issue that somebody waits for.
type wanted struct {
	rec  issue.Record
	done chan struct{} // closed when the rest is decided
	made bool          // false without an error: the issue existed
	err  error
}

// makings are the issues that are to be made.
type makings struct {
	turn chan struct{} // holds one token: one makes them at a time

	mu      sync.Mutex
	waiting []*wanted
}

func newMakings() makings { return makings{turn: make(chan struct{}, 1)} }

// join adds an issue to those that are made next.
func (m *makings) join(rec issue.Record) *wanted {
	rec = cleanIssue(rec)
	rec.Version = 1
	if rec.UpdatedAt.IsZero() {
		rec.UpdatedAt = now()
	}
	w := &wanted{rec: rec, done: make(chan struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting = append(m.waiting, w)
	return w
}

// serve makes all that wait, and ends the turn that the caller has.
func (m *makings) serve(makeThem func([]*wanted)) {
	m.mu.Lock()
	all := m.waiting
	m.waiting = nil
	m.mu.Unlock()
	defer func() {
		for _, w := range all {
			close(w.done)
		}
		<-m.turn
	}()
	if len(all) > 0 {
		makeThem(all)
	}
}

// makeIssues decides each of the issues: all in one transaction, or each in its own if that fails, so that none can hold
// up others.
func (s *Store) makeIssues(ctx context.Context, all []*wanted) {
	byProject := map[uint32][]*wanted{}
	for _, w := range all {
		byProject[w.rec.ID.ProjectID] = append(byProject[w.rec.ID.ProjectID], w)
	}
	var gone map[uint32]error
	err := s.tx(ctx, func(tx transaction) error {
		gone = map[uint32]error{}
		// Always in the same order, so that two who make issues of several projects do not wait for each other.
		for _, id := range slices.Sorted(maps.Keys(byProject)) {
			err := s.makeSome(ctx, tx, id, byProject[id])
			if errors.Is(err, project.ErrNotFound) {
				gone[id] = err
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil && len(all) > 1 {
		for _, w := range all {
			s.makeIssues(ctx, []*wanted{w})
		}
		return
	}
	if err != nil && ctx.Err() != nil {
		err = errTurnEnded
	}
	for _, w := range all {
		if w.err = err; err == nil {
			w.err = gone[w.rec.ID.ProjectID]
		}
		w.made = w.made && w.err == nil
	}
}

// makeSome makes those issues of a project that do not exist.
func (s *Store) makeSome(ctx context.Context, tx transaction, projectID uint32, all []*wanted) error {
	last, err := s.lastNumber(ctx, tx, projectID)
	if err != nil {
		return err
	}
	existing := map[event.Fingerprint]bool{}
	for some := range slices.Chunk(all, inList) {
		args := []any{projectID}
		for _, w := range some {
			args = append(args, w.rec.ID.Fingerprint.String())
		}
		found, err := list(ctx, tx, "issues", func(r scanner) (f event.Fingerprint, err error) {
			return f, r.Scan(intoFingerprint(&f))
		}, `SELECT fingerprint FROM issues WHERE project_id = $1 AND fingerprint IN (`+placeholders(2, len(some))+`)`, args...)
		if err != nil {
			return err
		}
		for _, f := range found {
			existing[f] = true
		}
	}
	var records []*issue.Record
	for _, w := range all {
		f := w.rec.ID.Fingerprint
		if w.made = !existing[f]; w.made {
			records, existing[f] = append(records, &w.rec), true
		}
	}
	return s.insertIssues(ctx, tx, projectID, last, records, "")
}

// lastNumber is the number of a project's newest issue. It locks the project's row, so that numbers have no gaps and
// nobody else makes an issue of the project until the transaction ends.
func (s *Store) lastNumber(ctx context.Context, tx transaction, projectID uint32) (uint64, error) {
	return one(ctx, tx, fmt.Sprintf("number an issue of project %d", projectID), func(r scanner) (n uint64, err error) { return n, r.Scan(&n) },
		`SELECT last_issue_number FROM projects WHERE id = $1`+s.dialect.forUpdate, projectID)
}

// rowsAtOnce is how many issues one statement makes at most; each number of them is a statement of its own, which stays prepared.
const rowsAtOnce = 16

// insertIssues makes issues of a project that do not exist, with numbers after the last one. The status they are told to
// have had before is empty for new ones.
func (s *Store) insertIssues(ctx context.Context, tx transaction, projectID uint32, last uint64, records []*issue.Record, from issue.Status) error {
	if len(records) == 0 {
		return nil
	}
	if _, err := exec(ctx, tx, "number issues", `UPDATE projects SET last_issue_number = $2 WHERE id = $1`, projectID, last+uint64(len(records))); err != nil {
		return err
	}
	for some := range slices.Chunk(records, rowsAtOnce) {
		var issues, changes []any
		var history []issue.Activity
		for _, r := range some {
			last++
			r.Number = last
			issues = append(issues, r.ID.ProjectID, r.ID.Fingerprint.String(), r.Number,
				r.State.Status, r.State.Substatus, r.State.Reason, micros(r.State.Since), r.State.Release, r.Assignee,
				r.Title, r.Culprit, r.Level, r.Platform, r.FirstRelease, micros(r.FirstSeen), r.Version, micros(r.UpdatedAt))
			history = append(history, issue.Activity{IssueID: r.ID, Time: r.FirstSeen, Actor: issue.SystemActor, Kind: issue.ActivityFirstSeen})
			text, err := jsonText(issue.Change{Record: *r, From: from, Time: r.UpdatedAt})
			if err != nil {
				return err
			}
			changes = append(changes, text)
		}
		if _, err := exec(ctx, tx, "make issues", `INSERT INTO issues (`+issueColumns+`) VALUES `+tuples(len(some), 17), issues...); err != nil {
			return err
		}
		if err := insertActivities(ctx, tx, history); err != nil {
			return err
		}
		if _, err := exec(ctx, tx, "add to the outbox", `INSERT INTO issue_outbox (change) VALUES `+tuples(len(some), 1), changes...); err != nil {
			return err
		}
	}
	return nil
}

// tuples are the placeholders of so many rows.
func tuples(rows, columns int) string {
	list := make([]string, rows)
	for i := range list {
		list[i] = "(" + placeholders(1+i*columns, columns) + ")"
	}
	return strings.Join(list, ", ")
}
