package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a running faultline.
type server struct {
	cmd      *exec.Cmd
	log      bytes.Buffer
	http     string
	grpc     string
	profiles string // empty: none
	token    string
	started  time.Duration
}

// What the server is provisioned with.
const (
	projects  = 50
	publicKey = "0123456789abcdef0123456789abcdef"
	token     = "flt_0123456789abcdef0123456789abcdef"
)

// startServer starts the binary on an empty folder and waits until it is ready.
func startServer(ctx context.Context, binary, data string, profiled bool) (*server, error) {
	s := &server{token: token}
	var err error
	if s.http, err = freePort(); err != nil {
		return nil, err
	}
	if s.grpc, err = freePort(); err != nil {
		return nil, err
	}
	if profiled {
		if s.profiles, err = freePort(); err != nil {
			return nil, err
		}
	}
	s.cmd = exec.CommandContext(ctx, binary, "serve", "--data", data, "--http", s.http, "--grpc", s.grpc)
	if profiled {
		s.cmd.Args = append(s.cmd.Args, "--profiles", s.profiles)
	}
	s.cmd.Env = append(os.Environ(), "FAULTLINE_BOOTSTRAP_PROJECT_ID=1", "FAULTLINE_BOOTSTRAP_KEY="+publicKey, "FAULTLINE_BOOTSTRAP_TOKEN="+token,
		"FAULTLINE_BOOTSTRAP_EMAIL=bench@example.com", "FAULTLINE_BOOTSTRAP_PASSWORD=a password for the bench")
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s (make build makes it): %w", binary, err)
	}
	for {
		w, err := http.Get("http://" + s.http + "/readyz")
		if err == nil {
			w.Body.Close()
			if w.StatusCode == http.StatusOK {
				s.started = time.Since(began)
				return s, nil
			}
		}
		if time.Since(began) > time.Minute {
			s.kill()
			return nil, fmt.Errorf("the server is not ready after a minute:\n%s", s.log.String())
		}
		if err := rest(ctx, 5*time.Millisecond); err != nil {
			s.kill()
			return nil, err
		}
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// stop ends the server as Ctrl-C does and tells how long it took.
func (s *server) stop() (time.Duration, error) {
	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	err := s.cmd.Wait()
	took := time.Since(began)
	if err != nil {
		tail := s.log.Bytes()
		return took, fmt.Errorf("the server ended badly: %w\n%s", err, tail[max(len(tail)-2000, 0):])
	}
	return took, nil
}

// call calls the REST API and decodes the answer into out.
func (s *server) call(ctx context.Context, method, path string, body, out any) error {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.http+path, in)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		return err
	}
	if w.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, w.Status, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// makeProjects makes projects; the server numbers them after the first.
func (s *server) makeProjects(ctx context.Context, n int) error {
	for i := range n {
		var p struct {
			ID int `json:"id"`
		}
		if err := s.call(ctx, http.MethodPost, "/api/v1/projects", map[string]any{"name": fmt.Sprintf("Bench %d", i+2), "platform": "go"}, &p); err != nil {
			return fmt.Errorf("make a project: %w", err)
		}
		if p.ID != i+2 {
			return fmt.Errorf("the new project has the number %d, want %d", p.ID, i+2)
		}
	}
	return nil
}

// both is what the server and its engine have used.
type both struct{ server, engine usage }

func (s *server) usage() (b both, err error) {
	if b.server, err = usageOf(s.cmd.Process.Pid); err != nil {
		return b, err
	}
	child, err := childOf(s.cmd.Process.Pid)
	if err != nil {
		return b, err
	}
	b.engine, err = usageOf(child)
	return b, err
}

// watch looks every second at what is used, until the function that it returns is called.
func (s *server) watch(ctx context.Context) (stop func() []both) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan []both)
	go func() {
		var list []both
		for rest(ctx, time.Second) == nil {
			if b, err := s.usage(); err == nil {
				list = append(list, b)
			}
		}
		done <- list
	}()
	return func() []both {
		cancel()
		return <-done
	}
}

// settle waits until the engine has merged what there was to merge: it uses less
// than a twentieth of a core for two seconds.
func (s *server) settle(ctx context.Context) error {
	last, err := s.usage()
	if err != nil {
		return err
	}
	for range 60 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Second):
		}
		now, err := s.usage()
		if err != nil {
			return err
		}
		if now.engine.cpu-last.engine.cpu < 100*time.Millisecond {
			return nil
		}
		last = now
	}
	return nil
}

// metric reads one number from /metrics.
func (s *server) metric(ctx context.Context, name string) (float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.http+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer w.Body.Close()
	lines := bufio.NewScanner(w.Body)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("there is no metric %s", name)
}
