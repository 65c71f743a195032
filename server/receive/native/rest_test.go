package native

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/faultline-dev/faultline/internal/event"
)

// post sends to the REST route.
func post(t *testing.T, url, projectID, key, body string, header map[string]string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/projects/"+projectID+"/events:batch", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Body.Close() })
	return w
}

func TestRESTTakesIDsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	_, _, url, _ := serve(t, nil)
	const want = "fc6d8c0c43fc4630ad850ee518f1b9d0"
	raw, err := event.ParseID(want)
	if err != nil {
		t.Fatal(err)
	}
	f := func(id, want string) {
		t.Helper()
		w := post(t, url, "7", "key", `{"events":[{"eventId":"`+id+`","message":{"formatted":"x"}}]}`, nil)
		var got ackJSON
		if err := json.NewDecoder(w.Body).Decode(&got); err != nil || w.StatusCode != 200 {
			t.Fatalf("%d %v", w.StatusCode, err)
		}
		if r := got.Results; len(r) != 1 || r[0].Outcome != "OUTCOME_STORED" || r[0].EventID != want {
			t.Fatalf("%s: %+v", id, got)
		}
	}
	f(want, want)
	f(strings.ToUpper(want), want)
	f("fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0", want)
	f(base64.StdEncoding.EncodeToString(raw[:]), want)
	f("AAAA", "")
	f("", "")
}

func TestRESTRefusesByName(t *testing.T) {
	t.Parallel()
	sink, _, url, _ := serve(t, func(c *Config) { c.MessageBytes = 64 << 10 })
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(bytes.Repeat([]byte(" "), 1<<20))
	z.Close()
	f := func(project, body string, header map[string]string, code int, says string) {
		t.Helper()
		w := post(t, url, project, "key", body, header)
		text, _ := io.ReadAll(w.Body)
		if w.StatusCode != code || !strings.Contains(string(text), says) || !json.Valid(text) {
			t.Fatalf("%.40s: %d %s", body, w.StatusCode, text)
		}
	}
	f("7", `"no object"`, nil, 400, "malformed JSON")
	f("7", `{"events":7}`, nil, 400, "malformed JSON")
	f("7", `{"events":[`, nil, 400, "malformed JSON")
	f("7", "\x1a\x7f", map[string]string{"Content-Type": "application/x-protobuf"}, 400, "malformed protobuf")
	f("x", `{}`, nil, 400, "project id")
	f("7", strings.Repeat(" ", 1<<20), nil, 413, "native-message-bytes: 65536")
	f("7", bomb.String(), map[string]string{"Content-Encoding": "gzip"}, 413, "native-message-bytes: 65536")
	f("7", "no gzip", map[string]string{"Content-Encoding": "gzip"}, 415, "gzip")
	f("7", "no zstd", map[string]string{"Content-Encoding": "zstd"}, 415, "")
	f("7", `{}`, map[string]string{"Content-Encoding": "br"}, 415, "br")
	for _, b := range sink.batches {
		if len(b.Events) > 0 {
			t.Fatalf("%+v reached the sink", b)
		}
	}
}

func TestBrowsersMaySendFromAnywhere(t *testing.T) {
	t.Parallel()
	_, _, url, _ := serve(t, nil)
	for _, path := range []string{"/api/v1/projects/7/events:batch", sendMethod} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodOptions, url+path, nil)
		r.Header.Set("Origin", "https://shop.example")
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		if w.StatusCode != http.StatusNoContent || w.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Fatalf("%s: %d %v", path, w.StatusCode, w.Header)
		}
	}
}

func TestABodyIsReadOnlyIntoRoomThatIsHeld(t *testing.T) {
	t.Parallel()
	_, h, _, _ := serve(t, func(c *Config) { c.Patience = time.Millisecond })
	mux := http.NewServeMux()
	h.Mount(mux)
	f := func(says string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "/api/v1/projects/7/events:batch", iotest.ErrReader(errors.New("it was read")))
		r.ContentLength = 1 << 20
		r.Header.Set("Authorization", "Bearer key")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if !h.room.TryAcquire(8, h.cfg.UnderWayBytes) {
		t.Fatal("room is taken")
	}
	f("native-under-way-bytes")
	h.room.Release(8, h.cfg.UnderWayBytes)
	h.turnAway = func(uint32) bool { return true }
	f("ingest-room-bytes")
	if !h.room.TryAcquire(8, h.cfg.UnderWayBytes) {
		t.Error("room was not given back")
	}
}
