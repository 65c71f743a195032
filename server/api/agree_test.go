package api_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	queryv1 "github.com/faultline-dev/faultline/gen/go/faultline/query/v1"
	"github.com/faultline-dev/faultline/gen/go/faultline/query/v1/queryv1connect"
	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/event"
)

const service = "/" + queryv1connect.QueryServiceName + "/"

// call is one question in the words of REST and of the others.
type call struct {
	method   string // of QueryService
	req, res proto.Message
	verb     string
	path     string
	body     string
	token    string                            // empty: none
	part     func(proto.Message) proto.Message // what REST answers with, if not all
}

// faces asks a question in each protocol.
var faces = map[string]func(*fixture, context.Context, call) (proto.Message, *status.Status){
	"REST":         asREST,
	"gRPC":         asGRPC,
	"gRPC on HTTP": asGRPCOnHTTP,
	"gRPC-Web":     asGRPCWeb,
	"Connect, protobuf": func(f *fixture, ctx context.Context, c call) (proto.Message, *status.Status) {
		return asConnect(f, ctx, c, false)
	},
	"Connect, JSON": func(f *fixture, ctx context.Context, c call) (proto.Message, *status.Status) {
		return asConnect(f, ctx, c, true)
	},
}

func TestRESTgRPCConnectAndGRPCWebAgree(t *testing.T) {
	f := newFixture(t)
	id, at := f.store3()
	f.storeOther(at)
	start, end := timestamppb.New(at.Add(-time.Hour)), timestamppb.New(at.Add(time.Hour))
	span := url.Values{"start": {at.Add(-time.Hour).Format(time.RFC3339)}, "end": {at.Add(time.Hour).Format(time.RFC3339)}}.Encode()
	project := fmt.Sprintf("/api/v1/projects/%d", f.web.ID)
	missing := strings.Repeat("0", 32)

	ask := func(want codes.Code, check func(*testing.T, proto.Message, *status.Status), c call) {
		t.Helper()
		var first proto.Message
		var firstErr *status.Status
		for name, face := range faces {
			res, st := face(f, deadline(t), c)
			if st.Code() != want {
				t.Fatalf("%s by %s: %v", c.method, name, st)
			}
			if c.part != nil && name != "REST" && res != nil {
				res = c.part(res)
			}
			if first == nil && firstErr == nil {
				first, firstErr = res, st
				check(t, res, st)
				continue
			}
			if diff := cmp.Diff(firstErr.Proto(), st.Proto(), protocmp.Transform()); diff != "" {
				t.Fatalf("%s: %s fails otherwise: %s", c.method, name, diff)
			}
			if diff := cmp.Diff(first, res, protocmp.Transform()); diff != "" {
				t.Fatalf("%s: %s answers otherwise: %s", c.method, name, diff)
			}
		}
	}
	ok := func(c call, check func(t *testing.T, m proto.Message)) {
		t.Helper()
		if c.token == "" {
			c.token = f.token
		}
		ask(codes.OK, func(t *testing.T, m proto.Message, _ *status.Status) { t.Helper(); check(t, m) }, c)
	}
	fails := func(want codes.Code, contains string, c call) {
		t.Helper()
		ask(want, func(t *testing.T, _ proto.Message, st *status.Status) {
			t.Helper()
			if !strings.Contains(st.Message(), contains) {
				t.Fatalf("%s: %v", c.method, st)
			}
		}, c)
	}

	list := call{method: "ListIssues", req: &queryv1.ListIssuesRequest{ProjectId: f.web.ID, Query: "is:unresolved it broke", Start: start, End: end, Sort: "events"}, res: &queryv1.ListIssuesResponse{},
		verb: "GET", path: project + "/issues?query=is:unresolved+it+broke&sort=events&" + span}
	ok(list, func(t *testing.T, m proto.Message) {
		issues := m.(*queryv1.ListIssuesResponse).Issues
		if len(issues) != 2 || issues[0].Id != id.String() || issues[0].Count != 2 || issues[0].UserCount != 1 || issues[0].Status != "unresolved" || issues[0].Level != "error" || issues[0].ProjectSlug != "web" {
			t.Fatal(issues)
		}
	})
	everywhere := call{method: "ListIssues", req: &queryv1.ListIssuesRequest{Start: start, End: end, Sort: "events", PageSize: 2}, res: &queryv1.ListIssuesResponse{},
		verb: "GET", path: "/api/v1/issues?sort=events&page_size=2&" + span}
	ok(everywhere, func(t *testing.T, m proto.Message) {
		r := m.(*queryv1.ListIssuesResponse)
		if len(r.Issues) != 2 || r.NextPageToken == "" || r.Issues[0].ProjectSlug != "api" || r.Issues[0].Count != 3 || r.Issues[1].ProjectId != f.web.ID {
			t.Fatal(r)
		}
		next := everywhere
		next.token, next.req, next.path = f.viewer, &queryv1.ListIssuesRequest{Start: start, End: end, Sort: "events", PageToken: r.NextPageToken}, "/api/v1/issues?sort=events&page_token="+r.NextPageToken+"&"+span
		ok(next, func(t *testing.T, m proto.Message) {
			if r := m.(*queryv1.ListIssuesResponse); len(r.Issues) != 1 || r.NextPageToken != "" || r.Issues[0].Count != 1 {
				t.Fatal(r)
			}
		})
	})
	ok(call{method: "GetIssue", req: &queryv1.GetIssueRequest{IssueId: id.String()}, res: &queryv1.GetIssueResponse{}, verb: "GET", path: "/api/v1/issues/" + id.String() + ":details"},
		func(t *testing.T, m proto.Message) {
			d := m.(*queryv1.GetIssueResponse)
			if d.Issue.Count != 2 || len(d.Last_24H) != 24 || len(d.Last_30D) != 30 || len(d.Tags) == 0 {
				t.Fatal(d)
			}
		})
	update := call{method: "UpdateIssue", req: &queryv1.UpdateIssueRequest{IssueId: id.String(), Status: "resolved", Assignee: new("ada@example.com")}, res: &queryv1.Issue{},
		verb: "PATCH", path: "/api/v1/issues/" + id.String(), body: `{"status": "resolved", "assignee": "ada@example.com"}`}
	ok(update, func(t *testing.T, m proto.Message) {
		if i := m.(*queryv1.Issue); i.ShortId != "WEB-1" || i.Status != "resolved" || i.Assignee != "ada@example.com" || i.Count != 2 || i.StatusReason != "by_user" {
			t.Fatal(i)
		}
	})
	ok(list, func(t *testing.T, m proto.Message) { // the change shows at once
		if issues := m.(*queryv1.ListIssuesResponse).Issues; len(issues) != 1 || issues[0].Id == id.String() {
			t.Fatal(issues)
		}
	})
	ok(call{method: "GetIssue", req: &queryv1.GetIssueRequest{IssueId: "WEB-1"}, res: &queryv1.GetIssueResponse{}, verb: "GET", path: "/api/v1/issues/WEB-1",
		part: func(m proto.Message) proto.Message { return m.(*queryv1.GetIssueResponse).Issue }},
		func(t *testing.T, m proto.Message) {
			i, only := m.(*queryv1.Issue)
			if !only {
				i = m.(*queryv1.GetIssueResponse).Issue
			}
			if i.Id != id.String() || i.Status != "resolved" {
				t.Fatal(i)
			}
		})
	ok(call{method: "ListIssueEvents", req: &queryv1.ListIssueEventsRequest{IssueId: id.String(), PageSize: 1, Start: start, End: end}, res: &queryv1.ListEventsResponse{}, verb: "GET", path: "/api/v1/issues/" + id.String() + "/events?page_size=1&" + span},
		func(t *testing.T, m proto.Message) {
			r := m.(*queryv1.ListEventsResponse)
			if len(r.Events) != 1 || r.NextPageToken == "" || r.Events[0].Tags["browser"] != "Firefox" || r.Events[0].User != "eve@example.com" {
				t.Fatal(r)
			}
		})
	ok(call{method: "ListEvents", req: &queryv1.ListEventsRequest{ProjectId: f.web.ID, Query: "browser:firefox is:resolved", Start: start, End: end}, res: &queryv1.ListEventsResponse{}, verb: "GET", path: project + "/events?query=browser:firefox+is:resolved&" + span},
		func(t *testing.T, m proto.Message) {
			if r := m.(*queryv1.ListEventsResponse); len(r.Events) != 2 || r.NextPageToken != "" {
				t.Fatal(r)
			}
		})
	ok(call{method: "GetEvent", req: &queryv1.GetEventRequest{ProjectId: f.web.ID, EventId: event.ID{2}.String()}, res: &queryv1.Event{}, verb: "GET", path: project + "/events/02000000-0000-0000-0000-000000000000"},
		func(t *testing.T, m proto.Message) {
			e := m.(*queryv1.Event)
			if e.IssueId != id.String() || e.PreviousEventId != (event.ID{1}).String() || e.NextEventId != "" || len(e.Grouping) != 1 || e.Event.Exceptions[0].Value != "it broke" {
				t.Fatal(e)
			}
		})
	ok(call{method: "GetEvent", req: &queryv1.GetEventRequest{IssueId: id.String(), EventId: "oldest"}, res: &queryv1.Event{}, verb: "GET", path: "/api/v1/issues/" + id.String() + "/events/oldest"},
		func(t *testing.T, m proto.Message) {
			if e := m.(*queryv1.Event); e.EventId != (event.ID{1}).String() {
				t.Fatal(e)
			}
		})
	ok(call{method: "ListIssueActivity", req: &queryv1.ListIssueActivityRequest{IssueId: id.String()}, res: &queryv1.ListIssueActivityResponse{}, verb: "GET", path: "/api/v1/issues/" + id.String() + "/activity"},
		func(t *testing.T, m proto.Message) {
			if a := m.(*queryv1.ListIssueActivityResponse).Activities; len(a) != 3 {
				t.Fatal(a)
			}
		})
	ok(call{method: "Explore", req: &queryv1.ExploreRequest{ProjectId: f.web.ID, Start: start, End: end, GroupBy: "release", Buckets: 4}, res: &queryv1.ExploreResponse{},
		verb: "POST", path: project + ":explore", body: fmt.Sprintf(`{"start": %q, "end": %q, "groupBy": "release", "buckets": 4}`, start.AsTime().Format(time.RFC3339), end.AsTime().Format(time.RFC3339))},
		func(t *testing.T, m proto.Message) {
			if x := m.(*queryv1.ExploreResponse); len(x.Series) != 3 || x.Series[0].Total != 1 || len(x.Times) != 4 || x.Sql == "" {
				t.Fatal(x)
			}
		})
	ok(call{method: "ListOutcomes", req: &queryv1.ListOutcomesRequest{ProjectId: f.web.ID, Start: start, End: end}, res: &queryv1.ListOutcomesResponse{}, verb: "GET", path: project + "/outcomes?" + span},
		func(*testing.T, proto.Message) {})
	ok(call{method: "MergeIssues", req: &queryv1.MergeIssuesRequest{IntoIssueId: id.String(), IssueIds: []string{"WEB-2"}}, res: &queryv1.Issue{},
		verb: "POST", path: "/api/v1/issues:merge", body: fmt.Sprintf(`{"intoIssueId": %q, "issueIds": ["WEB-2"]}`, id)}.after(f, update),
		func(t *testing.T, m proto.Message) {
			if i := m.(*queryv1.Issue); i.Id != id.String() || i.Count != 3 || len(i.MergedIds) != 1 {
				t.Fatal(i)
			}
		})

	// Failures.
	bad := call{method: "ListIssues", token: f.token, req: &queryv1.ListIssuesRequest{ProjectId: f.web.ID, Query: "é level:loud"}, res: &queryv1.ListIssuesResponse{}, verb: "GET", path: project + "/issues?query=" + url.QueryEscape("é level:loud")}
	ask(codes.InvalidArgument, func(t *testing.T, _ proto.Message, st *status.Status) {
		if !strings.Contains(st.Message(), "column 9") || len(st.Details()) != 2 || !strings.Contains(fmt.Sprint(st.Details()...), `"9"`) {
			t.Fatal(st, st.Details())
		}
	}, bad)
	nowhere := call{method: "GetEvent", token: f.token, req: &queryv1.GetEventRequest{ProjectId: f.web.ID, EventId: missing}, res: &queryv1.Event{}, verb: "GET", path: project + "/events/" + missing}
	fails(codes.NotFound, missing, nowhere)
	foreign := list
	foreign.token, foreign.req, foreign.path = f.token, &queryv1.ListIssuesRequest{ProjectId: f.web.ID + 1}, fmt.Sprintf("/api/v1/projects/%d/issues", f.web.ID+1)
	fails(codes.NotFound, "project", foreign)
	fails(codes.Unauthenticated, "sign in", list)
	fails(codes.Unauthenticated, "sign in", everywhere)
	list.token = "flt_wrong"
	fails(codes.Unauthenticated, "unknown", list)
	update.token = f.viewer
	fails(codes.PermissionDenied, "issue:write", update)
	update.token, update.req, update.body = f.token, &queryv1.UpdateIssueRequest{IssueId: id.String(), Status: "gone"}, `{"status": "gone"}`
	fails(codes.InvalidArgument, "unresolved, resolved or archived", update)
}

