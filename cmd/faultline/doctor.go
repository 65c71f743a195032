package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/faultline-dev/faultline/internal/embedded"
	"github.com/faultline-dev/faultline/internal/store/clickhouse"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/nats-io/nats.go"
)

// What doctor warns below.
const (
	minFreeBytes = 2 << 30
	minFiles     = 4096
)

type doctorCommand struct {
	connections
	HTTP  string `name:"http" help:"Address of the server to ask." default:"127.0.0.1:8080"`
	Quiet bool   `help:"Only ask whether the server is ready; print nothing if it is. For health checks."`
}

// finding is the result of one check.
type finding struct {
	what   string
	detail string // what was found
	fix    string // what to do; empty if all is well
	fatal  bool   // Faultline cannot work like this
}

// Run makes every check, prints a line for each, and fails if one is fatal.
func (c *doctorCommand) Run(ctx context.Context, o output, s *sections) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	server := c.server(ctx)
	if c.Quiet {
		if server.fatal || server.fix != "" {
			return fmt.Errorf("%s; %s", server.detail, server.fix)
		}
		return nil
	}
	checks := []finding{c.library(s), c.folder(), c.disk(), files()}
	checks = append(checks, c.clickhouse(ctx, s), c.nats(), c.metaStore(ctx), email(ctx, s), server)
	failed := false
	for _, f := range checks {
		print := "ok  "
		if f.fatal {
			print, failed = "FAIL", true
		} else if f.fix != "" {
			print = "warn"
		}
		fmt.Fprintf(o.out, "%s  %-15s %s\n", print, f.what, f.detail)
		if f.fix != "" {
			fmt.Fprintf(o.out, "      %-15s → %s\n", "", f.fix)
		}
	}
	if failed {
		return errSilent
	}
	return nil
}

func (c *doctorCommand) library(s *sections) finding {
	f := finding{what: "engine library"}
	if c.ClickHouseDSN != "" {
		f.detail = "not needed, a ClickHouse server is used"
		return f
	}
	path, err := embedded.FindLibrary(s.engine.Library)
	if err != nil {
		f.detail, f.fix, f.fatal = "not found", err.Error(), true
		return f
	}
	f.detail = path
	return f
}

func (c *doctorCommand) folder() finding {
	f := finding{what: "data folder", detail: c.Data}
	if !c.usesData() {
		f.detail = "not needed, all stores are servers"
		return f
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		f.detail, f.fix, f.fatal = err.Error(), "make the folder writable, or choose another with --data", true
		return f
	}
	release, err := embedded.LockData(c.Data, "")
	var held *embedded.HeldError
	if errors.As(err, &held) {
		f.detail = fmt.Sprintf("%s, in use by process %d on %s", c.Data, held.PID, held.Address)
		return f
	}
	if err != nil {
		f.detail, f.fix, f.fatal = err.Error(), "make the folder writable, or choose another with --data", true
		return f
	}
	release()
	f.detail += ", writable and not in use"
	return f
}

func (c *doctorCommand) disk() finding {
	f := finding{what: "disk space"}
	dir := c.Data
	for {
		var stat syscall.Statfs_t
		if err := syscall.Statfs(dir, &stat); err == nil {
			free := stat.Bavail * uint64(stat.Bsize)
			f.detail = fmt.Sprintf("%.1f GB free", float64(free)/1e9)
			if free < minFreeBytes {
				f.fix = "free some space, or shorten the retention of projects; ingest stops when the disk is full"
			}
			return f
		}
		if dir == filepath.Dir(dir) {
			f.detail = "not known"
			return f
		}
		dir = filepath.Dir(dir)
	}
}

func files() finding {
	f := finding{what: "open files"}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		f.detail = "not known"
		return f
	}
	f.detail = "limit " + strconv.FormatUint(limit.Cur, 10)
	if limit.Cur < minFiles {
		f.fix = fmt.Sprintf("raise it to at least %d (ulimit -n, or LimitNOFILE of the unit); every stream of an SDK takes one", minFiles)
	}
	return f
}

