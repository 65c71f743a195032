package clickhouse

import (
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/search"
)

// block is rows of the events table as columns, ready to be sent. The columns are those of
// ch-go, because the driver's own box every value of an array: see BenchmarkBlock. A
// block keeps its room when it is reset.
type block struct {
	input []proto.InputColumn

	projectID                              proto.ColUInt32
	fingerprint, eventID                   proto.ColUUID
	timestamp, receivedAt                  proto.ColDateTime64
	retention                              proto.ColUInt16
	level, handled                         proto.ColUInt8
	title, message, template               proto.ColStr
	culprit, platform, logger, transaction *proto.ColLowCardinality[string]
	server, release, dist, environment     *proto.ColLowCardinality[string]
	sdkName, sdkVersion, httpMethod        *proto.ColLowCardinality[string]
	userID, userEmail, userName, userFull  proto.ColStr
	userIP, httpURL                        proto.ColStr
	userHash                               proto.ColUInt64
	extra, rest, searchText                proto.ColStr
	traceID                                proto.ColFixedStr16
	spanID                                 proto.ColFixedStr8
	tags                                   *proto.ColMap[string, string]
	exceptions                             exceptionColumns
	frames                                 frameColumns
	crumbs                                 crumbColumns
	contextNames, contextData              *proto.ColArr[string]
	partKinds, partValues, partSources     *proto.ColArr[string]

	packed  packer
	encoded proto.Buffer
}

// newBlock makes an empty block.
func newBlock() *block {
	b := &block{tags: proto.NewMap[string, string](dictionary(), new(proto.ColStr))}
	nanoseconds(&b.timestamp)
	b.receivedAt.WithPrecision(proto.PrecisionMilli).WithLocation(time.UTC)
	for _, c := range []**proto.ColLowCardinality[string]{
		&b.culprit, &b.platform, &b.logger, &b.transaction, &b.server, &b.release, &b.dist, &b.environment,
		&b.sdkName, &b.sdkVersion, &b.httpMethod,
	} {
		*c = dictionary()
	}
	b.contextNames, b.contextData = dictionaries(), plain()
	b.partKinds, b.partValues, b.partSources = dictionaries(), dictionaries(), dictionaries()
	b.exceptions.init()
	b.frames.init()
	b.crumbs.init()
	b.input = b.columns()
	return b
}

// columns pairs every column with its name in the table.
func (b *block) columns() []proto.InputColumn {
	list := []proto.InputColumn{
		{Name: "project_id", Data: &b.projectID},
		{Name: "fingerprint", Data: &b.fingerprint},
		{Name: "event_id", Data: &b.eventID},
		{Name: "timestamp", Data: &b.timestamp},
		{Name: "received_at", Data: &b.receivedAt},
		{Name: "retention_days", Data: &b.retention},
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
		{Name: "contexts.name", Data: b.contextNames},
		{Name: "contexts.data", Data: b.contextData},
		{Name: "tags", Data: b.tags},
		{Name: "extra", Data: &b.extra},
		{Name: "trace_id", Data: &b.traceID},
		{Name: "span_id", Data: &b.spanID},
		{Name: "parts.kind", Data: b.partKinds},
		{Name: "parts.value", Data: b.partValues},
		{Name: "parts.source", Data: b.partSources},
		{Name: "rest", Data: &b.rest},
		{Name: "search_text", Data: &b.searchText},
	}
	list = append(list, b.exceptions.columns()...)
	list = append(list, b.frames.columns()...)
	return append(list, b.crumbs.columns()...)
}

// reset empties the block and keeps its room.
func (b *block) reset() {
	for _, c := range b.input {
		c.Data.(proto.Resettable).Reset()
	}
	clear(b.frames.texts)
}

