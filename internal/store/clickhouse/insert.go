package clickhouse

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/faultline-dev/faultline/internal/event"
)

// The pauses between attempts to insert a block: the first, doubled up to the last.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
)

// Insert stores events as one block and returns when they can be queried. The token names
// the block: the same events under the same token are stored once, however often they are
// inserted. Failures that may pass are retried until the context ends.
func (s *Store) Insert(ctx context.Context, token string, events []*event.Occurrence) error {
	b := s.Block()
	defer b.Free()
	for _, o := range events {
		b.Append(o)
	}
	return b.Insert(ctx, token)
}

// Insert does that with the events of the block, which it keeps.
func (b *Block) Insert(ctx context.Context, token string) error {
	if b.Len() == 0 {
		return nil
	}
	b.arrange(token)
	return b.store.send(ctx, "events", token, b.input)
}

// compareUUIDs is the order of UUIDs in ClickHouse: the second half decides first.
func compareUUIDs(a, b [16]byte) int {
	return cmp.Or(bytes.Compare(a[8:], b[8:]), bytes.Compare(a[:8], b[:8]))
}

// pieces are where columns are encoded.
var pieces = sync.Pool{New: func() any { return new(proto.Buffer) }}

// send inserts columns with retries.
func (s *Store) send(ctx context.Context, table, token string, input []proto.InputColumn) error {
	statement := insertStatement(table, input)
	attempt := func(ctx context.Context) error { return s.sendBatch(ctx, statement, input) }
	if s.http {
		piece := pieces.Get().(*proto.Buffer)
		defer pieces.Put(piece)
		attempt = func(ctx context.Context) error {
			r := newNativeReader(input, piece)
			defer r.stop()
			return s.conn.InsertFormat(ctx, "Native", statement, r)
		}
	}
	return s.retry(ctx, "insert into "+table, token, attempt)
}

// retry attempts an insert until it succeeds, fails for good, or the context ends.
func (s *Store) retry(ctx context.Context, tried, token string, attempt func(context.Context) error) error {
	pause := firstPause
	for {
		err := s.once(ctx, token, attempt)
		if err == nil {
			return nil
		}
		err = explain(tried, err)
		if !passes(err) || ctx.Err() != nil {
			return err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause/2+1))
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
		pause = min(2*pause, lastPause)
	}
}

// once is one attempt, with the settings that make its token count.
func (s *Store) once(ctx context.Context, token string, attempt func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.InsertTimeout)
	defer cancel()
	settings := driver.Settings{
		"insert_deduplicate":         1,
		"insert_deduplication_token": token,
		// A retry must feed those views that the lost attempt did not reach, and no other.
		"deduplicate_blocks_in_dependent_materialized_views": 1,
	}
	if s.cfg.Cluster != "" {
		settings["distributed_foreground_insert"] = 1
	}
	return attempt(driver.Context(ctx, driver.WithSettings(settings)))
}

// insertStatement names the table and all columns.
func insertStatement(table string, input []proto.InputColumn) string {
	names := make([]string, len(input))
	for i, c := range input {
		names[i] = "`" + c.Name + "`"
	}
	return fmt.Sprintf("INSERT INTO %s (%s)", table, strings.Join(names, ", "))
}

// sendBatch sends columns through the driver's batch, the way that native TCP knows.
func (s *Store) sendBatch(ctx context.Context, statement string, input []proto.InputColumn) (err error) {
	batch, err := s.conn.PrepareBatch(ctx, statement)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, batch.Close()) }()
	for i, c := range input {
		if err := appendColumn(batch.Column(i), c.Data); err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return batch.Send()
}
