package clickhouse

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/view"
)

// CountMovable counts the rows of some fingerprints and of those that events of the project were moved away from
// before: what lists have to read if events are moved away from them, too.
func (s *Store) CountMovable(ctx context.Context, projectID uint32, prints []event.Fingerprint) (n uint64, err error) {
	m, err := s.moves(ctx, projectID)
	if err != nil {
		return 0, err
	}
	st := &statement{}
	sql := "SELECT count() FROM events WHERE project_id = " + st.project(projectID) + " AND fingerprint IN (SELECT arrayJoin(" + st.uuids(bytesOf(prints)) + ")"
	if m.any() {
		sql += " UNION ALL " + m.origins(st)
	}
	return n, explain("count events to move", s.conn.QueryRow(s.limited(ctx), sql+")", st.args...).Scan(&n))
}

// Movable returns events that rules may move, by the fingerprint of their rows and then by time.
func (s *Store) Movable(ctx context.Context, r view.MovableRequest) ([]view.Movable, error) {
	others, err := s.otherMoves(ctx, r.ProjectID, r.Regrouping)
	if err != nil {
		return nil, err
	}
	prints, err := s.rowsOf(ctx, others, []event.Fingerprint{r.Fingerprint})
	if err != nil {
		return nil, err
	}
	var list []view.Movable
	for _, f := range prints {
		if bytes.Compare(f[:], r.After.Fingerprint[:]) < 0 {
			continue
		}
		part := r
		if part.Limit -= len(list); part.Limit <= 0 {
			break
		}
		if f != r.After.Fingerprint {
			part.After = view.AffectedPlace{}
		}
		found, err := s.movable(ctx, part, others, f)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// otherMoves are the moves of a project that a regrouping did not make.
func (s *Store) otherMoves(ctx context.Context, projectID uint32, name string) (moves, error) {
	m, err := s.moves(ctx, projectID)
	m.regroupings = slices.DeleteFunc(m.regroupings, func(r regrouping) bool { return r.name == name })
	return m, err
}

// rowsOf are the fingerprints of rows that may count under some fingerprints, in order.
func (s *Store) rowsOf(ctx context.Context, m moves, prints []event.Fingerprint) ([]event.Fingerprint, error) {
	all := slices.Clone(prints)
	if m.any() {
		st := &statement{}
		sql := "SELECT DISTINCT toString(fingerprint) FROM (" + m.standing(st) + ") WHERE moved IN " + st.uuids(bytesOf(prints))
		if err := s.uuids(ctx, "find rows of moved events", st, sql, func(id [16]byte) { all = append(all, id) }); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b event.Fingerprint) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(all), nil
}

// movable reads rows of one fingerprint.
func (s *Store) movable(ctx context.Context, r view.MovableRequest, others moves, f event.Fingerprint) ([]view.Movable, error) {
	const tried = "read events to move"
	st := &statement{}
	rows, err := s.conn.Query(s.limited(ctx), movableSQL(st, r, others, f), st.args...)
	if err != nil {
		return nil, explain(tried, err)
	}
	defer rows.Close()
	var list []view.Movable
	for rows.Next() {
		var text, moved string
		if err := rows.Scan(&text, &moved); err != nil {
			return nil, explain(tried, err)
		}
		row, one := &eventRow{}, view.Movable{}
		if err := unpackRow(text, targetsOf(row, groupingColumns)); err != nil {
			return nil, wrap(tried, err)
		}
		if one.Occurrence, err = row.occurrence(); err != nil {
			return nil, wrap(tried, err)
		}
		if one.Moved, err = event.ParseFingerprint(moved); err != nil {
			return nil, wrap(tried, err)
		}
		list = append(list, one)
	}
	return list, explain(tried, rows.Err())
}

// movableSQL is the statement behind movable. What the regrouping itself moved still counts
// where it was, so that doing a part of it twice finds the same.
func movableSQL(st *statement, r view.MovableRequest, others moves, f event.Fingerprint) string {
	conds := []string{
		"project_id = " + st.project(r.ProjectID), "fingerprint = " + st.uuid([16]byte(f)), "timestamp >= " + st.moment(r.Since),
	}
	if others.any() {
		conds = append(conds, others.owner(st)+" = "+st.uuid([16]byte(r.Fingerprint)))
	}
	if p := r.After; p != (view.AffectedPlace{}) {
		at := st.moment(p.Timestamp)
		conds = append(conds, "timestamp >= "+at, "(timestamp, event_id) > ("+at+", "+st.uuid([16]byte(p.EventID))+")")
	}
	if !r.Received.IsZero() {
		conds = append(conds, "received_at >= "+st.moment(r.Received))
	}
	return "SELECT " + packedGrouping + ", toString(moved)\nFROM events\nWHERE " + conditions(conds) + "\nORDER BY timestamp, event_id\nLIMIT " + st.number(uint64(r.Limit))
}

// BeginMoves tells that a regrouping moves events that count under some fingerprints. It must come before
// PutMoves, with all of them, and may be called again.
func (s *Store) BeginMoves(ctx context.Context, projectID uint32, regrouping string, prints []event.Fingerprint) error {
	if s.cfg.Cluster != "" {
		return fmt.Errorf("move events in a cluster: %w", view.ErrFixed)
	}
	s.moved.forget()
	others, err := s.otherMoves(ctx, projectID, regrouping)
	if err != nil {
		return err
	}
	rows, err := s.rowsOf(ctx, others, prints)
	if err != nil {
		return err
	}
	list := make([]view.Move, len(rows))
	for i, f := range rows {
		list[i] = view.Move{From: f, To: f}
	}
	return s.putMoves(ctx, projectID, regrouping, list, false)
}

// PutMoves lets moves of a regrouping count. It may be called again.
func (s *Store) PutMoves(ctx context.Context, projectID uint32, regrouping string, list []view.Move) error {
	if len(list) == 0 {
		return nil
	}
	if s.cfg.Cluster != "" {
		return fmt.Errorf("move events in a cluster: %w", view.ErrFixed)
	}
	return s.putMoves(ctx, projectID, regrouping, list, false)
}

// UndoMoves makes all moves of a regrouping count no more, also those that are still put. It may be called again.
func (s *Store) UndoMoves(ctx context.Context, projectID uint32, regrouping string) error {
	return s.putMoves(ctx, projectID, regrouping, []view.Move{{}}, true)
}

func (s *Store) putMoves(ctx context.Context, projectID uint32, regrouping string, list []view.Move, undone bool) error {
	var project proto.ColUInt32
	var from, to proto.ColUUID
	var flag proto.ColUInt8
	name, parts := newText(), newText()
	for _, m := range list {
		written, err := json.Marshal(m.Parts)
		if err != nil {
			return wrap("write the parts of a fingerprint", err)
		}
		project.Append(projectID)
		name.Append(regrouping)
		from.Append([16]byte(m.From))
		to.Append([16]byte(m.To))
		flag.Append(bit(undone))
		parts.AppendBytes(written)
	}
	defer s.moved.forget()
	return s.send(ctx, "issue_moves", "", []proto.InputColumn{
		{Name: "project_id", Data: &project}, {Name: "regrouping", Data: name}, {Name: "fingerprint", Data: &from},
		{Name: "moved", Data: &to}, {Name: "undone", Data: &flag}, {Name: "parts", Data: parts},
	})
}

// Moves returns what a regrouping moved so far, without parts.
func (s *Store) Moves(ctx context.Context, projectID uint32, regrouping string) ([]view.Move, error) {
	const tried = "read the moves of a regrouping"
	st := &statement{}
	rows, err := s.conn.Query(s.limited(ctx), "SELECT DISTINCT toString(fingerprint), toString(moved) FROM issue_moves WHERE project_id = "+st.project(projectID)+
		" AND regrouping = "+st.text(regrouping)+" AND undone = 0 AND moved != fingerprint", st.args...)
	if err != nil {
		return nil, explain(tried, err)
	}
	defer rows.Close()
	var list []view.Move
	for rows.Next() {
		var from, to string
		if err := rows.Scan(&from, &to); err != nil {
			return nil, explain(tried, err)
		}
		var m view.Move
		if m.From, err = event.ParseFingerprint(from); err != nil {
			return nil, wrap(tried, err)
		}
		if m.To, err = event.ParseFingerprint(to); err != nil {
			return nil, wrap(tried, err)
		}
		list = append(list, m)
	}
	return list, explain(tried, rows.Err())
}

// Move writes beside the rows of events what they were moved to. It counts as far as
// PutMoves says so. To a reader every event is there once at any time. Moving again changes nothing.
func (s *Store) Move(ctx context.Context, events []view.Movable) error {
	if len(events) == 0 {
		return nil
	}
	if s.cfg.Cluster != "" {
		return fmt.Errorf("move events in a cluster: %w", view.ErrFixed)
	}
	st := &statement{}
	return explain("move events", s.conn.Exec(s.limited(ctx), moveSQL(st, events), st.args...))
}

// moveSQL is the statement behind Move: new values are written beside the old parts, as by Amend.
func moveSQL(st *statement, events []view.Movable) string {
	var ids, prints, to [][16]byte
	first, last := events[0].Event.Timestamp, events[0].Event.Timestamp
	for _, e := range events {
		ids, to = append(ids, e.Event.ID), append(to, e.Moved)
		if f := [16]byte(e.Fingerprint); !slices.Contains(prints, f) {
			prints = append(prints, f)
		}
		if t := e.Event.Timestamp; t.Before(first) {
			first = t
		} else if t.After(last) {
			last = t
		}
	}
	named := st.uuids(ids)
	return "UPDATE events SET moved = arrayElement(" + st.uuids(to) + ", indexOf(" + named + ", event_id))\nWHERE project_id = " + st.project(events[0].ProjectID) +
		" AND " + st.oneOf("fingerprint", prints) + " AND timestamp >= " + st.moment(first) + " AND timestamp <= " + st.moment(last) + " AND event_id IN " + named
}

// movedParts gives an event the fingerprint it counts under and the parts of that, if it was moved.
func (s *Store) movedParts(ctx context.Context, m moves, o *event.Occurrence, moved string) error {
	const tried = "read why an event was moved"
	st := &statement{}
	rows, err := s.conn.Query(s.limited(ctx), "SELECT any(parts) FROM issue_moves WHERE project_id = "+st.project(o.ProjectID)+
		" AND fingerprint = "+st.uuid([16]byte(o.Fingerprint))+" AND moved = "+st.bind("UUID", moved)+
		" AND (fingerprint, moved) IN ("+m.standing(st)+") HAVING count() > 0", st.args...)
	if err != nil {
		return explain(tried, err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return explain(tried, err)
		}
		if o.Fingerprint, err = event.ParseFingerprint(moved); err != nil {
			return wrap(tried, err)
		}
		o.Parts = nil
		if err := json.Unmarshal([]byte(text), &o.Parts); err != nil {
			return wrap(tried, err)
		}
	}
	return explain(tried, rows.Err())
}
