package clickhouse

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// Config says where ClickHouse is and what a statement may cost.
type Config struct {
	// DSN is the address of a ClickHouse server for clickhouse-go, for example
	// clickhouse://user:password@host:9000. Empty means the embedded engine.
	DSN string
	// Address is the HOST:PORT of the embedded engine, which speaks HTTP.
	Address string
	// Secret is the password of the embedded engine.
	Secret string
	// Database holds the tables; Migrate makes it.
	Database string
	// Cluster is the name of the cluster in the server's configuration; empty means a
	// single node. With a cluster, tables are replicated and distributed.
	Cluster string
	// Connections is the number of connections that may be open at a time.
	Connections int
	// QueryTimeout is how long one question may take.
	QueryTimeout time.Duration
	// QueryMemory is what one question may hold in memory, in bytes.
	QueryMemory int64
	// InsertTimeout is how long one attempt to insert a block may take.
	InsertTimeout time.Duration
	// SyncInserts forces each inserted block to disk before its events are acknowledged, so
	// that they survive a loss of power; set NATS to sync too. Inserts take longer.
	SyncInserts bool
}

// DefaultConfig is right for the embedded engine on a machine that also runs the rest of
// Faultline.
func DefaultConfig() Config {
	return Config{
		Database:     "faultline",
		Connections:  16,
		QueryTimeout: 20 * time.Second, QueryMemory: 600 << 20,
		InsertTimeout: 60 * time.Second,
	}
}

// identifier is what a database or cluster may be called; both become part of statements.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// Validate reports the first thing wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.DSN == "" && c.Address == "":
		return errors.New("clickhouse: neither a DSN nor the address of the embedded engine is given")
	case c.DSN != "" && c.Address != "":
		return errors.New("clickhouse: a DSN and the address of the embedded engine are given; give one")
	case !identifier.MatchString(c.Database):
		return fmt.Errorf("clickhouse: database %q is no name of letters, digits and underscores", c.Database)
	case c.Database == "default" || c.Database == "system":
		return fmt.Errorf("clickhouse: database %q belongs to ClickHouse; choose another", c.Database)
	case c.Cluster != "" && !identifier.MatchString(c.Cluster):
		return fmt.Errorf("clickhouse: cluster %q is no name of letters, digits and underscores", c.Cluster)
	case c.Connections < 1:
		return fmt.Errorf("clickhouse: %d connections are too few, give at least 1", c.Connections)
	case c.QueryTimeout <= 0:
		return fmt.Errorf("clickhouse: query timeout %v is not positive", c.QueryTimeout)
	case c.QueryMemory < 1<<20:
		return fmt.Errorf("clickhouse: query memory of %d bytes is too little, give at least 1 MiB", c.QueryMemory)
	case c.InsertTimeout <= 0:
		return fmt.Errorf("clickhouse: insert timeout %v is not positive", c.InsertTimeout)
	}
	if c.DSN != "" {
		if _, err := driver.ParseDSN(c.DSN); err != nil {
			return errors.New("clickhouse: the DSN cannot be read; it looks like clickhouse://user:password@host:9000")
		}
	}
	return nil
}

// options are those of the driver, with the given database selected.
func (c Config) options(database string) (*driver.Options, error) {
	o := &driver.Options{
		Protocol: driver.HTTP,
		Addr:     []string{c.Address},
		Auth:     driver.Auth{Username: "faultline", Password: c.Secret},
	}
	if c.DSN != "" {
		parsed, err := driver.ParseDSN(c.DSN)
		if err != nil {
			return nil, errors.New("clickhouse: the DSN cannot be read")
		}
		o = parsed
	}
	o.Auth.Database = database
	o.MaxOpenConns = c.Connections
	o.MaxIdleConns = c.Connections
	o.DialTimeout = 10 * time.Second
	o.ReadTimeout = max(c.QueryTimeout, c.InsertTimeout) + 10*time.Second
	o.TransportFunc = oneTransport(c.Connections)
	return o, nil
}

// oneTransport makes all connections of a driver share one pool. By itself the driver gives each a pool of its own,
// and forgets the one of a connection that a server or a proxy answered and refused: it stayed open for an hour.
func oneTransport(connections int) func(*http.Transport) (http.RoundTripper, error) {
	var shared *http.Transport
	var once sync.Once
	return func(t *http.Transport) (http.RoundTripper, error) {
		once.Do(func() {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = connections, connections
			shared = t
		})
		return shared, nil
	}
}
