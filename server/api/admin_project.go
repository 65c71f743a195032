package api

import (
	"context"
	"net/http"

	"connectrpc.com/connect"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	adminv1 "github.com/faultline-dev/faultline/gen/go/faultline/admin/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/admin/v1/adminv1connect"

	admingateway "github.com/faultline-dev/faultline/gen/gateway/faultline/admin/v1"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/admin"
)

// projectServer answers ProjectService.
type projectServer struct {
	adminv1.UnsafeProjectServiceServer // every method is here, or this does not compile

	admin *admin.Service
}

func projectService(o Options) service {
	s := projectServer{admin: o.Admin}
	return service{
		grpc: func(r grpc.ServiceRegistrar) { adminv1.RegisterProjectServiceServer(r, s) },
		connect: func(o ...connect.HandlerOption) (string, http.Handler) {
			return adminv1connect.NewProjectServiceHandler(s, o...)
		},
		gateway: func(ctx context.Context, mux *runtime.ServeMux) error {
			return admingateway.RegisterProjectServiceHandlerServer(ctx, mux, s)
		},
	}
}

// ListProjects implements adminv1.ProjectServiceServer.
func (s projectServer) ListProjects(ctx context.Context, r *adminv1.ListProjectsRequest) (*adminv1.ListProjectsResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	projects, next, err := s.admin.ListProjects(ctx, access, int(r.PageSize), r.PageToken)
	if err != nil {
		return nil, err
	}
	return &adminv1.ListProjectsResponse{Projects: each(projects, toProject), NextPageToken: next}, nil
}

// GetProject implements adminv1.ProjectServiceServer.
func (s projectServer) GetProject(ctx context.Context, r *adminv1.GetProjectRequest) (*adminv1.Project, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.admin.GetProject(ctx, access, r.ProjectId)
	if err != nil {
		return nil, err
	}
	return toProject(p), nil
}

// CreateProject implements adminv1.ProjectServiceServer.
func (s projectServer) CreateProject(ctx context.Context, r *adminv1.CreateProjectRequest) (*adminv1.Project, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.admin.CreateProject(ctx, access, admin.NewProject{Name: r.Name, Slug: r.Slug, Platform: r.Platform})
	if err != nil {
		return nil, err
	}
	return toProject(p), nil
}

// UpdateProject implements adminv1.ProjectServiceServer.
func (s projectServer) UpdateProject(ctx context.Context, r *adminv1.UpdateProjectRequest) (*adminv1.Project, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := fromSettings(r.Settings)
	if err != nil {
		return nil, err
	}
	version, err := fromEtag(r.Etag)
	if err != nil {
		return nil, err
	}
	p, err := s.admin.UpdateProject(ctx, access, r.ProjectId, admin.ProjectChange{
		Name: r.Name, Platform: r.Platform, FingerprintRules: r.FingerprintRules, StackRules: r.StackRules, Settings: settings, Version: version,
	})
	if err != nil {
		return nil, err
	}
	return toProject(p), nil
}

// ListKeys implements adminv1.ProjectServiceServer.
func (s projectServer) ListKeys(ctx context.Context, r *adminv1.ListKeysRequest) (*adminv1.ListKeysResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := s.admin.ListKeys(ctx, access, r.ProjectId)
	if err != nil {
		return nil, err
	}
	return &adminv1.ListKeysResponse{Keys: each(keys, s.toKey)}, nil
}

// CreateKey implements adminv1.ProjectServiceServer.
func (s projectServer) CreateKey(ctx context.Context, r *adminv1.CreateKeyRequest) (*adminv1.Key, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	ttl, err := fromDuration("ttl", r.Ttl)
	if err != nil {
		return nil, err
	}
	k, secret, err := s.admin.CreateKey(ctx, access, admin.NewKey{ProjectID: r.ProjectId, Kind: project.KeyKind(r.Kind), Name: r.Name, TTL: ttl,
		Rate: project.Rate{PerSecond: r.RatePerSecond, Burst: int(r.RateBurst)}})
	if err != nil {
		return nil, err
	}
	answer := s.toKey(k)
	answer.Secret = secret
	return answer, nil
}

// UpdateKey implements adminv1.ProjectServiceServer.
func (s projectServer) UpdateKey(ctx context.Context, r *adminv1.UpdateKeyRequest) (*adminv1.Key, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	k, err := s.admin.UpdateKey(ctx, access, r.ProjectId, r.KeyId, admin.KeyChange{RatePerSecond: r.RatePerSecond, RateBurst: r.RateBurst})
	if err != nil {
		return nil, err
	}
	return s.toKey(k), nil
}

// RevokeKey implements adminv1.ProjectServiceServer.
func (s projectServer) RevokeKey(ctx context.Context, r *adminv1.RevokeKeyRequest) (*adminv1.Key, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	k, err := s.admin.RevokeKey(ctx, access, r.ProjectId, r.KeyId)
	if err != nil {
		return nil, err
	}
	return s.toKey(k), nil
}

// ListTokens implements adminv1.ProjectServiceServer.
func (s projectServer) ListTokens(ctx context.Context, _ *adminv1.ListTokensRequest) (*adminv1.ListTokensResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := s.admin.ListTokens(ctx, access)
	if err != nil {
		return nil, err
	}
	return &adminv1.ListTokensResponse{Tokens: each(tokens, toToken)}, nil
}

// CreateToken implements adminv1.ProjectServiceServer.
func (s projectServer) CreateToken(ctx context.Context, r *adminv1.CreateTokenRequest) (*adminv1.Token, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	ttl, err := fromDuration("ttl", r.Ttl)
	if err != nil {
		return nil, err
	}
	scopes := each(r.Scopes, func(s string) project.Scope { return project.Scope(s) })
	t, secret, err := s.admin.CreateToken(ctx, access, admin.NewToken{Name: r.Name, Scopes: scopes, TTL: ttl})
	if err != nil {
		return nil, err
	}
	answer := toToken(t)
	answer.Secret = secret
	return answer, nil
}

// RevokeToken implements adminv1.ProjectServiceServer.
func (s projectServer) RevokeToken(ctx context.Context, r *adminv1.RevokeTokenRequest) (*adminv1.Token, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	t, err := s.admin.RevokeToken(ctx, access, r.TokenId)
	if err != nil {
		return nil, err
	}
	return toToken(t), nil
}

// ListMembers implements adminv1.ProjectServiceServer.
func (s projectServer) ListMembers(ctx context.Context, _ *adminv1.ListMembersRequest) (*adminv1.ListMembersResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	members, err := s.admin.ListMembers(ctx, access)
	if err != nil {
		return nil, err
	}
	return &adminv1.ListMembersResponse{Members: each(members, toMember)}, nil
}

func (s projectServer) toKey(k project.Key) *adminv1.Key {
	return &adminv1.Key{
		Id: k.ID, ProjectId: k.ProjectID, Kind: string(k.Kind), Name: k.Name, Dsn: s.admin.DSN(k),
		CreatedAt: toTime(k.CreatedAt), RevokedAt: toTime(k.RevokedAt), ExpiresAt: toTime(k.ExpiresAt),
		RatePerSecond: k.Rate.PerSecond, RateBurst: uint32(k.Rate.Burst),
	}
}