func (c *doctorCommand) clickhouse(ctx context.Context, s *sections) finding {
	f := finding{what: "ClickHouse", detail: "embedded, starts with the server"}
	if c.ClickHouseDSN == "" {
		return f
	}
	cfg := s.configs.clickhouse
	cfg.DSN = c.ClickHouseDSN
	store, err := clickhouse.Open(ctx, cfg)
	if err == nil {
		err = store.Ready(ctx)
		store.Close()
	}
	if err != nil {
		f.detail, f.fix, f.fatal = err.Error(), "check --clickhouse-dsn, that the server runs, and that the user may log in", true
		return f
	}
	f.detail = "answers"
	return f
}

func (c *doctorCommand) nats() finding {
	f := finding{what: "NATS", detail: "embedded, starts with the server"}
	if c.NATSURL == "" {
		return f
	}
	conn, err := nats.Connect(c.NATSURL, nats.Timeout(5*time.Second))
	if err != nil {
		f.detail, f.fix, f.fatal = err.Error(), "check --nats-url and that the server runs", true
		return f
	}
	defer conn.Close()
	js, err := conn.JetStream()
	if err == nil {
		_, err = js.AccountInfo()
	}
	if err != nil {
		f.detail, f.fix, f.fatal = err.Error(), "start the server with --jetstream, and let this account use it", true
		return f
	}
	f.detail = "answers, with JetStream"
	return f
}

func (c *doctorCommand) metaStore(ctx context.Context) finding {
	f := finding{what: "meta store", detail: "SQLite, " + c.metaDSN()}
	if c.MetaDSN == "" {
		return f
	}
	store, err := meta.Open(ctx, c.MetaDSN)
	if err == nil {
		err = store.Ping(ctx)
		store.Close()
	}
	if err != nil {
		f.detail, f.fix, f.fatal = err.Error(), "check --meta-dsn and that PostgreSQL lets this user in", true
		return f
	}
	f.detail = "PostgreSQL answers"
	return f
}

// email tells whether alerts can be sent, and whether the mail server answers.
func email(ctx context.Context, s *sections) finding {
	f := finding{what: "e-mail"}
	cfg := s.alerts.Email
	if !cfg.Enabled() {
		f.detail, f.fix = "no service is set, alerts are written down and not sent", "set --email-smtp-host or --email-resend-key, and --email-from"
		return f
	}
	if err := cfg.Validate(); err != nil {
		f.detail, f.fix, f.fatal = err.Error(), "see the section E-mail of docs/config.md", true
		return f
	}
	if cfg.SMTPHost == "" {
		f.detail = "Resend, " + cfg.ResendURL
		return f
	}
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", cfg.SMTPAddress())
	if err != nil {
		f.detail, f.fix = err.Error(), "check --email-smtp-host and --email-smtp-port, and that this machine may connect"
		return f
	}
	conn.Close()
	f.detail = "SMTP, " + cfg.SMTPAddress() + " answers"
	return f
}

// server asks a running server whether it is ready.
func (c *doctorCommand) server(ctx context.Context) finding {
	f := finding{what: "server"}
	host, port, err := net.SplitHostPort(c.HTTP)
	if err != nil {
		f.detail, f.fix = err.Error(), "give --http as HOST:PORT"
		return f
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	address := net.JoinHostPort(host, port)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		f.detail, f.fix = err.Error(), "give --http as HOST:PORT"
		return f
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		f.detail, f.fix = "nothing answers on "+address, "start it with `faultline serve`, or name its address with --http"
		return f
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if answer.StatusCode == http.StatusOK {
		f.detail = "ready on " + address
		return f
	}
	var state struct {
		Parts map[string]string `json:"parts"`
	}
	json.Unmarshal(body, &state)
	var bad []string
	for part, problem := range state.Parts {
		if problem != "ok" {
			bad = append(bad, part+": "+problem)
		}
	}
	f.detail, f.fatal = "not ready on "+address, true
	f.fix = strings.Join(bad, "; ")
	if f.fix == "" {
		f.fix = "look at its log"
	}
	return f
}
