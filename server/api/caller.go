package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/auth"
)

// request is what is known of a call besides its message.
type request struct {
	id     string
	access project.Access
	err    error // why there is no access
	check  func(context.Context) (project.Access, error)
	http   *http.Request       // nil on the gRPC listener
	writer http.ResponseWriter // nil on the gRPC listener
}

type requestKey struct{}

func withRequest(ctx context.Context, r *request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{err: project.ErrUnauthenticated}
}

// caller returns what the call may do, or why it may do nothing.
func caller(ctx context.Context) (project.Access, error) {
	r := requestOf(ctx)
	return r.access, r.err
}

// anonymous reports whether a call over HTTP came without any credential.
func anonymous(ctx context.Context) bool {
	r := requestOf(ctx)
	return r.http != nil && r.http.Header.Get("Authorization") == "" && auth.SessionSecret(r.http.Header.Get("Cookie")) == ""
}

// stillMay reports whether a call that lasts may go on: not once its credential
// has been revoked or has expired, or no longer reads events. While nobody can
// tell it goes on.
func stillMay(ctx context.Context) error {
	r := requestOf(ctx)
	access, err := r.check(ctx)
	switch {
	case errors.Is(err, project.ErrUnauthenticated), errors.Is(err, project.ErrForbidden):
		return err
	case err == nil && (access.OrganizationID != r.access.OrganizationID || !access.Can(project.ScopeEventRead)):
		return fmt.Errorf("%w: the right to read events was taken away", project.ErrForbidden)
	}
	return nil
}

// requestID names the call in answers and in the log.
func requestID(ctx context.Context) string { return requestOf(ctx).id }

// setCookie sets a cookie of the answer; it does nothing on the gRPC listener,
// where there are none.
func setCookie(ctx context.Context, c *http.Cookie) {
	if r := requestOf(ctx); r.writer != nil {
		http.SetCookie(r.writer, c)
	}
}

// cookieHeader is the Cookie header that came with the call, or empty.
func cookieHeader(ctx context.Context) string {
	r := requestOf(ctx)
	if r.http == nil {
		return ""
	}
	return strings.Join(r.http.Header["Cookie"], "; ")
}

// requestHeader is the header that carries the id of a request in both
// directions.
const requestHeader = "X-Request-Id"

// newRequestID keeps the id that a proxy gave, if it is fit to be logged.
func newRequestID(given string) string {
	if given == "" || len(given) > 64 {
		return rand.Text()
	}
	for _, c := range given {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-' || c == '_' || c == '.') {
			return rand.Text()
		}
	}
	return given
}
