package api_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
)

func issueName(projectID uint32, fp event.Fingerprint) string {
	return issue.ID{ProjectID: projectID, Fingerprint: fp}.String()
}

// connectStatus reads an error as Connect writes it.
func connectStatus(f *fixture, body []byte) *status.Status {
	var e struct {
		Code    string
		Message string
		Details []struct{ Type, Value string }
	}
	f.check(json.Unmarshal(body, &e))
	var code codes.Code
	f.check(code.UnmarshalJSON([]byte(`"` + strings.ToUpper(e.Code) + `"`)))
	st := &spb.Status{Code: int32(code), Message: e.Message}
	for _, d := range e.Details {
		value, err := base64.RawStdEncoding.DecodeString(d.Value)
		f.check(err)
		st.Details = append(st.Details, &anypb.Any{TypeUrl: "type.googleapis.com/" + d.Type, Value: value})
	}
	return status.FromProto(st)
}

func TestAnotherSiteCannotUseTheSession(t *testing.T) {
	f := newFixture(t)
	id, _ := f.store3()
	send := func(want int, verb, path string, headers map[string]string) {
		t.Helper()
		body := ""
		if verb != "GET" {
			body = `{"status": "archived"}`
			if strings.HasPrefix(path, service) {
				body = fmt.Sprintf(`{"issueId": %q, "status": "archived"}`, id)
			}
		}
		headers["Content-Type"] = "application/json"
		if w, answer := f.http(t.Context(), verb, path, body, headers); w.StatusCode != want {
			t.Fatalf("%s %s with %v: %d %s", verb, path, headers, w.StatusCode, answer)
		}
	}
	for _, path := range []string{"/api/v1/issues/" + id.String(), service + "UpdateIssue"} {
		verb := "PATCH"
		if strings.HasPrefix(path, service) {
			verb = "POST"
		}
		send(403, verb, path, map[string]string{"Cookie": f.session, "Sec-Fetch-Site": "cross-site"})
		send(403, verb, path, map[string]string{"Cookie": f.session, "Sec-Fetch-Site": "same-site"})
		send(403, verb, path, map[string]string{"Cookie": f.session, "Origin": "https://evil.example"})
		send(401, verb, path, map[string]string{"Cookie": "faultline_session=wrong", "Sec-Fetch-Site": "same-origin"})
		send(200, verb, path, map[string]string{"Cookie": f.session, "Sec-Fetch-Site": "same-origin"})
		send(200, verb, path, map[string]string{"Cookie": f.session, "Origin": f.url})
		send(200, verb, path, map[string]string{"Authorization": bearer(f.token), "Origin": "https://anywhere.example"})
	}
	send(200, "GET", "/api/v1/issues/"+id.String(), map[string]string{"Cookie": f.session, "Sec-Fetch-Site": "cross-site"})
}

func TestAnswersAreWhatScriptsRelyOn(t *testing.T) {
	f := newFixture(t)
	id, _ := f.store3()
	get := func(path string) map[string]any {
		t.Helper()
		w, body := f.http(t.Context(), "GET", path, "", map[string]string{"Authorization": bearer(f.token)})
		if w.StatusCode != 200 || w.Header.Get("X-Request-Id") == "" || w.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: %d %v %s", path, w.StatusCode, w.Header, body)
		}
		var m map[string]any
		f.check(json.Unmarshal(body, &m))
		return m
	}
	has := func(m map[string]any, names ...string) {
		t.Helper()
		for _, name := range names {
			if _, found := m[name]; !found {
				t.Fatalf("%v lacks %s", m, name)
			}
		}
	}
	list := get(fmt.Sprintf("/api/v1/projects/%d/issues", f.web.ID))
	has(list, "issues", "nextPageToken")
	for _, i := range []map[string]any{list["issues"].([]any)[0].(map[string]any), get("/api/v1/issues/" + id.String())} {
		has(i, "id", "shortId", "projectId", "title", "culprit", "level", "status", "count", "userCount", "firstSeen", "lastSeen")
	}
	e := get(fmt.Sprintf("/api/v1/projects/%d/events/%s", f.web.ID, event.ID{1}))
	has(e, "eventId", "issueId", "projectId", "timestamp")
	if e["issueId"] != id.String() {
		t.Fatal(e)
	}
	if empty := get(fmt.Sprintf("/api/v1/projects/%d/issues?query=level:debug", f.web.ID)); len(empty["issues"].([]any)) != 0 {
		t.Fatal(empty)
	}
}

