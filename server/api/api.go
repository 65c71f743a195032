// Package api is the face of the use-cases: gRPC, Connect, gRPC-Web and REST,
// and the description of the REST API. One struct a service answers on all of
// them; this package turns messages into calls and answers into messages, errors into codes,
// and credentials into project.Access.
//
// It decides nothing about the product: what a caller may do is checked in the
// use-cases, which get the Access of every call.
package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"connectrpc.com/connect"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/admin"
	"github.com/faultline-dev/faultline/server/auth"
	"github.com/faultline-dev/faultline/server/query"
	"github.com/faultline-dev/faultline/server/regroup"
)

// maxMessage is what one request may hold, compressed or not.
const maxMessage = 4 << 20

// Authenticator turns what a request carries into what it may do.
type Authenticator interface {
	// API checks an Authorization header, or without one the session in a Cookie
	// header; both may be empty. Errors are project.ErrUnauthenticated or of the store.
	API(ctx context.Context, authorization, cookie string) (project.Access, error)
}

// Options are what the API is made of.
type Options struct {
	Query    *query.Service
	Admin    *admin.Service   // nil: only queries are served
	Grouping *regroup.Service // nil: rules cannot be tried
	Sessions *auth.Sessions   // with Admin
	Auth     Authenticator
	Log      *slog.Logger
	Version  string // of the server
	BaseURL  string // where people reach the dashboard; cookies are for https alone if it is https
	// TrustedOrigins are origins (https://host) from which browsers may send
	// requests with the session cookie, besides the API's own.
	TrustedOrigins []string
}

// API serves every service on every protocol.
type API struct {
	opts     Options
	services []service
	http     http.Handler
}

// service is one service with its faces.
type service struct {
	grpc    func(grpc.ServiceRegistrar)
	connect func(...connect.HandlerOption) (path string, h http.Handler)
	gateway func(context.Context, *runtime.ServeMux) error
}

// New makes the API.
func New(o Options) (*API, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{opts: o, services: services(o)}
	h, err := a.handler()
	if err != nil {
		return nil, err
	}
	a.http = h
	return a, nil
}

// services lists what is served; every protocol serves all of it.
func services(o Options) []service {
	all := []service{queryService(o.Query)}
	if o.Admin != nil {
		all = append(all, sessionService(o), projectService(o), alertService(o))
	}
	if o.Grouping != nil {
		all = append(all, groupingService(o))
	}
	return all
}

// Handler serves REST below /api/v1/, Connect, gRPC and gRPC-Web below the names
// of the services, and /api/openapi.json with /api/docs to read it.
func (a *API) Handler() http.Handler { return a.http }

func (a *API) handler() (http.Handler, error) {
	gateway := newGateway(a.opts.Log)
	rpc := http.NewServeMux()
	for _, s := range a.services {
		if err := s.gateway(context.Background(), gateway); err != nil {
			return nil, fmt.Errorf("register a service with the gateway: %w", err)
		}
		rpc.Handle(s.connect(
			connect.WithReadMaxBytes(maxMessage),
			connect.WithInterceptors(connectInterceptor{a.opts.Log}),
		))
	}
	docs, err := docsHandler()
	if err != nil {
		return nil, err
	}
	identify, err := newIdentify(a.opts)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", identify.wrap(gateway, refuseREST))
	mux.Handle(attachmentPath, identify.wrap(attachmentHandler(a.opts), refuseREST))
	mux.Handle("/", identify.wrap(rpc, refuseRPC))
	mux.Handle("/api/openapi.json", docs)
	mux.Handle("/api/docs", docs)
	mux.Handle("/api/docs/", docs)
	return mux, nil
}

// Paths are the patterns that belong to Handler, for the server that joins it
// with others.
func (a *API) Paths() []string {
	paths := []string{"/api/v1/", "/api/openapi.json", "/api/docs", "/api/docs/"}
	for _, s := range a.services {
		path, _ := s.connect()
		paths = append(paths, path)
	}
	return paths
}

// Register adds the services to a gRPC server made with ServerOptions, with health
// and reflection. The health server is returned so that its owner can say when
// the server is ready.
func (a *API) Register(s *grpc.Server) *health.Server {
	for _, svc := range a.services {
		svc.grpc(s)
	}
	h := health.NewServer()
	healthv1.RegisterHealthServer(s, h)
	reflection.Register(s)
	return h
}
