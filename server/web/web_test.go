package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestFilesAndViews(t *testing.T) {
	h, err := New(fstest.MapFS{
		"index.html":         {Data: []byte("<!doctype html>page" + strings.Repeat(" ", 1000))},
		"assets/app-1a2b.js": {Data: []byte("let a = 1" + strings.Repeat(";", 1000))},
		".gitkeep":           {},
	})
	if err != nil {
		t.Fatal(err)
	}
	f := func(method, path, encoding string, status int, kind, cache string) {
		t.Helper()
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got := w.Result()
		if got.StatusCode != status || !strings.HasPrefix(got.Header.Get("Content-Type"), kind) || got.Header.Get("Cache-Control") != cache {
			t.Errorf("%s %s: %d %v", method, path, got.StatusCode, got.Header)
		}
		if status == http.StatusOK && (got.Header.Get("Content-Encoding") == "gzip") != (encoding == "gzip") {
			t.Errorf("%s: encoding %q", path, got.Header.Get("Content-Encoding"))
		}
	}
	const forever = "public, max-age=31536000, immutable"
	f("POST", "/", "", 405, "text/plain", "")
	f("GET", "/assets/old-0000.js", "", 404, "text/plain", "")
	f("GET", "/", "", 200, "text/html", "no-cache")
	f("GET", "/p/1/issues?q=is:unresolved", "gzip", 200, "text/html", "no-cache")
	f("GET", "/../../etc/passwd", "", 200, "text/html", "no-cache")
	f("GET", "/assets/app-1a2b.js", "gzip", 200, "text/javascript", forever)
}

func TestAKnownPageIsNotSentAgain(t *testing.T) {
	h, _ := New(fstest.MapFS{"index.html": {Data: []byte("page")}})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("status %d", w.Code)
	}
}

func TestWithoutADashboardThePageSaysSo(t *testing.T) {
	h, err := New(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if body, _ := io.ReadAll(w.Body); !strings.Contains(string(body), "make build") {
		t.Errorf("%s", body)
	}
}
