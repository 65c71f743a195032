package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/view"
)

// Event returns an event of a project as it was stored; found is false if there is none.
func (s *Store) Event(ctx context.Context, projectID uint32, id event.ID) (o *event.Occurrence, found bool, err error) {
	for range 2 { // the event may be given to another issue between the two steps
		in, at, found, err := s.Locate(ctx, projectID, id)
		if err != nil || !found {
			return nil, false, err
		}
		if o, found, err = s.EventAt(ctx, in, at); err != nil || found {
			return o, found, err
		}
	}
	return nil, false, nil
}

// EventOf returns the whole event that a summary is of; found is false if there is none. Where it has not been
// given to another issue since, its fingerprint and time lead to it at a fraction of what looking for its id costs.
func (s *Store) EventOf(ctx context.Context, e event.Summary) (o *event.Occurrence, found bool, err error) {
	in, at := issue.ID{ProjectID: e.ProjectID, Fingerprint: e.Fingerprint}, view.Cursor{Timestamp: e.Timestamp, EventID: e.EventID}
	if o, found, err = s.EventAt(ctx, in, at); err != nil || found {
		return o, found, err
	}
	return s.Event(ctx, e.ProjectID, e.EventID)
}

// Locate finds the fingerprint that an event counts under and its time, by which EventAt finds all of
// it: looking for an id is cheap as long as no more is asked for.
func (s *Store) Locate(ctx context.Context, projectID uint32, id event.ID) (in issue.ID, at view.Cursor, found bool, err error) {
	const tried = "find event"
	m, err := s.moves(ctx, projectID)
	if err != nil {
		return in, at, false, err
	}
	st := &statement{}
	rows, err := s.conn.Query(s.limited(ctx), locateSQL(st, projectID, id, m), st.args...)
	if err != nil {
		return in, at, false, explain(tried, err)
	}
	defer rows.Close()
	if !rows.Next() {
		return in, at, false, explain(tried, rows.Err())
	}
	var text string
	if err := rows.Scan(&text, &at.Timestamp); err != nil {
		return in, at, false, explain(tried, err)
	}
	in.ProjectID, at.EventID, at.Timestamp = projectID, id, fromNanos(at.Timestamp)
	if in.Fingerprint, err = event.ParseFingerprint(text); err != nil {
		return in, at, false, wrap(tried, err)
	}
	return in, at, true, nil
}

// locateSQL is the statement behind Locate. Of an event sent twice the first one counts.
func locateSQL(st *statement, projectID uint32, id event.ID, m moves) string {
	return "SELECT toString(" + m.owner(st) + "), timestamp\nFROM events\nWHERE project_id = " + st.project(projectID) + " AND event_id = " + st.uuid([16]byte(id)) +
		"\nORDER BY received_at\nLIMIT 1"
}

// EventAt returns an event as it was stored, by the fingerprint it counts under, its time and id; found is
// false if it is not there. One that was moved has the fingerprint it counts under, and its parts.
func (s *Store) EventAt(ctx context.Context, in issue.ID, at view.Cursor) (o *event.Occurrence, found bool, err error) {
	const tried = "read event"
	m, err := s.moves(ctx, in.ProjectID)
	if err != nil {
		return nil, false, err
	}
	var row eventRow
	st := &statement{}
	sql, targets := eventAtSQL(st, &row, in, at, m)
	rows, err := s.conn.Query(s.limited(ctx), sql, st.args...)
	if err != nil {
		return nil, false, explain(tried, err)
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, false, explain(tried, rows.Err())
	}
	if err := rows.Scan(targets...); err != nil {
		return nil, false, explain(tried, err)
	}
	if o, err = row.occurrence(); err != nil {
		return nil, false, wrap(tried, err)
	}
	if err := rows.Close(); err != nil {
		return nil, false, explain(tried, err)
	}
	if m.any() {
		err = s.movedParts(ctx, m, o, row.moved)
	}
	return o, err == nil, err
}

