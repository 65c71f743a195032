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

// chosenRows is how many chosen events one statement reads.
const chosenRows = 500

// mostOfOne bounds how many events of one fingerprint are chosen.
const mostOfOne = 1000

// Choose counts the events of each fingerprint of a project since a time, and finds the newest
// ones, as many of each as fit into the limit: of the fingerprints with most events first.
func (s *Store) Choose(ctx context.Context, projectID uint32, since time.Time, limit int) (view.Choice, error) {
	const tried = "choose events to group"
	c := view.Choice{Events: map[event.Fingerprint]uint64{}}
	st := &statement{}
	if err := s.ofFingerprints(ctx, tried, st, countSQL(st, projectID, since), func(f event.Fingerprint, n uint64, _ []string) error {
		c.Events[f] = n
		return nil
	}); err != nil || len(c.Events) == 0 {
		return c, err
	}
	st = &statement{}
	each := min(max(limit/len(c.Events), 1), mostOfOne)
	return c, s.ofFingerprints(ctx, tried, st, chooseSQL(st, projectID, since, each), func(f event.Fingerprint, _ uint64, newest []string) error {
		for _, name := range newest[:min(len(newest), limit-len(c.Chosen))] {
			id, err := event.ParseID(name)
			if err != nil {
				return wrap(tried, err)
			}
			c.Chosen = append(c.Chosen, view.Chosen{Fingerprint: f, EventID: id})
		}
		return nil
	})
}

// ofFingerprints hands each row of a statement about fingerprints to a function.
func (s *Store) ofFingerprints(ctx context.Context, tried string, st *statement, sql string, one func(event.Fingerprint, uint64, []string) error) error {
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return explain(tried, err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var count uint64
		var ids []string
		if err := rows.Scan(&text, &count, &ids); err != nil {
			return explain(tried, err)
		}
		fingerprint, err := event.ParseFingerprint(text)
		if err != nil {
			return wrap(tried, err)
		}
		if err := one(fingerprint, count, ids); err != nil {
			return err
		}
	}
	return explain(tried, rows.Err())
}

// countSQL is the statement with which Choose begins.
func countSQL(st *statement, projectID uint32, since time.Time) string {
	return `SELECT toString(fingerprint), count(), CAST([], 'Array(String)')
FROM events
WHERE project_id = ` + st.project(projectID) + ` AND timestamp >= ` + st.moment(since) + `
GROUP BY fingerprint`
}

// chooseSQL is the statement behind Choose. It keeps no more in memory than what it answers.
func chooseSQL(st *statement, projectID uint32, since time.Time, each int) string {
	return `SELECT toString(fingerprint), count() AS events, arrayMap(x -> toString(x.2), groupArraySorted(` + strconv.Itoa(each) + `)((-toUnixTimestamp64Nano(timestamp), event_id)))
FROM events
WHERE project_id = ` + st.project(projectID) + ` AND timestamp >= ` + st.moment(since) + `
GROUP BY fingerprint
ORDER BY events DESC, fingerprint`
}

// Read hands each of the chosen events to a function, as far as it decides about grouping:
// breadcrumbs, contexts, variables and extra data are left out. An error of the function ends it and is returned.
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
	st := &statement{}
	rows, err := s.conn.Query(s.limited(ctx), readSQL(st, projectID, since, chosen), st.args...)
	if err != nil {
		return explain(tried, err)
	}
	defer rows.Close()
	for rows.Next() {
		var r eventRow
		_, targets := groupingColumns(&r)
		if err := rows.Scan(targets...); err != nil {
			return explain(tried, err)
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
func readSQL(st *statement, projectID uint32, since time.Time, chosen []view.Chosen) string {
	var fingerprints, ids [][16]byte
	for _, c := range chosen {
		if n := len(fingerprints); n == 0 || fingerprints[n-1] != c.Fingerprint {
			fingerprints = append(fingerprints, c.Fingerprint)
		}
		ids = append(ids, c.EventID)
	}
	names, _ := groupingColumns(&eventRow{})
	return "SELECT " + strings.Join(names, ", ") + "\nFROM events\nWHERE project_id = " + st.project(projectID) + " AND " + st.oneOf("fingerprint", fingerprints) +
		"\n  AND timestamp >= " + st.moment(since) + " AND event_id IN " + st.uuids(ids) + "\nLIMIT 1 BY fingerprint, event_id"
}

// notGrouping are columns that grouping does not look at.
var notGrouping = regexp.MustCompile(`^(crumbs|contexts|parts)\.|^(extra|user_.*|http_.*|server_name)$`)

// groupingColumns are the columns that grouping looks at. Variables stand as empty texts, one a frame.
func groupingColumns(r *eventRow) (names []string, targets []any) {
	all, to := r.columns()
	for i, name := range all {
		if notGrouping.MatchString(name) {
			continue
		}
		if name == "frames.vars" {
			name = "arrayMap(x -> '', frames.line)"
		}
		names, targets = append(names, name), append(targets, to[i])
	}
	return names, targets
}
