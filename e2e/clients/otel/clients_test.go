//go:build e2e

package otel

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/e2e/instance"
)

// client is one SDK with one way of sending.
type client struct {
	name     string
	protocol string // as in OTEL_EXPORTER_OTLP_PROTOCOL
	command  func(t *testing.T) []string
	title    string
	frames   []string // functions of the stack's end, the crash last
	platform string
}

func TestSDKsOfOpenTelemetryWorkUnchanged(t *testing.T) {
	clients := []client{
		{"Go over gRPC", "grpc", goCommand, "*errors.errorString: no funds", []string{"main", "run", "checkout", "pay"}, "go"},
		{"Go over HTTP", "http/protobuf", goCommand, "*errors.errorString: no funds", []string{"main", "run", "checkout", "pay"}, "go"},
		{"Python over gRPC", "grpc", pythonCommand, "ValueError: no funds", []string{"checkout", "pay"}, "python"},
		{"Python over HTTP", "http/protobuf", pythonCommand, "ValueError: no funds", []string{"checkout", "pay"}, "python"},
		{"JavaScript over gRPC", "grpc", nodeCommand, "TypeError: no funds", []string{"checkout", "pay"}, "node"},
		{"JavaScript over HTTP", "http/protobuf", nodeCommand, "TypeError: no funds", []string{"checkout", "pay"}, "node"},
		{"JavaScript over HTTP in JSON", "http/json", nodeCommand, "TypeError: no funds", []string{"checkout", "pay"}, "node"},
	}
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			command := c.command(t)
			s := instance.Start(t)
			program := exec.Command(command[0], command[1:]...)
			program.Env = append(os.Environ(),
				"OTEL_EXPORTER_OTLP_PROTOCOL="+c.protocol, "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint(s, c.protocol), "OTEL_EXPORTER_OTLP_INSECURE=true",
				"OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20"+instance.PublicKey, "OTEL_EXPORTER_OTLP_COMPRESSION=gzip",
				"OTEL_SERVICE_NAME=shop", "OTEL_RESOURCE_ATTRIBUTES=service.version=1.4.2,deployment.environment.name=staging,host.name=web-3")
			out, err := program.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if len(strings.TrimSpace(string(out))) > 0 && !strings.Contains(string(out), "Deprecat") {
				t.Errorf("the program complains: %s", out)
			}
			check(t, s, c)
		})
	}
}

// check asks REST what became of it.
func check(t *testing.T, s *instance.Server, c client) {
	t.Helper()
	var issues []any
	instance.Eventually(t, 15*time.Second, "two issues", func() bool {
		issues, _ = s.Get("/api/v1/projects/7/issues")["issues"].([]any)
		return len(issues) >= 2
	})
	if len(issues) != 2 {
		t.Fatalf("%d issues", len(issues))
	}
	byTitle := map[string]map[string]any{}
	for _, i := range issues {
		issue := i.(map[string]any)
		byTitle[issue["title"].(string)] = issue
		if issue["count"] != "1" {
			t.Errorf("%v has %v events: the span's and the log's are one", issue["title"], issue["count"])
		}
	}
	if byTitle["disk sda1 is full"] == nil {
		t.Errorf("no message in %v", byTitle)
	}
	issue := byTitle[c.title]
	if issue == nil {
		t.Fatalf("no %q in %v", c.title, byTitle)
	}
	events := s.Get("/api/v1/issues/" + issue["id"].(string) + "/events")["events"].([]any)
	summary := events[0].(map[string]any)
	stored := s.Get("/api/v1/projects/7/events/" + summary["eventId"].(string))
	event, ok := stored["event"].(map[string]any)
	if !ok {
		event = stored
	}
	want := map[string]string{"release": "1.4.2", "environment": "staging", "serverName": "web-3", "platform": c.platform}
	for name, value := range want {
		if event[name] != value {
			t.Errorf("%s is %v, want %s", name, event[name], value)
		}
	}
	tags, _ := event["tags"].(map[string]any)
	if tags["service.name"] != "shop" {
		t.Errorf("tags %v", tags)
	}
	exception := event["exceptions"].([]any)[0].(map[string]any)
	stack, _ := exception["stacktrace"].(map[string]any)
	frames, _ := stack["frames"].([]any)
	var functions []string
	for _, f := range frames {
		frame := f.(map[string]any)
		name, _ := frame["function"].(string)
		functions = append(functions, name)
		if name == "pay" && frame["inApp"] != true {
			t.Errorf("%v is not the program's own", frame)
		}
	}
	if n := len(functions) - len(c.frames); n < 0 || strings.Join(functions[n:], " ") != strings.Join(c.frames, " ") {
		t.Errorf("frames %v, want %v at the end", functions, c.frames)
	}
}

// once builds or installs a client one time for all tests.
type once struct {
	sync.Once
	err error
	out []byte
}

func (o *once) run(t *testing.T, dir string, commands ...[]string) {
	t.Helper()
	o.Do(func() {
		for _, c := range commands {
			cmd := exec.Command(c[0], c[1:]...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
			if o.out, o.err = cmd.CombinedOutput(); o.err != nil {
				return
			}
		}
	})
	if o.err != nil {
		t.Fatalf("preparing the client in %s: %v: %s", dir, o.err, o.out)
	}
}

var goOnce, pythonOnce, nodeOnce once

func goCommand(t *testing.T) []string {
	path := filepath.Join(os.TempDir(), "faultline-e2e-otel-go")
	goOnce.run(t, "go", []string{"go", "build", "-o", path, "."})
	return []string{path}
}

// pythonCommand installs what is pinned, if that has changed.
func pythonCommand(t *testing.T) []string {
	if !fresh("python/requirements.txt", "python/.venv/installed") {
		pythonOnce.run(t, "python", []string{"python3", "-m", "venv", ".venv"},
			[]string{".venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"}, []string{"touch", ".venv/installed"})
	}
	return []string{"python/.venv/bin/python", "python/app.py"}
}

func nodeCommand(t *testing.T) []string {
	if !fresh("js/package-lock.json", "js/node_modules/.package-lock.json") {
		nodeOnce.run(t, "js", []string{"npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"}, []string{"touch", "node_modules/.package-lock.json"})
	}
	return []string{"node", "js/app.mjs"}
}

// fresh tells whether a mark is as new as the file that says what to install.
func fresh(file, mark string) bool {
	f, err := os.Stat(file)
	if err != nil {
		return false
	}
	m, err := os.Stat(mark)
	return err == nil && !m.ModTime().Before(f.ModTime())
}

// endpoint is what an exporter is given: gRPC has a listener of its own.
func endpoint(s *instance.Server, protocol string) string {
	if protocol == "grpc" {
		return "http://" + s.GRPC
	}
	return "http://" + s.HTTP
}