// append adds an occurrence. The block keeps references to its strings until it is reset.
func (b *block) append(o *event.Occurrence) {
	e := o.Event
	b.projectID.Append(o.ProjectID)
	b.fingerprint.Append([16]byte(o.Fingerprint))
	b.eventID.Append([16]byte(e.ID))
	b.timestamp.AppendRaw(nanos(e.Timestamp))
	b.receivedAt.AppendRaw(proto.DateTime64(o.ReceivedAt.UnixMilli()))
	b.retention.Append(o.RetentionDays)
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
	b.extra.Append(string(e.Extra))
	b.traceID.Append(e.Trace.TraceID)
	b.spanID.Append(e.Trace.SpanID)
	b.appendLists(o)
	b.exceptions.append(e.Exceptions, &b.packed)
	b.frames.append(e.Exceptions, &b.packed)
	b.crumbs.append(e.Breadcrumbs)

	b.packed.b = b.packed.b[:0]
	packRest(&b.packed, e)
	b.rest.AppendBytes(b.packed.b)
	b.searchText.Append(search.SearchText(e))
}

// appendLists adds the small lists of an occurrence.
func (b *block) appendLists(o *event.Occurrence) {
	e := o.Event
	for i := range e.Contexts {
		b.contextNames.Data.Append(e.Contexts[i].Name)
		b.contextData.Data.Append(string(e.Contexts[i].Data))
	}
	endRow(b.contextNames, b.contextData)
	for i := range e.Tags {
		b.tags.Keys.Append(e.Tags[i].Key)
		b.tags.Values.Append(e.Tags[i].Value)
	}
	b.tags.Offsets.Append(uint64(b.tags.Keys.Rows()))
	for i := range o.Parts {
		b.partKinds.Data.Append(o.Parts[i].Kind)
		b.partValues.Data.Append(o.Parts[i].Value)
		b.partSources.Data.Append(o.Parts[i].Source)
	}
	endRow(b.partKinds, b.partValues, b.partSources)
}

// exceptionColumns are the exceptions of events, one array a column.
type exceptionColumns struct {
	kind, value, module, mechanism, more *proto.ColArr[string]
	handled                              *proto.ColArr[uint8]
}

func (c *exceptionColumns) init() {
	c.kind, c.module, c.mechanism = dictionaries(), dictionaries(), dictionaries()
	c.value, c.more = plain(), plain()
	c.handled = new(proto.ColUInt8).Array()
}

func (c *exceptionColumns) columns() []proto.InputColumn {
	return []proto.InputColumn{
		{Name: "exceptions.type", Data: c.kind}, {Name: "exceptions.value", Data: c.value},
		{Name: "exceptions.module", Data: c.module}, {Name: "exceptions.mechanism", Data: c.mechanism},
		{Name: "exceptions.handled", Data: c.handled}, {Name: "exceptions.more", Data: c.more},
	}
}

func (c *exceptionColumns) append(list []event.Exception, p *packer) {
	for i := range list {
		x := &list[i]
		c.kind.Data.Append(x.Type)
		c.value.Data.Append(x.Value)
		c.module.Data.Append(x.Module)
		c.mechanism.Data.Append(x.Mechanism.Type)
		c.handled.Data.Append(uint8(x.Mechanism.Handled))
		p.b = p.b[:0]
		packException(p, i, x)
		c.more.Data.(*proto.ColStr).AppendBytes(p.b)
	}
	endRow(c.kind, c.value, c.module, c.mechanism, c.more)
	endRow(c.handled)
}

// frameColumns are the frames of all exceptions of events; exception tells whose a frame is.
type frameColumns struct {
	exception                           *proto.ColArr[uint16]
	function, module, filename, absPath *proto.ColArr[string]
	line, column                        *proto.ColArr[uint32]
	inApp                               *proto.ColArr[uint8]
	source, vars, native                *proto.ColArr[string]

	text  []byte
	texts map[string]string // source texts of this block, so that equal ones share memory
}

func (c *frameColumns) init() {
	c.exception = new(proto.ColUInt16).Array()
	c.texts = map[string]string{}
	c.function, c.module, c.filename, c.absPath = dictionaries(), dictionaries(), dictionaries(), dictionaries()
	c.line, c.column = new(proto.ColUInt32).Array(), new(proto.ColUInt32).Array()
	c.inApp = new(proto.ColUInt8).Array()
	c.source, c.vars, c.native = dictionaries(), plain(), plain()
}

