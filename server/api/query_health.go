package api

import (
	"context"

	queryv1 "github.com/faultline-dev/faultline/gen/go/faultline/query/v1"
	"github.com/faultline-dev/faultline/internal/attachment"
	"github.com/faultline-dev/faultline/internal/health"
	"github.com/faultline-dev/faultline/server/query"
)

func (s queryServer) ListAttachments(ctx context.Context, r *queryv1.ListAttachmentsRequest) (*queryv1.ListAttachmentsResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	files, err := s.query.ListAttachments(ctx, access, r.ProjectId, r.EventId)
	if err != nil {
		return nil, err
	}
	return &queryv1.ListAttachmentsResponse{Attachments: each(files, toAttachmentFile)}, nil
}

func toAttachmentFile(f attachment.File) *queryv1.AttachmentFile {
	return &queryv1.AttachmentFile{
		Id: f.ID, Filename: f.Name, ContentType: f.ContentType, Type: f.Type, Size: uint64(f.Size), LeftOut: string(f.LeftOut),
		CreatedAt: toTime(f.CreatedAt), ExpiresAt: toTime(f.ExpiresAt),
	}
}

func (s queryServer) ListReleaseHealth(ctx context.Context, r *queryv1.ListReleaseHealthRequest) (*queryv1.ListReleaseHealthResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	report, err := s.query.ReleaseHealth(ctx, access, r.ProjectId, timeRange(r.Start, r.End), r.Environment, int(r.PageSize))
	if err != nil {
		return nil, err
	}
	return &queryv1.ListReleaseHealthResponse{
		Sessions: report.Sessions, Users: report.Users, Reported: report.Reported, Environments: report.Environments,
		Releases: each(report.Releases, func(h health.Release) *queryv1.ReleaseHealth {
			return &queryv1.ReleaseHealth{
				Release: h.Name, Sessions: h.Sessions, Errored: h.Errored, Crashed: h.Crashed, Abnormal: h.Abnormal, Users: h.Users, CrashedUsers: h.CrashedUsers,
				Adoption: float64(h.Sessions) / float64(max(report.Sessions, 1)), CrashFreeSessions: h.CrashFreeSessions(), CrashFreeUsers: h.CrashFreeUsers(),
				FirstSession: toTime(h.First), LastSession: toTime(h.Last),
			}
		}),
	}, nil
}

func (s queryServer) ListMonitors(ctx context.Context, r *queryv1.ListMonitorsRequest) (*queryv1.ListMonitorsResponse, error) {
	access, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.query.ListMonitors(ctx, access, r.ProjectId, r.Environment, r.Search)
	if err != nil {
		return nil, err
	}
	return &queryv1.ListMonitorsResponse{Monitors: each(found.Monitors, toMonitor), More: found.More, Environments: found.Environments}, nil
}

func toMonitor(m query.Monitor) *queryv1.Monitor {
	return &queryv1.Monitor{
		Slug: m.Slug, Environment: m.Environment, Status: m.Status, CheckedAt: toTime(m.At), Duration: m.Duration.Seconds(), Schedule: m.Monitor.Schedule,
		LastOk: toTime(m.LastOK), LastError: toTime(m.LastError), Ok_24H: m.OK24, Error_24H: m.Error24,
		State: string(m.State), ExpectedAt: toTime(m.Expected), Late: m.Late.Seconds(), Missed: uint32(m.Missed), NextAt: toTime(m.Next), TimedOutAt: toTime(m.TimedOut),
		ScheduleText: m.Standing.Schedule, ScheduleProblem: m.Problem, Timezone: m.Timezone, CheckinMargin: m.Margin.Seconds(), MaxRuntime: m.MaxRuntime.Seconds(), StartedAt: toTime(m.Began),
	}
}
