package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"

	"google.golang.org/grpc"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/server/normalize"
	"github.com/faultline-dev/faultline/server/receive"
	"github.com/faultline-dev/faultline/server/receive/native"
)

var pid = os.Getpid()

// drop is a sink that says that everything is stored, and stores nothing.
type drop struct{}

func (drop) Receive(_ context.Context, b *receive.Batch) (wait func() []outcome.Result) {
	return func() []outcome.Result {
		results := make([]outcome.Result, len(b.Events))
		for i, e := range b.Events {
			results[i] = outcome.Result{EventID: e.ID, Kind: outcome.Stored}
		}
		return results
	}
}

// anyKey lets everybody in.
type anyKey struct{}

func (anyKey) Key(_ context.Context, _ string, projectID uint32) (project.Access, error) {
	return project.Access{ProjectID: projectID, KeyID: "bench"}, nil
}

// runSink serves ingest over gRPC, decodes as the server does, and drops.
func runSink(ctx context.Context, profiles string) error {
	if profiles != "" {
		f, err := os.Create(filepath.Join(profiles, "drop.pprof"))
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	// Next to nothing lives here, so the collector would run all the time.
	debug.SetGCPercent(2000)
	h, err := native.New(native.DefaultConfig(), native.Parts{
		Sink: drop{}, Keys: anyKey{},
		PrepareStack: func(platform string, st *event.Stacktrace) bool {
			return normalize.Stack(platform, st, normalize.DefaultLimits())
		},
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	g := grpc.NewServer(h.ServerOptions()...)
	h.Register(g)
	context.AfterFunc(ctx, g.Stop)
	fmt.Println(listener.Addr())
	return g.Serve(listener)
}

// measureDrop streams to a process that receives, decodes and drops.
func measureDrop(ctx context.Context, o options, r *report) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "-sink", "-profiles", o.profiles)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGINT)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("start the process that drops: %w", err)
	}
	before, err := usageOf(cmd.Process.Pid)
	if err != nil {
		return err
	}
	if r.drop, err = newLoad(o, o.ceiling).run(ctx, strings.TrimSpace(address), "bench"); err != nil {
		return err
	}
	after, err := usageOf(cmd.Process.Pid)
	r.dropServer = after.since(before)
	return err
}
