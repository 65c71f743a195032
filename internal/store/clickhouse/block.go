package clickhouse

import (
	"cmp"
	"slices"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/search"
)

// Block gathers events to be inserted at once, as columns: a third of the memory of the
// events themselves, and nothing that a collector of garbage must look through. It speaks
// the format of ClickHouse itself, because the driver's columns box every value of an
// array: see BenchmarkBlock. It may be used by one goroutine at a time.
type Block struct {
	store  *Store
	input  []proto.InputColumn
	own    []named
	lists  []*spans
	rows   []uint32 // in the order in which they are sent
	packed packer
	last   map[issue.ID]int // the row that came last

	projectID                             plain[proto.ColUInt32, uint32]
	fingerprint, eventID                  plain[proto.ColUUID, uuid.UUID]
	timestamp, receivedAt                 *timesColumn
	retention                             shortsColumn
	level, handled                        bytesColumn
	title, message, template              *text
	token, keyID                          *dictionary
	culprit, platform, logger             *dictionary
	transaction, server, release          *dictionary
	dist, environment                     *dictionary
	sdkName, sdkVersion, httpMethod       *dictionary
	userID, userEmail, userName, userFull *text
	userIP, httpURL                       *text
	userHash                              plain[proto.ColUInt64, uint64]
	extra, rest, searchText               *text
	traceID                               *plain[proto.ColFixedStr16, [16]byte]
	spanID                                *plain[proto.ColFixedStr8, [8]byte]
	tags                                  pairs
	contexts                              contextColumns
	parts                                 partColumns
	exceptions                            exceptionColumns
	frames                                frameColumns
	crumbs                                crumbColumns
}

// named is a column with its name in the table.
type named struct {
	name string
	column
}

// newBlock makes an empty block.
func newBlock(s *Store) *Block {
	b := &Block{
		store: s, last: map[issue.ID]int{},
		timestamp: times(proto.PrecisionNano), receivedAt: times(proto.PrecisionMilli),
		traceID: &plain[proto.ColFixedStr16, [16]byte]{convert: func(list [][16]byte) any {
			return rowsOf(len(list), func(i int) string { return string(list[i][:]) })
		}},
		spanID: &plain[proto.ColFixedStr8, [8]byte]{convert: func(list [][8]byte) any {
			return rowsOf(len(list), func(i int) string { return string(list[i][:]) })
		}},
		tags:     pairs{keys: newDictionary(), values: newText()},
		contexts: newContextColumns(), parts: newPartColumns(),
		exceptions: newExceptionColumns(), frames: newFrameColumns(), crumbs: newCrumbColumns(),
	}
	for _, c := range []**dictionary{
		&b.token, &b.keyID, &b.culprit, &b.platform, &b.logger, &b.transaction, &b.server, &b.release, &b.dist, &b.environment,
		&b.sdkName, &b.sdkVersion, &b.httpMethod,
	} {
		*c = newDictionary()
	}
	for _, c := range []**text{
		&b.title, &b.message, &b.template, &b.userID, &b.userEmail, &b.userName, &b.userFull, &b.userIP, &b.httpURL,
		&b.extra, &b.rest, &b.searchText,
	} {
		*c = newText()
	}
	b.lists = []*spans{&b.tags.spans, b.contexts.spans, b.parts.spans, b.exceptions.spans, b.frames.spans, b.crumbs.spans}
	b.own = b.columns()
	b.input = inOrder(b.own, &b.rows)
	return b
}

// inOrder makes columns that are sent in an order.
func inOrder(columns []named, rows *[]uint32) []proto.InputColumn {
	return rowsOf(len(columns), func(i int) proto.InputColumn {
		return proto.InputColumn{Name: columns[i].name, Data: ordered{columns[i].column, rows}}
	})
}

// columns are all columns.
func (b *Block) columns() []named {
	list := []named{
		{"project_id", &b.projectID},
		{"fingerprint", &b.fingerprint},
		{"event_id", &b.eventID},
		{"timestamp", b.timestamp},
		{"received_at", b.receivedAt},
		{"retention_days", &b.retention},
		{"key_id", b.keyID},
		{"block", b.token},
		{"level", &b.level},
		{"handled", &b.handled},
		{"title", b.title},
		{"culprit", b.culprit},
		{"platform", b.platform},
		{"logger", b.logger},
		{"transaction", b.transaction},
		{"server_name", b.server},
		{"release", b.release},
		{"dist", b.dist},
		{"environment", b.environment},
		{"sdk_name", b.sdkName},
		{"sdk_version", b.sdkVersion},
		{"message", b.message},
		{"message_template", b.template},
		{"user_id", b.userID},
		{"user_email", b.userEmail},
		{"user_username", b.userName},
		{"user_name", b.userFull},
		{"user_ip", b.userIP},
		{"user_hash", &b.userHash},
		{"http_method", b.httpMethod},
		{"http_url", b.httpURL},
		{"tags", &b.tags},
		{"extra", b.extra},
		{"trace_id", b.traceID},
		{"span_id", b.spanID},
		{"rest", b.rest},
		{"search_text", b.searchText},
	}
	list = append(list, b.contexts.columns()...)
	list = append(list, b.parts.columns()...)
	list = append(list, b.exceptions.columns()...)
	list = append(list, b.frames.columns()...)
	return append(list, b.crumbs.columns()...)
}

