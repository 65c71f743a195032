package clickhouse

import (
	"encoding/hex"
	"errors"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/faultline-dev/faultline/internal/event"
)

// occurrences reads back what was appended, row by row. A row that cannot be read is an
// error, and is returned as far as it could be.
func (b *block) occurrences() ([]*event.Occurrence, error) {
	list := make([]*event.Occurrence, b.projectID.Rows())
	var errs []error
	for i := range list {
		row := b.row(i)
		_, err := row.occurrence()
		errs = append(errs, err)
		list[i] = &row.o
	}
	return list, errors.Join(errs...)
}

// row is row i as a query for it would give it.
func (b *block) row(i int) *eventRow {
	r := &eventRow{
		fingerprint: hex.EncodeToString(b.fingerprint[i][:]), eventID: hex.EncodeToString(b.eventID[i][:]),
		timestamp: b.timestamp.Row(i), level: b.level[i],
		extra: b.extra.Row(i), rest: b.rest.Row(i), traceID: hex.EncodeToString(b.traceID[i][:]), spanID: hex.EncodeToString(b.spanID[i][:]),
		contextNames: elements(b.contexts.name, i), contextData: elements(b.contexts.data, i),
		partKinds: elements(b.parts.kind, i), partValues: elements(b.parts.value, i), partSources: elements(b.parts.source, i),
		types: elements(b.exceptions.kind, i), values: elements(b.exceptions.value, i), modules: elements(b.exceptions.module, i),
		hooks: elements(b.exceptions.mechanism, i), more: elements(b.exceptions.more, i), handled: part(b.exceptions.handled, *b.exceptions.handled.data, i),
	}
	from, to := bounds(b.tags.ends, i)
	r.tagKeys = rowsOf(to-from, func(j int) string { return b.tags.keys.Row(from + j) })
	r.tagValues = rowsOf(to-from, func(j int) string { return b.tags.values.Row(from + j) })
	r.o = event.Occurrence{
		ProjectID: b.projectID[i], KeyID: b.keyID.Row(i), ReceivedAt: b.receivedAt.Row(i), RetentionDays: b.retention[i],
		Title: b.title.Row(i), Culprit: b.culprit.Row(i),
	}
	r.e = event.Event{
		Platform: b.platform.Row(i), Logger: b.logger.Row(i), Transaction: b.transaction.Row(i), ServerName: b.server.Row(i),
		Release: b.release.Row(i), Dist: b.dist.Row(i), Environment: b.environment.Row(i),
		Message: event.Message{Formatted: b.message.Row(i), Template: b.template.Row(i)},
		SDK:     event.SDK{Name: b.sdkName.Row(i), Version: b.sdkVersion.Row(i)},
		User: event.User{
			ID: b.userID.Row(i), Email: b.userEmail.Row(i), Username: b.userName.Row(i), Name: b.userFull.Row(i), IP: b.userIP.Row(i),
		},
		Request: event.Request{Method: b.httpMethod.Row(i), URL: b.httpURL.Row(i)},
	}
	f := &b.frames
	r.frames.exception = part(f.exception, *f.exception.data, i)
	r.frames.function, r.frames.module, r.frames.filename = elements(f.function, i), elements(f.module, i), elements(f.filename, i)
	r.frames.absPath, r.frames.source = elements(f.absPath, i), elements(f.source, i)
	r.frames.vars, r.frames.native = elements(f.vars, i), elements(f.native, i)
	r.frames.line, r.frames.column = part(f.line, *f.line.data, i), part(f.column, *f.column.data, i)
	r.frames.inApp = part(f.inApp, *f.inApp.data, i)
	c := &b.crumbs
	for _, at := range part(c.time, c.time.data.Data, i) {
		r.crumbs.time = append(r.crumbs.time, at.Time(proto.PrecisionNano))
	}
	r.crumbs.kind, r.crumbs.category = elements(c.kind, i), elements(c.category, i)
	r.crumbs.message, r.crumbs.data = elements(c.message, i), elements(c.data, i)
	r.crumbs.level = part(c.level, *c.level.data, i)
	return r
}

// rower is a column of texts.
type rower interface {
	proto.ColInput
	Row(i int) string
}

// elements are the texts of array i.
func elements[C rower](c *array[C], i int) []string {
	from, to := c.bounds(i)
	return rowsOf(to-from, func(j int) string { return c.data.Row(from + j) })
}

// part is array i of numbers.
func part[C proto.ColInput, T any](c *array[C], all []T, i int) []T {
	from, to := c.bounds(i)
	return all[from:to]
}
