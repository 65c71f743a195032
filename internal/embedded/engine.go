package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/faultline-dev/faultline/internal/embedded/chdb"
)

// stable is how long an engine must have run for its end to count as a first one.
const stable = time.Minute

// Engine is a ClickHouse engine in a child process that is restarted when it dies. Its
// address and secret stay the same across restarts; while it is down, connections wait.
type Engine struct {
	cfg      Config
	log      *slog.Logger
	command  []string
	listener *os.File // the socket that every run of the process inherits
	address  string
	secret   string
	unlock   func() error
	cancel   context.CancelFunc
	done     chan struct{}

	mu       sync.Mutex
	current  *process // nil while down
	restarts int
}

// Start starts the engine and returns once it takes statements. The context bounds the
// start only; Stop ends the engine.
func Start(ctx context.Context, cfg Config) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	library, err := FindLibrary(cfg.Library)
	if err != nil {
		return nil, err
	}
	e := &Engine{cfg: cfg, log: cfg.Logger, secret: rand.Text(), done: make(chan struct{})}
	if e.log == nil {
		e.log = slog.Default()
	}
	dir, err := filepath.Abs(cfg.Data)
	if err != nil {
		return nil, fmt.Errorf("locate the engine's data folder: %w", err)
	}
	if err := e.listen(); err != nil {
		return nil, err
	}
	if e.unlock, err = LockData(dir, e.address); err != nil {
		e.listener.Close()
		return nil, err
	}
	if e.command, err = e.buildCommand(library, dir); err != nil {
		e.release()
		return nil, err
	}
	first, err := e.firstStart(ctx)
	if err != nil {
		e.release()
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e.cancel, e.current = cancel, first
	go e.supervise(running, first)
	return e, nil
}

// listen opens the socket. The parent keeps it, so that the port stays ours and clients
// wait instead of failing while the process restarts.
func (e *Engine) listen() error {
	l, err := net.Listen("tcp", e.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen for the engine: %w", err)
	}
	defer l.Close()
	tcp := l.(*net.TCPListener)
	if !tcp.Addr().(*net.TCPAddr).IP.IsLoopback() {
		return fmt.Errorf("listen for the engine on %s: only loopback addresses are allowed", e.cfg.Listen)
	}
	if e.listener, err = tcp.File(); err != nil {
		return fmt.Errorf("listen for the engine: %w", err)
	}
	e.address = tcp.Addr().String()
	return nil
}

// buildCommand makes the command line of the engine process.
func (e *Engine) buildCommand(library, dir string) ([]string, error) {
	command := e.cfg.Command
	if len(command) == 0 {
		exe, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find this executable: %w", err)
		}
		command = []string{exe, "clickhouse"}
	}
	child := chdb.ChildConfig{Library: library, Data: dir, Listen: "fd:3", Limits: e.cfg.limits()}
	return append(append([]string(nil), command...), child.Flags()...), nil
}

// firstStart tries a few times: an engine whose parent was killed may hold the folder for
// another moment.
func (e *Engine) firstStart(ctx context.Context) (*process, error) {
	var err error
	for attempt := range e.cfg.StartAttempts {
		if err = wait(ctx, e.backoff(attempt)); err != nil {
			break
		}
		var p *process
		if p, err = e.launch(ctx); err == nil {
			return p, nil
		}
		if ctx.Err() != nil {
			break
		}
		e.log.Warn("the ClickHouse engine did not start", "attempt", attempt+1, "error", err)
	}
	return nil, fmt.Errorf("start the ClickHouse engine on %s: %w", e.cfg.Data, err)
}

// launch starts one process and waits until it is ready.
func (e *Engine) launch(ctx context.Context) (*process, error) {
	p, err := spawn(e.command, e.listener, e.secret, e.log)
	if err != nil {
		return nil, err
	}
	if err := p.awaitReady(ctx, e.cfg.StartTimeout); err != nil {
		return nil, err
	}
	return p, nil
}

// supervise keeps a process running until the context ends.
func (e *Engine) supervise(ctx context.Context, p *process) {
	defer close(e.done)
	defer e.set(nil)
	failures := 0
	for ctx.Err() == nil {
		if p != nil {
			since := time.Now()
			e.set(p)
			err := e.watch(ctx, p)
			e.set(nil)
			if ctx.Err() != nil {
				return
			}
			if time.Since(since) >= stable {
				failures = 0
			}
			e.log.Error("the ClickHouse engine died and is being restarted", "error", err)
		}
		if wait(ctx, e.backoff(failures)) != nil {
			return
		}
		failures++
		var err error
		if p, err = e.launch(ctx); err != nil {
			e.log.Error("the ClickHouse engine did not restart", "error", err)
			continue
		}
		e.mu.Lock()
		e.restarts++
		e.mu.Unlock()
	}
	if p != nil {
		p.stop(e.cfg.StopTimeout)
	}
}

// watch waits for the end of a process and tells why it came. When the context ends, it
// stops the process.
func (e *Engine) watch(ctx context.Context, p *process) error {
	var probing sync.WaitGroup
	defer probing.Wait()
	probing.Go(func() { e.probe(p) })
	select {
	case <-ctx.Done():
		p.stop(e.cfg.StopTimeout)
	case <-p.life.Done():
	}
	return context.Cause(p.life)
}

// backoff is the pause before attempt n, counted from 0.
func (e *Engine) backoff(n int) time.Duration {
	if n == 0 {
		return 0
	}
	pause := e.cfg.RestartBackoff << min(n-1, 16)
	return min(pause, e.cfg.MaxRestartBackoff)
}

// wait pauses, unless the context ends first.
func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Engine) set(p *process) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current = p
}

// Address is the loopback HOST:PORT on which the engine speaks the ClickHouse HTTP
// interface.
func (e *Engine) Address() string { return e.address }

// Secret is the password of this start of the engine; the user name does not matter.
func (e *Engine) Secret() string { return e.secret }

// DSN is what clickhouse-go's ParseDSN takes to connect to the database. It holds the
// secret and must not be logged.
func (e *Engine) DSN(database string) string {
	u := url.URL{Scheme: "http", User: url.UserPassword("faultline", e.secret), Host: e.address, Path: "/" + database}
	return u.String()
}

// Healthy tells whether the engine process runs and answered when last asked.
func (e *Engine) Healthy() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.current != nil && !e.current.silent.Load()
}

// PID is the process that runs the engine now, 0 while it is down.
func (e *Engine) PID() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil {
		return 0
	}
	return e.current.cmd.Process.Pid
}

// Restarts counts how often a dead engine was brought back.
func (e *Engine) Restarts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.restarts
}

// Stop ends the engine: it is asked to finish, and killed after the stop timeout or when
// the context ends. The connections to it should be closed before. Further calls do nothing.
func (e *Engine) Stop(ctx context.Context) error {
	e.cancel()
	select {
	case <-e.done:
	case <-ctx.Done():
		e.mu.Lock()
		p := e.current
		e.mu.Unlock()
		if p != nil {
			p.kill()
		}
		<-e.done
	}
	return e.release()
}

// release gives back the socket and the folder.
func (e *Engine) release() error {
	e.listener.Close()
	if e.unlock == nil {
		return nil
	}
	if err := e.unlock(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("unlock the engine's data folder: %w", err)
	}
	return nil
}
