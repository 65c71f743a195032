package sentry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/quota"
	"github.com/faultline-dev/faultline/server/receive"
)

// errEventBytes is returned for an event beyond the limit.
var errEventBytes = errors.New("the event is larger than sentry-event-bytes")

const (
	// envelopeEvents bounds the events of one envelope; SDKs send one.
	envelopeEvents = 100
	// driftTolerated is how wrong a client's clock may be before times are corrected.
	driftTolerated = 55 * time.Second
)

// intake collects what one request brings.
type intake struct {
	h      *Handler
	hold   *quota.Hold // the memory of the request
	batch  receive.Batch
	sender sender
	files  []attachment.Incoming
	err    error // first thing wrong with an event
	named  bool  // an event has the id of the envelope
}

// sender is what a request says about its client, beside the events.
type sender struct {
	sdk     event.SDK
	sentAt  time.Time
	inferIP string
	trace   event.Trace
}

// take lets a request in, reads it and hands over what it brings.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, route route) answer {
	c, err := requestCredentials(r.Header, r.URL.RawQuery)
	if err != nil {
		return h.refusal(r, err)
	}
	if c.key == "" {
		c.key = route.key
	}
	in := &intake{h: h, batch: receive.Batch{
		ReceivedAt: time.Now().UTC(), ClientIP: clientAddress(r), Protocol: "sentry", Patience: h.cfg.Patience,
	}}
	if c.key == "" && route.endpoint != endpointEnvelope {
		return h.refusal(r, errNoKey)
	}
	if c.key != "" {
		if err := in.enter(r.Context(), c, route.projectID); err != nil {
			return h.refusal(r, err)
		}
	}
	in.sender.sdk, in.sender.sentAt = clientSDK(c.client), c.sentAt
	if h.away != nil && h.away(in.batch.ProjectID) {
		return h.refusal(r, receive.ErrTurnedAway)
	}
	in.hold = h.room.Hold(in.batch.ProjectID, h.cfg.Patience)
	defer in.hold.Release()
	a, err := h.read(w, r, route, c, in)
	if errors.Is(err, errNoRoom) {
		return h.refusal(r, err) // the client has it still
	}
	if err != nil {
		if route.endpoint.bringsEvents() {
			in.refuse(err)
			in.hand(r.Context())
		}
		return h.refusal(r, err)
	}
	return a
}

// read reads the body and hands over what it holds.
func (h *Handler) read(w http.ResponseWriter, r *http.Request, route route, c credentials, in *intake) (answer, error) {
	if r.Method == http.MethodGet && route.endpoint == endpointCron {
		in.h.metrics.item("check_in", 1)
		return answer{code: http.StatusOK}, in.cron(route.monitor, r.URL.Query(), "")
	}
	if r.Method == http.MethodGet {
		text, err := in.storeText(r.Context(), r.URL.Query().Get("sentry_data"))
		if err == nil {
			err = in.store(text)
		}
		if err != nil {
			return answer{}, err
		}
		a := tell(in.hand(r.Context()))
		a.form = formGIF
		return a, nil
	}
	body, err := in.readBody(w, r)
	if err != nil {
		return answer{}, err
	}
	form := formJSON
	switch route.endpoint {
	case endpointEnvelope:
		return in.envelope(r.Context(), c, route.projectID, body)
	case endpointStore:
		var text string
		if text, err = in.storeText(r.Context(), body); err == nil {
			err = in.store(text)
		}
	case endpointSecurity:
		err = in.security(body, r)
	case endpointMinidump:
		form = formUUID
		err = in.minidump(body, r)
	case endpointFeedback:
		err = in.userReport(body)
	case endpointCron:
		in.h.metrics.item("check_in", 1)
		err = in.cron(route.monitor, r.URL.Query(), body)
	case endpointAttachments:
		err = in.filesOf(body, r)
	}
	if err != nil {
		return answer{}, err
	}
	a := tell(in.finish(r.Context(), route.eventID))
	a.form = form
	return a, nil
}

// enter checks that the client may send to the project.
func (in *intake) enter(ctx context.Context, c credentials, projectID uint32) error {
	access, err := in.h.keys.Key(ctx, c.key, projectID)
	if err != nil {
		return err
	}
	if !access.Can(project.ScopeEventWrite) {
		return fmt.Errorf("%w: the key does not let events in", project.ErrForbidden)
	}
	in.batch.ProjectID, in.batch.KeyID, in.batch.KeyRate = access.ProjectID, access.KeyID, access.KeyRate
	if in.batch.KeyID == "" {
		in.batch.KeyID = access.TokenID
	}
	return nil
}

