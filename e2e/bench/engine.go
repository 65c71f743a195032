package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/faultline-dev/faultline/internal/embedded"
	store "github.com/faultline-dev/faultline/internal/store/clickhouse"
)

// measureEngine opens the server's tables after it has stopped: what they take on
// disk after merges, and what the engine takes for the same rows by INSERT … SELECT.
func measureEngine(ctx context.Context, o options, r *report) error {
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return err
	}
	cfg := embedded.DefaultConfig()
	cfg.Data, cfg.Command = filepath.Join(o.data, "server", "clickhouse"), []string{binary, "clickhouse"}
	e, err := embedded.Start(ctx, cfg)
	if err != nil {
		return err
	}
	defer e.Stop(context.WithoutCancel(ctx))
	source := store.DefaultConfig().Database
	db, err := clickhouse.Open(&clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{e.Address()}, ReadTimeout: 10 * time.Minute,
		Auth: clickhouse.Auth{Database: source, Username: "bench", Password: e.Secret()},
	})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.QueryRow(ctx, "SELECT count(), uniqExact(event_id) FROM events").Scan(&r.rows, &r.ids); err != nil {
		return err
	}
	const size = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()"
	var all, events uint64
	if err := db.QueryRow(ctx, size).Scan(&r.bytesBefore); err != nil {
		return err
	}
	for _, table := range []string{"events", "issue_totals", "issue_hours", "outcomes"} {
		if err := db.Exec(ctx, "OPTIMIZE TABLE "+table+" FINAL"); err != nil {
			return fmt.Errorf("merge %s: %w", table, err)
		}
	}
	if err := db.QueryRow(ctx, size).Scan(&all); err != nil {
		return err
	}
	if err := db.QueryRow(ctx, size+" AND table = 'events'").Scan(&events); err != nil {
		return err
	}
	r.bytesAll, r.bytesEvents = all, events
	return insertSelect(ctx, o, r, e, db, source)
}

// insertSelect copies rows into a second database with the same schema.
func insertSelect(ctx context.Context, o options, r *report, e *embedded.Engine, db clickhouse.Conn, source string) error {
	cfg := store.DefaultConfig()
	cfg.Address, cfg.Secret, cfg.Database = e.Address(), e.Secret(), "ceiling"
	s, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	before, err := usageOf(e.PID())
	if err != nil {
		return err
	}
	rows := min(uint64(o.ceiling), r.rows)
	began := time.Now()
	const block = 25_000
	for from := uint64(0); from < rows; from += block {
		query := fmt.Sprintf("INSERT INTO ceiling.events SELECT * FROM %s.events LIMIT %d OFFSET %d SETTINGS insert_deduplication_token = 'copy-%d', max_threads = 1, max_insert_threads = 1",
			source, min(block, rows-from), from, from)
		if err := db.Exec(ctx, query); err != nil {
			return fmt.Errorf("copy rows: %w", err)
		}
	}
	r.copyTook = time.Since(began)
	after, err := usageOf(e.PID())
	if err != nil {
		return err
	}
	r.copied, r.copyEngine = int(rows), after.since(before)
	return nil
}
