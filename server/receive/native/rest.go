package native

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/wire"
	"github.com/faultline-dev/faultline/server/quota"
)

// restPattern is the route; the body is a Batch, as JSON or as protobuf. Any
// method, so that browsers may ask beforehand.
const restPattern = "/api/v1/projects/{project_id}/events:batch"

// retryAfter is what a client should wait when nothing better is known.
const retryAfter = time.Second

// rest serves the REST route. The answer tells what became of each event; its code
// is an error's only if nothing was taken.
func (h *Handler) rest(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		h.refuse(w, http.StatusMethodNotAllowed, status.New(codes.Unimplemented, "use POST"))
		return
	}
	ack, err := h.restBatch(w, r)
	if err != nil {
		s := h.toStatus(r.Context(), err)
		h.refuse(w, httpCode(err, s.Code()), s)
		return
	}
	code := http.StatusOK
	switch {
	case none(ack, outcome.Limited, false):
		code = http.StatusTooManyRequests
	case none(ack, outcome.Lost, true):
		code = http.StatusServiceUnavailable
	}
	if code != http.StatusOK {
		setRetryAfter(w, ack.RetryAfter)
	}
	writeJSON(w, code, toAckJSON(ack))
}

// restBatch reads a request and hands over its batch.
func (h *Handler) restBatch(w http.ResponseWriter, r *http.Request) (wire.Ack, error) {
	id, err := strconv.ParseUint(r.PathValue("project_id"), 10, 32)
	if err != nil || id == 0 {
		return wire.Ack{}, status.Error(codes.InvalidArgument, "the path names no project: a project id is a number")
	}
	c := caller{credential: bearer(r.Header.Get("Authorization")), ip: address(r.RemoteAddr)}
	payer, err := h.payer(r.Context(), c, uint32(id))
	if err != nil {
		return wire.Ack{}, err
	}
	hold, err := h.hold(payer)
	if err != nil {
		return wire.Ack{}, err
	}
	defer hold.Release()
	body, err := h.body(w, r, hold)
	if err != nil {
		return wire.Ack{}, err
	}
	data := body
	if !isProtobuf(r.Header.Get("Content-Type")) {
		b := &ingestv1.Batch{}
		if data, err = fromJSON(body, b, func() *ingestv1.Batch { return b }); err != nil {
			return wire.Ack{}, err
		}
	}
	return h.serveFrame(r.Context(), c, uint32(id), &frame{data: wire.WrapBatch(data)})
}

func isProtobuf(contentType string) bool {
	contentType, _, _ = strings.Cut(contentType, ";")
	switch strings.TrimSpace(contentType) {
	case "application/protobuf", "application/x-protobuf", "application/proto":
		return true
	}
	return false
}

// body reads and decompresses a request, bounded both ways, into memory that is held.
func (h *Handler) body(w http.ResponseWriter, r *http.Request, hold *quota.Hold) ([]byte, error) {
	limit := int64(h.cfg.MessageBytes)
	var body io.Reader = http.MaxBytesReader(w, r.Body, limit)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, fmt.Errorf("%w: gzip: %w", errEncoding, err)
		}
		body = z
	case zstdName:
		z := newZstdReader()
		defer z.Decoder.Close()
		if err := z.Reset(body); err != nil {
			return nil, fmt.Errorf("%w: zstd: %w", errEncoding, err)
		}
		body = z
	default:
		return nil, fmt.Errorf("%w: %q is not gzip, zstd or identity", errEncoding, encoding)
	}
	data, err := hold.ReadAll(r.Context(), body, r.ContentLength, limit)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, quota.ErrNoRoom):
		return nil, roomError(err)
	case errors.As(err, &tooLarge), errors.Is(err, quota.ErrTooLong):
		return nil, h.tooLarge()
	case err != nil && r.Context().Err() != nil:
		return nil, r.Context().Err()
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errEncoding, err)
	}
	return data, nil
}

// refuse answers with a google.rpc.Status.
func (h *Handler) refuse(w http.ResponseWriter, code int, s *status.Status) {
	if code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable {
		setRetryAfter(w, retryAfter)
	}
	text, err := protojson.Marshal(s.Proto())
	if err != nil {
		text = []byte(`{}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	w.Write(text)
}

// httpCode is the code of HTTP for an error.
func httpCode(err error, c codes.Code) int {
	switch {
	case errors.Is(err, errSize):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errEncoding):
		return http.StatusUnsupportedMediaType
	}
	switch c {
	case codes.InvalidArgument:
		return http.StatusBadRequest
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.NotFound:
		return http.StatusNotFound
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.Unavailable:
		return http.StatusServiceUnavailable
	case codes.Canceled, codes.DeadlineExceeded:
		return http.StatusRequestTimeout
	}
	return http.StatusInternalServerError
}

// setRetryAfter tells in whole seconds, rounded up, when to come back.
func setRetryAfter(w http.ResponseWriter, d time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(int(math.Ceil(d.Seconds())), 1)))
}

// ackJSON is an Ack as JSON. It is protobuf's JSON but for event ids, which are 32
// hexadecimal digits as everywhere in REST.
type ackJSON struct {
	BatchID    string       `json:"batchId,omitempty"`
	Results    []resultJSON `json:"results"`
	RetryAfter string       `json:"retryAfter,omitempty"`
}

type resultJSON struct {
	EventID string `json:"eventId,omitempty"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	Retry   bool   `json:"retry,omitempty"`
}

func toAckJSON(a wire.Ack) ackJSON {
	out := ackJSON{Results: make([]resultJSON, len(a.Results))}
	if a.BatchID != 0 {
		out.BatchID = strconv.FormatUint(a.BatchID, 10)
	}
	if a.RetryAfter > 0 {
		out.RetryAfter = strconv.FormatFloat(a.RetryAfter.Seconds(), 'f', -1, 64) + "s"
	}
	for i, r := range a.Results {
		out.Results[i] = resultJSON{
			Outcome: ingestv1.Outcome(r.Kind).String(), Reason: string(r.Reason), Message: r.Message, Retry: r.Retry,
		}
		if !r.EventID.IsZero() {
			out.Results[i].EventID = r.EventID.String()
		}
	}
	return out
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(v)
}