// clientSDK reads "name/version", as it stands in credentials.
func clientSDK(s string) event.SDK {
	name, version, _ := strings.Cut(s, "/")
	return event.SDK{Name: name, Version: version}
}

// hand gives the sink what was collected. Without anything to tell it does nothing.
func (in *intake) hand(ctx context.Context) []outcome.Result {
	b := &in.batch
	if b.ProjectID == 0 || len(b.Events) == 0 && len(b.Refused) == 0 && len(b.Drops) == 0 {
		return nil
	}
	if !slices.ContainsFunc(b.Events, func(e *event.Event) bool { return !e.ID.IsZero() }) {
		b.Attempt = 1 // what has no id cannot be known again
	}
	return in.h.sink.Receive(ctx, b)()
}

// refuse counts an event that could not be read, or could not be told of any other.
func (in *intake) refuse(err error) {
	if in.err == nil {
		in.err = err
	}
	reason := outcome.Malformed
	if errors.Is(err, errEventBytes) || errors.Is(err, errBodyBytes) || errors.Is(err, errRequestBytes) {
		reason = outcome.EventSize
	}
	for i := range in.batch.Refused {
		if in.batch.Refused[i].Reason == reason {
			in.batch.Refused[i].Count++
			return
		}
	}
	in.batch.Refused = append(in.batch.Refused, receive.Refused{Reason: reason, Count: 1})
}

// store reads the one event of a store request.
func (in *intake) store(text string) error {
	p, err := in.decode(text)
	if err != nil {
		return err
	}
	switch p.kind {
	case typeTransaction:
		in.h.metrics.item("transaction", 1)
		return nil
	case typeFeedback:
		in.feedback(p)
		return nil
	}
	in.h.metrics.item("event", 1)
	in.add(p)
	return nil
}

// decode reads an event within its limit.
func (in *intake) decode(text string) (parsed, error) {
	if len(text) > in.h.cfg.EventBytes {
		return parsed{}, fmt.Errorf("%w: %d > %d", errEventBytes, len(text), in.h.cfg.EventBytes)
	}
	return decodeEvent(text)
}

// add completes an event with what the request says of its client.
func (in *intake) add(p parsed) {
	e, s := p.Event, &in.sender
	if e.Timestamp.After(in.batch.MadeAt) {
		in.batch.MadeAt = e.Timestamp
	}
	if e.SDK.Name == "" {
		e.SDK.Name, e.SDK.Version = s.sdk.Name, s.sdk.Version
	}
	if e.Trace.TraceID == ([16]byte{}) {
		e.Trace.TraceID = s.trace.TraceID
	}
	if !s.sentAt.IsZero() {
		if drift := in.batch.ReceivedAt.Sub(s.sentAt); drift.Abs() > driftTolerated {
			shift(e, drift)
		}
	}
	if p.inferIP == "" {
		p.inferIP = s.inferIP
	}
	inferIP(e, p.inferIP)
	in.h.agents.surroundings(e)
	note(e, "not_understood", p.ignored)
	note(e, "trimmed_by_sdk", p.trimmed)
	in.batch.Events = append(in.batch.Events, e)
}

// autoIP in User.IP asks for the connection's address.
const autoIP = "{{auto}}"

// inferIP decides whether a user's address is taken from the connection: as the
// SDK wishes or, with those that do not say, for programs that run at the user's.
func inferIP(e *event.Event, wish string) {
	switch wish {
	case "never":
		if e.User.IP == autoIP {
			e.User.IP = ""
		}
		return
	case "auto":
	default:
		switch e.Platform {
		case "javascript", "cocoa", "objc":
		default:
			return
		}
	}
	if e.User.IP == "" {
		e.User.IP = autoIP
	}
}

// noteContext is the context in which an event says what it has lost on its way.
const noteContext = "faultline"

// note writes a list of fields into the event.
func note(e *event.Event, name string, fields []string) {
	if len(fields) == 0 {
		return
	}
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(f))
	}
	list := "[" + b.String() + "]"
	for i := range e.Contexts {
		if c := &e.Contexts[i]; c.Name == noteContext {
			c.Data = withMember(c.Data, name, list)
			return
		}
	}
	e.Contexts = append(e.Contexts, event.Context{Name: noteContext, Data: withMember("", name, list)})
}

// clientAddress is the connection's other end, or none.
func clientAddress(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}