// eventAtSQL is the statement behind EventAt.
func eventAtSQL(st *statement, row *eventRow, in issue.ID, at view.Cursor, m moves) (sql string, targets []any) {
	names, targets := row.columns()
	if m.any() {
		names, targets = append(names, "toString(moved)"), append(targets, &row.moved)
	}
	return "SELECT " + strings.Join(names, ", ") + "\nFROM events\nWHERE project_id = " + st.project(in.ProjectID) + " AND " + m.rows(st, "fingerprint", [][16]byte{in.Fingerprint}) +
		" AND timestamp = " + st.moment(at.Timestamp) + " AND event_id = " + st.uuid([16]byte(at.EventID)) + "\nORDER BY received_at\nLIMIT 1", targets
}

// eventRow is a row of the events table.
type eventRow struct {
	o event.Occurrence
	e event.Event

	fingerprint, eventID, moved         string // with dashes
	timestamp                           time.Time
	level                               uint8
	extra, rest, traceID, spanID        string
	contextNames, contextData           []string
	tagKeys, tagValues                  []string
	partKinds, partValues, partSources  []string
	types, values, modules, hooks, more []string
	handled                             []uint8
	frames                              struct {
		exception                                                 []uint16
		function, module, filename, absPath, source, vars, native []string
		line, column                                              []uint32
		inApp                                                     []uint8
	}
	crumbs struct {
		time                          []time.Time
		kind, category, message, data []string
		level                         []uint8
	}
}

// columns pairs what to select with where it goes.
func (r *eventRow) columns() (names []string, targets []any) {
	e := &r.e
	for _, c := range []struct {
		name string
		to   any
	}{
		{"project_id", &r.o.ProjectID},
		{"toString(fingerprint)", &r.fingerprint},
		{"toString(event_id)", &r.eventID},
		{"timestamp", &r.timestamp},
		{"received_at", &r.o.ReceivedAt},
		{"retention_days", &r.o.RetentionDays},
		{"key_id", &r.o.KeyID},
		{"level", &r.level},
		{"title", &r.o.Title},
		{"culprit", &r.o.Culprit},
		{"platform", &e.Platform},
		{"logger", &e.Logger},
		{"transaction", &e.Transaction},
		{"server_name", &e.ServerName},
		{"release", &e.Release},
		{"dist", &e.Dist},
		{"environment", &e.Environment},
		{"sdk_name", &e.SDK.Name},
		{"sdk_version", &e.SDK.Version},
		{"message", &e.Message.Formatted},
		{"message_template", &e.Message.Template},
		{"user_id", &e.User.ID},
		{"user_email", &e.User.Email},
		{"user_username", &e.User.Username},
		{"user_name", &e.User.Name},
		{"user_ip", &e.User.IP},
		{"http_method", &e.Request.Method},
		{"http_url", &e.Request.URL},
		{"contexts.name", &r.contextNames},
		{"contexts.data", &r.contextData},
		{"mapKeys(tags)", &r.tagKeys},
		{"mapValues(tags)", &r.tagValues},
		{"extra", &r.extra},
		{"hex(trace_id)", &r.traceID},
		{"hex(span_id)", &r.spanID},
		{"parts.kind", &r.partKinds},
		{"parts.value", &r.partValues},
		{"parts.source", &r.partSources},
		{"rest", &r.rest},
		{"exceptions.type", &r.types},
		{"exceptions.value", &r.values},
		{"exceptions.module", &r.modules},
		{"exceptions.mechanism", &r.hooks},
		{"exceptions.handled", &r.handled},
		{"exceptions.more", &r.more},
		{"frames.exception", &r.frames.exception},
		{"frames.function", &r.frames.function},
		{"frames.module", &r.frames.module},
		{"frames.filename", &r.frames.filename},
		{"frames.abs_path", &r.frames.absPath},
		{"frames.line", &r.frames.line},
		{"frames.column", &r.frames.column},
		{"frames.in_app", &r.frames.inApp},
		{"frames.source", &r.frames.source},
		{"frames.vars", &r.frames.vars},
		{"frames.native", &r.frames.native},
		{"crumbs.time", &r.crumbs.time},
		{"crumbs.type", &r.crumbs.kind},
		{"crumbs.category", &r.crumbs.category},
		{"crumbs.level", &r.crumbs.level},
		{"crumbs.message", &r.crumbs.message},
		{"crumbs.data", &r.crumbs.data},
	} {
		names, targets = append(names, c.name), append(targets, c.to)
	}
	return names, targets
}

