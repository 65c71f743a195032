package clickhouse

import (
	"context"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
	"github.com/faultline-dev/faultline/internal/view"
)

// Events lists the events of a project or issue that match, newest first.
func (s *Store) Events(ctx context.Context, r view.EventsRequest) ([]event.Summary, error) {
	if !r.Range.End.IsZero() && !r.Range.Start.Before(r.Range.End) {
		return nil, errRange
	}
	var members [][16]byte
	if r.Issue != nil {
		var err error
		if members, err = s.members(ctx, issue.ID{ProjectID: r.ProjectID, Fingerprint: *r.Issue}); err != nil {
			return nil, err
		}
	}
	m, err := s.moves(ctx, r.ProjectID)
	if err != nil {
		return nil, err
	}
	spans, err := s.windows(ctx, r, members, m)
	if err != nil {
		return nil, err
	}
	var list []event.Summary
	for _, span := range spans {
		part := r
		part.Range, part.Limit = span, r.Limit-len(list)
		st, sql, err := eventsSQL(part, members, m, time.Now())
		if err != nil {
			return nil, err
		}
		found, err := s.summaries(ctx, "list events", st, sql)
		if err != nil {
			return nil, err
		}
		if list = append(list, found...); len(list) >= r.Limit {
			break
		}
	}
	return list, nil
}

// eventsSQL is the statement behind Events; members are the fingerprints of the issue.
func eventsSQL(r view.EventsRequest, members [][16]byte, m moves, now time.Time) (*statement, string, error) {
	if !r.Range.End.IsZero() && !r.Range.Start.Before(r.Range.End) {
		return nil, "", errRange
	}
	st := &statement{}
	w := &where{st: st, projects: projects{r.ProjectID}, moves: m, now: now}
	f := eventFilter{environment: r.Environment, span: r.Range}
	if r.Query.Root != nil {
		f.query = []search.Node{r.Query.Root}
	}
	conds, err := filterEvents(w, f)
	if err != nil {
		return nil, "", err
	}
	if r.Issue != nil {
		conds = append(conds, m.of(st, members))
	}
	if r.Before != nil {
		at := st.moment(r.Before.Timestamp)
		conds = append(conds, "timestamp <= "+at, "(timestamp, event_id) < ("+at+", "+st.uuid([16]byte(r.Before.EventID))+")")
	}
	tables := ""
	if w.issues {
		tables = issueTables(st, projects{r.ProjectID}, m)
	}
	return st, with(tables) + `SELECT
  ` + summaryColumns(m.owner(st)) + `
FROM events
WHERE ` + conditions(conds) + `
ORDER BY timestamp DESC, event_id DESC
LIMIT ` + st.number(uint64(r.Limit)), nil
}
