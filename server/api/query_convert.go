package api

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	queryv1 "github.com/faultline-dev/faultline/gen/go/faultline/query/v1"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/view"
	"github.com/faultline-dev/faultline/internal/wire"
	"github.com/faultline-dev/faultline/server/query"
)

// each turns every element of a list.
func each[In, Out any](in []In, fn func(In) Out) []Out {
	out := make([]Out, len(in))
	for i := range in {
		out[i] = fn(in[i])
	}
	return out
}

// toTime leaves out times that are not known.
func toTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func fromTime(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

func timeRange(start, end *timestamppb.Timestamp) view.Range {
	return view.Range{Start: fromTime(start), End: fromTime(end)}
}

func page(size int32, token string) query.Page { return query.Page{Size: int(size), Token: token} }

func toIssue(i query.Issue) *queryv1.Issue {
	r := &i.Record
	status, substatus := r.State.Status, r.State.Substatus
	if status == "" {
		status, substatus = issue.Unresolved, issue.SubNew
	}
	merged := make([]string, len(i.Merged))
	for n, fp := range i.Merged {
		merged[n] = issue.ID{ProjectID: r.ID.ProjectID, Fingerprint: fp}.String()
	}
	return &queryv1.Issue{
		Id: r.ID.String(), ShortId: i.ShortID(), ProjectId: r.ID.ProjectID, ProjectSlug: i.ProjectSlug,
		Title: i.Title, Culprit: i.Culprit, Level: i.Level.String(), Platform: i.Platform, Unhandled: i.Unhandled,
		Status: string(status), Substatus: string(substatus), StatusReason: string(r.State.Reason), Assignee: r.Assignee,
		Count: i.Events, UserCount: i.Users, Sparkline: i.Sparkline,
		FirstSeen: toTime(i.FirstSeen), LastSeen: toTime(i.LastSeen),
		FirstRelease: i.FirstRelease, LastRelease: i.LastRelease, MergedIds: merged,
	}
}

func toTagDistribution(t view.TagDistribution) *queryv1.TagDistribution {
	return &queryv1.TagDistribution{Key: t.Key, Total: t.Total, Values: each(t.Values, func(v view.ValueCount) *queryv1.ValueCount {
		return &queryv1.ValueCount{Value: v.Value, Count: v.Count}
	})}
}

func toActivity(a issue.Activity) *queryv1.Activity {
	return &queryv1.Activity{Id: a.ID, Time: toTime(a.Time), Actor: a.Actor, Kind: string(a.Kind), Detail: a.Detail}
}

func toEventSummary(e query.Event) *queryv1.EventSummary {
	tags := make(map[string]string, len(e.Tags))
	for _, t := range e.Tags {
		if _, twice := tags[t.Key]; !twice {
			tags[t.Key] = t.Value
		}
	}
	return &queryv1.EventSummary{
		EventId: e.EventID.String(), IssueId: e.IssueID.String(), ProjectId: e.ProjectID, Timestamp: toTime(e.Timestamp),
		Level: e.Level.String(), Title: e.Title, Culprit: e.Culprit, Release: e.Release, Environment: e.Environment,
		User: e.User, Tags: tags, Platform: e.Platform, Transaction: e.Transaction,
	}
}

func toEvent(d query.EventDetail) *queryv1.Event {
	return &queryv1.Event{
		EventId: d.Event.ID.String(), IssueId: d.IssueID.String(), ProjectId: d.ProjectID,
		Timestamp: toTime(d.Event.Timestamp), ReceivedAt: toTime(d.ReceivedAt), Title: d.Title, Culprit: d.Culprit,
		Event: wire.ToProto(d.Event), Fingerprint: d.Fingerprint.String(), Grouping: each(d.Parts, toPart),
		PreviousEventId: optionalID(d.Neighbours.Previous), NextEventId: optionalID(d.Neighbours.Next),
		OldestEventId: optionalID(d.Neighbours.Oldest), LatestEventId: optionalID(d.Neighbours.Latest),
	}
}

func toPart(p event.Part) *queryv1.GroupingPart {
	return &queryv1.GroupingPart{Kind: p.Kind, Value: p.Value, Source: p.Source}
}

func optionalID(id event.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

func toSeries(s view.Series) *queryv1.Series {
	return &queryv1.Series{Group: s.Group, Total: s.Total, Values: s.Values}
}

func toOutcomeSeries(s view.OutcomeSeries) *queryv1.OutcomeSeries {
	return &queryv1.OutcomeSeries{Outcome: s.Kind.String(), Reason: string(s.Reason), Total: s.Total, Values: s.Values}
}
