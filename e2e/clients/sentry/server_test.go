//go:build e2e

package sentry

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	publicKey = "0123456789abcdef0123456789abcdef"
	token     = "flt_0123456789abcdef0123456789abcdef"
)

// server is one running faultline.
type server struct{ http string }

// startServer starts the binary with a folder and ports of its own, and waits until it
// is ready. It is stopped at the end of the test.
func startServer(t *testing.T) *server {
	t.Helper()
	path := os.Getenv("FAULTLINE_BIN")
	if path == "" {
		path = "../../../bin/faultline"
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run `make build` first", err)
	}
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{http: freePort(t)}
	cmd := exec.Command(path, "serve", "--data", filepath.Join(dir, "data"), "--http", s.http, "--grpc", freePort(t))
	cmd.Env = append(os.Environ(), "FAULTLINE_BOOTSTRAP_PROJECT_ID=7", "FAULTLINE_BOOTSTRAP_KEY="+publicKey, "FAULTLINE_BOOTSTRAP_TOKEN="+token)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("server log:\n%s", text)
		}
		log.Close()
	})
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(60 * time.Second); ; {
		if answer, err := http.Get("http://" + s.http + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return s
			}
		}
		select {
		case <-deadline:
			t.Fatal("the server is not ready within a minute")
		case <-tick.C:
		}
	}
}

// dsn is where clients send.
func (s *server) dsn() string { return fmt.Sprintf("http://%s@%s/7", publicKey, s.http) }

// get makes a GET of REST that must succeed, and decodes the answer.
func (s *server) get(t *testing.T, path string, answer any) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+s.http+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil || w.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %s %v", path, w.StatusCode, text, err)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("GET %s: %v in %s", path, err, text)
	}
}

// issue is what REST says of an issue.
type issue struct {
	ID, Title, Culprit, Level, Count, UserCount string
}

// issues are those that a query finds.
func (s *server) issues(t *testing.T, query string) []issue {
	t.Helper()
	var answer struct{ Issues []issue }
	s.get(t, "/api/v1/projects/7/issues?query="+url.QueryEscape(query), &answer)
	return answer.Issues
}

// stored is what REST says of an event.
type stored struct {
	EventID, IssueID, Title, Culprit string
	Event                            struct {
		Level, Platform, Release, Environment, ServerName string
		Message                                           *struct{ Formatted string }
		Exceptions                                        []exception
		Threads                                           []struct{ Stacktrace stacktrace }
		Breadcrumbs                                       []struct {
			Category, Message, Level string
			Data                     map[string]any
		}
		User     struct{ ID, Email, Username string }
		Tags     map[string]string
		Contexts map[string]map[string]any
		SDK      struct{ Name, Version string }
		Modules  map[string]string
		Trace    *struct{ TraceID string }
	}
}

type exception struct {
	Type, Value string
	Stacktrace  stacktrace
	Mechanism   struct {
		ExceptionID int
		ParentID    *int
		IsGroup     bool
	}
}

type stacktrace struct {
	Frames []struct {
		Function, Filename, ContextLine string
		InApp                           bool
		Lineno                          int
		Vars                            map[string]any
	}
}

// last is the function of the frame in which it happened.
func (s stacktrace) last() string {
	if len(s.Frames) == 0 {
		return ""
	}
	return s.Frames[len(s.Frames)-1].Function
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
