package api

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"connectrpc.com/connect"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	adminv1 "github.com/faultline-dev/faultline/gen/go/faultline/admin/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/admin/v1/adminv1connect"

	admingateway "github.com/faultline-dev/faultline/gen/gateway/faultline/admin/v1"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/admin"
	"github.com/faultline-dev/faultline/server/auth"
)

// sessionServer answers SessionService.
type sessionServer struct {
	adminv1.UnsafeSessionServiceServer // every method is here, or this does not compile

	admin    *admin.Service
	sessions *auth.Sessions
	version  string
	baseURL  string
}

func sessionService(o Options) service {
	s := sessionServer{admin: o.Admin, sessions: o.Sessions, version: o.Version, baseURL: o.BaseURL}
	return service{
		grpc: func(r grpc.ServiceRegistrar) { adminv1.RegisterSessionServiceServer(r, s) },
		connect: func(o ...connect.HandlerOption) (string, http.Handler) {
			return adminv1connect.NewSessionServiceHandler(s, o...)
		},
		gateway: func(ctx context.Context, mux *runtime.ServeMux) error {
			return admingateway.RegisterSessionServiceHandlerServer(ctx, mux, s)
		},
	}
}

// errNoCookies is the answer on the gRPC listener, where a session could not be
// kept.
var errNoCookies = status.Error(codes.FailedPrecondition, "a session is a cookie, and gRPC has none: sign in over HTTP, or use a token")

// SignIn implements adminv1.SessionServiceServer.
func (s sessionServer) SignIn(ctx context.Context, r *adminv1.SignInRequest) (*adminv1.Session, error) {
	call := requestOf(ctx)
	if call.writer == nil {
		return nil, errNoCookies
	}
	member, session, secret, err := s.sessions.SignIn(ctx, r.Email, r.Password, remote(call.http))
	if err != nil {
		return nil, err
	}
	setCookie(ctx, s.cookie(secret, session.ExpiresAt))
	return s.session(ctx, project.Access{OrganizationID: member.OrganizationID, Member: member})
}

// SignOut implements adminv1.SessionServiceServer.
func (s sessionServer) SignOut(ctx context.Context, _ *adminv1.SignOutRequest) (*adminv1.SignOutResponse, error) {
	if err := s.sessions.SignOut(ctx, cookieHeader(ctx)); err != nil {
		return nil, err
	}
	setCookie(ctx, s.cookie("", time.Time{}))
	return &adminv1.SignOutResponse{}, nil
}

// GetSession implements adminv1.SessionServiceServer.
func (s sessionServer) GetSession(ctx context.Context, _ *adminv1.GetSessionRequest) (*adminv1.Session, error) {
	access, err := caller(ctx)
	if err != nil && anonymous(ctx) {
		// A browser that asks for the first time has done nothing wrong.
		return &adminv1.Session{Version: s.version, BaseUrl: s.baseURL}, nil
	}
	if err != nil {
		return nil, err
	}
	return s.session(ctx, access)
}

func (s sessionServer) session(ctx context.Context, a project.Access) (*adminv1.Session, error) {
	o, err := s.admin.Organization(ctx, a)
	if err != nil {
		return nil, err
	}
	answer := &adminv1.Session{Organization: &adminv1.Organization{Id: o.ID, Name: o.Name}, Version: s.version, BaseUrl: s.baseURL}
	if a.Member.ID != "" {
		answer.Member = toMember(a.Member)
	}
	return answer, nil
}

// cookie holds a session, out of reach of scripts and other sites. Without a
// secret it takes the cookie away.
func (s sessionServer) cookie(secret string, expires time.Time) *http.Cookie {
	c := &http.Cookie{
		Name: auth.SessionCookie, Value: secret, Path: "/", Expires: expires,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.baseURL, "https://"),
	}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}

// remote is the address of the connection, or of whom a trusted proxy speaks for.
func remote(r *http.Request) netip.Addr {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr()
}
