package meta

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is all that differs between the engines.
type dialect struct {
	name      string
	goose     goose.Dialect
	serial    string           // type of a self-numbering primary key
	forUpdate string           // ends a SELECT whose rows the transaction will change
	lost      func(error) bool // the transaction lost against another one and may be repeated
	unique    func(error) bool // a row with the same unique value exists
}

var sqliteDialect = dialect{
	name:   "SQLite",
	goose:  goose.DialectSQLite3,
	serial: "INTEGER PRIMARY KEY AUTOINCREMENT",
	// A write transaction holds the only write lock from its start.
	forUpdate: "",
	lost:      func(err error) bool { return sqliteCode(err)&0xff == sqlite3.SQLITE_BUSY },
	unique: func(err error) bool {
		code := sqliteCode(err)
		return code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	},
}

var postgresDialect = dialect{
	name:      "PostgreSQL",
	goose:     goose.DialectPostgres,
	serial:    "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
	forUpdate: " FOR UPDATE",
	lost:      func(err error) bool { code := postgresCode(err); return code == "40001" || code == "40P01" },
	unique:    func(err error) bool { return postgresCode(err) == "23505" },
}

func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

func postgresCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

func openSQLite(path string) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open meta store: %w", err)
	}
	open := func(txlock string) (*sql.DB, error) {
		dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: url.Values{
			"_txlock": {txlock},
			"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		}.Encode()}
		return sql.Open("sqlite", dsn.String())
	}
	write, err := open("immediate")
	if err != nil {
		return nil, fmt.Errorf("open meta store %s: %w", abs, err)
	}
	read, err := open("deferred")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open meta store %s: %w", abs, err), write.Close())
	}
	// Writers queue here, in order, instead of polling for the file's lock.
	write.SetMaxOpenConns(1)
	read.SetMaxOpenConns(max(4, runtime.GOMAXPROCS(0)))
	read.SetMaxIdleConns(max(4, runtime.GOMAXPROCS(0)))
	return &Store{read: newPool(read, true), write: newPool(write, true), dialect: sqliteDialect, makings: newMakings()}, nil
}

func openPostgres(dsn string) (*Store, error) {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, fmt.Errorf("open meta store: %w", err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	db.SetConnMaxIdleTime(5 * time.Minute)
	pool := newPool(db, false) // pgx keeps statements prepared
	return &Store{read: pool, write: pool, dialect: postgresDialect, makings: newMakings()}, nil
}
