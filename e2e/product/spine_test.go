//go:build e2e

package product

import (
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/e2e/instance"
)

func TestAMessageIsStoredAndFound(t *testing.T) {
	s := instance.New(t)
	s.Start()
	out, errs, code := instance.Command(t, "", "send", "--dsn", s.DSN(), "--message", "hello <script>alert(1)</script> 42", "--level", "warning", "--count", "3", "--tag", "shop=berlin", "--release", "web@1.2.3")
	ids := strings.Fields(out)
	if code != 0 || len(ids) != 3 {
		t.Fatalf("code %d, out %q, err %q", code, out, errs)
	}
	for _, id := range ids {
		dashed := id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
		for _, name := range []string{id, dashed, strings.ToUpper(id)} {
			e := s.Get(fmt.Sprintf("/api/v1/projects/%d/events/%s", instance.ProjectID, name))
			if e["eventId"] != id || e["issueId"] == "" || e["projectId"] != float64(instance.ProjectID) {
				t.Fatalf("event %s: %v", name, e)
			}
		}
	}
	issues := s.Get(fmt.Sprintf("/api/v1/projects/%d/issues?query=is:unresolved+level:warning+shop:berlin+release:web@1.2.*", instance.ProjectID))["issues"].([]any)
	if len(issues) != 1 {
		t.Fatalf("%d issues: %v", len(issues), issues)
	}
	issue := issues[0].(map[string]any)
	if issue["count"] != "3" || issue["title"] != "hello <script>alert(1)</script> 42" {
		t.Errorf("issue %v", issue)
	}
	id := issue["id"].(string)
	instance.Eventually(t, 10*time.Second, "triage gives the issue a short id", func() bool {
		short, _ := s.Get("/api/v1/issues/" + id)["shortId"].(string)
		return strings.HasSuffix(short, "-1")
	})
	status, changed := s.Call("PATCH", "/api/v1/issues/"+id, map[string]any{"status": "resolved", "assignee": instance.Email})
	if status != http.StatusOK || changed["status"] != "resolved" || changed["assignee"] != instance.Email {
		t.Fatalf("%d %v", status, changed)
	}
	if open := s.Get(fmt.Sprintf("/api/v1/projects/%d/issues?query=is:unresolved", instance.ProjectID))["issues"].([]any); len(open) != 0 {
		t.Errorf("a resolved issue is listed as open: %v", open)
	}
	if done := s.Get(fmt.Sprintf("/api/v1/projects/%d/issues?query=is:resolved", instance.ProjectID))["issues"].([]any); len(done) != 1 {
		t.Errorf("the resolved issue is not listed")
	}
	// A later event is a regression.
	if _, errs, code := instance.Command(t, "", "send", "--dsn", s.DSN(), "--message", "hello <script>alert(1)</script> 43", "--level", "warning"); code != 0 {
		t.Fatal(errs)
	}
	instance.Eventually(t, 10*time.Second, "the issue regresses", func() bool {
		now := s.Get("/api/v1/issues/" + id)
		return now["status"] == "unresolved" && now["substatus"] == "regressed"
	})
}

func TestCredentialsAreRefusedWithTheRightCode(t *testing.T) {
	s := instance.New(t)
	s.Start()
	_, errs, code := instance.Command(t, "", "send", "--dsn", strings.Replace(s.DSN(), instance.PublicKey, strings.Repeat("f", 32), 1), "--message", "x")
	if code != 1 || !strings.Contains(errs, "unauthenticated") {
		t.Errorf("unknown key: %d %q", code, errs)
	}
	_, errs, code = instance.Command(t, "", "send", "--dsn", strings.Replace(s.DSN(), "/7", "/8", 1), "--message", "x")
	if code != 1 || !strings.Contains(errs, "permission_denied") {
		t.Errorf("foreign project: %d %q", code, errs)
	}
	r, _ := http.NewRequest("GET", "http://"+s.HTTP+"/api/v1/projects", nil)
	if w, err := http.DefaultClient.Do(r); err != nil || w.StatusCode != http.StatusUnauthorized {
		t.Errorf("no token: %v %v", w, err)
	}
	r.Header.Set("Authorization", "Bearer wrong-token-wrong-token")
	if w, err := http.DefaultClient.Do(r); err != nil || w.StatusCode != http.StatusUnauthorized {
		t.Errorf("wrong token: %v %v", w, err)
	}
	if status, answer := s.Call("GET", "/api/v1/projects/99/issues", nil); status != http.StatusNotFound {
		t.Errorf("unknown project: %d %v", status, answer)
	}
}

