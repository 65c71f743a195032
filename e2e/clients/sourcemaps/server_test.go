//go:build e2e

package sourcemaps

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
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

// stored is what REST says of an event.
type stored struct {
	Title, Culprit string
	Event          struct {
		Exceptions []struct {
			Stacktrace struct{ Frames []frame }
		}
	}
}

type frame struct {
	Function, Filename, AbsPath, ContextLine string
	PreContext, PostContext                  []string
	Lineno, Colno                            int
	InApp                                    bool
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
