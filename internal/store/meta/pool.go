package meta

import (
	"context"
	"database/sql"
	"sync"
)

// statementsKept bounds how many statements of a pool stay prepared. There are fewer,
// but for those that list a varying number of values.
const statementsKept = 300

// pool is a pool of connections that keeps its statements prepared where the driver
// does not: SQLite's parser takes longer than most of the statements. See
// BenchmarkEnsureIssue.
type pool struct {
	*sql.DB
	prepares bool

	mu       sync.Mutex
	prepared map[string]*sql.Stmt
	wanted   []string // by transactions
}

func newPool(db *sql.DB, prepares bool) *pool {
	return &pool{DB: db, prepares: prepares, prepared: make(map[string]*sql.Stmt)}
}

// statement is the query prepared, or nil if it is better sent as it is.
func (p *pool) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if !p.prepares {
		return nil, nil
	}
	p.mu.Lock()
	known, full := p.prepared[query], len(p.prepared) >= statementsKept
	p.mu.Unlock()
	if known != nil || full {
		return known, nil
	}
	fresh, err := p.DB.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.prepared[query]; known != nil {
		fresh.Close()
		return known, nil
	}
	p.prepared[query] = fresh
	return fresh, nil
}

// QueryContext runs a query that returns rows.
func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return p.DB.QueryContext(ctx, query, args...)
	}
	return s.QueryContext(ctx, args...)
}

// ExecContext runs a statement that returns none.
func (p *pool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return p.DB.ExecContext(ctx, query, args...)
	}
	return s.ExecContext(ctx, args...)
}

// begin starts a transaction. Statements that earlier ones wanted are prepared first: a
// transaction cannot have its pool prepare any while it holds the only connection.
func (p *pool) begin(ctx context.Context) (transaction, error) {
	p.mu.Lock()
	wanted := p.wanted
	p.wanted = nil
	p.mu.Unlock()
	for _, query := range wanted {
		if _, err := p.statement(ctx, query); err != nil {
			return transaction{}, err
		}
	}
	tx, err := p.DB.BeginTx(ctx, nil)
	return transaction{tx, p}, err
}

// transaction runs the statements of a pool within a transaction.
type transaction struct {
	*sql.Tx
	pool *pool
}

// statement is the query prepared for this transaction; nil the first time.
func (t transaction) statement(ctx context.Context, query string) *sql.Stmt {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	if s := t.pool.prepared[query]; s != nil {
		return t.Tx.StmtContext(ctx, s)
	}
	if t.pool.prepares && len(t.pool.prepared)+len(t.pool.wanted) < statementsKept {
		t.pool.wanted = append(t.pool.wanted, query)
	}
	return nil
}

// QueryContext runs a query that returns rows.
func (t transaction) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s := t.statement(ctx, query)
	if s == nil {
		return t.Tx.QueryContext(ctx, query, args...)
	}
	return s.QueryContext(ctx, args...)
}

// ExecContext runs a statement that returns none.
func (t transaction) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s := t.statement(ctx, query)
	if s == nil {
		return t.Tx.ExecContext(ctx, query, args...)
	}
	return s.ExecContext(ctx, args...)
}
