package clickhouse

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// stagePrefix begins the names of the tables that hold what is about to be amended.
const stagePrefix = "amended_"

// Amend gives stored events of one project what has been found out about them since: their
// exceptions' names and frames, threads, title, culprit and the parts of their
// fingerprint. The fingerprint of a row is part of its key and stays. To a reader
// every event is there once at any time, as it was or as it becomes. Amending again
// changes nothing.
func (s *Store) Amend(ctx context.Context, events []*event.Occurrence) (err error) {
	if len(events) == 0 {
		return nil
	}
	if s.cfg.Cluster != "" {
		return fmt.Errorf("amend events in a cluster: %w", view.ErrFixed)
	}
	var name [8]byte
	_, _ = rand.Read(name[:]) // never fails
	stage := stagePrefix + hex.EncodeToString(name[:])
	columns := newAmendment(events)
	if err := s.conn.Exec(s.limited(ctx), columns.create(stage)); err != nil {
		return explain("prepare to amend events", err)
	}
	defer func() {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.QueryTimeout)
		defer cancel()
		err = errors.Join(err, explain("tidy up after amending events", s.conn.Exec(clean, "DROP TABLE IF EXISTS "+stage)))
	}()
	if err := s.send(ctx, stage, "", columns.input); err != nil {
		return err
	}
	st, sql := amendSQL(stage, columns.input, events)
	return explain("amend events", s.conn.Exec(s.limited(ctx), sql, st.args...))
}

// amendSQL is the statement that changes the rows: ClickHouse writes the new values beside
// the old parts at once, and merges bring them together.
func amendSQL(stage string, input []proto.InputColumn, events []*event.Occurrence) (*statement, string) {
	st := &statement{}
	var set []string
	for _, c := range input[1:] {
		set = append(set, fmt.Sprintf("`%s` = joinGet('%s', '%s', toString(event_id))", c.Name, stage, c.Name))
	}
	first, last := events[0].Event.Timestamp, events[0].Event.Timestamp
	var ids, prints [][16]byte
	seen := map[event.Fingerprint]bool{}
	for _, o := range events {
		ids = append(ids, o.Event.ID)
		if !seen[o.Fingerprint] {
			seen[o.Fingerprint] = true
			prints = append(prints, o.Fingerprint)
		}
		if t := o.Event.Timestamp; t.Before(first) {
			first = t
		} else if t.After(last) {
			last = t
		}
	}
	return st, "UPDATE events SET\n  " + strings.Join(set, ",\n  ") + "\nWHERE project_id = " + st.project(events[0].ProjectID) +
		" AND " + st.oneOf("fingerprint", prints) + " AND timestamp >= " + st.moment(first) + " AND timestamp <= " + st.moment(last) +
		" AND " + st.oneOf("event_id", ids)
}

// amendment is what changes of events, as columns: the id and the columns of the events table.
type amendment struct {
	input []proto.InputColumn
}

func newAmendment(events []*event.Occurrence) amendment {
	id, title, text, rest := newText(), newText(), newText(), newText()
	culprit := newDictionary()
	parts, exceptions, frames := newPartColumns(), newExceptionColumns(), newFrameColumns()
	var p packer
	rows := new([]uint32)
	for i, o := range events {
		e := o.Event
		id.Append(dashed(e.ID))
		title.Append(o.Title)
		culprit.Append(o.Culprit)
		p.b = search.AppendSearchText(p.b[:0], e)
		text.AppendBytes(p.b)
		p.b = p.b[:0]
		packRest(&p, e)
		rest.AppendBytes(p.b)
		parts.append(o.Parts, i-1)
		exceptions.append(e.Exceptions, i-1, &p)
		frames.append(e.Exceptions, i-1, &p)
		*rows = append(*rows, uint32(i))
	}
	for _, s := range [...]*spans{parts.spans, exceptions.spans, frames.spans} {
		s.arrange(*rows)
	}
	list := []named{{"id", id}, {"title", title}, {"culprit", culprit}, {"search_text", text}, {"rest", rest}}
	list = append(list, parts.columns()...)
	list = append(list, exceptions.columns()...)
	return amendment{inOrder(append(list, frames.columns()...), rows)}
}

// create makes the table of the new values, by id of the event.
func (a amendment) create(stage string) string {
	names := make([]string, len(a.input))
	for i, c := range a.input {
		names[i] = "`" + c.Name + "` " + string(c.Data.Type())
	}
	return "CREATE TABLE " + stage + " (\n  " + strings.Join(names, ",\n  ") + "\n) ENGINE = Join(ANY, LEFT, id)"
}

// Retell gives the roll-up what the newest events of some fingerprints say now: title and
// culprit. Nothing is counted. What is told a second later wins.
func (s *Store) Retell(ctx context.Context, projectID uint32, prints []event.Fingerprint, now time.Time) error {
	if len(prints) == 0 {
		return nil
	}
	st := &statement{}
	return explain("retell the titles of issues", s.conn.Exec(s.limited(ctx), retellSQL(st, projectID, prints, now), st.args...))
}

// retellEpoch is when nobody had retold anything yet.
var retellEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// retellSQL adds rows without events to the roll-up. What they say of the newest event
// wins over what was said of it before, by as many nanoseconds as there are seconds since
// the epoch, and loses against what happens later.
func retellSQL(st *statement, projectID uint32, prints []event.Fingerprint, now time.Time) string {
	later := st.bind("Int64", max(1, int64(now.Sub(retellEpoch)/time.Second)))
	return `INSERT INTO issue_totals
SELECT
  project_id,
  fingerprint,
  0 AS events,
  uniqCombined64IfState(12)(user_hash, toUInt8(0)) AS users,
  min(timestamp) AS first_seen,
  max(timestamp) AS last_seen,
  min(received_at) AS first_received,
  argMinState((event_id, timestamp), received_at) AS first_event,
  min(e.handled) AS handled,
  argMaxState((title, toString(culprit), level, toString(platform)), timestamp + toIntervalNanosecond(` + later + `)) AS latest,
  argMinIfState(toString(release), timestamp, release != '') AS first_release,
  argMaxIfState(toString(release), timestamp, release != '') AS last_release
FROM events AS e
WHERE project_id = ` + st.project(projectID) + ` AND ` + st.oneOf("fingerprint", bytesOf(prints)) + `
GROUP BY project_id, fingerprint`
}

// stageAge is how old a table of an interrupted amendment is before it is dropped.
const stageAge = time.Hour

// TidyAmendments drops what interrupted amendments left.
func (s *Store) TidyAmendments(ctx context.Context) error {
	const tried = "look for interrupted amendments"
	st := &statement{}
	rows, err := s.conn.Query(s.limited(ctx), "SELECT name FROM system.tables WHERE database = "+st.text(s.cfg.Database)+
		" AND startsWith(name, "+st.text(stagePrefix)+") AND metadata_modification_time < now() - "+st.number(uint64(stageAge.Seconds())), st.args...)
	if err != nil {
		return explain(tried, err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return explain(tried, err)
		}
		if !identifier.MatchString(name) {
			continue
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return explain(tried, err)
	}
	for _, name := range names {
		if err := s.conn.Exec(s.limited(ctx), "DROP TABLE IF EXISTS "+name); err != nil {
			return explain("drop an interrupted amendment", err)
		}
	}
	return nil
}