func (c *frameColumns) columns() []proto.InputColumn {
	return []proto.InputColumn{
		{Name: "frames.exception", Data: c.exception},
		{Name: "frames.function", Data: c.function}, {Name: "frames.module", Data: c.module},
		{Name: "frames.filename", Data: c.filename}, {Name: "frames.abs_path", Data: c.absPath},
		{Name: "frames.line", Data: c.line}, {Name: "frames.column", Data: c.column},
		{Name: "frames.in_app", Data: c.inApp},
		{Name: "frames.source", Data: c.source},
		{Name: "frames.vars", Data: c.vars}, {Name: "frames.native", Data: c.native},
	}
}

func (c *frameColumns) append(list []event.Exception, p *packer) {
	for i := range list {
		for j := range list[i].Stack.Frames {
			c.appendFrame(uint16(i), &list[i].Stack.Frames[j], p)
		}
	}
	endRow(c.exception)
	endRow(c.function, c.module, c.filename, c.absPath, c.source, c.vars, c.native)
	endRow(c.line, c.column)
	endRow(c.inApp)
}

func (c *frameColumns) appendFrame(exception uint16, f *event.Frame, p *packer) {
	c.exception.Data.Append(exception)
	c.function.Data.Append(f.Function)
	c.module.Data.Append(f.Module)
	c.filename.Data.Append(f.Filename)
	c.absPath.Data.Append(f.AbsPath)
	c.line.Data.Append(f.Line)
	c.column.Data.Append(f.Column)
	c.inApp.Data.Append(uint8(f.InApp))
	c.source.Data.Append(c.sourceText(f))
	c.vars.Data.Append(string(f.Vars))
	p.b = p.b[:0]
	if hasNative(f) {
		packNative(p, f)
	}
	c.native.Data.(*proto.ColStr).AppendBytes(p.b)
}

// sourceText is the source around a frame. Equal texts are one string.
func (c *frameColumns) sourceText(f *event.Frame) string {
	c.text = appendSource(c.text[:0], f)
	if len(c.text) == 0 {
		return ""
	}
	if known, ok := c.texts[string(c.text)]; ok {
		return known
	}
	text := string(c.text)
	c.texts[text] = text
	return text
}

// crumbColumns are the breadcrumbs of events.
type crumbColumns struct {
	time                          *proto.ColArr[time.Time]
	kind, category, message, data *proto.ColArr[string]
	level                         *proto.ColArr[uint8]

	times *proto.ColDateTime64
}

func (c *crumbColumns) init() {
	c.times = nanoseconds(new(proto.ColDateTime64))
	c.time = c.times.Array()
	c.kind, c.category, c.message, c.data = dictionaries(), dictionaries(), plain(), plain()
	c.level = new(proto.ColUInt8).Array()
}

func (c *crumbColumns) columns() []proto.InputColumn {
	return []proto.InputColumn{
		{Name: "crumbs.time", Data: c.time}, {Name: "crumbs.type", Data: c.kind},
		{Name: "crumbs.category", Data: c.category}, {Name: "crumbs.level", Data: c.level},
		{Name: "crumbs.message", Data: c.message}, {Name: "crumbs.data", Data: c.data},
	}
}

func (c *crumbColumns) append(list []event.Breadcrumb) {
	for i := range list {
		b := &list[i]
		c.times.AppendRaw(nanos(b.Timestamp))
		c.kind.Data.Append(b.Type)
		c.category.Data.Append(b.Category)
		c.level.Data.Append(uint8(b.Level))
		c.message.Data.Append(b.Message)
		c.data.Data.Append(string(b.Data))
	}
	endRow(c.time)
	endRow(c.kind, c.category, c.message, c.data)
	endRow(c.level)
}

// endRow ends the arrays of one row.
func endRow[T any](columns ...*proto.ColArr[T]) {
	for _, c := range columns {
		c.Offsets.Append(uint64(c.Data.Rows()))
	}
}

// dictionary is an empty LowCardinality(String).
func dictionary() *proto.ColLowCardinality[string] { return new(proto.ColStr).LowCardinality() }

// dictionaries is an empty Array(LowCardinality(String)).
func dictionaries() *proto.ColArr[string] { return dictionary().Array() }

// plain is an empty Array(String).
func plain() *proto.ColArr[string] { return new(proto.ColStr).Array() }

func nanoseconds(c *proto.ColDateTime64) *proto.ColDateTime64 {
	return c.WithPrecision(proto.PrecisionNano).WithLocation(time.UTC)
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
