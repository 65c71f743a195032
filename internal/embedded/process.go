package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// process is one run of the engine.
type process struct {
	cmd     *exec.Cmd
	control io.WriteCloser  // closing it asks the process to exit
	ready   chan struct{}   // closed once it takes statements
	life    context.Context // ends, with the reason as its cause, once it is gone and its output is read
	silent  atomic.Bool     // it did not answer when last asked
}

// spawn starts the engine process in a group of its own, so that a signal meant for the
// terminal's group does not reach it before the parent has finished with it.
func spawn(command []string, listener *os.File, secret string, log *slog.Logger) (*process, error) {
	p := &process{ready: make(chan struct{})}
	p.cmd = exec.Command(command[0], command[1:]...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.ExtraFiles = []*os.File{listener}
	p.cmd.Env = childEnvironment(os.Environ())

	var err error
	if p.control, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("make the engine's control pipe: %w", err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("make the engine's output pipe: %w", err)
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("make the engine's error pipe: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the engine process: %w", err)
	}
	if _, err := io.WriteString(p.control, secret+"\n"); err != nil {
		log.Debug("the engine process did not take its secret", "error", err)
	}
	life, end := context.WithCancelCause(context.Background())
	p.life = life
	go func() {
		var readers sync.WaitGroup
		readers.Go(func() { p.follow(stdout, log, sync.OnceFunc(func() { close(p.ready) })) })
		readers.Go(func() { p.follow(stderr, log, nil) })
		readers.Wait()
		end(exitError(p.cmd.Wait()))
	}()
	return p, nil
}

// follow reads the lines the process prints. They go to the log, but for the one that says
// it is ready, which only standard output can say.
func (p *process) follow(r io.Reader, log *slog.Logger, ready func()) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		chunk, _, err := lines.ReadLine()
		line := strings.TrimSpace(string(chunk))
		switch {
		case ready != nil && strings.HasPrefix(line, "ready "):
			ready()
		case line != "":
			log.Warn("clickhouse engine: "+line, "pid", p.cmd.Process.Pid)
		}
		if err != nil {
			return
		}
	}
}

// awaitReady waits until the process takes statements. If that does not happen in time,
// the process is killed.
func (p *process) awaitReady(ctx context.Context, timeout time.Duration) error {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-p.ready:
		return nil
	case <-p.life.Done():
		return fmt.Errorf("the engine process ended while starting: %w", context.Cause(p.life))
	case <-timer.C:
		p.kill()
		return fmt.Errorf("the engine process was not ready within %v", timeout)
	case <-ctx.Done():
		p.kill()
		return ctx.Err()
	}
}

// stop asks the process to exit and kills it if it does not in time.
func (p *process) stop(timeout time.Duration) {
	p.control.Close()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-p.life.Done():
	case <-timer.C:
		p.kill()
	}
}

// kill ends the process group at once and waits for it.
func (p *process) kill() {
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	p.control.Close()
	<-p.life.Done()
}

// exitError gives an exit without error a text.
func exitError(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// passedOn are the variables of the environment that the engine process gets. The rest
// may hold secrets it has no use for.
var passedOn = []string{"PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "GOTRACEBACK", "GOCOVERDIR"}

// childEnvironment picks the engine's environment from ours.
func childEnvironment(ours []string) []string {
	env := []string{"TZ=UTC"}
	for _, entry := range ours {
		name, _, _ := strings.Cut(entry, "=")
		for _, wanted := range passedOn {
			if name == wanted {
				env = append(env, entry)
			}
		}
	}
	return env
}
