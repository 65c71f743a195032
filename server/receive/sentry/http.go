package sentry

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/receive"
)

// allowedHeaders are what SDKs in browsers send.
const allowedHeaders = "X-Sentry-Auth, X-Requested-With, Origin, Accept, Content-Type, Content-Encoding, Authentication, Authorization, sentry-trace, baggage, transfer-encoding"

// retryAfter is what a client should wait when nothing better is known.
const retryAfter = time.Second

// Wrap serves Sentry's paths, and leaves every other path to next.
func (h *Handler) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route := parseRoute(r.URL.Path, h.prefix)
		if route.endpoint == endpointNone {
			next.ServeHTTP(w, r)
			return
		}
		h.serve(w, r, route)
	})
}

// serve answers one request. What lets it in is the key, so that any page may ask.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, route route) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers", "X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After")
	a := answer{code: http.StatusMethodNotAllowed, detail: "use POST"}
	switch {
	case r.Method == http.MethodOptions:
		header.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		header.Set("Access-Control-Allow-Headers", allowedHeaders)
		header.Set("Access-Control-Max-Age", "3600")
		a = answer{code: http.StatusNoContent}
	case r.Method == http.MethodPost, r.Method == http.MethodGet && (route.endpoint == endpointStore || route.endpoint == endpointCron):
		a = h.take(w, r, route)
	default:
		header.Set("Allow", "POST, OPTIONS")
	}
	h.metrics.requests.WithLabelValues(route.endpoint.String(), strconv.Itoa(a.code)).Inc()
	a.write(w)
}

// answer is what a client is told.
type answer struct {
	code   int
	id     string        // of the event; may be empty
	detail string        // for a person, where the code is an error's
	wait   time.Duration // send nothing for this long
	limits bool          // what was sent is limited for that time
	reason string        // why
	form   form
}

// form is how an id is written.
type form uint8

const (
	formJSON form = iota
	formUUID      // plain text with dashes
	formGIF       // a picture of one transparent point
)

// gif is the picture.
const gif = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// errorBody is the JSON of an error.
type errorBody struct {
	Detail string   `json:"detail"`
	Causes []string `json:"causes"`
}

func (a answer) write(w http.ResponseWriter) {
	header := w.Header()
	if a.wait > 0 {
		seconds := strconv.Itoa(max(int(math.Ceil(a.wait.Seconds())), 1))
		header.Set("Retry-After", seconds)
		if a.limits {
			scope, reason := "project", cmp.Or(a.reason, string(outcome.Buffer))
			if reason == string(outcome.KeyLimit) {
				scope = "key"
			}
			header.Set("X-Sentry-Rate-Limits", seconds+":error;default;security;feedback;user_report_v2:"+scope+":"+reason)
		}
	}
	switch {
	case a.code == http.StatusNoContent:
		w.WriteHeader(a.code)
	case a.code >= http.StatusBadRequest:
		header.Set("Content-Type", "application/json")
		header.Set("X-Sentry-Error", headerText(a.detail))
		w.WriteHeader(a.code)
		json.NewEncoder(w).Encode(errorBody{Detail: a.detail, Causes: []string{}})
	case a.form == formGIF:
		header.Set("Content-Type", "image/gif")
		header.Set("Cache-Control", "no-store")
		w.Write([]byte(gif))
	case a.form == formUUID:
		header.Set("Content-Type", "text/plain; charset=utf-8")
		id := a.id
		if len(id) == 32 {
			id = id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
		}
		w.Write([]byte(id))
	case a.id == "":
		header.Set("Content-Type", "application/json")
		w.Write([]byte("{}"))
	default:
		header.Set("Content-Type", "application/json")
		w.Write([]byte(`{"id":"` + a.id + `"}`))
	}
}

// headerText is a text that may stand in a header.
func headerText(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b[:min(len(b), 200)])
}

// refusal is the one place where errors get their codes. A client's data never
// gives one of a server's.
func (h *Handler) refusal(r *http.Request, err error) answer {
	a := answer{code: http.StatusBadRequest, detail: err.Error()}
	var retry interface{ Retryable() bool }
	switch {
	case errors.Is(err, errNoKey):
		a.code = http.StatusUnauthorized
	case errors.Is(err, project.ErrUnauthenticated), errors.Is(err, project.ErrForbidden), errors.Is(err, project.ErrNotFound),
		errors.Is(err, errKeys), errors.Is(err, errDSN), errors.Is(err, errProjects):
		a.code = http.StatusForbidden
	case errors.Is(err, errRequestBytes), errors.Is(err, errBodyBytes), errors.Is(err, errEventBytes):
		a.code = http.StatusRequestEntityTooLarge
	case errors.Is(err, errEncoding):
		a.code = http.StatusUnsupportedMediaType
	case errors.Is(err, errNoRoom), errors.Is(err, receive.ErrTurnedAway):
		a.code, a.wait, a.limits = http.StatusTooManyRequests, retryAfter, true
	case errors.As(err, &retry) && retry.Retryable():
		h.log.WarnContext(r.Context(), "a key cannot be checked now", "error", err)
		a.code, a.detail, a.wait = http.StatusServiceUnavailable, "the key cannot be checked now, try again", retryAfter
	case errors.Is(err, errJSON), errors.Is(err, errEnvelope), errors.Is(err, errBroken), errors.Is(err, errReport), errors.Is(err, errMinidump), errors.Is(err, errForm), errors.Is(err, errCheckIn):
	default:
		h.log.ErrorContext(r.Context(), "receiving from a Sentry client failed", "error", err)
		a.code, a.detail, a.wait = http.StatusServiceUnavailable, "internal error, try again", retryAfter
	}
	return a
}

// tell makes the answer out of what became of the events. It is an error's only if
// nothing was taken, or if something may be sent again.
func tell(results []outcome.Result) answer {
	a := answer{code: http.StatusOK}
	if len(results) == 0 {
		return a
	}
	a.id = results[0].EventID.String()
	taken := 0
	var refused *outcome.Result
	for i := range results {
		r := &results[i]
		switch r.Kind {
		case outcome.Stored, outcome.Duplicate, outcome.Filtered:
			taken++
		case outcome.Limited:
			if r.Reason == outcome.IssueLimit {
				taken++ // it is this issue that gives way: the client must go on with others
				continue
			}
			if a.reason = "rate_limit"; r.Reason != outcome.None {
				a.reason = string(r.Reason)
			}
			a.limits, a.wait = true, max(a.wait, r.RetryAfter, retryAfter)
			fallthrough
		default:
			if refused == nil || r.Kind == outcome.Lost && r.Retry {
				refused = r
			}
		}
	}
	switch {
	case refused == nil:
	case refused.Kind == outcome.Lost && refused.Retry:
		a.code, a.detail, a.wait = http.StatusServiceUnavailable, refused.Message, max(a.wait, refused.RetryAfter, retryAfter)
	case taken > 0:
	case a.limits:
		a.code, a.detail = http.StatusTooManyRequests, "the project's rate is used up, or the server has no room"
	case refused.Reason == outcome.EventSize:
		a.code, a.detail = http.StatusRequestEntityTooLarge, refused.Message
	default:
		a.code, a.detail = http.StatusBadRequest, refused.Message
	}
	if a.code >= http.StatusBadRequest && a.detail == "" {
		a.detail = string(refused.Reason)
	}
	return a
}
