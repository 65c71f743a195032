// Package meta is the relational store: the truth for organizations, members,
// projects, keys, tokens, the workflow of issues, alert rules and the delivery
// log. It runs on SQLite inside the process or on PostgreSQL, with one SQL text
// and one test suite for both.
//
// It keeps no event, caches nothing and decides nothing: what an issue becomes
// is a function that the caller passes in. A change of an issue commits together
// with a row of the outbox, from which mirrors and messages are made, so they
// can lag but never diverge.
package meta

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Store is an open relational store. It is safe for concurrent use.
type Store struct {
	read    *pool
	write   *pool // the same as read on PostgreSQL; one connection on SQLite, which has one writer
	dialect dialect
	makings makings
}

// Open connects to a store: a PostgreSQL URL (postgres://...) or the path of a
// SQLite file, which is made if it is missing. It does not migrate.
func Open(ctx context.Context, dsn string) (*Store, error) {
	var s *Store
	var err error
	switch {
	case dsn == "":
		return nil, errors.New("open meta store: neither a PostgreSQL URL nor the path of a SQLite file was given")
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		s, err = openPostgres(dsn)
	case strings.Contains(dsn, "://"):
		scheme, _, _ := strings.Cut(dsn, "://")
		return nil, fmt.Errorf("open meta store: %q is not supported, use postgres:// or the path of a SQLite file", scheme+"://")
	default:
		s, err = openSQLite(dsn)
	}
	if err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Ping reports whether the store answers.
func (s *Store) Ping(ctx context.Context) error {
	for _, db := range s.pools() {
		var one int
		if err := db.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
			return failed("reach the meta store ("+s.dialect.name+")", err)
		}
	}
	return nil
}

// Close ends all connections.
func (s *Store) Close() error {
	var errs []error
	for _, db := range s.pools() {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}

func (s *Store) pools() []*pool {
	if s.read == s.write {
		return []*pool{s.write}
	}
	return []*pool{s.write, s.read} // the writer first: it makes the file
}

// maxAttempts bounds how often a transaction is repeated after losing against
// another one.
const maxAttempts = 8

// tx runs f in one transaction, and again if it lost against another one; f must
// not keep anything from an earlier run.
func (s *Store) tx(ctx context.Context, f func(transaction) error) error {
	for attempt := 1; ; attempt++ {
		err := s.tryTx(ctx, f)
		if err == nil || attempt == maxAttempts || !s.dialect.lost(err) {
			return err
		}
		pause := time.Duration(rand.IntN(1<<attempt)+1) * 2 * time.Millisecond
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Store) tryTx(ctx context.Context, f func(transaction) error) error {
	tx, err := s.write.begin(ctx)
	if err != nil {
		return failed("begin transaction", err)
	}
	defer tx.Rollback() // does nothing after a commit
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return failed("commit", err)
	}
	return nil
}
