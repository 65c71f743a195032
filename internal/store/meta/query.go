package meta

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/faultline-dev/faultline/internal/project"
)

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// scanner is one row.
type scanner interface {
	Scan(dest ...any) error
}

// list returns all rows.
func list[T any](ctx context.Context, q querier, what string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, failed("read "+what, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, failed("read "+what, err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		return nil, failed("read "+what, err)
	}
	return all, nil
}

// one returns the only row, or project.ErrNotFound.
func one[T any](ctx context.Context, q querier, what string, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	var none T
	all, err := list(ctx, q, what, scan, query, args...)
	if err != nil {
		return none, err
	}
	if len(all) == 0 {
		return none, fmt.Errorf("%s: %w", what, project.ErrNotFound)
	}
	return all[0], nil
}

// change runs a statement that must change a row: project.ErrNotFound if it
// changed none.
func change(ctx context.Context, q querier, what, query string, args ...any) error {
	n, err := exec(ctx, q, what, query, args...)
	if err == nil && n == 0 {
		return fmt.Errorf("%s: %w", what, project.ErrNotFound)
	}
	return err
}

// exec runs a statement and returns how many rows it changed.
func exec(ctx context.Context, q querier, what, query string, args ...any) (int64, error) {
	res, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, failed(what, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, failed(what, err)
	}
	return n, nil
}

func scanText(r scanner) (s string, err error) { return s, r.Scan(&s) }