func TestWhatCannotBeReadIsRefusedByName(t *testing.T) {
	f := newFixture(t)
	id, _ := f.store3()
	token := map[string]string{"Authorization": bearer(f.token), "Content-Type": "application/json"}
	send := func(want int, contains, verb, path, body string) {
		t.Helper()
		w, answer := f.http(t.Context(), verb, path, body, token)
		var st struct {
			Code    int
			Message string
		}
		if err := json.Unmarshal(answer, &st); err != nil || w.StatusCode != want || st.Code == 0 || !strings.Contains(st.Message, contains) {
			t.Fatalf("%s %s: %d %s", verb, path, w.StatusCode, answer)
		}
	}
	issue := "/api/v1/issues/" + id.String()
	send(404, "/api/docs", "GET", "/api/v1/nothing", "")
	send(501, "does not answer PUT", "PUT", issue, "{}")
	send(400, "state", "PATCH", issue, `{"state": "resolved"}`)
	send(400, "", "PATCH", issue, `{"status": `)
	send(400, "nothing to change", "PATCH", issue, `{}`)
	send(400, "", "PATCH", issue, `{"assignee": "`+strings.Repeat("x", 5<<20)+`"}`)
	send(400, "", "GET", "/api/v1/projects/many/issues", "")
	send(400, "WEB-42", "GET", "/api/v1/issues/what", "")
	send(404, "WEB-99", "GET", "/api/v1/issues/WEB-99", "")
	send(400, "page_token", "GET", fmt.Sprintf("/api/v1/projects/%d/issues?page_token=x", f.web.ID), "")
}

func TestInternalErrorsShowOnlyTheirRequest(t *testing.T) {
	f := newFixture(t)
	f.check(f.meta.Close())
	w, body := f.http(t.Context(), "GET", fmt.Sprintf("/api/v1/projects/%d/issues", f.web.ID), "", map[string]string{"Cookie": f.session, "X-Request-Id": "req-7"})
	if w.StatusCode < 500 || w.Header.Get("X-Request-Id") != "req-7" || !strings.Contains(string(body), "req-7") || strings.Contains(string(body), "sql") {
		t.Fatalf("%d %s", w.StatusCode, body)
	}
	if log := f.log.String(); !strings.Contains(log, "req-7") || !strings.Contains(log, "sql") {
		t.Fatalf("the log holds %q", log)
	}
}

func TestTheDescriptionIsCompleteAndReadable(t *testing.T) {
	f := newFixture(t)
	w, body := f.http(t.Context(), "GET", "/api/openapi.json", "", nil)
	var doc struct {
		Swagger     string
		Paths       map[string]map[string]json.RawMessage
		Definitions map[string]json.RawMessage
	}
	f.check(json.Unmarshal(body, &doc))
	if w.StatusCode != 200 || doc.Swagger != "2.0" {
		t.Fatalf("%d %s", w.StatusCode, body)
	}
	for _, path := range []string{"/api/v1/projects/{projectId}/issues", "/api/v1/projects/{projectId}/events:batch", "/api/v1/session", "/api/v1/issues/{issueId}"} {
		if doc.Paths[path] == nil {
			t.Errorf("%s is not described", path)
		}
	}
	for _, ref := range strings.Split(string(body), `"#/definitions/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		if doc.Definitions[name] == nil {
			t.Errorf("%s is used and not defined", name)
		}
	}
	for path, kind := range map[string]string{"/api/docs": "text/html", "/api/docs/docs.js": "text/javascript", "/api/docs/docs.css": "text/css", "/api/docs/": "text/html"} {
		w, page := f.http(t.Context(), "GET", path, "", nil)
		policy := w.Header.Get("Content-Security-Policy")
		if w.StatusCode != 200 || !strings.HasPrefix(w.Header.Get("Content-Type"), kind) || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: %d %v", path, w.StatusCode, w.Header)
		}
		if strings.Contains(string(page), "http://") || strings.Contains(string(page), "https://") || strings.Contains(string(page), "innerHTML") || strings.Contains(string(page), "style=") {
			t.Errorf("%s loads from elsewhere or writes markup", path)
		}
	}
}

func TestHealthIsServedWithoutACredential(t *testing.T) {
	f := newFixture(t)
	res, err := healthv1.NewHealthClient(f.conn).Check(context.Background(), &healthv1.HealthCheckRequest{})
	if err != nil || res.Status != healthv1.HealthCheckResponse_SERVING {
		t.Fatal(res, err)
	}
}
