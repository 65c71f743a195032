package clickhouse

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/faultline-dev/faultline/internal/event"
)

func TestATokenCountsOnce(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	block := typicalEvents(300, 7)
	check := func(want uint64) {
		t.Helper()
		var events, totals, hours, outcomes uint64
		row := s.conn.QueryRow(t.Context(), "SELECT (SELECT count() FROM events), (SELECT sum(events) FROM issue_totals), (SELECT sum(events) FROM issue_hours), (SELECT sum(events) FROM outcomes WHERE kind = 1 AND key_id = 'k')")
		if err := row.Scan(&events, &totals, &hours, &outcomes); err != nil {
			t.Fatal(err)
		}
		if events != want || totals != want || hours != want || outcomes != want {
			t.Errorf("%d events, %d in totals, %d in hours, %d in outcomes, want %d of each", events, totals, hours, outcomes, want)
		}
	}
	for range 3 {
		if err := s.Insert(t.Context(), "one", block); err != nil {
			t.Fatal(err)
		}
	}
	check(300)
	if err := s.Insert(t.Context(), "two", typicalEvents(50, 8)); err != nil {
		t.Fatal(err)
	}
	check(350)
	if err := s.Insert(t.Context(), "one", block); err != nil {
		t.Fatal(err)
	}
	check(350)
	if err := s.Insert(t.Context(), "nothing", nil); err != nil {
		t.Fatal(err)
	}
	check(350)
}

func TestOrderIsThatOfClickHouse(t *testing.T) {
	t.Parallel()
	s := openEmpty(t)
	var ids [][16]byte
	for range 200 {
		ids = append(ids, event.NewID())
	}
	st := &statement{}
	rows, err := s.conn.Query(t.Context(), "SELECT toString(id) FROM (SELECT arrayJoin("+st.uuids(ids)+") AS id) ORDER BY id", st.args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	slices.SortFunc(ids, compareUUIDs)
	for _, want := range ids {
		var got string
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		if err := rows.Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != dashed(want) {
			t.Fatalf("ClickHouse sorts %s before %s", got, dashed(want))
		}
	}
}

func TestErrorsTellWhatMayPass(t *testing.T) {
	t.Parallel()
	retryable := func(err error) bool {
		var r interface{ Retryable() bool }
		return errors.As(err, &r) && r.Retryable()
	}
	f := func(err error, want bool) {
		t.Helper()
		if retryable(explain("try", err)) != want {
			t.Errorf("%v retryable: %v", err, !want)
		}
	}
	f(&driver.Exception{Code: 241}, true)
	f(&driver.Exception{Code: 252}, true)
	f(&driver.Exception{Code: 62}, false)
	f(context.DeadlineExceeded, true)
	f(context.Canceled, false)
	f(&net.OpError{Op: "dial", Err: errors.New("refused")}, true)
	f(errors.New("anything"), false)

	cfg := DefaultConfig()
	cfg.Address = "127.0.0.1:1"
	away, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := away.Insert(ctx, "x", []*event.Occurrence{fullEvent()}); !retryable(err) {
		t.Errorf("an insert into nothing: %v", err)
	}
	if _, _, err := away.Event(t.Context(), 1, event.ID{}); !retryable(err) {
		t.Errorf("a read from nothing: %v", err)
	}
	if err := away.Ready(t.Context()); err == nil {
		t.Error("ready without a server")
	}

	s := openEmpty(t)
	if err := s.Insert(t.Context(), "x", []*event.Occurrence{fullEvent()}); err == nil || retryable(err) {
		t.Errorf("an insert without a schema: %v", err)
	}
}

func TestAnInsertWaitsForMemory(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	calls := 0
	err := s.retry(t.Context(), "insert", "x", func(context.Context) error {
		if calls++; calls < 3 {
			return &driver.Exception{Code: 241, Message: "memory limit"}
		}
		return nil
	})
	if err != nil || calls != 3 {
		t.Errorf("%d attempts, %v", calls, err)
	}
	calls = 0
	err = s.retry(t.Context(), "insert", "x", func(context.Context) error {
		calls++
		return &driver.Exception{Code: 60, Message: "no such table"}
	})
	if err == nil || calls != 1 {
		t.Errorf("%d attempts, %v", calls, err)
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := DefaultConfig()
	good.Address = "127.0.0.1:8123"
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"no place":     func(c *Config) { c.Address = "" },
		"two places":   func(c *Config) { c.DSN = "clickhouse://h:9000" },
		"no database":  func(c *Config) { c.Database = "" },
		"injection":    func(c *Config) { c.Database = "a; DROP DATABASE b" },
		"theirs":       func(c *Config) { c.Database = "default" },
		"cluster":      func(c *Config) { c.Cluster = "a'b" },
		"connections":  func(c *Config) { c.Connections = 0 },
		"timeout":      func(c *Config) { c.QueryTimeout = 0 },
		"memory":       func(c *Config) { c.QueryMemory = 1 },
		"insert":       func(c *Config) { c.InsertTimeout = -1 },
		"DSN unusable": func(c *Config) { c.Address, c.DSN = "", "://" },
	} {
		c := good
		change(&c)
		if c.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
