package clickhouse

import (
	"context"
	"fmt"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// keptBlocks is how many blocks keep their room between inserts: one that is inserted, and
// one that fills up meanwhile.
const keptBlocks = 2

// Store reads and writes events. It may be used by many goroutines at a time.
type Store struct {
	cfg    Config
	conn   driver.Conn
	http   bool        // the connection speaks HTTP
	blocks chan *Block // kept for their room
	moved  movedProjects
}

// Open makes a store. It connects when it is first used, so ClickHouse may be away.
func Open(_ context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	options, err := cfg.options(cfg.Database)
	if err != nil {
		return nil, err
	}
	conn, err := driver.Open(options)
	if err != nil {
		return nil, fmt.Errorf("open clickhouse: %w", err)
	}
	return &Store{
		cfg: cfg, conn: conn,
		http:   options.Protocol == driver.HTTP,
		blocks: make(chan *Block, keptBlocks),
		moved:  newMovedProjects(),
	}, nil
}

// Close ends the connections.
func (s *Store) Close() error {
	if err := s.conn.Close(); err != nil {
		return fmt.Errorf("close clickhouse: %w", err)
	}
	return nil
}

// Block returns an empty block, to be freed when it has been inserted.
func (s *Store) Block() *Block {
	select {
	case b := <-s.blocks:
		return b
	default:
		return newBlock(s)
	}
}

// Free gives the block back. It must not be used afterwards.
func (b *Block) Free() {
	b.reset()
	select {
	case b.store.blocks <- b:
	default:
	}
}

// Ready returns nil if ClickHouse answers and has the schema.
func (s *Store) Ready(ctx context.Context) error {
	var version uint32
	row := s.conn.QueryRow(s.limited(ctx), "SELECT max(version) FROM schema_migrations")
	if err := row.Scan(&version); err != nil {
		return explain("ask clickhouse for its schema", err)
	}
	if want := latestMigration(); version < want {
		return fmt.Errorf("clickhouse has schema version %d, %d is needed; has Migrate run?", version, want)
	}
	return nil
}

// limited gives the statements under a context the limits of a question.
func (s *Store) limited(ctx context.Context) context.Context {
	settings := driver.Settings{
		"max_execution_time": int(s.cfg.QueryTimeout.Seconds() + 0.999),
		"max_memory_usage":   s.cfg.QueryMemory,
	}
	if s.cfg.Cluster != "" {
		settings["optimize_skip_unused_shards"] = 1
		settings["distributed_product_mode"] = "local"
	}
	return driver.Context(ctx, driver.WithSettings(settings))
}
