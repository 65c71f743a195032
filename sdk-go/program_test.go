package faultline_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	ingestv1 "github.com/faultline-dev/faultline/gen/go/faultline/ingest/v1"
	"go.uber.org/goleak"

	faultline "github.com/faultline-dev/faultline/sdk-go"
	"github.com/faultline-dev/faultline/sdk-go/internal/ingesttest"
)

// programs are small programs that tests run in processes of their own.
var programs = map[string]func(){
	"panics": func() {
		defer faultline.Recover()
		nested(2)
	},
	"captures": func() {
		n, _ := strconv.Atoi(os.Getenv("PROGRAM_EVENTS"))
		for i := range n {
			faultline.CaptureException(fmt.Errorf("failure %d", i))
		}
	},
	"captures forever": func() {
		for i := 0; ; i++ {
			id := faultline.CaptureException(fmt.Errorf("failure %d", i))
			if id == nil {
				os.Exit(3)
			}
			time.Sleep(100 * time.Microsecond) // so that the kill finds the program at work
		}
	},
}

func TestMain(m *testing.M) {
	if name := os.Getenv("PROGRAM"); name != "" {
		err := faultline.Init(faultline.ClientOptions{
			Repanic: true, SpoolDir: os.Getenv("PROGRAM_SPOOL"), ShutdownTimeout: 10 * time.Second,
		})
		if err != nil {
			os.Exit(4)
		}
		programs[name]()
		if !faultline.Flush(10 * time.Second) {
			os.Exit(5)
		}
		faultline.Close()
		return
	}
	goleak.VerifyTestMain(m)
}

// program prepares a process that reports to the server.
func program(t *testing.T, name string, server *ingesttest.Server, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), append(env, "PROGRAM="+name, "FAULTLINE_DSN="+server.DSN())...)
	return cmd
}

func TestAPanicIsStoredBeforeTheProgramEnds(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	output, err := program(t, "panics", server).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Fatalf("the program ended with %v:\n%s", err, output)
	}
	if !bytes.Contains(output, []byte("index out of range")) {
		t.Errorf("the panic was not printed:\n%s", output)
	}
	events := server.Events()
	if len(events) != 1 || events[0].GetExceptions()[0].GetMechanism().GetHandled() {
		t.Fatalf("stored: %v", events)
	}
}

func TestTheProgramPrintsNothing(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	server.Reply(nil)
	output, err := program(t, "captures", server, "PROGRAM_EVENTS=100").CombinedOutput()
	if err != nil || len(output) > 0 {
		t.Errorf("ended with %v and printed %q", err, output)
	}
	if n, doubled := server.Stored(); n != 100 || doubled != 0 {
		t.Errorf("stored %d, doubled %d", n, doubled)
	}
}

func TestAKilledProgramLosesNoEventThatWasSpooled(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	spool := t.TempDir()
	// The first batches are stored and acknowledged, the next only stored,
	// the rest not even that: all three must end up stored once.
	arrived := map[[16]byte]bool{}
	batches := 0
	server.Reply(func(b *ingestv1.Batch) ingesttest.Reply {
		batches++
		for _, e := range b.GetEvents() {
			arrived[[16]byte(e.GetEventId())] = true
		}
		return ingesttest.Reply{Silent: batches > 5, Discard: batches > 10}
	})
	cmd := program(t, "captures forever", server, "PROGRAM_SPOOL="+spool)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	server.Await("batches", func() bool { return len(server.Batches()) >= 15 })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	server.AwaitIdle("the killed program's stream to end")
	before, _ := server.Stored()
	server.Reply(nil)

	if output, err := program(t, "captures", server, "PROGRAM_EVENTS=1", "PROGRAM_SPOOL="+spool).CombinedOutput(); err != nil {
		t.Fatalf("the next run: %v: %s", err, output)
	}
	after, doubled := server.Stored()
	t.Logf("%d events arrived, %d were stored before the kill, %d after the next run", len(arrived), before, after)
	if doubled != 0 {
		t.Errorf("%d events are stored more than once", doubled)
	}
	for id := range arrived {
		if !server.Has(id) {
			t.Errorf("event %x arrived before the kill and is missing", id)
		}
	}
	numbered(t, server)
	if left, err := os.ReadDir(spool); err != nil || len(left) != 0 {
		t.Errorf("left in the spool: %v %v", left, err)
	}
}

// numbered fails if the failures of the killed program have gaps.
func numbered(t *testing.T, server *ingesttest.Server) {
	t.Helper()
	seen := map[int]int{}
	highest := 0
	for _, e := range server.Events() {
		text := strings.TrimPrefix(e.GetExceptions()[0].GetValue(), "failure ")
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		seen[n]++
		highest = max(highest, n)
	}
	for n := range highest {
		if seen[n] == 0 {
			t.Errorf("failure %d is missing, although %d is stored", n, highest)
		}
	}
}

func TestTwoProgramsShareASpool(t *testing.T) {
	t.Parallel()
	server := ingesttest.New(t)
	spool := t.TempDir()
	var running []*exec.Cmd
	for range 3 {
		cmd := program(t, "captures", server, "PROGRAM_EVENTS=500", "PROGRAM_SPOOL="+spool)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Errorf("program: %v", err)
		}
	}
	if n, doubled := server.Stored(); n != 1500 || doubled != 0 {
		t.Errorf("stored %d of 1500, %d more than once", n, doubled)
	}
}
