package clickhouse

import (
	"context"
	"slices"
	"time"

	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// A list of the newest events is looked for in windows of time, the newest first, since the
// table is in the order of issues: whoever asks for twenty events would read the times of
// all. The first window holds about so many events, each further one so many times more,
// and the last one the rest.
const (
	fewEvents   = 2_000  // where any event will do
	someEvents  = 16_000 // where something is asked of them
	wordEvents  = 64_000 // where they must have words, of which an index knows
	moreEvents  = 16
	mostWindows = 4
)

// history is when events were seen and how many.
type history struct {
	events      uint64
	first, last time.Time
}

// windows cuts the range of a request into the windows to look at one after the other.
func (s *Store) windows(ctx context.Context, r view.EventsRequest, members [][16]byte, m moves) ([]view.Range, error) {
	h, err := s.history(ctx, r.ProjectID, members, m)
	if err != nil {
		return nil, err
	}
	few, most := uint64(fewEvents), mostWindows
	if r.Query.Root != nil || r.Environment != "" {
		few = someEvents
	}
	if asksForWords(r.Query.Root) {
		few, most = wordEvents, 2
	}
	span := r.Range
	if r.Before != nil {
		if after := r.Before.Timestamp.Add(1); span.End.IsZero() || after.Before(span.End) {
			span.End = after
		}
	}
	return h.cut(span, max(few, 4*uint64(r.Limit)), most), nil
}

// asksForWords reports whether events must have words, which are found by an index: what is
// rare is found at once, and only what is frequent is worth a window.
func asksForWords(n search.Node) bool {
	switch n := n.(type) {
	case search.Text:
		return len(n.Words()) > 0
	case search.And:
		return slices.ContainsFunc(n, asksForWords)
	}
	return false
}

// history asks when events were seen; without members, those of the project. Where events were moved away from
// a member or to it, others of their rows are counted too.
func (s *Store) history(ctx context.Context, project uint32, members [][16]byte, m moves) (h history, err error) {
	st := &statement{}
	if err := s.conn.QueryRow(s.limited(ctx), historySQL(st, project, members, m), st.args...).Scan(&h.events, &h.first, &h.last); err != nil {
		return h, explain("count events", err)
	}
	return h, nil
}

// historySQL is the statement behind history.
func historySQL(st *statement, project uint32, members [][16]byte, m moves) string {
	sql := "SELECT sum(events), min(first_seen), max(last_seen) FROM issue_totals WHERE project_id = " + st.project(project)
	if len(members) > 0 {
		sql += " AND " + m.rows(st, "fingerprint", members)
	}
	return sql
}

// cut divides a span into windows, the newest first, of which the first holds about few
// events if they came evenly. Together they are the whole span.
func (h history) cut(span view.Range, few uint64, most int) []view.Range {
	if h.events <= 2*few {
		return []view.Range{span}
	}
	from := h.last.Add(1)
	if !span.End.IsZero() && span.End.Before(from) {
		from = span.End
	}
	oldest := h.first
	if span.Start.After(oldest) {
		oldest = span.Start
	}
	var list []view.Range
	for width := h.width(few); len(list) < most-1 && from.Sub(oldest) > 2*width; width *= moreEvents {
		from = from.Add(-width)
		list = append(list, view.Range{Start: from, End: span.End})
		span.End = from
	}
	return append(list, span)
}

// width is how long it took so many events to come if they came evenly.
func (h history) width(events uint64) time.Duration {
	return max(time.Duration(float64(h.last.Sub(h.first))*float64(events)/float64(max(h.events, 1))), time.Millisecond)
}
