package clickhouse

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

// openStore gives a test a store with the schema in a database of its own.
func openStore(t testing.TB) *Store {
	t.Helper()
	s := openEmpty(t)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// openEmpty gives a test a store on an empty database.
func openEmpty(t testing.TB) *Store {
	t.Helper()
	db := enginetest.Start(t)
	cfg := DefaultConfig()
	cfg.Address, cfg.Secret, cfg.Database = db.Addr, db.Secret, db.Name
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// deadline bounds what a test may wait for.
func deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
