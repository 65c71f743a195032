//go:build e2e

package overload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/e2e/instance"
)

// start runs a server with arguments beside the usual ones.
func start(t *testing.T, args ...string) *instance.Server {
	t.Helper()
	s := instance.New(t)
	s.Args = args
	s.Start()
	return s
}

// metric is the sum of the samples of a metric whose line contains all of the texts.
func metric(t *testing.T, s *instance.Server, name string, with ...string) float64 {
	t.Helper()
	answer, err := http.Get("http://" + s.HTTP + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
lines:
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, name) {
			continue
		}
		for _, w := range with {
			if !strings.Contains(line, w) {
				continue lines
			}
		}
		fields := strings.Fields(line)
		v, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		if err != nil {
			t.Fatal(line, err)
		}
		sum += v
	}
	return sum
}

// held waits until a limit of connections is in the metric and in the log.
func held(t *testing.T, s *instance.Server, limit string) {
	t.Helper()
	instance.Eventually(t, 20*time.Second, "the metric and the log name "+limit, func() bool {
		return metric(t, s, "faultline_guard_held_total", `limit="`+limit+`"`) > 0 && strings.Contains(s.Output(), limit)
	})
	t.Logf("%s held %.0f times", limit, metric(t, s, "faultline_guard_held_total", `limit="`+limit+`"`))
}

// resident is the memory of a process.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatalf("process %d has no memory", pid)
	return 0
}

// processorTime is what a process has used.
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// engineOf finds the engine's process.
func engineOf(t *testing.T, server int) int {
	t.Helper()
	pid := instance.Engine(server)
	if pid == 0 {
		t.Fatal("the engine does not run")
	}
	return pid
}

// project makes a project and returns its id and public key.
func project(t *testing.T, s *instance.Server, name string) (int, string) {
	t.Helper()
	status, made := s.Call("POST", "/api/v1/projects", map[string]string{"name": name})
	if status != http.StatusOK {
		t.Fatal(status, made)
	}
	id := int(made["id"].(float64))
	keys := s.Get(fmt.Sprintf("/api/v1/projects/%d/keys", id))["keys"].([]any)
	return id, keys[0].(map[string]any)["id"].(string)
}

// storeEvent is a small event for Sentry's store endpoint.
func storeEvent(id [16]byte, kind string) []byte {
	text, err := json.Marshal(map[string]any{
		"event_id": fmt.Sprintf("%x", id), "platform": "go",
		"exception": []any{map[string]string{"type": kind, "value": "it broke"}},
	})
	if err != nil {
		panic(err)
	}
	return text
}
