package chdb_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/faultline-dev/faultline/internal/embedded/chdb"
	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
)

// TestLimitsReachTheEngine asks the engine what it runs under, since it takes a setting it
// does not know, or does not believe, without a word.
func TestLimitsReachTheEngine(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	server := func(name string, low, high uint64) {
		t.Helper()
		got := count(t, db.Conn, "SELECT toUInt64(value) FROM system.server_settings WHERE name = {n:String}", clickhouse.Named("n", name))
		if got < low || got > high {
			t.Errorf("%s is %d, want %d to %d", name, got, low, high)
		}
	}
	memory := uint64(chdb.DefaultLimits().Memory)
	server("max_server_memory_usage", memory/2, memory*3/4)
	server("mark_cache_size", 1, memory/32)
	server("primary_index_cache_size", 1, memory/32)
	server("text_index_tokens_cache_size", 1, memory/32)
	server("text_index_header_cache_size", 1, memory/32)
	server("text_index_postings_cache_size", 1, memory/32)
	server("query_condition_cache_size", 1, memory/32)
	server("uncompressed_cache_size", 0, 0)
	server("background_pool_size", 2, 2)
	if n := count(t, db.Conn, "SELECT toUInt64(getSetting('max_memory_usage'))"); n == 0 || n > memory*3/4 {
		t.Errorf("a statement may use %d bytes", n)
	}
}

// TestEveryLineOfTheConfigurationIsKnown holds the file against the engine's own list, so
// that a misspelt or retired setting is found.
func TestEveryLineOfTheConfigurationIsKnown(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	var path string
	if err := db.Conn.QueryRow(t.Context(), "SELECT value FROM system.server_settings WHERE name = 'config-file'").Scan(&path); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var stack []string
	for d := xml.NewDecoder(file); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			stack = append(stack, token.Name.Local)
		case xml.CharData:
			if strings.TrimSpace(string(token)) == "" {
				continue
			}
			table := "system.server_settings"
			if len(stack) == 3 {
				table = "system.merge_tree_settings"
			}
			name := stack[len(stack)-1]
			if n := count(t, db.Conn, "SELECT count() FROM "+table+" WHERE name = {n:String} AND changed", clickhouse.Named("n", name)); n != 1 {
				t.Errorf("%s is not a setting in %s, or has its default there", name, table)
			}
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
}

func TestConfigurationRefusesNonsense(t *testing.T) {
	t.Parallel()
	f := func(change func(*chdb.ChildConfig), want string) {
		t.Helper()
		cfg := chdb.ChildConfig{Library: "l", Data: "d", Listen: "127.0.0.1:0", Limits: chdb.DefaultLimits(), Control: strings.NewReader("")}
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	f(func(c *chdb.ChildConfig) { c.Library = "" }, "library")
	f(func(c *chdb.ChildConfig) { c.Data = "" }, "data folder")
	f(func(c *chdb.ChildConfig) { c.Listen = "" }, "listen")
	f(func(c *chdb.ChildConfig) { c.Control = nil }, "control")
	f(func(c *chdb.ChildConfig) { c.Limits.Memory = 1 << 20 }, "384 MB")
	f(func(c *chdb.ChildConfig) { c.Limits.Statements = 0 }, "statements")
	f(func(c *chdb.ChildConfig) { c.Limits.Threads = -1 }, "threads")
	f(func(c *chdb.ChildConfig) { c.Limits.MergeThreads = 0 }, "merge threads")
}

func TestFlagsComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	want := chdb.ChildConfig{Library: "/l", Data: "/d", Listen: "unix:/s", Limits: chdb.Limits{Memory: 1 << 29, Statements: 3, Threads: 2, MergeThreads: 4}}
	got, err := chdb.ParseFlags(want.Flags())
	if err != nil || got.Library != want.Library || got.Data != want.Data || got.Listen != want.Listen || got.Limits != want.Limits {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := chdb.ParseFlags([]string{"--secret", "x"}); err == nil {
		t.Error("an unknown flag was taken")
	}
}

func TestServeRefusesToStart(t *testing.T) {
	t.Parallel()
	f := func(listen, control, want string) {
		t.Helper()
		cfg := chdb.ChildConfig{Library: "/nowhere/libchdb.so", Data: t.TempDir(), Listen: listen, Limits: chdb.DefaultLimits(), Control: strings.NewReader(control)}
		if err := chdb.Serve(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	f("127.0.0.1:0", "", "no secret")
	f("127.0.0.1:0", "secret without an end", "no secret")
	f("0.0.0.0:0", "secret\n", "loopback")
	f("example.com:80", "secret\n", "loopback")
	f("fd:x", "secret\n", "fd:x")
	f("nonsense", "secret\n", "nonsense")
	f("127.0.0.1:0", "secret\n", "/nowhere/libchdb.so")
}
