// Package enginetest gives tests a real ClickHouse engine: one process for a whole test
// binary, and a database of its own for each test. It is for tests only.
package enginetest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/faultline-dev/faultline/internal/embedded"
	"github.com/faultline-dev/faultline/internal/embedded/chdb"
)

// subcommand is the first argument that turns the test binary into the engine process.
const subcommand = "faultline-engine-child"

// ephemeral is the same for an engine whose folder is of no use without the test binary,
// even when that was killed.
const ephemeral = subcommand + "-ephemeral"

// DB is a fresh database on the engine of this test binary.
type DB struct {
	// Engine is the process; tests of other packages leave it running.
	Engine *embedded.Engine
	// Addr is the engine's HOST:PORT, for clickhouse-go with the HTTP protocol.
	Addr string
	// Secret is the password; the user name does not matter.
	Secret string
	// Name is the database, made for this test and dropped after it.
	Name string
	// Conn is connected to that database.
	Conn driver.Conn
}

var (
	serial atomic.Int64
	shared struct {
		once   sync.Once
		engine *embedded.Engine
		dir    string
		err    error
	}
)

// Main runs the tests of a package that uses Start. Call it from TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }
func Main(m *testing.M) int {
	if IsChild() {
		return RunChild()
	}
	code := m.Run()
	if shared.engine != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := shared.engine.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "stop the test engine:", err)
			code = max(code, 1)
		}
		os.RemoveAll(shared.dir)
	}
	return code
}

// IsChild tells whether this process was started to be the engine.
func IsChild() bool {
	return len(os.Args) > 1 && (os.Args[1] == subcommand || os.Args[1] == ephemeral)
}

// RunChild is the engine process; it returns the exit code.
func RunChild() int {
	cfg, err := chdb.ParseFlags(os.Args[2:])
	if err == nil {
		cfg.Control, cfg.Ready = os.Stdin, os.Stdout
		err = chdb.Serve(context.Background(), cfg)
		if os.Args[1] == ephemeral {
			os.RemoveAll(cfg.Data)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Config is the configuration for an engine of a test's own, in the given folder. The
// package must use Main.
func Config(t testing.TB, dir string) embedded.Config {
	cfg, err := config(dir)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func config(dir string) (embedded.Config, error) {
	exe, err := os.Executable()
	if err != nil {
		return embedded.Config{}, fmt.Errorf("find the test binary: %w", err)
	}
	cfg := embedded.DefaultConfig()
	cfg.Data = dir
	cfg.Command = []string{exe, subcommand}
	cfg.Logger = slog.New(slog.NewTextHandler(logTarget(), nil))
	return cfg, nil
}

// logTarget is where the engine's lines go: nowhere, unless somebody looks.
func logTarget() io.Writer {
	if testing.Verbose() {
		return os.Stderr
	}
	return io.Discard
}

// Start returns a fresh database on the engine of this test binary, which it starts the
// first time.
func Start(t testing.TB) *DB {
	t.Helper()
	shared.once.Do(startShared)
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	e := shared.engine
	db := &DB{Engine: e, Addr: e.Address(), Secret: e.Secret(), Name: fmt.Sprintf("test_%d", serial.Add(1))}
	admin := open(t, db, "")
	exec(t, admin, "CREATE DATABASE "+db.Name+" ENGINE = Atomic")
	db.Conn = open(t, db, db.Name)
	t.Cleanup(func() {
		db.Conn.Close()
		exec(t, admin, "DROP DATABASE IF EXISTS "+db.Name+" SYNC")
		admin.Close()
	})
	return db
}

// startShared starts the engine in a temporary folder.
func startShared() {
	shared.dir, shared.err = os.MkdirTemp("", "faultline-engine-")
	if shared.err != nil {
		return
	}
	var cfg embedded.Config
	if cfg, shared.err = config(shared.dir); shared.err != nil {
		return
	}
	cfg.Command[1] = ephemeral
	shared.engine, shared.err = embedded.Start(context.Background(), cfg)
}

func open(t testing.TB, db *DB, database string) driver.Conn {
	t.Helper()
	conn, err := clickhouse.Open(&clickhouse.Options{
		Protocol: clickhouse.HTTP,
		Addr:     []string{db.Addr},
		Auth:     clickhouse.Auth{Database: database, Username: "faultline", Password: db.Secret},
	})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func exec(t testing.TB, conn driver.Conn, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := conn.Exec(ctx, sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}
