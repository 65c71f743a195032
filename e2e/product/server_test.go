//go:build e2e

package product

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// What every server of these tests is provisioned with.
const (
	projectID = 7
	publicKey = "0123456789abcdef0123456789abcdef"
	token     = "flt_0123456789abcdef0123456789abcdef"
	email     = "owner@example.com"
	password  = "correct horse battery"
)

func binary(t testing.TB) string {
	t.Helper()
	path := os.Getenv("FAULTLINE_BIN")
	if path == "" {
		path = "../../bin/faultline"
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run `make build` first", err)
	}
	return path
}

// server is one running faultline.
type server struct {
	t    testing.TB
	data string
	http string
	grpc string
	env  []string
	args []string

	cmd  *exec.Cmd
	done chan error
	mu   sync.Mutex
	log  bytes.Buffer
}

// newServer prepares a server with its own folder and ports.
func newServer(t testing.TB, env ...string) *server {
	t.Helper()
	return &server{t: t, data: t.TempDir(), http: freePort(t), grpc: freePort(t), env: env}
}

// start starts it and waits until it is ready.
func (s *server) start() {
	s.t.Helper()
	s.spawn()
	s.await(30 * time.Second)
}

// spawn starts the process without waiting.
func (s *server) spawn() {
	s.t.Helper()
	args := append([]string{"serve", "--data", s.data, "--http", s.http, "--grpc", s.grpc}, s.args...)
	s.cmd = exec.Command(binary(s.t), args...)
	s.cmd.Env = append(os.Environ(),
		fmt.Sprintf("FAULTLINE_BOOTSTRAP_PROJECT_ID=%d", projectID), "FAULTLINE_BOOTSTRAP_KEY="+publicKey, "FAULTLINE_BOOTSTRAP_TOKEN="+token,
		"FAULTLINE_BOOTSTRAP_EMAIL="+email, "FAULTLINE_BOOTSTRAP_PASSWORD="+password)
	s.cmd.Env = append(s.cmd.Env, s.env...)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd.Stderr = s.cmd.Stdout
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd, done := s.cmd, make(chan error, 1)
	s.done = done
	go func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			s.mu.Lock()
			s.log.Write(lines.Bytes())
			s.log.WriteByte('\n')
			s.mu.Unlock()
		}
		done <- cmd.Wait()
	}()
	s.t.Cleanup(func() {
		if cmd.Process != nil {
			cmd.Process.Kill()
			<-done
			done <- nil
		}
		if s.t.Failed() {
			s.t.Logf("server log:\n%s", s.output())
		}
	})
}

func (s *server) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// await waits for /readyz.
func (s *server) await(limit time.Duration) {
	s.t.Helper()
	eventually(s.t, limit, "the server is ready", func() bool {
		select {
		case err := <-s.done:
			s.done <- err
			s.t.Fatalf("the server ended: %v\n%s", err, s.output())
		default:
		}
		answer, err := http.Get("http://" + s.http + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// kill ends it with SIGKILL.
func (s *server) kill() {
	s.t.Helper()
	s.cmd.Process.Kill()
	s.done <- <-s.done
}

// stop asks it to end and waits.
func (s *server) stop(limit time.Duration) time.Duration {
	s.t.Helper()
	start := time.Now()
	s.cmd.Process.Signal(syscall.SIGINT)
	select {
	case err := <-s.done:
		s.done <- err
		if err != nil {
			s.t.Errorf("the server ended with %v", err)
		}
	case <-time.After(limit):
		s.t.Fatalf("the server did not stop within %v", limit)
	}
	return time.Since(start)
}

// dsn is where SDKs send.
func (s *server) dsn() string { return fmt.Sprintf("http://%s@%s/%d", publicKey, s.http, projectID) }

// call makes a REST call with the token and decodes the answer.
func (s *server) call(method, path string, body any) (status int, answer map[string]any) {
	s.t.Helper()
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, "http://"+s.http+path, in)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		s.t.Fatalf("%s %s: %d %s", method, path, w.StatusCode, text)
	}
	return w.StatusCode, answer
}

// get makes a GET that must succeed.
func (s *server) get(path string) map[string]any {
	s.t.Helper()
	status, answer := s.call("GET", path, nil)
	if status != http.StatusOK {
		s.t.Fatalf("GET %s: %d %v", path, status, answer)
	}
	return answer
}

// command runs the binary and returns what it printed.
func command(t testing.TB, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(binary(t), args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// eventually waits until a condition holds.
func eventually(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(limit)
	for {
		if holds() {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s: not within %v", what, limit)
		case <-tick.C:
		}
	}
}
