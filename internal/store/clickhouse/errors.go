package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"syscall"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// passing are the codes of ClickHouse errors that go away by themselves.
var passing = map[int32]bool{
	75:  true, // CANNOT_WRITE_TO_FILE_DESCRIPTOR
	159: true, // TIMEOUT_EXCEEDED
	198: true, // DNS_ERROR
	202: true, // TOO_MANY_SIMULTANEOUS_QUERIES
	203: true, // NO_FREE_CONNECTION
	209: true, // SOCKET_TIMEOUT
	210: true, // NETWORK_ERROR
	225: true, // NO_ZOOKEEPER
	236: true, // ABORTED
	241: true, // MEMORY_LIMIT_EXCEEDED
	242: true, // TABLE_IS_READ_ONLY
	243: true, // NOT_ENOUGH_SPACE
	252: true, // TOO_MANY_PARTS
	279: true, // ALL_CONNECTION_TRIES_FAILED
	285: true, // TOO_FEW_LIVE_REPLICAS
	319: true, // UNKNOWN_STATUS_OF_INSERT
	394: true, // QUERY_WAS_CANCELLED
	425: true, // SYSTEM_ERROR
	439: true, // CANNOT_SCHEDULE_TASK
	999: true, // KEEPER_EXCEPTION
}

// Error is a failure of ClickHouse or on the way to it.
type Error struct {
	Tried string // what was being done
	Err   error
	retry bool
}

// Error tells what was tried and what came of it.
func (e *Error) Error() string { return e.Tried + ": " + e.Err.Error() }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Retryable reports whether the same may succeed later: ClickHouse was unreachable, busy
// or out of memory.
func (e *Error) Retryable() bool { return e.retry }

// explain wraps an error of the driver with what was tried; nil stays nil.
func explain(tried string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Tried: tried, Err: withoutURL(err), retry: passes(err)}
}

// withoutURL drops the URL from an error of the HTTP client, which holds the statement.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// passes tells an error that may go away from one that stays.
func passes(err error) bool {
	var refused *driver.Exception
	if errors.As(err, &refused) {
		return passing[refused.Code]
	}
	if errors.Is(err, context.Canceled) {
		return false
	}
	var network net.Error
	var httpErr *driver.HTTPError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		return true
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		return true
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return true
	case errors.Is(err, driver.ErrAcquireConnTimeout):
		return true
	case errors.As(err, &httpErr):
		return httpErr.StatusCode >= 500 || httpErr.StatusCode == 429
	}
	return false
}

// errRange is for requests whose fields contradict each other.
var errRange = errors.New("the end of the range is not after its start")

// wrap is for errors that are not ClickHouse's.
func wrap(tried string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", tried, err)
}
