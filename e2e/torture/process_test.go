//go:build e2e

package torture

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// process is a program that is started again when it ends unasked, as a service
// manager does.
type process struct {
	name    string
	command func() *exec.Cmd
	log     string // file of what it prints

	mu     sync.Mutex
	cmd    *exec.Cmd
	ended  chan struct{} // closed when cmd has ended
	wanted bool
	exits  int // ends that nobody asked for
}

// restartPause is the time before a process that ended unasked is started again, as a supervisor
// waits: longer than a port that it held takes to be free, shorter than clients give up.
const restartPause = 200 * time.Millisecond

// start runs the program until kill or stop.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted {
		return nil
	}
	p.wanted = true
	return p.spawn()
}

func (p *process) spawn() error {
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "---- start at %s\n", time.Now().Format(time.TimeOnly))
	cmd, ended := p.command(), make(chan struct{})
	cmd.Stdout, cmd.Stderr = out, out
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		out.Close()
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.cmd, p.ended = cmd, ended
	go func() {
		cmd.Wait()
		out.Close()
		close(ended)
		p.revive(cmd)
	}()
	return nil
}

// revive starts the program again if its end was not asked for.
func (p *process) revive(ended *exec.Cmd) {
	unasked := func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.wanted && p.cmd == ended
	}
	if !unasked() {
		return
	}
	time.Sleep(restartPause)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted && p.cmd == ended {
		p.exits++
		p.spawn()
	}
}

// kill ends the program with SIGKILL; stopped processes die of it too.
func (p *process) kill() { p.end(syscall.SIGKILL, time.Minute) }

// end stops the program with a signal, and kills it if it takes too long. It tells
// how long it took and whether it ended well.
func (p *process) end(signal syscall.Signal, limit time.Duration) (time.Duration, error) {
	p.mu.Lock()
	p.wanted = false
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()
	if cmd == nil {
		return 0, nil
	}
	began := time.Now()
	cmd.Process.Signal(signal)
	if signal == syscall.SIGKILL {
		syscall.Kill(-cmd.Process.Pid, signal) // PostgreSQL's children too
	}
	select {
	case <-ended:
	case <-time.After(limit):
		cmd.Process.Kill()
		<-ended
		return time.Since(began), fmt.Errorf("%s did not end within %v", p.name, limit)
	}
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if young := status.Signaled() && status.Signal() == signal; !young && !cmd.ProcessState.Success() {
		return time.Since(began), fmt.Errorf("%s ended with %v", p.name, cmd.ProcessState)
	}
	return time.Since(began), nil
}

// signal sends a signal to the program alone.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		p.cmd.Process.Signal(s)
	}
}

// pid is the program's, 0 before it was started.
func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// unasked counts ends that nobody asked for.
func (p *process) unasked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exits
}
