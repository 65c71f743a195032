// Package instance runs the real binary for tests of the whole product: with a folder
// and ports of its own, known credentials, and nothing left behind.
package instance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// What every instance is provisioned with.
const (
	ProjectID = 7
	PublicKey = "0123456789abcdef0123456789abcdef"
	Token     = "flt_0123456789abcdef0123456789abcdef"
	Email     = "owner@example.com"
	Password  = "correct horse battery"
)

// Provisions are the environment variables that provision an instance.
func Provisions() []string {
	return []string{
		fmt.Sprintf("FAULTLINE_BOOTSTRAP_PROJECT_ID=%d", ProjectID), "FAULTLINE_BOOTSTRAP_KEY=" + PublicKey, "FAULTLINE_BOOTSTRAP_TOKEN=" + Token,
		"FAULTLINE_BOOTSTRAP_EMAIL=" + Email, "FAULTLINE_BOOTSTRAP_PASSWORD=" + Password,
	}
}

// Binary is the path of the binary under test: FAULTLINE_BIN, else what make build
// made.
func Binary(t testing.TB) string {
	t.Helper()
	path := os.Getenv("FAULTLINE_BIN")
	if path == "" {
		_, here, _, _ := runtime.Caller(0)
		path = filepath.Join(filepath.Dir(here), "../../bin/faultline")
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

// Server is one faultline.
type Server struct {
	Data string   // its folder
	HTTP string   // address of the HTTP listener
	GRPC string   // address of the gRPC listener
	Env  []string // beside the usual ones
	Args []string // beside the usual ones
	Cmd  *exec.Cmd

	t    testing.TB
	done chan error
	mu   sync.Mutex
	log  bytes.Buffer
}

// New prepares a server with a folder and ports of its own.
func New(t testing.TB, env ...string) *Server {
	t.Helper()
	return &Server{t: t, Data: t.TempDir(), HTTP: FreePort(t), GRPC: FreePort(t), Env: env}
}

// Start prepares and starts a server, and waits until it is ready.
func Start(t testing.TB, env ...string) *Server {
	t.Helper()
	s := New(t, env...)
	s.Start()
	return s
}

// Start starts it and waits until it is ready.
func (s *Server) Start() {
	s.t.Helper()
	s.Spawn()
	s.Await(30 * time.Second)
}

// Spawn starts the process without waiting.
func (s *Server) Spawn() {
	s.t.Helper()
	args := append([]string{"serve", "--data", s.Data, "--http", s.HTTP, "--grpc", s.GRPC}, s.Args...)
	s.Cmd = exec.Command(Binary(s.t), args...)
	s.Cmd.Env = slices.Concat(os.Environ(), Provisions(), s.Env)
	out, err := s.Cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.Cmd.Stderr = s.Cmd.Stdout
	if err := s.Cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd, done := s.Cmd, make(chan error, 1)
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
			s.t.Logf("server log:\n%s", s.Output())
		}
	})
}

// Output is what it has printed.
func (s *Server) Output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// Forget empties the output.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.Reset()
}

// Await waits for /readyz.
func (s *Server) Await(limit time.Duration) {
	s.t.Helper()
	Eventually(s.t, limit, "the server is ready", func() bool {
		select {
		case err := <-s.done:
			s.done <- err
			s.t.Fatalf("the server ended: %v\n%s", err, s.Output())
		default:
		}
		answer, err := http.Get("http://" + s.HTTP + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// Kill ends it with SIGKILL.
func (s *Server) Kill() {
	s.t.Helper()
	s.Cmd.Process.Kill()
	s.done <- <-s.done
}

// Stop asks it to end and waits.
func (s *Server) Stop(limit time.Duration) time.Duration {
	s.t.Helper()
	start := time.Now()
	s.Cmd.Process.Signal(syscall.SIGINT)
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

// DSN is where SDKs send.
func (s *Server) DSN() string { return fmt.Sprintf("http://%s@%s/%d", PublicKey, s.HTTP, ProjectID) }

// Call makes a REST call with the token and decodes the answer.
func (s *Server) Call(method, path string, body any) (status int, answer map[string]any) {
	s.t.Helper()
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, "http://"+s.HTTP+path, in)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+Token)
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

// Get makes a GET that must succeed.
func (s *Server) Get(path string) map[string]any {
	s.t.Helper()
	status, answer := s.Call("GET", path, nil)
	if status != http.StatusOK {
		s.t.Fatalf("GET %s: %d %v", path, status, answer)
	}
	return answer
}

// Decode makes a GET that must succeed, into a value.
func (s *Server) Decode(path string, answer any) {
	s.t.Helper()
	text, err := json.Marshal(s.Get(path))
	if err == nil {
		err = json.Unmarshal(text, answer)
	}
	if err != nil {
		s.t.Fatalf("GET %s: %v in %s", path, err, text)
	}
}

// Command runs the binary and returns what it printed.
func Command(t testing.TB, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(Binary(t), args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// FreePort is an address of this machine on which nobody listens. Its port is below those
// that systems give to who asks for any port (from 32768 on Linux), so that none of the
// programs that start meanwhile is given the same.
func FreePort(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(22_000))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		l.Close()
		if _, given := ports.LoadOrStore(address, true); !given {
			return address
		}
	}
	t.Fatal("no free port among a hundred from 10000 to 32000")
	return ""
}

var ports sync.Map // the addresses that FreePort has given

// Eventually waits until a condition holds.
func Eventually(t testing.TB, limit time.Duration, what string, holds func() bool) {
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