// reset empties the block and keeps its room.
func (b *Block) reset() {
	for _, c := range b.own {
		c.Reset()
	}
	clear(b.last)
	clear(b.frames.shared)
	b.rows = b.rows[:0]
}

// Len is the number of events.
func (b *Block) Len() int { return b.projectID.Rows() }

// arrange names the block, and puts its rows into the order of the table. Sorting numbers
// here spares ClickHouse to sort, and to move every value of every column.
func (b *Block) arrange(token string) {
	b.token.Reset()
	b.rows = b.rows[:0]
	for i := range b.Len() {
		b.token.Append(token)
		b.rows = append(b.rows, uint32(i))
	}
	slices.SortFunc(b.rows, func(i, j uint32) int {
		return cmp.Or(
			cmp.Compare(b.projectID.all[i], b.projectID.all[j]),
			compareUUIDs(b.fingerprint.all[i], b.fingerprint.all[j]),
			cmp.Compare(b.timestamp.all[i], b.timestamp.all[j]),
			cmp.Compare(i, j),
		)
	})
	for _, s := range b.lists {
		s.arrange(b.rows)
	}
}

// Append adds an event, and refers to nothing of it afterwards.
func (b *Block) Append(o *event.Occurrence) {
	e := o.Event
	id := issue.ID{ProjectID: o.ProjectID, Fingerprint: o.Fingerprint}
	like, found := b.last[id]
	if !found {
		like = noRow
	}
	b.last[id] = b.Len()
	b.projectID.append(o.ProjectID)
	b.fingerprint.append(uuid.UUID(o.Fingerprint))
	b.eventID.append(uuid.UUID(e.ID))
	b.timestamp.append(nanos(e.Timestamp))
	b.receivedAt.append(o.ReceivedAt.UnixMilli())
	b.retention.append(o.RetentionDays)
	b.keyID.appendLike(o.KeyID, like)
	b.level.append(uint8(e.Level))
	b.handled.append(bit(e.Handled()))
	b.title.Append(o.Title)
	b.culprit.appendLike(o.Culprit, like)
	b.platform.appendLike(e.Platform, like)
	b.logger.appendLike(e.Logger, like)
	b.transaction.appendLike(e.Transaction, like)
	b.server.appendLike(e.ServerName, like)
	b.release.appendLike(e.Release, like)
	b.dist.appendLike(e.Dist, like)
	b.environment.appendLike(e.Environment, like)
	b.sdkName.appendLike(e.SDK.Name, like)
	b.sdkVersion.appendLike(e.SDK.Version, like)
	b.message.Append(e.Message.Formatted)
	b.template.Append(e.Message.Template)
	b.userID.Append(e.User.ID)
	b.userEmail.Append(e.User.Email)
	b.userName.Append(e.User.Username)
	b.userFull.Append(e.User.Name)
	b.userIP.Append(e.User.IP)
	b.userHash.append(e.UserHash())
	b.httpMethod.appendLike(e.Request.Method, like)
	b.httpURL.Append(e.Request.URL)
	b.appendTags(e.Tags, like)
	b.extra.Append(string(e.Extra))
	b.traceID.append(e.Trace.TraceID)
	b.spanID.append(e.Trace.SpanID)
	b.packed.b = b.packed.b[:0]
	packRest(&b.packed, e)
	b.rest.AppendBytes(b.packed.b)
	b.packed.b = search.AppendSearchText(b.packed.b[:0], e)
	b.searchText.AppendBytes(b.packed.b)
	b.contexts.append(e.Contexts, like)
	b.parts.append(o.Parts, like)
	b.exceptions.append(e.Exceptions, like, &b.packed)
	b.frames.append(e.Exceptions, like, &b.packed)
	b.crumbs.append(e.Breadcrumbs, like)
}

func (b *Block) appendTags(tags []event.Tag, like int) {
	c := &b.tags
	from, near := c.keys.Rows(), int(c.spans.at(like).from)
	for i := range tags {
		c.keys.appendLike(tags[i].Key, near+i)
		c.values.Append(tags[i].Value)
	}
	c.spans.add(from, c.keys.Rows())
}

// times is an empty column of times in UTC; its values count in the precision, from 1970 on.
func times(p proto.Precision) *timesColumn {
	return &timesColumn{
		kind: new(proto.ColDateTime64).WithPrecision(p).WithLocation(time.UTC).Type(),
		convert: func(list []int64) any {
			return rowsOf(len(list), func(i int) time.Time { return proto.DateTime64(list[i]).Time(p).UTC() })
		},
	}
}

// The years that fit into nanoseconds; a time outside is as good as none.
const firstYear, lastYear = 1900, 2261

// nanos is a time as it is stored; 0 stands for a time that is not told.
func nanos(t time.Time) int64 {
	if y := t.Year(); y < firstYear || y > lastYear {
		return 0
	}
	return t.UnixNano()
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
