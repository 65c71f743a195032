// Package pgtest gives tests a real PostgreSQL server of their own, on a unix
// socket in a temporary folder. It is for tests only.
package pgtest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
)

// Server is a running PostgreSQL server that ends with the test that started it.
type Server struct {
	socket string
	admin  *sql.DB
	count  atomic.Int64
}

// Start makes a cluster and runs a server on it until the test and its subtests
// are done. Without the server's programs the test fails and says which package
// has them. The server does not wait for the disk: it is fast, and worthless
// after a crash.
func Start(t testing.TB) *Server {
	t.Helper()
	bin := programs(t)
	// Not t.TempDir: the path of a unix socket may have no more than 107 bytes.
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	credential := unprivileged(t, dir)

	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", data, "--username", "faultline",
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	initdb.Dir = dir
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}

	log := new(bytes.Buffer)
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
		"-c", "max_connections=200", "-c", "shared_buffers=32MB")
	server.Dir = dir
	server.Stdout, server.Stderr = log, log
	server.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Setpgid: true}
	if err := server.Start(); err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- server.Wait() }()

	s := &Server{socket: dir}
	s.admin, err = sql.Open("pgx", s.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.admin.Close()
		_ = server.Process.Signal(syscall.SIGINT) // fast shutdown
		select {
		case <-exited:
		case <-time.After(20 * time.Second):
			_ = server.Process.Signal(syscall.SIGQUIT)
			<-exited
			t.Error("PostgreSQL did not stop in 20 s")
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		err := s.admin.PingContext(ctx)
		if err == nil {
			tick.Stop()
			return s
		}
		select {
		case <-tick.C:
		case end := <-exited:
			exited <- end
			t.Fatalf("PostgreSQL ended at its start: %v\n%s", end, log)
		case <-ctx.Done():
			t.Fatalf("PostgreSQL does not answer: %v", err)
		}
	}
}

// Database makes an empty database and returns its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", s.count.Add(1))
	if _, err := s.admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("make database: %v", err)
	}
	return s.url(name)
}

func (s *Server) url(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("faultline"), Path: "/" + database,
		RawQuery: url.Values{"host": {s.socket}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}

// programs finds the folder of initdb and postgres: on the path, or where Debian
// puts them.
func programs(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Fatal("no PostgreSQL server: this test needs Debian's package postgresql (apt-get install postgresql)")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest)
}

// unprivileged hands a folder to the user postgres and returns who that is if
// the test runs as root, as whom PostgreSQL refuses to run.
func unprivileged(t testing.TB, dir string) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("PostgreSQL does not run as root, and there is no user postgres, which Debian's package postgresql makes: %v", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
