package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"go.uber.org/goleak"

	"github.com/faultline-dev/faultline/internal/embedded"
	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == parentCommand {
		os.Exit(runParent(os.Args[2]))
	}
	os.Exit(enginetest.Main(m))
}

// start runs an engine of the test's own.
func start(t *testing.T, dir string) *embedded.Engine {
	t.Helper()
	e, err := embedded.Start(t.Context(), enginetest.Config(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return e
}

// open connects with the DSN, as an operator's tool would.
func open(t *testing.T, e *embedded.Engine, database string) driver.Conn {
	t.Helper()
	options, err := clickhouse.ParseDSN(e.DSN(database))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func run(t *testing.T, conn driver.Conn, sql string) {
	t.Helper()
	if err := conn.Exec(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// insert writes rows k*1000 .. k*1000+999 under a token, so that it can be repeated.
func insert(conn driver.Conn, k uint64) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": fmt.Sprint(k)}))
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO f.t (n)")
	if err != nil {
		return err
	}
	for i := range uint64(1000) {
		if err := batch.Append(k*1000 + i); err != nil {
			return err
		}
	}
	return batch.Send()
}

func waitUntil(t *testing.T, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(30 * time.Second)
	for !done() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatal("waited 30 s in vain")
		}
	}
}

// TestKilledEngineComesBackWithEveryAcknowledgedRow kills the process three times under a
// writer. No acknowledged block may be missing, no block may be there in part or twice.
func TestKilledEngineComesBackWithEveryAcknowledgedRow(t *testing.T) {
	t.Parallel()
	e := start(t, t.TempDir())
	conn := open(t, e, "")
	run(t, conn, "CREATE DATABASE f ENGINE = Atomic")
	run(t, conn, "CREATE TABLE f.t (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 10000")

	var acknowledged atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for k := uint64(0); ; {
			select {
			case <-stop:
				return
			default:
			}
			if insert(conn, k) == nil {
				k++
				acknowledged.Store(k)
			}
		}
	}()
	for round := range 3 {
		before := acknowledged.Load()
		waitUntil(t, func() bool { return acknowledged.Load() > before+3 })
		pid := e.PID()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		waitUntil(t, func() bool { return e.Restarts() == round+1 && e.Healthy() })
		if e.PID() == pid {
			t.Fatal("the process id is still the old one")
		}
	}
	close(stop)
	<-stopped

	var rows, distinct, last uint64
	if err := conn.QueryRow(t.Context(), "SELECT count(), uniqExact(n), max(n) FROM f.t").Scan(&rows, &distinct, &last); err != nil {
		t.Fatal(err)
	}
	if want := acknowledged.Load() * 1000; rows != want || distinct != want || last != want-1 {
		t.Errorf("%d rows, %d distinct, last %d; %d were acknowledged", rows, distinct, last, want)
	}
}

// TestHangingEngineIsReplaced stops the process without ending it.
func TestHangingEngineIsReplaced(t *testing.T) {
	t.Parallel()
	cfg := enginetest.Config(t, t.TempDir())
	cfg.ProbeInterval, cfg.ProbeTimeout, cfg.ProbeFailures = 20*time.Millisecond, 500*time.Millisecond, 2
	e, err := embedded.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop(context.Background())
	if err := syscall.Kill(e.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, func() bool { return !e.Healthy() })
	waitUntil(t, func() bool { return e.Restarts() > 0 && e.Healthy() })
	if err := open(t, e, "").Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestFullHouseMakesStatementsWait takes the only slot; the next statement waits until its
// client gives up, and the supervisor does not take the engine for dead.
func TestFullHouseMakesStatementsWait(t *testing.T) {
	t.Parallel()
	cfg := enginetest.Config(t, t.TempDir())
	cfg.Statements, cfg.ProbeInterval, cfg.ProbeFailures = 1, 10*time.Millisecond, 1
	e, err := embedded.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop(context.Background())
	long, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	first, second := open(t, e, ""), open(t, e, "")
	for _, conn := range []driver.Conn{first, second} {
		if err := conn.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		ended <- first.Exec(long, "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number)) SETTINGS max_threads = 1")
	}()
	waitUntil(t, func() bool {
		short, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer stop()
		return errors.Is(second.Exec(short, "SELECT 1"), context.DeadlineExceeded)
	})
	if e.Restarts() != 0 || !e.Healthy() {
		t.Errorf("%d restarts, healthy %v", e.Restarts(), e.Healthy())
	}
	cancel()
	<-ended
	if err := second.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStoppedEngineLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	ignore := goleak.IgnoreCurrent()
	e, err := embedded.Start(t.Context(), enginetest.Config(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	pid := e.PID()
	for range 2 {
		if err := e.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if e.Healthy() || e.PID() != 0 {
		t.Error("a stopped engine calls itself healthy")
	}
	if err := syscall.Kill(pid, 0); err == nil {
		t.Error("the process is still there")
	}
	if conn, err := net.Dial("tcp", e.Address()); err == nil {
		conn.Close()
		t.Error("the address is still open")
	}
	goleak.VerifyNone(t, ignore)
	start(t, dir) // the folder is free again
}

func TestFolderInUseNamesItsHolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := start(t, dir)
	_, err := embedded.Start(t.Context(), enginetest.Config(t, dir))
	var held *embedded.HeldError
	if !errors.As(err, &held) || held.PID != os.Getpid() || held.Address != e.Address() {
		t.Fatalf("got %v, want process %d on %s", err, os.Getpid(), e.Address())
	}
	if text := err.Error(); !strings.Contains(text, fmt.Sprint(os.Getpid())) || !strings.Contains(text, e.Address()) {
		t.Errorf("the error does not say who holds the folder: %s", text)
	}
}

func TestStartGivesUpWithAReason(t *testing.T) {
	t.Parallel()
	f := func(want string, change func(*embedded.Config)) {
		t.Helper()
		cfg := enginetest.Config(t, t.TempDir())
		cfg.StartAttempts = 2
		change(&cfg)
		e, err := embedded.Start(t.Context(), cfg)
		if err == nil {
			e.Stop(t.Context())
			t.Fatal("it started")
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
		if release, err := embedded.LockData(cfg.Data, ""); err != nil {
			t.Errorf("the folder is still locked: %v", err)
		} else {
			release()
		}
	}
	f("exit status 3", func(c *embedded.Config) { c.Command = []string{"/bin/sh", "-c", "exit 3"} })
	f("not ready within 50ms", func(c *embedded.Config) {
		c.Command, c.StartTimeout = []string{"/bin/sh", "-c", "sleep 60"}, 50*time.Millisecond
	})
	f("no such file", func(c *embedded.Config) { c.Command = []string{"/nowhere/faultline"} })
	f("loopback", func(c *embedded.Config) { c.Listen = "0.0.0.0:0" })
	f("does not exist", func(c *embedded.Config) { c.Library = "/nowhere/libchdb.so" })
	f("too little", func(c *embedded.Config) { c.Memory = 1 << 20 })
}

func TestMissingLibrarySaysWhatToRun(t *testing.T) {
	if _, err := embedded.FindLibrary("/nowhere/libchdb.so"); !errors.Is(err, embedded.ErrLibraryMissing) || !strings.Contains(err.Error(), "/nowhere") {
		t.Errorf("a configured path: %v", err)
	}
	t.Setenv(embedded.LibraryVariable, "/elsewhere/libchdb.so")
	if _, err := embedded.FindLibrary(""); !errors.Is(err, embedded.ErrLibraryMissing) || !strings.Contains(err.Error(), "/elsewhere") {
		t.Errorf("a path from the environment: %v", err)
	}
	t.Setenv(embedded.LibraryVariable, "")
	t.Chdir(t.TempDir())
	_, err := embedded.FindLibrary("")
	if !errors.Is(err, embedded.ErrLibraryMissing) {
		t.Fatal(err)
	}
	for _, want := range []string{"npm ci --prefix deploy/embedded", "make engine", "looked for", embedded.LibraryVariable} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

// TestSecretIsInNoArgument looks at what every other user of the machine can see.
func TestSecretIsInNoArgument(t *testing.T) {
	e := enginetest.Start(t).Engine
	for _, name := range []string{"cmdline", "environ"} {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", e.PID(), name))
		if errors.Is(err, os.ErrNotExist) {
			t.Skip("no /proc on this system")
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), e.Secret()) {
			t.Errorf("the secret is in %s", name)
		}
	}
}

func TestEngineAnswersPing(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t).Engine
	res, err := http.Get("http://" + e.Address() + "/ping")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("got %d", res.StatusCode)
	}
}

func TestLockOutlivesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	release, err := embedded.LockData(dir, "127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	_, err = embedded.LockData(dir, "127.0.0.1:8081")
	var held *embedded.HeldError
	if !errors.As(err, &held) || held.Address != "127.0.0.1:8080" || time.Since(held.Since) > time.Hour {
		t.Fatalf("got %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	release, err = embedded.LockData(dir, "127.0.0.1:8081")
	if err != nil {
		t.Fatal(err)
	}
	release()
}
