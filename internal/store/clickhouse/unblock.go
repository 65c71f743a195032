package clickhouse

import (
	"encoding/hex"
	"iter"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/faultline-dev/faultline/internal/event"
)

// All reads back what was appended, in that order. A row that cannot be read comes with an
// error, as far as it could be read.
func (b *Block) All() iter.Seq2[*event.Occurrence, error] {
	return func(yield func(*event.Occurrence, error) bool) {
		for i := range b.Len() {
			row := b.row(i)
			_, err := row.occurrence()
			if !yield(&row.o, err) {
				return
			}
		}
	}
}

// row is row i as a query for it would give it.
func (b *Block) row(i int) *eventRow {
	r := &eventRow{
		fingerprint: hex.EncodeToString(b.fingerprint.all[i][:]), eventID: hex.EncodeToString(b.eventID.all[i][:]),
		timestamp: proto.DateTime64(b.timestamp.all[i]).Time(proto.PrecisionNano), level: b.level.all[i],
		extra: b.extra.Row(i), rest: b.rest.Row(i), traceID: hex.EncodeToString(b.traceID.all[i][:]), spanID: hex.EncodeToString(b.spanID.all[i][:]),
	}
	r.o = event.Occurrence{
		ProjectID: b.projectID.all[i], KeyID: b.keyID.Row(i), ReceivedAt: time.UnixMilli(b.receivedAt.all[i]), RetentionDays: b.retention.all[i],
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
	at := b.tags.spans.all[i]
	r.tagKeys, r.tagValues = elements(at, b.tags.keys), elements(at, b.tags.values)
	at = b.contexts.spans.all[i]
	r.contextNames, r.contextData = elements(at, b.contexts.name.data), elements(at, b.contexts.data.data)
	at = b.parts.spans.all[i]
	r.partKinds, r.partValues, r.partSources = elements(at, b.parts.kind.data), elements(at, b.parts.value.data), elements(at, b.parts.source.data)
	x := &b.exceptions
	at = x.spans.all[i]
	r.types, r.values, r.modules = elements(at, x.kind.data), elements(at, x.value.data), elements(at, x.module.data)
	r.hooks, r.more, r.handled = elements(at, x.mechanism.data), elements(at, x.more.data), part(at, x.handled.data.all)
	f, to := &b.frames, &r.frames
	at = f.spans.all[i]
	to.exception, to.line, to.column, to.inApp = part(at, f.exception.data.all), part(at, f.line.data.all), part(at, f.column.data.all), part(at, f.inApp.data.all)
	to.function, to.module, to.filename = elements(at, f.function.data), elements(at, f.module.data), elements(at, f.filename.data)
	to.absPath, to.source = elements(at, f.absPath.data), elements(at, f.source.data)
	to.vars, to.native = elements(at, f.vars.data), elements(at, f.native.data)
	c := &b.crumbs
	at = c.spans.all[i]
	for _, t := range part(at, c.time.data.all) {
		r.crumbs.time = append(r.crumbs.time, proto.DateTime64(t).Time(proto.PrecisionNano))
	}
	r.crumbs.kind, r.crumbs.category, r.crumbs.level = elements(at, c.kind.data), elements(at, c.category.data), part(at, c.level.data.all)
	r.crumbs.message, r.crumbs.data = elements(at, c.message.data), elements(at, c.data.data)
	return r
}

// elements are the texts of a list.
func elements(at span, c interface{ Row(i int) string }) []string {
	return rowsOf(int(at.to-at.from), func(i int) string { return c.Row(int(at.from) + i) })
}

// part are the numbers of a list.
func part[C ~[]T, T any](at span, all C) []T { return all[at.from:at.to] }
