package api

import (
	"context"
	"net/http"

	"connectrpc.com/connect"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	queryv1 "github.com/faultline-dev/faultline/gen/go/faultline/query/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/query/v1/queryv1connect"

	querygateway "github.com/faultline-dev/faultline/gen/gateway/faultline/query/v1"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/view"
	"github.com/faultline-dev/faultline/server/query"
)

// queryServer answers the calls of QueryService that have one answer.
type queryServer struct{ query *query.Service }

func queryService(q *query.Service) service {
	s := queryServer{q}
	return service{
		grpc: func(r grpc.ServiceRegistrar) { queryv1.RegisterQueryServiceServer(r, grpcQuery{queryServer: s}) },
		connect: func(o ...connect.HandlerOption) (string, http.Handler) {
			return queryv1connect.NewQueryServiceHandler(connectQuery{s}, o...)
		},
		gateway: func(ctx context.Context, mux *runtime.ServeMux) error {
			return querygateway.RegisterQueryServiceHandlerServer(ctx, mux, grpcQuery{queryServer: s})
		},
	}
}

func (s queryServer) ListIssues(ctx context.Context, r *queryv1.ListIssuesRequest) (*queryv1.ListIssuesResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	issues, next, err := s.query.ListIssues(ctx, access, query.IssuesRequest{
		ProjectID: r.ProjectId, Query: r.Query, Sort: view.Sort(r.Sort), Range: timeRange(r.Start, r.End),
		Environment: r.Environment, Sparkline: int(r.Sparkline), Page: page(r.PageSize, r.PageToken),
	})
	if err != nil {
		return nil, err
	}
	return &queryv1.ListIssuesResponse{Issues: each(issues, toIssue), NextPageToken: next}, nil
}

func (s queryServer) GetIssue(ctx context.Context, r *queryv1.GetIssueRequest) (*queryv1.GetIssueResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	d, err := s.query.GetIssue(ctx, access, r.IssueId)
	if err != nil {
		return nil, err
	}
	return &queryv1.GetIssueResponse{
		Issue: toIssue(d.Issue), Last_24H: d.Last24Hours, Last_30D: d.Last30Days, Tags: each(d.Tags, toTagDistribution),
	}, nil
}

func (s queryServer) UpdateIssue(ctx context.Context, r *queryv1.UpdateIssueRequest) (*queryv1.Issue, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	i, err := s.query.UpdateIssue(ctx, access, r.IssueId, query.Change{Status: issue.Status(r.Status), Assignee: r.Assignee})
	if err != nil {
		return nil, err
	}
	return toIssue(i), nil
}

func (s queryServer) BatchUpdateIssues(ctx context.Context, r *queryv1.BatchUpdateIssuesRequest) (*queryv1.BatchUpdateIssuesResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	issues, err := s.query.UpdateIssues(ctx, access, r.IssueIds, query.Change{Status: issue.Status(r.Status), Assignee: r.Assignee})
	if err != nil {
		return nil, err
	}
	return &queryv1.BatchUpdateIssuesResponse{Issues: each(issues, toIssue)}, nil
}

func (s queryServer) MergeIssues(ctx context.Context, r *queryv1.MergeIssuesRequest) (*queryv1.Issue, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	i, err := s.query.MergeIssues(ctx, access, r.IntoIssueId, r.IssueIds, r.Undo)
	if err != nil {
		return nil, err
	}
	return toIssue(i), nil
}

func (s queryServer) ListIssueEvents(ctx context.Context, r *queryv1.ListIssueEventsRequest) (*queryv1.ListEventsResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	events, next, err := s.query.ListIssueEvents(ctx, access, r.IssueId, query.EventsRequest{
		Query: r.Query, Range: timeRange(r.Start, r.End), Environment: r.Environment, Page: page(r.PageSize, r.PageToken),
	})
	if err != nil {
		return nil, err
	}
	return &queryv1.ListEventsResponse{Events: each(events, toEventSummary), NextPageToken: next}, nil
}

func (s queryServer) ListIssueActivity(ctx context.Context, r *queryv1.ListIssueActivityRequest) (*queryv1.ListIssueActivityResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	activities, next, err := s.query.ListActivity(ctx, access, r.IssueId, page(r.PageSize, r.PageToken))
	if err != nil {
		return nil, err
	}
	return &queryv1.ListIssueActivityResponse{Activities: each(activities, toActivity), NextPageToken: next}, nil
}

func (s queryServer) ListEvents(ctx context.Context, r *queryv1.ListEventsRequest) (*queryv1.ListEventsResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	events, next, err := s.query.ListEvents(ctx, access, r.ProjectId, query.EventsRequest{
		Query: r.Query, Range: timeRange(r.Start, r.End), Environment: r.Environment, Page: page(r.PageSize, r.PageToken),
	})
	if err != nil {
		return nil, err
	}
	return &queryv1.ListEventsResponse{Events: each(events, toEventSummary), NextPageToken: next}, nil
}

func (s queryServer) GetEvent(ctx context.Context, r *queryv1.GetEventRequest) (*queryv1.Event, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	var d query.EventDetail
	if r.IssueId != "" {
		d, err = s.query.GetIssueEvent(ctx, access, r.IssueId, r.EventId)
	} else {
		d, err = s.query.GetEvent(ctx, access, r.ProjectId, r.EventId)
	}
	if err != nil {
		return nil, err
	}
	return toEvent(d), nil
}

func (s queryServer) Explore(ctx context.Context, r *queryv1.ExploreRequest) (*queryv1.ExploreResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	x, err := s.query.Explore(ctx, access, query.ExploreRequest{
		ProjectID: r.ProjectId, Query: r.Query, Environment: r.Environment, Range: timeRange(r.Start, r.End),
		Measure: view.Measure(r.Measure), GroupBy: r.GroupBy, Buckets: int(r.Buckets), Groups: int(r.Limit),
	})
	if err != nil {
		return nil, err
	}
	return &queryv1.ExploreResponse{Series: each(x.Series, toSeries), Times: each(x.Times, toTime), Sql: x.SQL}, nil
}

func (s queryServer) ListOutcomes(ctx context.Context, r *queryv1.ListOutcomesRequest) (*queryv1.ListOutcomesResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	series, times, err := s.query.ListOutcomes(ctx, access, r.ProjectId, timeRange(r.Start, r.End), int(r.Buckets))
	if err != nil {
		return nil, err
	}
	return &queryv1.ListOutcomesResponse{Series: each(series, toOutcomeSeries), Times: each(times, toTime)}, nil
}
