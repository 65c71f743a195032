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
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/server/admin"
)

// alertServer answers AlertService.
type alertServer struct {
	adminv1.UnsafeAlertServiceServer // every method is here, or this does not compile

	admin *admin.Service
}

func alertService(o Options) service {
	s := alertServer{admin: o.Admin}
	return service{
		grpc: func(r grpc.ServiceRegistrar) { adminv1.RegisterAlertServiceServer(r, s) },
		connect: func(o ...connect.HandlerOption) (string, http.Handler) {
			return adminv1connect.NewAlertServiceHandler(s, o...)
		},
		gateway: func(ctx context.Context, mux *runtime.ServeMux) error {
			return admingateway.RegisterAlertServiceHandlerServer(ctx, mux, s)
		},
	}
}

// ListRules implements adminv1.AlertServiceServer.
func (s alertServer) ListRules(ctx context.Context, r *adminv1.ListRulesRequest) (*adminv1.ListRulesResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	rules, err := s.admin.ListRules(ctx, access, r.ProjectId)
	if err != nil {
		return nil, err
	}
	return &adminv1.ListRulesResponse{Rules: each(rules, toRule)}, nil
}

// CreateRule implements adminv1.AlertServiceServer.
func (s alertServer) CreateRule(ctx context.Context, r *adminv1.CreateRuleRequest) (*adminv1.Rule, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	v, err := fromRule(r.ProjectId, r.Rule)
	if err != nil {
		return nil, err
	}
	if v, err = s.admin.CreateRule(ctx, access, v); err != nil {
		return nil, err
	}
	return toRule(v), nil
}

// UpdateRule implements adminv1.AlertServiceServer.
func (s alertServer) UpdateRule(ctx context.Context, r *adminv1.UpdateRuleRequest) (*adminv1.Rule, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	v, err := fromRule(r.ProjectId, r.Rule)
	if err != nil {
		return nil, err
	}
	if v, err = s.admin.UpdateRule(ctx, access, v); err != nil {
		return nil, err
	}
	return toRule(v), nil
}

// DeleteRule implements adminv1.AlertServiceServer.
func (s alertServer) DeleteRule(ctx context.Context, r *adminv1.DeleteRuleRequest) (*adminv1.DeleteRuleResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.admin.DeleteRule(ctx, access, r.ProjectId, r.RuleId); err != nil {
		return nil, err
	}
	return &adminv1.DeleteRuleResponse{}, nil
}

// ListDeliveries implements adminv1.AlertServiceServer.
func (s alertServer) ListDeliveries(ctx context.Context, r *adminv1.ListDeliveriesRequest) (*adminv1.ListDeliveriesResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	f := rule.DeliveryFilter{ProjectID: r.ProjectId, RuleID: r.RuleId, Status: rule.Status(r.Status)}
	if r.IssueId != "" {
		if f.IssueID, err = issue.ParseID(r.IssueId); err != nil {
			return nil, err
		}
	}
	deliveries, next, err := s.admin.ListDeliveries(ctx, access, f, int(r.PageSize), r.PageToken)
	if err != nil {
		return nil, err
	}
	return &adminv1.ListDeliveriesResponse{Deliveries: each(deliveries, toDelivery), NextPageToken: next}, nil
}
