package embedded_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/faultline-dev/faultline/internal/embedded"
)

// parentCommand turns the test binary into a process that starts an engine, prints the
// engine's process id and waits to be killed.
const parentCommand = "faultline-test-parent"

func runParent(dir string) int {
	exe, err := os.Executable()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	cfg := embedded.DefaultConfig()
	cfg.Data, cfg.Command = dir, []string{exe, "faultline-engine-child"}
	e, err := embedded.Start(context.Background(), cfg)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(e.PID())
	<-context.Background().Done()
	return 0
}

// TestEngineEndsWithItsParent kills the parent in the one way it cannot answer to, and
// starts the next at once.
func TestEngineEndsWithItsParent(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	parent := exec.Command(exe, parentCommand, dir)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	var engine int
	if _, scanned := fmt.Sscan(line, &engine); scanned != nil {
		t.Fatalf("the parent said %q, %v", line, err)
	}
	if gone(engine) {
		t.Fatal("the engine is not there")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	parent.Wait()
	start(t, dir)
	waitUntil(t, func() bool { return gone(engine) })
}

// gone tells that a process has ended, even if nobody has collected it yet.
func gone(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(data), ") ")
	return strings.HasPrefix(state, "Z")
}
