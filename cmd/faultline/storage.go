package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/embedded"
	"github.com/faultline-dev/faultline/internal/store/clickhouse"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

// connections say where the three stores are. An empty address means the
// embedded one, under the data folder.
type connections struct {
	Data          string `help:"Folder of everything that is kept: events, queues, settings." default:"data" type:"path"`
	ClickHouseDSN string `name:"clickhouse-dsn" help:"ClickHouse server, clickhouse://USER:PASSWORD@HOST:9000. Empty: the embedded engine." placeholder:"DSN"`
	NATSURL       string `name:"nats-url" help:"NATS server or cluster with JetStream, nats://HOST:4222. Empty: the embedded server." placeholder:"URL"`
	MetaDSN       string `name:"meta-dsn" help:"PostgreSQL, postgres://USER:PASSWORD@HOST/DATABASE. Empty: SQLite." placeholder:"DSN"`
}

// usesData reports whether a store is kept under the data folder.
func (c connections) usesData() bool {
	return c.ClickHouseDSN == "" || c.NATSURL == "" || c.MetaDSN == ""
}

// metaDSN is the address of the meta store.
func (c connections) metaDSN() string {
	if c.MetaDSN != "" {
		return c.MetaDSN
	}
	return filepath.Join(c.Data, "meta.db")
}

// storage is what is open, in the order in which it was opened.
type storage struct {
	engine     *embedded.Engine // nil with a ClickHouse server
	nats       *embedded.NATS   // nil with a NATS server
	conn       *nats.Conn
	clickhouse *clickhouse.Store
	meta       *meta.Store
	bus        *bus.Bus
}

// openStorage starts what is embedded, connects to what is not, and brings the
// schemas up to date. Parts start side by side.
func openStorage(ctx context.Context, c connections, cfg *configs, log *slog.Logger) (_ *storage, err error) {
	s := &storage{}
	defer func() {
		if err != nil {
			s.close(context.WithoutCancel(ctx), log)
		}
	}()
	g, parts := errgroup.WithContext(ctx)
	g.Go(func() error { return s.openClickHouse(parts, c, cfg, log) })
	g.Go(func() error { return s.openBus(parts, c, cfg, log) })
	g.Go(func() error {
		store, err := meta.Open(parts, c.metaDSN())
		if err != nil {
			return err
		}
		s.meta = store
		return store.Migrate(parts)
	})
	return s, g.Wait()
}

func (s *storage) openClickHouse(ctx context.Context, c connections, cfg *configs, log *slog.Logger) error {
	settings := cfg.clickhouse
	if c.ClickHouseDSN != "" {
		settings.DSN = c.ClickHouseDSN
	} else {
		engine := cfg.engine
		engine.Data = filepath.Join(c.Data, "clickhouse")
		engine.Logger = log.With("part", "engine")
		started, err := embedded.Start(ctx, engine)
		if err != nil {
			return err
		}
		s.engine = started
		settings.Address, settings.Secret = started.Address(), started.Secret()
	}
	store, err := clickhouse.Open(ctx, settings)
	if err != nil {
		return err
	}
	s.clickhouse = store
	return store.Migrate(ctx)
}

func (s *storage) openBus(ctx context.Context, c connections, cfg *configs, log *slog.Logger) (err error) {
	options := []nats.Option{nats.Name("faultline"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(false), nats.ReconnectWait(250 * time.Millisecond)}
	if c.NATSURL != "" {
		if s.conn, err = nats.Connect(c.NATSURL, options...); err != nil {
			return fmt.Errorf("connect to NATS: %w", err)
		}
	} else {
		server := cfg.nats
		server.Data = filepath.Join(c.Data, "nats")
		server.Logger = log.With("part", "nats")
		if s.nats, err = embedded.StartNATS(server); err != nil {
			return err
		}
		if s.conn, err = s.nats.Connect(options...); err != nil {
			return err
		}
	}
	settings := cfg.bus
	settings.Logger = log
	s.bus, err = bus.Open(ctx, s.conn, settings)
	return err
}

// close ends everything, the last opened first.
func (s *storage) close(ctx context.Context, log *slog.Logger) {
	var errs []error
	if s.bus != nil {
		errs = append(errs, s.bus.Close())
	}
	if s.conn != nil {
		s.conn.Close()
	}
	if s.clickhouse != nil {
		errs = append(errs, s.clickhouse.Close())
	}
	if s.meta != nil {
		errs = append(errs, s.meta.Close())
	}
	if s.nats != nil {
		errs = append(errs, s.nats.Stop())
	}
	if s.engine != nil {
		errs = append(errs, s.engine.Stop(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		log.Warn("not everything closed cleanly", "error", err)
	}
}
