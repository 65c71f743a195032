// Package sentryapi answers what sentry-cli and the plugins of bundlers ask of
// Sentry's web API while a program is built: who am I, upload these source maps, note
// this release. It is that part of the API and no more; people use ours.
//
// It keeps nothing itself and knows no store. Callers prove themselves by tokens with
// the scope release:write.
package sentryapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/faultline-dev/faultline/internal/artifact"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/upload"
)

// Authenticator checks the Authorization header of a request; see auth.Checker.API.
// What the error says is safe to show if it is project.ErrUnauthenticated or
// project.ErrForbidden.
type Authenticator interface {
	API(ctx context.Context, authorization, cookie string) (project.Access, error)
}

// Projects knows organizations and their projects.
type Projects interface {
	Organization(ctx context.Context, id string) (project.Organization, error)
	Projects(ctx context.Context, organizationID string) ([]project.Project, error)
}

// Releases keeps announced releases. PutRelease must leave what is empty in its argument
// as it is.
type Releases interface {
	PutRelease(ctx context.Context, r artifact.Release) (artifact.Release, error)
	Release(ctx context.Context, projectID uint32, version string) (artifact.Release, error)
	Releases(ctx context.Context, projectID uint32, limit int) ([]artifact.Release, error)
}

// Parts are what a handler works with.
type Parts struct {
	Auth     Authenticator
	Projects Projects
	Releases Releases
	Uploads  *upload.Service
	BaseURL  string       // where clients reach the server
	Logger   *slog.Logger // nil: slog's default
}

// Handler serves the API below /api/0/.
type Handler struct {
	Parts
	mux *http.ServeMux
}

// New makes a handler.
func New(p Parts) *Handler {
	if p.Logger == nil {
		p.Logger = slog.Default()
	}
	h := &Handler{Parts: p, mux: http.NewServeMux()}
	h.on("GET /api/0", h.about)
	h.on("GET /api/0/organizations/{org}/chunk-upload", h.options)
	h.on("POST /api/0/organizations/{org}/chunk-upload", h.chunks)
	h.on("POST /api/0/organizations/{org}/artifactbundle/assemble", h.assemble)
	h.on("POST /api/0/projects/{org}/{project}/files/difs/assemble", h.assembleFiles)
	for _, of := range []string{"/api/0/organizations/{org}/releases", "/api/0/projects/{org}/{project}/releases"} {
		h.on("GET "+of, h.releases)
		h.on("POST "+of, h.createRelease)
		h.on("GET "+of+"/{version}", h.release)
		h.on("PUT "+of+"/{version}", h.updateRelease)
	}
	return h
}

// request is a request whose caller is known.
type request struct {
	*http.Request
	writer http.ResponseWriter
	access project.Access
}

// fault is an answer other than success.
type fault struct {
	code   int
	detail string
}

func (f *fault) Error() string { return f.detail }

// on serves a pattern by a function that returns what is to be written as JSON.
func (h *Handler) on(pattern string, f func(*request) (any, error)) {
	h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		answer, err := h.answer(&request{Request: r, writer: w}, f)
		code := http.StatusOK
		if r.Method == http.MethodPost && strings.HasSuffix(pattern, "/releases") {
			code = http.StatusCreated
		}
		if err != nil {
			code, answer = h.explain(r, err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(code)
		// Who does not read the answer has gone.
		_ = json.MarshalWrite(w, answer)
	})
}

func (h *Handler) answer(r *request, f func(*request) (any, error)) (_ any, err error) {
	authorization := r.Header.Get("Authorization")
	if authorization == "" { // a browser's session is none here
		return nil, &fault{http.StatusUnauthorized, `send "Authorization: Bearer TOKEN"`}
	}
	if r.access, err = h.Auth.API(r.Context(), authorization, ""); err != nil {
		return nil, err
	}
	if !r.access.Can(project.ScopeReleaseWrite) && !r.access.Can(project.ScopeProjectWrite) {
		return nil, &fault{http.StatusForbidden, "the token lacks the scope " + string(project.ScopeReleaseWrite)}
	}
	if org := r.PathValue("org"); org != "" {
		if err := h.own(r, org); err != nil {
			return nil, err
		}
	}
	return f(r)
}

