package api

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
)

// newGateway makes the REST face. Answers hold every field, so that scripts need
// not ask whether it is there; unknown fields of a request are an error, so that
// a typing mistake does not silently change nothing.
func newGateway(log *slog.Logger) *runtime.ServeMux {
	json := &runtime.JSONPb{
		MarshalOptions:   protojson.MarshalOptions{EmitUnpopulated: true},
		UnmarshalOptions: protojson.UnmarshalOptions{},
	}
	return runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, json),
		runtime.WithErrorHandler(func(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
			writeStatus(w, toStatus(r.Context(), log, err))
		}),
		runtime.WithRoutingErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
			writeRouting(w, r, code)
		}),
		runtime.WithOutgoingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
	)
}

// writeStatus writes an error as google.rpc.Status.
func writeStatus(w http.ResponseWriter, s *status.Status) {
	body, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(s.Proto())
	if err != nil {
		body = []byte(`{"code":13,"message":"internal error","details":[]}`)
	}
	w.Header().Set("Content-Type", "application/json")
	if s.Code() == codes.Unauthenticated {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(runtime.HTTPStatusFromCode(s.Code()))
	w.Write(body)
}

func writeRouting(w http.ResponseWriter, r *http.Request, code int) {
	s := status.New(codes.NotFound, "there is no "+r.URL.Path+"; /api/docs lists what there is")
	switch code {
	case http.StatusMethodNotAllowed:
		s = status.New(codes.Unimplemented, r.URL.Path+" does not answer "+r.Method)
	case http.StatusBadRequest:
		s = status.New(codes.InvalidArgument, "the path cannot be read")
	}
	writeStatus(w, s)
}
