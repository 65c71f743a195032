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
	"github.com/faultline-dev/faultline/server/regroup"
)

// groupingServer answers GroupingService.
type groupingServer struct {
	adminv1.UnsafeGroupingServiceServer // every method is here, or this does not compile

	laboratory *regroup.Service
}

func groupingService(o Options) service {
	s := groupingServer{laboratory: o.Grouping}
	return service{
		grpc: func(r grpc.ServiceRegistrar) { adminv1.RegisterGroupingServiceServer(r, s) },
		connect: func(o ...connect.HandlerOption) (string, http.Handler) {
			return adminv1connect.NewGroupingServiceHandler(s, o...)
		},
		gateway: func(ctx context.Context, mux *runtime.ServeMux) error {
			return admingateway.RegisterGroupingServiceHandlerServer(ctx, mux, s)
		},
	}
}

// PreviewGrouping implements adminv1.GroupingServiceServer.
func (s groupingServer) PreviewGrouping(ctx context.Context, r *adminv1.PreviewGroupingRequest) (*adminv1.GroupingPreview, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	trial := regroup.Trial{Fingerprints: r.FingerprintRules, Stacks: r.StackRules, Days: r.Days}
	if r.ValidateOnly {
		return &adminv1.GroupingPreview{}, s.laboratory.Check(ctx, access, r.ProjectId, trial)
	}
	v, err := s.laboratory.Preview(ctx, access, r.ProjectId, trial)
	if err != nil {
		return nil, err
	}
	return toPreview(&v), nil
}

// ApplyGrouping implements adminv1.GroupingServiceServer.
func (s groupingServer) ApplyGrouping(ctx context.Context, r *adminv1.ApplyGroupingRequest) (*adminv1.ApplyGroupingResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	version, err := fromEtag(r.Etag)
	if err != nil {
		return nil, err
	}
	trial := regroup.Trial{Fingerprints: r.FingerprintRules, Stacks: r.StackRules, Days: r.Days}
	done, p, err := s.laboratory.Apply(ctx, access, r.ProjectId, trial, r.Name, version)
	if err != nil {
		return nil, err
	}
	return &adminv1.ApplyGroupingResponse{Project: toProject(p), Regrouping: toRegrouping(done)}, nil
}

// ListRegroupings implements adminv1.GroupingServiceServer.
func (s groupingServer) ListRegroupings(ctx context.Context, r *adminv1.ListRegroupingsRequest) (*adminv1.ListRegroupingsResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.laboratory.List(ctx, access, r.ProjectId)
	if err != nil {
		return nil, err
	}
	return &adminv1.ListRegroupingsResponse{Regroupings: each(all, toRegrouping)}, nil
}

// UndoRegrouping implements adminv1.GroupingServiceServer.
func (s groupingServer) UndoRegrouping(ctx context.Context, r *adminv1.UndoRegroupingRequest) (*adminv1.UndoRegroupingResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	done, p, err := s.laboratory.Undo(ctx, access, r.ProjectId, r.RegroupingId)
	if err != nil {
		return nil, err
	}
	return &adminv1.UndoRegroupingResponse{
		Regrouping: toRegrouping(done.Regrouping), Project: toProject(p), Separated: uint32(done.Separated), RulesRestored: done.RulesRestored,
	}, nil
}

func toRegrouping(r issue.Regrouping) *adminv1.Regrouping {
	return &adminv1.Regrouping{
		Id: r.ID, ProjectId: r.ProjectID, Name: r.Name, Actor: r.Actor, CreatedAt: toTime(r.CreatedAt),
		Merged: uint32(r.Merged), Split: uint32(r.Split), Renamed: uint32(r.Renamed), UndoneAt: toTime(r.UndoneAt), UndoneBy: r.UndoneBy,
		Past: string(r.Past), EventsLookedAt: uint64(r.Looked), EventsMoved: uint64(r.Moved),
	}
}

func toPreview(v *regroup.Preview) *adminv1.GroupingPreview {
	merges, mergeCount := v.Merges()
	splits, splitCount := v.Splits()
	return &adminv1.GroupingPreview{
		Events: v.Events, EventsLookedAt: v.Looked, EventsGroupedOtherwise: v.Otherwise, StoppedBy: v.Stopped,
		Issues: uint32(v.Issues()), Staying: uint32(v.Staying()), Renamed: uint32(v.Renamed()),
		Merges: each(merges, toGroupingMerge), MergeCount: uint32(mergeCount),
		Splits: each(splits, toGroupingSplit), SplitCount: uint32(splitCount),
	}
}

func toGroupingIssue(i regroup.Issue) *adminv1.GroupingIssue {
	return &adminv1.GroupingIssue{Id: i.ID.String(), ShortId: i.ShortID, Title: i.Title, Culprit: i.Culprit, Events: i.Events}
}

func toGroupingMerge(m regroup.Merge) *adminv1.GroupingMerge {
	return &adminv1.GroupingMerge{Into: toGroupingIssue(m.Into), From: each(m.From, toGroupingIssue), FromCount: uint32(m.Count), Title: m.Title}
}

func toGroupingSplit(s regroup.Split) *adminv1.GroupingSplit {
	return &adminv1.GroupingSplit{Issue: toGroupingIssue(s.Issue), PartCount: uint32(s.Count), Parts: each(s.Parts, func(p regroup.Part) *adminv1.GroupingPart {
		part := &adminv1.GroupingPart{Title: p.Title, Culprit: p.Culprit, Events: p.Events}
		if p.Joins != nil {
			part.Joins = toGroupingIssue(*p.Joins)
		}
		return part
	})}
}