// after writes down the second issue first, so that there is a WEB-2.
func (c call) after(f *fixture, update call) call {
	second := event.Fingerprint{2}
	update.token = f.token
	update.req = &queryv1.UpdateIssueRequest{IssueId: issueName(f.web.ID, second), Assignee: new("")}
	if _, st := asGRPC(f, f.t.Context(), update); st.Code() != codes.OK {
		f.t.Fatal(st)
	}
	return c
}

func asREST(f *fixture, ctx context.Context, c call) (proto.Message, *status.Status) {
	res := proto.Clone(c.res)
	if c.part != nil {
		res = c.part(&queryv1.GetIssueResponse{Issue: &queryv1.Issue{}})
	}
	w, body := f.http(ctx, c.verb, c.path, c.body, map[string]string{"Authorization": bearer(c.token), "Content-Type": "application/json"})
	if w.Header.Get("Content-Type") != "application/json" {
		f.t.Fatalf("%s %s: %s", c.verb, c.path, body)
	}
	if w.StatusCode != http.StatusOK {
		var st spb.Status
		f.check(protojson.Unmarshal(body, &st))
		return nil, status.FromProto(&st)
	}
	f.check(protojson.Unmarshal(body, res))
	return res, status.New(codes.OK, "")
}

func asGRPC(f *fixture, ctx context.Context, c call) (proto.Message, *status.Status) {
	return invoke(ctx, f.conn, c)
}

