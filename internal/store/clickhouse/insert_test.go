package clickhouse

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
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

func TestARollUpThatACrashPreventedIsCompleted(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	exec := func(statement string) {
		t.Helper()
		if err := s.conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	check := func(table string, want uint64) {
		t.Helper()
		var got uint64
		if err := s.conn.QueryRow(t.Context(), "SELECT sum(events) FROM "+table).Scan(&got); err != nil || got != want {
			t.Errorf("%d events in %s, want %d; %v", got, table, want, err)
		}
	}
	list, err := renderMigrations(s.cfg.Database, "")
	if err != nil {
		t.Fatal(err)
	}
	arrived := func(events []*event.Occurrence) []*event.Occurrence {
		for _, o := range events {
			o.ReceivedAt = time.Now()
		}
		return events
	}
	if err := s.Insert(t.Context(), "1-before", arrived(typicalEvents(500, 1))); err != nil {
		t.Fatal(err)
	}
	// Without its view, a roll-up is as if the engine had died before it was fed.
	exec("DROP VIEW issue_totals_mv")
	exec("DROP VIEW outcomes_mv")
	block := arrived(typicalEvents(9_000, 2))
	if err := s.Insert(t.Context(), "2-torn", block); err != nil {
		t.Fatal(err)
	}
	for _, statement := range list[0].statements {
		if strings.Contains(statement, "VIEW") {
			exec(statement)
		}
	}
	check("issue_totals", 500)
	if parts, err := s.Parts(t.Context()); err != nil || parts < 1 || parts > 2 {
		t.Errorf("two inserts are kept in %d parts, %v", parts, err)
	}
	if got, err := s.Newest(t.Context(), "3", 5); err != nil || !slices.Equal(got, []string{"2-torn", "1-before"}) {
		t.Fatalf("%v %v", got, err)
	}
	for range 2 {
		for _, token := range []string{"2-torn", "1-before", "nothing"} {
			if err := s.Complete(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		for _, table := range []string{"issue_totals", "issue_hours", "outcomes", "(SELECT 1 AS events FROM events)"} {
			check(table, 9_500)
		}
	}
	var differ uint64
	row := s.conn.QueryRow(t.Context(), `SELECT count() FROM (
  SELECT fingerprint, uniqCombined64IfMerge(12)(users) AS u, min(first_seen), max(last_seen), min(handled), argMaxMerge(latest).1, argMaxIfMerge(last_release) FROM issue_totals GROUP BY fingerprint
  EXCEPT
  SELECT fingerprint, uniqCombined64If(12)(user_hash, user_hash != 0), min(timestamp), max(timestamp), min(e.handled), argMax(title, timestamp), argMaxIf(toString(release), timestamp, release != '') FROM events AS e GROUP BY fingerprint)`)
	if err := row.Scan(&differ); err != nil || differ != 0 {
		t.Errorf("%d issues are not as their rows say, %v", differ, err)
	}
	// The insert itself may come again too.
	if err := s.Insert(t.Context(), "2-torn", block); err != nil {
		t.Fatal(err)
	}
	check("issue_totals", 9_500)
}
