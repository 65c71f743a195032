package otlp

import (
	"compress/zlib"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/faultline-dev/faultline/server/quota"
)

// Mount adds the routes of OTLP/HTTP: /v1/traces and the like, the same below /otlp, and
// below /otlp/KEY for browsers and others that cannot send headers. The services are
// there as well, for exporters that speak gRPC to this listener.
func (h *Handler) Mount(mux *http.ServeMux) {
	for s := range signals {
		handler := anyOrigin(h.http(s))
		name := signalNames[s]
		mux.Handle("/v1/"+name, handler)
		mux.Handle("/otlp/v1/"+name, handler)
		mux.Handle("/otlp/{key}/v1/"+name, handler)
		path, rpc := h.connectExport(s)
		mux.Handle(path, anyOrigin(rpc))
	}
}

// The media types of OTLP/HTTP.
const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"
)

func (h *Handler) http(s signal) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		media, known := mediaType(r.Header.Get("Content-Type"))
		a, err := answer{}, fmt.Errorf("%w: %q is not %s or %s", errType, r.Header.Get("Content-Type"), protobufType, jsonType)
		switch {
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", "POST, OPTIONS")
			err = errMethod
		case known:
			a, err = h.serve(w, r, s, media == jsonType)
		}
		if err != nil {
			told, code := h.toStatus(r.Context(), err)
			refuse(w, media, code, told)
			return
		}
		w.Header().Set("Content-Type", media)
		if media == jsonType {
			w.Write(answerJSON(s, a))
			return
		}
		w.Write(appendAnswer(nil, a))
	})
}

// mediaType tells in which of the two an answer goes; parameters do not matter.
func mediaType(header string) (media string, known bool) {
	header, _, _ = strings.Cut(header, ";")
	switch strings.ToLower(strings.TrimSpace(header)) {
	case protobufType, "application/protobuf":
		return protobufType, true
	case jsonType:
		return jsonType, true
	}
	return jsonType, false
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, s signal, isJSON bool) (answer, error) {
	c := callerOf(r.Header, r.RemoteAddr)
	if key := r.PathValue("key"); key != "" {
		c.credential = key
	}
	access, hold, err := h.admit(r.Context(), c)
	if err != nil {
		return answer{}, err
	}
	defer hold.Release()
	data, err := h.body(w, r, hold)
	if err == nil && isJSON {
		if data, err = fromJSON(s, data); err != nil {
			h.log.DebugContext(r.Context(), "OTLP in JSON cannot be read", "signal", signalNames[s], "error", err)
		}
	}
	if err != nil {
		return answer{}, err
	}
	return h.export(r.Context(), c, access, hold, s, data)
}

// body reads and decompresses a request, bounded both ways, into memory that is held.
func (h *Handler) body(w http.ResponseWriter, r *http.Request, hold *quota.Hold) ([]byte, error) {
	limit := int64(h.cfg.MessageBytes)
	var body io.Reader = http.MaxBytesReader(w, r.Body, limit)
	var err error
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		body, err = gzip.NewReader(body)
	case "deflate":
		body, err = zlib.NewReader(body)
	case "zstd":
		var z *zstd.Decoder
		if z, err = zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true)); err == nil {
			defer z.Close()
			body = z
		}
	default:
		return nil, fmt.Errorf("%w: %q is not gzip, zstd, deflate or identity", errEncoding, encoding)
	}
	var data []byte
	if err == nil {
		data, err = hold.ReadAll(r.Context(), body, r.ContentLength, limit)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, quota.ErrNoRoom):
		return nil, roomError(err)
	case errors.As(err, &tooLarge), errors.Is(err, quota.ErrTooLong):
		return nil, fmt.Errorf("%w: %d bytes, decompressed", errSize, limit)
	case err != nil && r.Context().Err() != nil:
		return nil, r.Context().Err()
	case err != nil:
		return nil, fmt.Errorf("%w: the body cannot be read: %w", errMalformed, err)
	}
	return data, nil
}

// zstdWindow bounds the memory of one decompressor.
const zstdWindow = 8 << 20

// answerJSON is an Export*ServiceResponse in JSON.
func answerJSON(s signal, a answer) []byte {
	if a.rejected == 0 && a.message == "" {
		return []byte("{}")
	}
	name := [signals]string{"rejectedSpans", "rejectedLogRecords", "rejectedDataPoints"}[s]
	text, err := json.Marshal(map[string]any{"partialSuccess": map[string]string{name: strconv.FormatInt(a.rejected, 10), "errorMessage": a.message}})
	if err != nil {
		return []byte("{}")
	}
	return text
}

// refuse answers with a google.rpc.Status in the encoding of the request.
func refuse(w http.ResponseWriter, media string, code int, s *status.Status) {
	if code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable {
		wait := max(delay(s), time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	if code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	marshal := proto.Marshal
	if media == jsonType {
		marshal = protojson.Marshal
	}
	text, err := marshal(s.Proto())
	if err != nil {
		text = nil
	}
	w.Header().Set("Content-Type", media)
	w.WriteHeader(code)
	w.Write(text)
}

// anyOrigin lets browsers send from every page: what lets a request in is the key,
// never a cookie.
func anyOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Access-Control-Allow-Origin", "*")
		header.Set("Access-Control-Expose-Headers", "Retry-After, Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin")
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		header.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
		allowed := "Content-Type, Content-Encoding, Authorization, X-Api-Key, X-Faultline-Key, X-Faultline-Project"
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			allowed = asked
		}
		header.Set("Access-Control-Allow-Headers", allowed)
		header.Set("Access-Control-Max-Age", "7200")
		header.Add("Vary", "Access-Control-Request-Headers")
		w.WriteHeader(http.StatusNoContent)
	})
}

// credentialHeaders are those that say who sends.
var credentialHeaders = [...]string{"Authorization", "X-Api-Key", "X-Faultline-Key", "X-Faultline-Project", "X-Sentry-Auth"}

// callerOf reads who sends from the headers that exporters can be told to set.
func callerOf(h http.Header, address string) caller {
	c := caller{
		credential: bearer(h.Get("Authorization")), project: projectNumber(h.Get("X-Faultline-Project")), ip: ipOf(address),
	}
	for _, name := range [...]string{"X-Faultline-Key", "X-Api-Key"} {
		if c.credential == "" {
			c.credential = strings.TrimSpace(h.Get(name))
		}
	}
	if c.credential == "" {
		c.credential = sentryKey(h.Get("X-Sentry-Auth"))
	}
	return c
}

// bearer takes the credential out of an Authorization header.
func bearer(header string) string {
	scheme, credential, found := strings.Cut(header, " ")
	switch {
	case found && strings.EqualFold(scheme, "Bearer"):
		return strings.TrimSpace(credential)
	case found && strings.EqualFold(scheme, "Sentry"):
		return sentryKey(header)
	}
	return ""
}

// sentryKey reads "Sentry sentry_version=7, sentry_key=KEY".
func sentryKey(header string) string {
	_, list, found := strings.Cut(header, " ")
	if !found {
		list = header
	}
	for part := range strings.SplitSeq(list, ",") {
		if key, found := strings.CutPrefix(strings.TrimSpace(part), "sentry_key="); found {
			return key
		}
	}
	return ""
}

// ipOf reads HOST:PORT; what is no address gives none.
func ipOf(hostPort string) netip.Addr {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return netip.Addr{}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap()
}
