package clickhouse

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/view"
)

// chosenRows is how many chosen events one statement reads at most.
const chosenRows = 1000

// Choose counts the events of each fingerprint of a project since a time, and finds the newest
// ones, as many of each as fit into the limit: of the fingerprints with most events first. What the
// rare ones leave of the limit the others share.
func (s *Store) Choose(ctx context.Context, projectID uint32, since time.Time, limit int) (view.Choice, error) {
	const tried = "choose events to group"
	c := view.Choice{Events: map[event.Fingerprint]uint64{}}
	m, err := s.moves(ctx, projectID)
	if err != nil {
		return c, err
	}
	st := &statement{}
	var counts []uint64
	if err := s.ofFingerprints(ctx, tried, st, countSQL(st, projectID, since, m), func(f event.Fingerprint, n uint64, _ []string, _ []int64) error {
		c.Events[f] = n
		counts = append(counts, n)
		return nil
	}); err != nil || len(c.Events) == 0 {
		return c, err
	}
	st = &statement{}
	return c, s.ofFingerprints(ctx, tried, st, chooseSQL(st, projectID, since, m, share(counts, limit)), func(f event.Fingerprint, _ uint64, newest []string, times []int64) error {
		for i, name := range newest[:min(len(newest), len(times), limit-len(c.Chosen))] {
			id, err := event.ParseID(name)
			if err != nil {
				return wrap(tried, err)
			}
			c.Chosen = append(c.Chosen, view.Chosen{Fingerprint: f, EventID: id, Timestamp: time.Unix(0, times[i]).UTC()})
		}
		return nil
	})
}

// share is how many each may have so that all of them together have no more than the limit; at least one.
func share(counts []uint64, limit int) int {
	slices.Sort(counts)
	left := uint64(limit)
	for i, n := range counts {
		each := left / uint64(len(counts)-i)
		if n > each {
			return int(max(each, 1))
		}
		left -= n
	}
	return int(max(counts[len(counts)-1], 1))
}

// ofFingerprints hands each row of a statement about fingerprints to a function.
func (s *Store) ofFingerprints(ctx context.Context, tried string, st *statement, sql string, one func(event.Fingerprint, uint64, []string, []int64) error) error {
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return explain(tried, err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var count uint64
		var ids []string
		var times []int64
		if err := rows.Scan(&text, &count, &ids, &times); err != nil {
			return explain(tried, err)
		}
		fingerprint, err := event.ParseFingerprint(text)
		if err != nil {
			return wrap(tried, err)
		}
		if err := one(fingerprint, count, ids, times); err != nil {
			return err
		}
	}
	return explain(tried, rows.Err())
}

// countSQL is the statement with which Choose begins.
func countSQL(st *statement, projectID uint32, since time.Time, m moves) string {
	own := m.owner(st)
	return `SELECT toString(` + own + `), count(), CAST([], 'Array(String)'), CAST([], 'Array(Int64)')
FROM events
WHERE project_id = ` + st.project(projectID) + ` AND timestamp >= ` + st.moment(since) + `
GROUP BY ` + own
}

// chooseSQL is the statement behind Choose. It keeps no more in memory than what it answers.
func chooseSQL(st *statement, projectID uint32, since time.Time, m moves, each int) string {
	own := m.owner(st)
	return `SELECT toString(` + own + `), count() AS events, arrayMap(x -> toString(x.2), groupArraySorted(` + strconv.Itoa(each) + `)((-toUnixTimestamp64Nano(timestamp), event_id)) AS newest), arrayMap(x -> -x.1, newest)
FROM events
WHERE project_id = ` + st.project(projectID) + ` AND timestamp >= ` + st.moment(since) + `
GROUP BY ` + own + `
ORDER BY events DESC, ` + own
}

// Read hands each of the chosen events to a function, as far as it decides about grouping, those of one fingerprint
// the newest first: breadcrumbs, contexts, variables and extra data are left out. An error of the function ends it and is returned.
func (s *Store) Read(ctx context.Context, projectID uint32, since time.Time, chosen []view.Chosen, one func(*event.Occurrence) error) error {
	for part := range slices.Chunk(chosen, chosenRows) {
		if err := s.readPart(ctx, projectID, since, part, one); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) readPart(ctx context.Context, projectID uint32, since time.Time, chosen []view.Chosen, one func(*event.Occurrence) error) error {
	const tried = "read events to group"
	m, err := s.moves(ctx, projectID)
	if err != nil {
		return err
	}
	st := &statement{}
	rows, err := s.conn.Query(s.limited(ctx), readSQL(st, projectID, since, m, chosen), st.args...)
	if err != nil {
		return explain(tried, err)
	}
	defer rows.Close()
	var text string
	for rows.Next() {
		if err := rows.Scan(&text); err != nil {
			return explain(tried, err)
		}
		r := &eventRow{}
		if err := unpackRow(text, targetsOf(r, groupingColumns)); err != nil {
			return wrap(tried, err)
		}
		o, err := r.occurrence()
		if err != nil {
			return wrap(tried, err)
		}
		if err := one(o); err != nil {
			return err
		}
	}
	return explain(tried, rows.Err())
}

// readSQL is the statement behind Read. An event sent twice is read once.
func readSQL(st *statement, projectID uint32, since time.Time, m moves, chosen []view.Chosen) string {
	var fingerprints, ids [][16]byte
	first, last := chosen[0].Timestamp, chosen[0].Timestamp
	for _, c := range chosen {
		if n := len(fingerprints); n == 0 || fingerprints[n-1] != c.Fingerprint {
			fingerprints = append(fingerprints, c.Fingerprint)
		}
		ids = append(ids, c.EventID)
		if c.Timestamp.Before(first) {
			first = c.Timestamp
		} else if c.Timestamp.After(last) {
			last = c.Timestamp
		}
	}
	if since.After(first) {
		first = since
	}
	own := m.owner(st)
	packed := strings.Replace(packedGrouping, "toString(fingerprint)", "toString("+own+")", 1)
	return "SELECT " + packed + "\nFROM events\nWHERE project_id = " + st.project(projectID) + " AND " + m.rows(st, "fingerprint", fingerprints) +
		"\n  AND timestamp >= " + st.moment(first) + " AND timestamp <= " + st.moment(last) + " AND event_id IN " + st.uuids(ids) +
		"\nORDER BY " + own + ", timestamp DESC\nLIMIT 1 BY " + own + ", event_id"
}

// notGrouping are columns that grouping does not look at.
var notGrouping = regexp.MustCompile(`^(crumbs|contexts|parts)\.|^(extra|user_.*|http_.*|server_name)$`)

// groupingColumns are the columns that grouping looks at, by their place in a whole row.
var groupingColumns = func() (places []int) {
	names, _ := new(eventRow).columns()
	for i, name := range names {
		if !notGrouping.MatchString(name) {
			places = append(places, i)
		}
	}
	return places
}()

// packedGrouping is their expression. Variables stand as empty texts, one a frame.
var packedGrouping = func() string {
	r := &eventRow{}
	all, _ := r.columns()
	var names []string
	for _, i := range groupingColumns {
		if names = append(names, all[i]); all[i] == "frames.vars" {
			names[len(names)-1] = "arrayMap(x -> '', frames.line)"
		}
	}
	return packedRow(names, targetsOf(r, groupingColumns))
}()

// targetsOf are where some columns of a row go.
func targetsOf(r *eventRow, places []int) []any {
	_, all := r.columns()
	targets := make([]any, len(places))
	for n, i := range places {
		targets[n] = all[i]
	}
	return targets
}
