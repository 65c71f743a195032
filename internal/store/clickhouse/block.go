package clickhouse

import (
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/search"
)

// block is rows of the events table as columns, ready to be sent. It speaks the format of
// ClickHouse itself, because the driver's columns box every value of an array: see
// BenchmarkBlock. A block keeps its room when it is reset.
type block struct {
	input  []proto.InputColumn
	packed packer
	piece  proto.Buffer // of the encoded columns

	projectID                             proto.ColUInt32
	fingerprint, eventID                  proto.ColUUID
	timestamp, receivedAt                 *proto.ColDateTime64
	retention                             proto.ColUInt16
	level, handled                        proto.ColUInt8
	title, message, template              text
	token, keyID                          *dictionary
	culprit, platform, logger             *dictionary
	transaction, server, release          *dictionary
	dist, environment                     *dictionary
	sdkName, sdkVersion, httpMethod       *dictionary
	userID, userEmail, userName, userFull text
	userIP, httpURL                       text
	userHash                              proto.ColUInt64
	extra, rest, searchText               text
	traceID                               proto.ColFixedStr16
	spanID                                proto.ColFixedStr8
	tags                                  pairs
	contexts                              contextColumns
	parts                                 partColumns
	exceptions                            exceptionColumns
	frames                                frameColumns
	crumbs                                crumbColumns
}

// newBlock makes an empty block.
func newBlock() *block {
	b := &block{
		timestamp:  nanoseconds(),
		receivedAt: new(proto.ColDateTime64).WithPrecision(proto.PrecisionMilli).WithLocation(time.UTC),
		tags:       pairs{keys: newDictionary()},
		contexts:   newContextColumns(), parts: newPartColumns(),
		exceptions: newExceptionColumns(), frames: newFrameColumns(), crumbs: newCrumbColumns(),
	}
	for _, c := range []**dictionary{
		&b.token, &b.keyID, &b.culprit, &b.platform, &b.logger, &b.transaction, &b.server, &b.release, &b.dist, &b.environment,
		&b.sdkName, &b.sdkVersion, &b.httpMethod,
	} {
		*c = newDictionary()
	}
	b.input = b.columns()
	return b
}

// columns pairs every column with its name in the table.
func (b *block) columns() []proto.InputColumn {
	list := []proto.InputColumn{
		{Name: "project_id", Data: &b.projectID},
		{Name: "fingerprint", Data: &b.fingerprint},
		{Name: "event_id", Data: &b.eventID},
		{Name: "timestamp", Data: b.timestamp},
		{Name: "received_at", Data: b.receivedAt},
		{Name: "retention_days", Data: &b.retention},
		{Name: "key_id", Data: b.keyID},
		{Name: "block", Data: b.token},
		{Name: "level", Data: &b.level},
		{Name: "handled", Data: &b.handled},
		{Name: "title", Data: &b.title},
		{Name: "culprit", Data: b.culprit},
		{Name: "platform", Data: b.platform},
		{Name: "logger", Data: b.logger},
		{Name: "transaction", Data: b.transaction},
		{Name: "server_name", Data: b.server},
		{Name: "release", Data: b.release},
		{Name: "dist", Data: b.dist},
		{Name: "environment", Data: b.environment},
		{Name: "sdk_name", Data: b.sdkName},
		{Name: "sdk_version", Data: b.sdkVersion},
		{Name: "message", Data: &b.message},
		{Name: "message_template", Data: &b.template},
		{Name: "user_id", Data: &b.userID},
		{Name: "user_email", Data: &b.userEmail},
		{Name: "user_username", Data: &b.userName},
		{Name: "user_name", Data: &b.userFull},
		{Name: "user_ip", Data: &b.userIP},
		{Name: "user_hash", Data: &b.userHash},
		{Name: "http_method", Data: b.httpMethod},
		{Name: "http_url", Data: &b.httpURL},
		{Name: "tags", Data: &b.tags},
		{Name: "extra", Data: &b.extra},
		{Name: "trace_id", Data: &b.traceID},
		{Name: "span_id", Data: &b.spanID},
		{Name: "rest", Data: &b.rest},
		{Name: "search_text", Data: &b.searchText},
	}
	list = append(list, b.contexts.columns()...)
	list = append(list, b.parts.columns()...)
	list = append(list, b.exceptions.columns()...)
	list = append(list, b.frames.columns()...)
	return append(list, b.crumbs.columns()...)
}

