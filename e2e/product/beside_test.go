//go:build e2e

package product

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/e2e/instance"
)

// What comes beside events over Sentry's protocol is found where the dashboard asks for it.
func TestAttachmentsSessionsAndCheckIns(t *testing.T) {
	s := instance.Start(t)
	const id = "0123456789abcdef0123456789abcdef"
	post := func(body string) {
		t.Helper()
		url := fmt.Sprintf("http://%s/api/%d/envelope/?sentry_key=%s", s.HTTP, instance.ProjectID, instance.PublicKey)
		w, err := http.Post(url, "", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		if w.StatusCode != http.StatusOK {
			t.Fatalf("%d", w.StatusCode)
		}
	}
	now := time.Now().UTC().Format(time.RFC3339)
	session := func(sid int, more string) string {
		return fmt.Sprintf("{\"type\":\"session\"}\n{\"sid\":\"%032d\",\"did\":\"u%d\",\"started\":%q,%s,\"attrs\":{\"release\":\"shop@1.0\"}}\n", sid, sid, now, more)
	}
	post("{\"event_id\":\"" + id + "\"}\n{\"type\":\"event\"}\n{\"message\":\"x\"}\n{\"type\":\"attachment\",\"length\":3,\"filename\":\"a.txt\",\"content_type\":\"text/plain\"}\nabc\n")
	post("{\"event_id\":\"" + id + "\"}\n{\"type\":\"attachment\",\"length\":4,\"filename\":\"late.bin\"}\nlate\n")
	post("{}\n" + session(1, `"init":true,"status":"ok"`) + session(2, `"init":true,"status":"ok"`) + session(2, `"status":"crashed","errors":1`))
	post("{}\n" + session(2, `"status":"crashed","errors":1`) + "{\"type\":\"check_in\"}\n{\"monitor_slug\":\"nightly\",\"status\":\"ok\",\"duration\":2}\n")

	event := fmt.Sprintf("/api/v1/projects/%d/events/%s", instance.ProjectID, id)
	var files struct {
		Attachments []struct{ ID, Filename, Size string }
	}
	s.Decode(event+"/attachments", &files)
	if len(files.Attachments) != 2 || files.Attachments[1].Filename != "late.bin" {
		t.Fatalf("%+v", files)
	}
	r, err := http.NewRequest(http.MethodGet, "http://"+s.HTTP+event+"/attachments/a.txt", nil)
	if err != nil {
		t.Fatal(err)
	}
	if w, err := http.DefaultClient.Do(r); err != nil || w.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %v %v", w, err)
	}
	r.Header.Set("Authorization", "Bearer "+instance.Token)
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	if text, err := io.ReadAll(w.Body); err != nil || string(text) != "abc" || w.Header.Get("Content-Disposition") != "attachment; filename=a.txt" {
		t.Errorf("%q %v %v", text, w.Header, err)
	}

	type release struct {
		Release, Sessions, Crashed, Users string
		CrashFreeSessions, CrashFreeUsers float64
	}
	var health struct{ Releases []release }
	instance.Eventually(t, 20*time.Second, "the sessions are counted", func() bool {
		s.Decode(fmt.Sprintf("/api/v1/projects/%d/releases/health", instance.ProjectID), &health)
		return len(health.Releases) == 1 && health.Releases[0].Crashed == "1"
	})
	if want := (release{"shop@1.0", "2", "1", "2", 0.5, 0.5}); health.Releases[0] != want {
		t.Errorf("%+v", health.Releases[0])
	}
	var monitors struct {
		Monitors []struct {
			Slug, Status string
			Duration     float64
		}
	}
	instance.Eventually(t, 20*time.Second, "the check-in is stored", func() bool {
		s.Decode(fmt.Sprintf("/api/v1/projects/%d/monitors", instance.ProjectID), &monitors)
		return len(monitors.Monitors) == 1
	})
	if m := monitors.Monitors[0]; m.Slug != "nightly" || m.Status != "ok" || m.Duration != 2 {
		t.Errorf("%+v", m)
	}
}