// occurrence puts the row together.
func (r *eventRow) occurrence() (*event.Occurrence, error) {
	e := &r.e
	r.o.Event = e
	var err error
	if e.ID, err = event.ParseID(r.eventID); err != nil {
		return nil, err
	}
	if r.o.Fingerprint, err = event.ParseFingerprint(r.fingerprint); err != nil {
		return nil, err
	}
	e.Timestamp = fromNanos(r.timestamp)
	r.o.ReceivedAt = r.o.ReceivedAt.UTC()
	e.Level = event.Level(r.level)
	e.Extra = event.Object(r.extra)
	if err := fromHex(e.Trace.TraceID[:], r.traceID); err != nil {
		return nil, err
	}
	if err := fromHex(e.Trace.SpanID[:], r.spanID); err != nil {
		return nil, err
	}
	for i, name := range r.contextNames {
		e.Contexts = append(e.Contexts, event.Context{Name: name, Data: event.Object(r.contextData[i])})
	}
	for i, key := range r.tagKeys {
		e.Tags = append(e.Tags, event.Tag{Key: key, Value: r.tagValues[i]})
	}
	for i, kind := range r.partKinds {
		r.o.Parts = append(r.o.Parts, event.Part{Kind: kind, Value: r.partValues[i], Source: r.partSources[i]})
	}
	for i, at := range r.crumbs.time {
		c := &r.crumbs
		e.Breadcrumbs = append(e.Breadcrumbs, event.Breadcrumb{
			Timestamp: fromNanos(at), Type: c.kind[i], Category: c.category[i], Message: c.message[i],
			Level: event.Level(c.level[i]), Data: event.Object(c.data[i]),
		})
	}
	if err := r.exceptions(); err != nil {
		return nil, err
	}
	if err := unpackRest(r.rest, e); err != nil {
		return nil, fmt.Errorf("column rest: %w", err)
	}
	return &r.o, nil
}

// exceptions puts the exceptions and their frames together.
func (r *eventRow) exceptions() error {
	e := &r.e
	for i, kind := range r.types {
		x := event.Exception{Type: kind, Value: r.values[i], Module: r.modules[i]}
		x.Mechanism.Type, x.Mechanism.Handled = r.hooks[i], event.Handled(r.handled[i])
		if err := unpackException(r.more[i], i, &x); err != nil {
			return fmt.Errorf("column exceptions.more: %w", err)
		}
		e.Exceptions = append(e.Exceptions, x)
	}
	for i, owner := range r.frames.exception {
		if int(owner) >= len(e.Exceptions) {
			return fmt.Errorf("column frames.exception: %w", errPacked)
		}
		f, err := r.frame(i)
		if err != nil {
			return err
		}
		stack := &e.Exceptions[owner].Stack
		stack.Frames = append(stack.Frames, f)
	}
	return nil
}

// frame puts one frame together.
func (r *eventRow) frame(i int) (event.Frame, error) {
	c := &r.frames
	f := event.Frame{
		Function: c.function[i], Module: c.module[i], Filename: c.filename[i], AbsPath: c.absPath[i],
		Line: c.line[i], Column: c.column[i], InApp: event.InApp(c.inApp[i]),
		Vars: event.Object(c.vars[i]),
	}
	if err := splitSource(c.source[i], &f); err != nil {
		return f, fmt.Errorf("column frames.source: %w", err)
	}
	if c.native[i] != "" {
		u := &unpacker{b: c.native[i]}
		unpackNative(u, &f)
		if u.b != "" {
			f.Origin = unpackOrigin(u)
		}
		if u.err != nil {
			return f, fmt.Errorf("column frames.native: %w", u.err)
		}
	}
	return f, nil
}