// reset empties the block and keeps its room.
func (b *block) reset() {
	for _, c := range b.input {
		c.Data.(proto.Resettable).Reset()
	}
	b.forget()
}

// fill appends events in the order of the table, under a token, and refers to none of them
// afterwards.
func (b *block) fill(events []*event.Occurrence, token string) {
	for _, o := range inTableOrder(events) {
		b.append(o)
		b.token.Append(token)
	}
	b.forget()
}

// forget lets go of the last event.
func (b *block) forget() {
	b.frames.forget()
	b.parts.before = nil
}

// append adds an occurrence. The block refers to the last one until it forgets it.
func (b *block) append(o *event.Occurrence) {
	e := o.Event
	b.projectID.Append(o.ProjectID)
	b.fingerprint.Append([16]byte(o.Fingerprint))
	b.eventID.Append([16]byte(e.ID))
	b.timestamp.AppendRaw(nanos(e.Timestamp))
	b.receivedAt.AppendRaw(proto.DateTime64(o.ReceivedAt.UnixMilli()))
	b.retention.Append(o.RetentionDays)
	b.keyID.Append(o.KeyID)
	b.level.Append(uint8(e.Level))
	b.handled.Append(bit(e.Handled()))
	b.title.Append(o.Title)
	b.culprit.Append(o.Culprit)
	b.platform.Append(e.Platform)
	b.logger.Append(e.Logger)
	b.transaction.Append(e.Transaction)
	b.server.Append(e.ServerName)
	b.release.Append(e.Release)
	b.dist.Append(e.Dist)
	b.environment.Append(e.Environment)
	b.sdkName.Append(e.SDK.Name)
	b.sdkVersion.Append(e.SDK.Version)
	b.message.Append(e.Message.Formatted)
	b.template.Append(e.Message.Template)
	b.userID.Append(e.User.ID)
	b.userEmail.Append(e.User.Email)
	b.userName.Append(e.User.Username)
	b.userFull.Append(e.User.Name)
	b.userIP.Append(e.User.IP)
	b.userHash.Append(e.UserHash())
	b.httpMethod.Append(e.Request.Method)
	b.httpURL.Append(e.Request.URL)
	like := lastBegin(&b.tags.ends)
	for i := range e.Tags {
		b.tags.keys.appendLike(e.Tags[i].Key, like+i)
		b.tags.values.Append(e.Tags[i].Value)
	}
	b.tags.ends.Append(uint64(b.tags.keys.Rows()))
	b.extra.Append(string(e.Extra))
	b.traceID.Append(e.Trace.TraceID)
	b.spanID.Append(e.Trace.SpanID)
	b.packed.b = b.packed.b[:0]
	packRest(&b.packed, e)
	b.rest.AppendBytes(b.packed.b)
	b.packed.b = search.AppendSearchText(b.packed.b[:0], e)
	b.searchText.AppendBytes(b.packed.b)
	b.contexts.append(e.Contexts)
	b.parts.append(o.Parts)
	b.exceptions.append(e.Exceptions, &b.packed)
	b.frames.append(e.Exceptions, &b.packed)
	b.crumbs.append(e.Breadcrumbs)
}

func nanoseconds() *proto.ColDateTime64 {
	return new(proto.ColDateTime64).WithPrecision(proto.PrecisionNano).WithLocation(time.UTC)
}

// The years that fit into nanoseconds; a time outside is as good as none.
const firstYear, lastYear = 1900, 2261

// nanos is a time as it is stored; 0 stands for a time that is not told.
func nanos(t time.Time) proto.DateTime64 {
	if y := t.Year(); y < firstYear || y > lastYear {
		return 0
	}
	return proto.DateTime64(t.UnixNano())
}

// fromNanos is what nanos was given.
func fromNanos(t time.Time) time.Time {
	if t.Unix() == 0 && t.Nanosecond() == 0 {
		return time.Time{}
	}
	return t.UTC()
}

func bit(set bool) uint8 {
	if set {
		return 1
	}
	return 0
}
