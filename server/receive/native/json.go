package native

import (
	"encoding/base64"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/internal/event"
)

// errJSON is wrapped by every error about the text of a request.
var errJSON = errors.New("malformed JSON")

// fromJSON makes the protobuf of a message in JSON. Unknown fields are ignored.
func fromJSON(data []byte, m proto.Message, batch func() *ingestv1.Batch) ([]byte, error) {
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%w: %w", errJSON, err)
	}
	for _, e := range batch().GetEvents() {
		e.EventId = jsonID(e.EventId, len(event.ID{}))
		if t := e.Trace; t != nil {
			t.TraceId, t.SpanId, t.ParentSpanId = jsonID(t.TraceId, 16), jsonID(t.SpanId, 8), jsonID(t.ParentSpanId, 8)
		}
	}
	out, err := proto.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errJSON, err)
	}
	return out, nil
}

// jsonID understands ids as people write them. In JSON, bytes are base64, but an
// id of hexadecimal digits, with or without dashes, is base64 of something longer.
// What is no id at all gives none, so that the server makes one.
func jsonID(id []byte, size int) []byte {
	if len(id) == size {
		return id
	}
	for _, encoding := range [...]*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
		text := encoding.EncodeToString(id)
		if size == 8 && len(text) == 16 {
			text += "0000000000000000"
		}
		if parsed, err := event.ParseID(text); err == nil {
			return parsed[:size]
		}
	}
	return nil
}

// frameJSON is protobuf's JSON in Connect; name tells its two names apart.
type frameJSON struct{ name string }

// Name is the word for it in content types.
func (j frameJSON) Name() string { return j.name }

// Unmarshal makes the protobuf of a request, whose two kinds have the same fields.
func (frameJSON) Unmarshal(data []byte, v any) (err error) {
	m := &ingestv1.SendRequest{}
	v.(*frame).data, err = fromJSON(data, m, m.GetBatch)
	return err
}

// Marshal makes the JSON of a response, whose two kinds have the same fields.
func (frameJSON) Marshal(v any) ([]byte, error) {
	m := &ingestv1.SendResponse{}
	if err := proto.Unmarshal(v.(*frame).data, m); err != nil {
		return nil, fmt.Errorf("read our own response: %w", err)
	}
	return protojson.Marshal(m)
}
