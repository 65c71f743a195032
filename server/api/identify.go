package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"connectrpc.com/connect"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/faultline-dev/faultline/internal/project"
)

// identify is what stands before every HTTP protocol: it gives the request its
// id, finds out who calls, keeps other sites from using the session, bounds
// the body and turns panics into errors.
type identify struct {
	auth   Authenticator
	log    *slog.Logger
	origin *http.CrossOriginProtection
}

func newIdentify(o Options) (*identify, error) {
	i := &identify{auth: o.Auth, log: o.Log, origin: http.NewCrossOriginProtection()}
	for _, origin := range o.TrustedOrigins {
		if err := i.origin.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("trust origin %q: %w", origin, err)
		}
	}
	return i, nil
}

// wrap calls next with a request that knows its caller. What cannot be passed
// on is answered by refuse.
func (i *identify) wrap(next http.Handler, refuse func(http.ResponseWriter, *http.Request, *status.Status)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := &request{id: newRequestID(r.Header.Get(requestHeader)), http: r, writer: w}
		w.Header().Set(requestHeader, call.id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		ctx := withRequest(r.Context(), call)
		r = r.WithContext(ctx)
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				refuse(w, r, internalStatus(ctx, i.log, panicError(v)))
			}
		}()
		authorization := r.Header.Get("Authorization")
		if authorization == "" {
			// Browsers send the cookie by themselves, so the request must come from our own pages.
			if err := i.origin.Check(r); err != nil {
				refuse(w, r, status.New(codes.PermissionDenied, project.ErrForbidden.Error()+": a browser sent this from another site"))
				return
			}
		}
		cookie := cookieHeader(ctx)
		call.check = func(ctx context.Context) (project.Access, error) { return i.auth.API(ctx, authorization, cookie) }
		call.access, call.err = call.check(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxMessage+1024)
		next.ServeHTTP(w, r)
	})
}

func panicError(v any) error { return fmt.Errorf("panic: %v\n%s", v, debug.Stack()) }

func refuseREST(w http.ResponseWriter, _ *http.Request, s *status.Status) { writeStatus(w, s) }

func refuseRPC(w http.ResponseWriter, r *http.Request, s *status.Status) {
	ew := connect.NewErrorWriter()
	if !ew.IsSupported(r) {
		writeStatus(w, s)
		return
	}
	// What cannot be written has no reader any more.
	_ = ew.Write(w, r, toConnect(s))
}
