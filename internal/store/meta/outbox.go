package meta

import (
	"context"
	"fmt"

	"github.com/faultline-dev/faultline/internal/issue"
)

func insertOutbox(ctx context.Context, tx transaction, c issue.Change) error {
	text, err := jsonText(c)
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, "add to the outbox", `INSERT INTO issue_outbox (change) VALUES ($1)`, text)
	return err
}

// Outbox returns the oldest changes that OutboxDone has not been called for.
// Two callers may get the same ones; telling a change twice must do no harm.
func (s *Store) Outbox(ctx context.Context, limit int) ([]issue.OutboxRow, error) {
	return list(ctx, s.read, "outbox", func(r scanner) (v issue.OutboxRow, err error) {
		return v, r.Scan(&v.ID, intoJSON(&v.Change))
	}, `SELECT id, change FROM issue_outbox ORDER BY id LIMIT $1`, limit)
}

// OutboxDone forgets changes that have been told.
func (s *Store) OutboxDone(ctx context.Context, ids []int64) error {
	for len(ids) > 0 {
		n := min(len(ids), inList)
		args := make([]any, n)
		for i, id := range ids[:n] {
			args[i] = id
		}
		if _, err := exec(ctx, s.write, fmt.Sprintf("remove %d rows from the outbox", n),
			`DELETE FROM issue_outbox WHERE id IN (`+placeholders(1, n)+`)`, args...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}