// own checks that the organization of a path is the token's: by id, by name, or by
// the name as part of an address.
func (h *Handler) own(r *request, org string) error {
	if org == r.access.OrganizationID {
		return nil
	}
	o, err := h.Projects.Organization(r.Context(), r.access.OrganizationID)
	if err != nil {
		return err
	}
	if strings.EqualFold(org, o.Name) || org == slug(o.Name) {
		return nil
	}
	return &fault{http.StatusNotFound, "the token's organization is " + o.ID + " (" + o.Name + "), not " + org}
}

// slug is a name as part of an address.
func slug(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), "-")
}

// maxNamed bounds how many projects one request may name.
const maxNamed = 100

// projects finds projects of the caller's organization by slug or number; all of them
// if none is named.
func (h *Handler) projects(r *request, names []string) ([]project.Project, error) {
	all, err := h.Projects.Projects(r.Context(), r.access.OrganizationID)
	if err != nil || len(names) == 0 {
		return all, err
	}
	if len(names) > maxNamed {
		return nil, &fault{http.StatusBadRequest, fmt.Sprintf("name no more than %d projects", maxNamed)}
	}
	found := make([]project.Project, len(names))
	for i, name := range names {
		at := slices.IndexFunc(all, func(p project.Project) bool { return p.Slug == name })
		if at < 0 {
			at = slices.IndexFunc(all, func(p project.Project) bool { return strconv.FormatUint(uint64(p.ID), 10) == name })
		}
		if at < 0 {
			return nil, &fault{http.StatusNotFound, "the organization has no project " + strconv.Quote(name)}
		}
		found[i] = all[at]
	}
	return found, nil
}

// names is a list of projects, each a slug or a number.
type names []string

// UnmarshalJSON implements json.Unmarshaler.
func (n *names) UnmarshalJSON(text []byte) error {
	var list []any
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	for _, v := range list {
		switch v := v.(type) {
		case string:
			*n = append(*n, v)
		case float64:
			*n = append(*n, strconv.FormatFloat(v, 'f', -1, 64))
		default:
			return fmt.Errorf("a project is a slug or a number, not %v", v)
		}
	}
	return nil
}

// explain turns an error into an answer.
func (h *Handler) explain(r *http.Request, err error) (int, any) {
	code, detail := http.StatusInternalServerError, "the server failed; it has been logged there"
	var f *fault
	switch {
	case errors.As(err, &f):
		code, detail = f.code, f.detail
	case errors.Is(err, project.ErrUnauthenticated):
		code, detail = http.StatusUnauthorized, err.Error()
	case errors.Is(err, project.ErrForbidden):
		code, detail = http.StatusForbidden, err.Error()
	case errors.Is(err, project.ErrNotFound):
		code, detail = http.StatusNotFound, "there is no such thing"
	case errors.Is(err, upload.ErrFull):
		code, detail = http.StatusInsufficientStorage, err.Error()
	case r.Context().Err() != nil: // who asked has gone
	default:
		h.Logger.Error("a request of a build tool failed", "path", r.URL.Path, "error", err)
	}
	return code, struct {
		Detail string `json:"detail"`
	}{detail}
}

// ServeHTTP implements http.Handler: with and without a slash at the end.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u := *r.URL
	if len(u.Path) > 1 {
		u.Path = strings.TrimSuffix(u.Path, "/")
		u.RawPath = strings.TrimSuffix(u.RawPath, "/")
	}
	inner := r.WithContext(r.Context())
	inner.URL = &u
	if _, pattern := h.mux.Handler(inner); pattern == "" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_ = json.MarshalWrite(w, map[string]string{"detail": "Faultline answers only what sentry-cli asks for releases and source maps; its own API is at /api/v1"})
		return
	}
	h.mux.ServeHTTP(w, inner)
}

// about says who the caller is.
func (h *Handler) about(r *request) (any, error) {
	type auth struct {
		Scopes []project.Scope `json:"scopes"`
	}
	return struct {
		Version string `json:"version"`
		Auth    auth   `json:"auth"`
		User    any    `json:"user"`
	}{"0", auth{r.access.Scopes}, nil}, nil
}

// body reads a request's JSON.
func body(r *request, into any) error {
	const limit = 4 << 20 // a bundle of many chunks names each
	if err := json.UnmarshalRead(http.MaxBytesReader(r.writer, r.Body, limit), into); err != nil {
		return &fault{http.StatusBadRequest, "the body is not the JSON that belongs here: " + err.Error()}
	}
	return nil
}
