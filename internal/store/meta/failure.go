package meta

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"
)

// failure is an error of the engine, with what was tried.
type failure struct {
	what string
	err  error
}

// failed wraps an error of the engine; nil stays nil.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return &failure{what, err}
}

// Error tells what was tried.
func (f *failure) Error() string { return f.what + ": " + f.err.Error() }

// Unwrap returns the engine's error.
func (f *failure) Unwrap() error { return f.err }

// Retryable reports whether the same call may succeed later: the engine could
// not be reached, was busy, starting or stopping, or another transaction won.
func (f *failure) Retryable() bool {
	if code := postgresCode(f.err); code != "" {
		// Connection, rollback, resources, and stopping or starting.
		return slices.Contains([]string{"08", "40", "53", "57"}, code[:2])
	}
	if code := sqliteCode(f.err) & 0xff; code != 0 {
		return slices.Contains([]int{sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM}, code)
	}
	if _, ok := errors.AsType[net.Error](f.err); ok {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](f.err); ok {
		return true
	}
	return slices.ContainsFunc([]error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded}, func(target error) bool {
		return errors.Is(f.err, target)
	})
}
