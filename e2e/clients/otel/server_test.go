//go:build e2e

package otel

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	publicKey = "0123456789abcdef0123456789abcdef"
	token     = "flt_0123456789abcdef0123456789abcdef"
)

// server is one running faultline.
type server struct {
	http, grpc string
}

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
	s := &server{http: freePort(t), grpc: freePort(t)}
	cmd := exec.Command(path, "serve", "--data", t.TempDir(), "--http", s.http, "--grpc", s.grpc)
	cmd.Env = append(os.Environ(), "FAULTLINE_BOOTSTRAP_PROJECT_ID=7", "FAULTLINE_BOOTSTRAP_KEY="+publicKey, "FAULTLINE_BOOTSTRAP_TOKEN="+token)
	var log output
	cmd.Stdout, cmd.Stderr = &log, &log
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
			t.Logf("server log:\n%s", log.String())
		}
	})
	eventually(t, 60*time.Second, "the server is ready", func() bool {
		answer, err := http.Get("http://" + s.http + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return s
}

// endpoint is what an exporter is given: gRPC has a listener of its own.
func (s *server) endpoint(protocol string) string {
	if protocol == "grpc" {
		return "http://" + s.grpc
	}
	return "http://" + s.http
}

// get makes a GET of REST that must succeed.
func (s *server) get(t *testing.T, path string) map[string]any {
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
	answer := map[string]any{}
	if err != nil || w.StatusCode != http.StatusOK || json.Unmarshal(text, &answer) != nil {
		t.Fatalf("GET %s: %d %s %v", path, w.StatusCode, text, err)
	}
	return answer
}

// output is what a process printed.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
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

// eventually waits until a condition holds.
func eventually(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(limit)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("%s: not within %v", what, limit)
		case <-tick.C:
		}
	}
}
