package sentry

import (
	"errors"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// errEnvelope is returned for a body whose first line is no JSON object.
var errEnvelope = errors.New("the first line of the envelope is no JSON object")

// envelopeHeader is what the first line of an envelope says.
type envelopeHeader struct {
	eventID event.ID
	dsn     string
	sdk     event.SDK
	inferIP string
	sentAt  time.Time
	trace   event.Trace
}

// item is one part of an envelope.
type item struct {
	kind           string
	payload        string
	filename       string
	contentType    string
	attachmentType string
}

// envelope reads the items of an envelope one after another. Where an item's
// header cannot be read, or its length is wrong, it goes on at the next item that
// can be made out, and counts what was passed over.
type envelope struct {
	header envelopeHeader
	rest   string
	item   item
	broken int // items that could not be read
}

// openEnvelope reads the header.
func openEnvelope(text string) (*envelope, error) {
	d := decoder{}
	line, rest, _ := strings.Cut(text, "\n")
	d.reset(line)
	if d.kind() != '{' {
		return nil, errEnvelope
	}
	e := &envelope{rest: rest}
	h := &e.header
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "event_id":
			d.eventID(&h.eventID)
		case "dsn":
			d.text(&h.dsn, "dsn")
		case "sdk":
			d.sdk(&h.sdk, &h.inferIP)
		case "sent_at":
			d.time(&h.sentAt, "sent_at")
		case "trace":
			d.trace(&h.trace)
		default:
			d.skip()
		}
	}
	if !d.end() {
		return nil, errEnvelope
	}
	return e, nil
}

// next goes to the next item.
func (e *envelope) next() bool {
	for {
		e.rest = strings.TrimLeft(e.rest, "\r\n")
		if e.rest == "" {
			return false
		}
		line, rest, _ := strings.Cut(e.rest, "\n")
		it, length, ok := parseItemHeader(line)
		if !ok {
			e.broken++
			if e.rest = resync(rest); e.rest == "" {
				return false
			}
			continue
		}
		e.item = it
		e.item.payload, e.rest = cutPayload(rest, length)
		return true
	}
}

// parseItemHeader reads the line before a payload. A length below 0 stands for
// the end of the line.
func parseItemHeader(line string) (it item, length int64, ok bool) {
	d := decoder{}
	d.reset(line)
	if d.kind() != '{' {
		return item{}, 0, false
	}
	length = -1
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "type":
			d.text(&it.kind, "type")
		case "length":
			if n, known := d.integer("length"); known {
				length = n
			}
		case "filename":
			d.text(&it.filename, "filename")
		case "content_type":
			d.text(&it.contentType, "content_type")
		case "attachment_type":
			d.text(&it.attachmentType, "attachment_type")
		default:
			d.skip()
		}
	}
	return it, length, d.end() && it.kind != ""
}

// cutPayload takes a payload off the text. A length after which no line ends is
// not believed if the text is JSON, which has no line breaks, because some clients
// count characters.
func cutPayload(text string, length int64) (payload, rest string) {
	if length >= 0 {
		if length > int64(len(text)) {
			length = int64(len(text))
		}
		payload, rest = text[:length], text[length:]
		if rest == "" || rest[0] == '\n' || strings.HasPrefix(rest, "\r\n") || payload == "" || payload[0] != '{' {
			return payload, rest
		}
	}
	payload, rest, _ = strings.Cut(text, "\n")
	return payload, rest
}

// resync skips lines up to the header of an item of a known type.
func resync(text string) string {
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		if len(line) < maxHeader && strings.HasPrefix(line, "{") {
			if it, _, ok := parseItemHeader(line); ok && itemCategory(it.kind) != "" {
				return text
			}
		}
		text = rest
	}
	return ""
}

// maxHeader bounds a line in which resync looks for the header of an item.
const maxHeader = 4 << 10

// itemCategory is the name under which SDKs and rate limits know an item's data;
// empty for a type that is not known.
func itemCategory(kind string) string {
	switch kind {
	case "event":
		return "error"
	case "feedback", "user_report":
		return "feedback"
	case "security", "raw_security":
		return "security"
	case "attachment", "form_data", "unreal_report":
		return "attachment"
	case "session", "sessions":
		return "session"
	case "check_in":
		return "monitor"
	case "client_report":
		return "internal"
	case "transaction":
		return "transaction"
	case "span", "otel_span":
		return "span"
	case "log", "otel_log":
		return "log_item"
	case "profile":
		return "profile"
	case "profile_chunk":
		return "profile_chunk"
	case "replay_event", "replay_recording", "replay_video":
		return "replay"
	case "trace_metric":
		return "trace_metric"
	case "statsd", "metric_meta", "metric_buckets":
		return "metric_bucket"
	}
	return ""
}
