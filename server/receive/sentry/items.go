package sentry

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/server/receive"
)

// envelope reads an envelope and hands over what its items hold.
func (in *intake) envelope(ctx context.Context, c credentials, projectID uint32, text string) (answer, error) {
	e, err := openEnvelope(text)
	if err != nil {
		if c.key == "" {
			return answer{}, errNoKey
		}
		return answer{}, err
	}
	entered := c.key != ""
	if err := c.withDSN(e.header.dsn, projectID); err != nil {
		return answer{}, err
	}
	if c.key == "" {
		return answer{}, errNoKey
	}
	if !entered {
		if err := in.enter(ctx, c, projectID); err != nil {
			return answer{}, err
		}
	}
	in.sender.of(&e.header)
	var dump string
	for e.next() {
		in.h.metrics.item(e.item.kind, 1)
		if e.item.kind != "attachment" {
			in.item(e)
			continue
		}
		in.files = append(in.files, incoming(&e.item))
		if e.item.attachmentType == attachment.Minidump && dump == "" {
			dump = e.item.payload
		}
	}
	if e.broken > 0 {
		in.h.metrics.item(brokenItem, e.broken)
	}
	if dump != "" {
		if err := in.crash(ctx, dump, e.header.eventID); err != nil {
			return answer{}, err
		}
	}
	results := in.finish(ctx, e.header.eventID)
	if len(in.batch.Events) == 0 && in.err != nil {
		return in.h.malformed(in.err), nil
	}
	a := tell(results)
	if len(results) == 0 && !e.header.eventID.IsZero() {
		a.id = e.header.eventID.String()
	}
	return a, nil
}

// malformed answers an envelope whose only event could not be read.
func (h *Handler) malformed(err error) answer {
	a := answer{code: http.StatusBadRequest, detail: err.Error()}
	if errors.Is(err, errEventBytes) {
		a.code = http.StatusRequestEntityTooLarge
	}
	return a
}

// of takes over what the header of an envelope says.
func (s *sender) of(h *envelopeHeader) {
	if h.sdk.Name != "" {
		s.sdk = h.sdk
	}
	if !h.sentAt.IsZero() {
		s.sentAt = h.sentAt
	}
	s.inferIP, s.trace = h.inferIP, h.trace
}

// item reads one item that is no attachment.
func (in *intake) item(e *envelope) {
	var err error
	switch e.item.kind {
	case "event":
		err = in.event(e)
	case "feedback":
		var p parsed
		if p, err = in.decode(e.item.payload); err == nil {
			if p.ID.IsZero() {
				in.name(p.Event, e.header.eventID)
			}
			in.feedback(p)
		}
	case "user_report":
		err = in.userReport(e.item.payload)
	case "security", "raw_security":
		err = in.report(e.item.payload, reportRequest{})
	case "session", "sessions":
		if in.sessions(e.item.payload) != nil {
			in.h.metrics.item(brokenItem, 1)
		}
		return
	case "check_in":
		if in.checkIn(e.item.payload) != nil {
			in.h.metrics.item(brokenItem, 1)
		}
		return
	case "client_report":
		in.clientReport(e.item.payload)
		return
	default:
		return // counted, not stored
	}
	if err != nil {
		in.refuse(err)
	}
}

// event reads an event item. The id in the envelope's header is the first one's.
func (in *intake) event(e *envelope) error {
	if len(in.batch.Events) >= envelopeEvents {
		return errEnvelopeEvents
	}
	p, err := in.decode(e.item.payload)
	if err != nil {
		return err
	}
	if p.kind == typeTransaction {
		return nil
	}
	in.name(p.Event, e.header.eventID)
	if p.kind == typeFeedback {
		in.feedback(p)
		return nil
	}
	in.add(p)
	return nil
}

// errEnvelopeEvents is returned for events beyond the number that one envelope may hold.
var errEnvelopeEvents = errors.New("the envelope holds more than 100 events")

// name gives the first event of an envelope the id in its header.
func (in *intake) name(e *event.Event, id event.ID) {
	if !in.named && !id.IsZero() {
		e.ID = id
	}
	in.named = true
}

// clientReport reads what the client itself gave up. Events count as outcomes, other
// data in metrics only.
func (in *intake) clientReport(text string) {
	d := decoder{}
	d.reset(text)
	if d.kind() != '{' {
		return
	}
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "discarded_events", "rate_limited_events", "filtered_events", "filtered_sampling_events":
			if d.kind() != '[' {
				d.skip()
				continue
			}
			for d.enter(); d.more(']'); {
				in.discarded(&d)
			}
		default:
			d.skip()
		}
	}
}

// discarded reads one line of a client report.
func (in *intake) discarded(d *decoder) {
	if d.kind() != '{' {
		d.skip()
		return
	}
	var reason, category string
	quantity := int64(0)
	for d.enter(); d.more('}'); {
		switch d.key() {
		case "reason":
			d.text(&reason, "reason")
		case "category":
			d.text(&category, "category")
		case "quantity":
			quantity, _ = d.integer("quantity")
		default:
			d.skip()
		}
	}
	if d.bad || quantity <= 0 || quantity > maxDiscarded {
		return
	}
	known := "other"
	switch category {
	case "error", "default", "security", "feedback", "user_report_v2":
		known = category
		in.drop(strings.Clone(reason), uint64(quantity))
	case "transaction", "span", "session", "attachment", "replay", "profile", "profile_chunk", "monitor", "log_item", "log_byte", "trace_metric", "metric_bucket", "internal":
		known = category
	}
	in.h.metrics.drops.WithLabelValues(known).Add(float64(quantity))
}

// maxDiscarded bounds a number that a client claims to have dropped.
const maxDiscarded = 1 << 32

func (in *intake) drop(reason string, n uint64) {
	for i := range in.batch.Drops {
		if in.batch.Drops[i].Reason == reason {
			in.batch.Drops[i].Count += n
			return
		}
	}
	if len(in.batch.Drops) < maxReasons {
		in.batch.Drops = append(in.batch.Drops, receive.Drop{Reason: reason, Count: n})
	}
}

// maxReasons bounds the different reasons of one client report.
const maxReasons = 20