func asGRPCOnHTTP(f *fixture, ctx context.Context, c call) (proto.Message, *status.Status) {
	conn, err := grpc.NewClient(strings.TrimPrefix(f.url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	f.check(err)
	defer conn.Close()
	return invoke(ctx, conn, c)
}

func invoke(ctx context.Context, conn *grpc.ClientConn, c call) (proto.Message, *status.Status) {
	if c.token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", bearer(c.token))
	}
	res := proto.Clone(c.res)
	if err := conn.Invoke(ctx, service+c.method, c.req, res); err != nil {
		return nil, status.Convert(err)
	}
	return res, status.New(codes.OK, "")
}

func asGRPCWeb(f *fixture, ctx context.Context, c call) (proto.Message, *status.Status) {
	message, err := proto.Marshal(c.req)
	f.check(err)
	frame := append([]byte{0}, binary.BigEndian.AppendUint32(nil, uint32(len(message)))...)
	w, body := f.http(ctx, "POST", service+c.method, string(append(frame, message...)), map[string]string{"Authorization": bearer(c.token), "Content-Type": "application/grpc-web+proto"})
	res, trailer := proto.Clone(c.res), w.Header
	for len(body) > 0 {
		size := binary.BigEndian.Uint32(body[1:])
		part := body[5 : 5+size]
		if body[0]&0x80 != 0 {
			trailer = http.Header{}
			for line := range strings.Lines(string(part)) {
				key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
				trailer.Add(key, strings.TrimSpace(value))
			}
		} else {
			f.check(proto.Unmarshal(part, res))
		}
		body = body[5+size:]
	}
	return res, statusOf(f, trailer, &res)
}

// statusOf reads the trailers of gRPC.
func statusOf(f *fixture, trailer http.Header, res *proto.Message) *status.Status {
	if trailer.Get("grpc-status") == "0" {
		return status.New(codes.OK, "")
	}
	*res = nil
	if trailer.Get("grpc-status-details-bin") == "" {
		var code codes.Code
		f.check(code.UnmarshalJSON([]byte(trailer.Get("grpc-status"))))
		message, err := url.PathUnescape(trailer.Get("grpc-message"))
		f.check(err)
		return status.New(code, message)
	}
	details, err := connect.DecodeBinaryHeader(trailer.Get("grpc-status-details-bin"))
	f.check(err)
	var st spb.Status
	f.check(proto.Unmarshal(details, &st))
	return status.FromProto(&st)
}

func asConnect(f *fixture, ctx context.Context, c call, json bool) (proto.Message, *status.Status) {
	marshal, unmarshal, kind := proto.Marshal, proto.Unmarshal, "application/proto"
	if json {
		marshal, unmarshal, kind = protojson.Marshal, protojson.Unmarshal, "application/json"
	}
	message, err := marshal(c.req)
	f.check(err)
	w, body := f.http(ctx, "POST", service+c.method, string(message), map[string]string{"Authorization": bearer(c.token), "Content-Type": kind, "Connect-Protocol-Version": "1"})
	if w.StatusCode != http.StatusOK {
		return nil, connectStatus(f, body)
	}
	res := proto.Clone(c.res)
	f.check(unmarshal(body, res))
	return res, status.New(codes.OK, "")
}

func bearer(token string) string {
	if token == "" {
		return ""
	}
	return "Bearer " + token
}

// http sends a request; headers that are empty are left out.
func (f *fixture) http(ctx context.Context, verb, path, body string, headers map[string]string) (*http.Response, []byte) {
	f.t.Helper()
	r, err := http.NewRequestWithContext(ctx, verb, f.url+path, bytes.NewReader([]byte(body)))
	f.check(err)
	for k, v := range headers {
		if v != "" {
			r.Header.Set(k, v)
		}
	}
	w, err := http.DefaultClient.Do(r)
	f.check(err)
	defer w.Body.Close()
	answer, err := io.ReadAll(w.Body)
	f.check(err)
	return w, answer
}

func TestTailStreamsOnEveryProtocol(t *testing.T) {
	f := newFixture(t)
	ctx := deadline(t)
	h2 := &http.Transport{Protocols: &http.Protocols{}}
	h2.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(h2.CloseIdleConnections)
	token := func(ctx context.Context) context.Context {
		ctx, info := connect.NewClientContext(ctx)
		info.RequestHeader().Set("Authorization", bearer(f.token))
		return ctx
	}
	open := map[string]func() func() (*queryv1.TailResponse, error){
		"gRPC": func() func() (*queryv1.TailResponse, error) {
			s, err := queryv1.NewQueryServiceClient(f.conn).Tail(metadata.AppendToOutgoingContext(ctx, "authorization", bearer(f.token)), tailRequest(f))
			f.check(err)
			return s.Recv
		},
	}
	for name, o := range map[string][]connect.ClientOption{"Connect": nil, "gRPC-Web": {connect.WithGRPCWeb()}, "gRPC on HTTP": {connect.WithGRPC()}} {
		open[name] = func() func() (*queryv1.TailResponse, error) {
			s, err := queryv1connect.NewQueryServiceClient(&http.Client{Transport: h2}, f.url, o...).Tail(token(ctx), tailRequest(f))
			f.check(err)
			return func() (*queryv1.TailResponse, error) {
				if !s.Receive() {
					return nil, s.Err()
				}
				return s.Msg(), nil
			}
		}
	}
	for name, start := range open {
		receive := start()
		if m, err := receive(); err != nil || m.Event != nil {
			t.Fatalf("%s: %v, %v; want a sign of life", name, m, err)
		}
		tailOnce(f.bus, f.web.ID)
		if m, err := receive(); err != nil || m.Event.GetTitle() != "match" || m.Event.EventId != (event.ID{2}).String() {
			t.Fatalf("%s: %v, %v", name, m, err)
		}
	}
}

func tailRequest(f *fixture) *queryv1.TailRequest {
	return &queryv1.TailRequest{ProjectId: f.web.ID, Query: "title:match"}
}

func tailOnce(b *bus.Bus, projectID uint32) {
	b.Tail(event.Summary{ProjectID: projectID, EventID: event.ID{1}, Title: "other", Timestamp: time.Now()})
	b.Tail(event.Summary{ProjectID: projectID, EventID: event.ID{2}, Title: "match", Timestamp: time.Now()})
}
