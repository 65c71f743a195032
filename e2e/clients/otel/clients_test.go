//go:build e2e

package otel

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/e2e/clients/lab"
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
	culprit  string
	cause    string // type of its cause
}

func TestSDKsOfOpenTelemetryWorkUnchanged(t *testing.T) {
	clients := []client{
		{"Go over gRPC", "grpc", goCommand, "*errors.errorString: no funds", []string{"main", "run", "checkout", "pay"}, "go", "POST /checkout", ""},
		{"Go over HTTP", "http/protobuf", goCommand, "*errors.errorString: no funds", []string{"main", "run", "checkout", "pay"}, "go", "POST /checkout", ""},
		{"Python over gRPC", "grpc", pythonCommand, "ValueError: no funds", []string{"checkout", "pay"}, "python", "POST /checkout", ""},
		{"Python over HTTP", "http/protobuf", pythonCommand, "ValueError: no funds", []string{"checkout", "pay"}, "python", "POST /checkout", ""},
		{"JavaScript over gRPC", "grpc", nodeCommand, "TypeError: no funds", []string{"checkout", "pay"}, "node", "POST /checkout", ""},
		{"JavaScript over HTTP", "http/protobuf", nodeCommand, "TypeError: no funds", []string{"checkout", "pay"}, "node", "POST /checkout", ""},
		{"JavaScript over HTTP in JSON", "http/json", nodeCommand, "TypeError: no funds", []string{"checkout", "pay"}, "node", "POST /checkout", ""},
		{"Java over gRPC", "grpc", javaCommand, "java.lang.IllegalStateException: no funds", []string{"main", "checkout", "pay"}, "java", "POST /checkout", "java.lang.ArithmeticException"},
		{"Java over HTTP", "http/protobuf", javaCommand, "java.lang.IllegalStateException: no funds", []string{"main", "checkout", "pay"}, "java", "POST /checkout", "java.lang.ArithmeticException"},
	}
	t.Parallel()
	s := instance.Start(t)
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			command := c.command(t)
			p := lab.NewProject(t, s)
			program := exec.Command(command[0], command[1:]...)
			program.Env = append(os.Environ(),
				"OTEL_BLRP_SCHEDULE_DELAY=60000", // log records wait until the program ends: what arrives first is kept, and the span says more
				"OTEL_EXPORTER_OTLP_PROTOCOL="+c.protocol, "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint(s, c.protocol), "OTEL_EXPORTER_OTLP_INSECURE=true",
				"OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20"+p.Key, "OTEL_EXPORTER_OTLP_COMPRESSION=gzip",
				"OTEL_SERVICE_NAME=shop", "OTEL_RESOURCE_ATTRIBUTES=service.version=1.4.2,deployment.environment.name=staging,host.name=web-3")
			out, err := program.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if len(strings.TrimSpace(string(out))) > 0 && !strings.Contains(string(out), "Deprecat") {
				t.Errorf("the program complains: %s", out)
			}
			check(t, p, c)
		})
	}
}

// check asks REST what became of it.
func check(t *testing.T, p lab.Project, c client) {
	t.Helper()
	issues := p.Issues("")
	byTitle := map[string]lab.Issue{}
	for _, i := range issues {
		byTitle[i.Title] = i
		if i.Count != "1" {
			t.Errorf("%v has %v events: the span's and the log's are one", i.Title, i.Count)
		}
	}
	thrown, full := byTitle[c.title], byTitle["disk sda1 is full"]
	if len(issues) != 2 || thrown.ID == "" || full.ID == "" {
		t.Fatalf("issues %+v", issues)
	}
	if thrown.Culprit != c.culprit || thrown.Level != "error" || thrown.UserCount != "1" || full.Level != "error" {
		t.Errorf("%+v and %+v", thrown, full)
	}
	e := p.Only("funds").Event
	if e.Release != "1.4.2" || e.Environment != "staging" || e.ServerName != "web-3" || e.Platform != c.platform || e.User.ID != "eve" || e.Transaction != "POST /checkout" {
		t.Errorf("release %s, environment %s, server %s, platform %s, user %+v, transaction %s", e.Release, e.Environment, e.ServerName, e.Platform, e.User, e.Transaction)
	}
	if e.Tags["service.name"] != "shop" || e.Tags["cart.size"] != "3" {
		t.Errorf("tags %v", e.Tags)
	}
	if e.Trace == nil || e.Trace.TraceID == "" || e.Trace.SpanID == "" || e.SDK.Name == "" || e.SDK.Version == "" {
		t.Errorf("trace %+v, SDK %+v", e.Trace, e.SDK)
	}
	stack := e.Exceptions[0].Stacktrace
	functions := stack.Functions()
	if n := len(functions) - len(c.frames); n < 0 || !slices.Equal(functions[n:], c.frames) {
		t.Errorf("frames %v, want %v at the end", functions, c.frames)
	}
	if last := stack.Last(); !last.InApp || last.Lineno == 0 {
		t.Errorf("%+v is not the program's own", last)
	}
	if c.cause != "" && (len(e.Exceptions) != 2 || e.Exceptions[1].Type != c.cause || e.Exceptions[1].Stacktrace.Last().Function != c.frames[len(c.frames)-1]) {
		t.Errorf("exceptions %+v", e.Exceptions)
	}
	if disk := p.Only("disk").Event; disk.Message == nil || disk.Message.Formatted != "disk sda1 is full" || disk.Logger != "shop.disk" || len(disk.Exceptions) != 0 {
		t.Errorf("the message is %+v", disk)
	}
}

func goCommand(t *testing.T) []string {
	return []string{filepath.Join(lab.Go("otel-go", "go", "main.go").Prepare(t), "program")}
}

func pythonCommand(t *testing.T) []string {
	dir := lab.Python("otel-python", "python", "python/app.py").Prepare(t)
	return []string{filepath.Join(dir, "venv/bin/python"), filepath.Join(dir, "app.py")}
}

func nodeCommand(t *testing.T) []string {
	return []string{"node", filepath.Join(lab.Node("otel-js", "js", "js/app.mjs").Prepare(t), "app.mjs")}
}

func javaCommand(t *testing.T) []string {
	dir := lab.Java("otel-java", "java", "src/main/java/shop/Shop.java").Prepare(t)
	return append(lab.JVM(dir), "shop.Shop")
}

// endpoint is what an exporter is given: gRPC has a listener of its own.
func endpoint(s *instance.Server, protocol string) string {
	if protocol == "grpc" {
		return "http://" + s.GRPC
	}
	return "http://" + s.HTTP
}
