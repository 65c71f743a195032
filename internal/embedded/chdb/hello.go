package chdb

import (
	"strings"

	"github.com/ClickHouse/ch-go/proto"
)

// helloQuery is what clickhouse-go asks first on every connection.
const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

// hello is the answer to the client's first question.
type hello struct{ name, version, timezone string }

// isHello recognizes the first question.
func isHello(sql string) bool { return strings.TrimRight(sql, " ;\r\n\t") == helloQuery }

// encode writes the answer as one Native block in the protocol revision that the client
// assumes before it knows better. The answer announces revision 0, since the library
// writes Native at revision 0 and cannot be told otherwise: from here on, client and
// engine agree on the format.
func (h hello) encode() []byte {
	var b proto.Buffer
	proto.BlockInfo{BucketNum: -1}.Encode(&b)
	b.PutInt(4) // columns
	b.PutInt(1) // rows
	column := func(name, kind string) {
		b.PutString(name)
		b.PutString(kind)
		b.PutBool(false) // no custom serialization
	}
	column("displayName()", "String")
	b.PutString(h.name)
	column("version()", "String")
	b.PutString(h.version)
	column("revision()", "UInt32")
	b.PutUInt32(0)
	column("timezone()", "String")
	b.PutString(h.timezone)
	return b.Buf
}