func TestBadInputIsRefusedByName(t *testing.T) {
	s := instance.New(t)
	s.Start()
	batch := fmt.Sprintf("/api/v1/projects/%d/events:batch", instance.ProjectID)
	f := func(body any, status int, contains string) {
		t.Helper()
		got, answer := s.Call("POST", batch, body)
		if got != status || !strings.Contains(fmt.Sprint(answer), contains) {
			t.Errorf("%v: %d %v", body, got, answer)
		}
	}
	f("no object", 400, "")
	f(map[string]any{"events": 7}, 400, "")
	f(map[string]any{"events": []any{map[string]any{"eventId": "AAAA", "message": map[string]any{"formatted": "bad id"}}}}, 200, "OUTCOME_STORED")
	f(map[string]any{"events": []any{map[string]any{"timestamp": "0001-01-01T00:00:00Z", "message": map[string]any{"formatted": "'; DROP TABLE events; --"}}}}, 200, "OUTCOME_STORED")
	if status, answer := s.Call("GET", fmt.Sprintf("/api/v1/projects/%d/issues?query=level:(", instance.ProjectID), nil); status != 400 || !strings.Contains(fmt.Sprint(answer["message"]), "column") {
		t.Errorf("a query that cannot be read: %d %v", status, answer)
	}
	if status, answer := s.Call("GET", fmt.Sprintf("/api/v1/projects/%d/events/zzz", instance.ProjectID), nil); status != 400 {
		t.Errorf("an id that is none: %d %v", status, answer)
	}
	if n := len(s.Get(fmt.Sprintf("/api/v1/projects/%d/events", instance.ProjectID))["events"].([]any)); n != 2 {
		t.Errorf("%d events are stored, want 2", n)
	}
}

func TestStartAndStop(t *testing.T) {
	s := instance.New(t)
	s.Start()
	f := func(contains string, args ...string) {
		t.Helper()
		out, err := exec.Command(instance.Binary(t), append([]string{"serve"}, args...)...).CombinedOutput()
		text := strings.TrimSpace(string(out))
		last := text[strings.LastIndexByte(text, '\n')+1:]
		if err == nil || !strings.Contains(last, contains) {
			t.Errorf("%v: %v %q does not say %q", args, err, text, contains)
		}
	}
	f(fmt.Sprint(s.Cmd.Process.Pid), "--data", s.Data, "--http", instance.FreePort(t), "--grpc", instance.FreePort(t))
	f("--http", "--data", t.TempDir(), "--http", s.HTTP, "--grpc", instance.FreePort(t))
	f("--grpc", "--data", t.TempDir(), "--http", instance.FreePort(t), "--grpc", s.GRPC)
	f("--data", "--data", "/proc/nowhere", "--http", instance.FreePort(t), "--grpc", instance.FreePort(t))
	f("npm ci", "--data", t.TempDir(), "--http", instance.FreePort(t), "--grpc", instance.FreePort(t), "--engine-library", "/nowhere/libchdb.so")
	if took := s.Stop(12 * time.Second); took > 10*time.Second {
		t.Errorf("stopping took %v", took)
	}
	// The data is there at the next start, and nothing is printed twice.
	s.Start()
	if n := len(s.Get("/api/v1/projects")["projects"].([]any)); n != 1 {
		t.Errorf("%d projects", n)
	}
}

func TestTheFirstStartPrintsItsSecretsOnce(t *testing.T) {
	s := instance.New(t)
	s.Env = slices.Concat([]string{}, s.Env)
	s.Env = append(s.Env, "FAULTLINE_BOOTSTRAP_PROJECT_ID=", "FAULTLINE_BOOTSTRAP_KEY=", "FAULTLINE_BOOTSTRAP_TOKEN=", "FAULTLINE_BOOTSTRAP_EMAIL=", "FAULTLINE_BOOTSTRAP_PASSWORD=")
	s.Start()
	instance.Eventually(t, 5*time.Second, "the welcome is printed", func() bool { return strings.Contains(s.Output(), "faultline send --dsn") })
	for _, word := range []string{"http://" + s.HTTP, "flt_", "admin@localhost", "eyJ"} {
		if !strings.Contains(s.Output(), word) {
			t.Errorf("the first start does not print %q:\n%s", word, s.Output())
		}
	}
	// The printed line works as it stands.
	for line := range strings.Lines(s.Output()) {
		if _, args, found := strings.Cut(line, "faultline send "); found {
			words := strings.Fields(args)
			out, errs, code := instance.Command(t, "", "send", words[0], words[1], "--message", "first")
			if code != 0 || len(strings.TrimSpace(out)) != 32 {
				t.Errorf("%d %q %q", code, out, errs)
			}
		}
	}
	s.Stop(12 * time.Second)
	s.Forget()
	s.Start()
	if strings.Contains(s.Output(), "flt_") || strings.Contains(s.Output(), "eyJ") {
		t.Errorf("the second start prints secrets:\n%s", s.Output())
	}
}
