package chdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Serve opens the engine and answers statements until the context ends or the parent
// closes the control pipe. It must be called once in a process, by a process that does
// nothing else.
func Serve(ctx context.Context, cfg ChildConfig) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	control := bufio.NewReader(cfg.Control)
	line, err := control.ReadString('\n')
	secret := strings.TrimSpace(line)
	if err != nil || secret == "" {
		return errors.New("engine: the control pipe gave no secret; this command is started by faultline serve, not by hand")
	}
	go func() {
		io.Copy(io.Discard, control)
		cancel()
	}()

	listener, err := listen(cfg.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	e, err := openEngine(cfg)
	if err != nil {
		return err
	}
	defer e.close()
	forgetCode(cfg.Library)
	go keepForgetting(ctx, cfg.Library)

	// A service manager may signal every process of the group at once. The engine must
	// outlast its parent's last flush, so it goes by the pipe alone.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	server := &http.Server{Handler: newHandler(e, secret, cfg.Limits), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if cfg.Ready != nil {
		fmt.Fprintf(cfg.Ready, "ready %s\n", listener.Addr())
	}
	select {
	case err := <-served:
		return fmt.Errorf("serve the engine: %w", err)
	case <-ctx.Done():
	}
	// Statements under way get a moment; what they have not acknowledged is not stored.
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	if err := server.Shutdown(stop); err != nil {
		server.Close()
	}
	return nil
}

// listen opens the address, and only addresses that other machines cannot reach.
func listen(address string) (net.Listener, error) {
	if number, ok := strings.CutPrefix(address, "fd:"); ok {
		fd, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", address, err)
		}
		file := os.NewFile(uintptr(fd), "listener")
		if file == nil {
			return nil, fmt.Errorf("listen on %s: no such descriptor", address)
		}
		defer file.Close()
		l, err := net.FileListener(file)
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", address, err)
		}
		return l, nil
	}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("listen on %s: remove the old socket: %w", address, err)
		}
		l, err := net.Listen("unix", path)
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", address, err)
		}
		return l, os.Chmod(path, 0o600)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen on %s: the embedded engine listens on loopback addresses only", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}
