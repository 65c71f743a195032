package clickhouse

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them")

// golden compares text with a file under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), -update rewrites it:\n%s", path, diff)
	}
}

func TestMigrationsRender(t *testing.T) {
	t.Parallel()
	for name, cluster := range map[string]string{"schema_single.sql": "", "schema_cluster.sql": "main"} {
		list, err := renderMigrations("faultline", cluster)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(databaseStatements("faultline", cluster), ";\n\n") + ";\n"
		for i, m := range list {
			if m.version != uint32(i+1) {
				t.Errorf("migration %d has number %d", i+1, m.version)
			}
			text += "\n-- " + m.name + "\n\n" + strings.Join(m.statements, ";\n\n") + ";\n"
		}
		golden(t, name, text)
	}
}

func TestMigrateTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	s := openEmpty(t)
	if err := s.Ready(t.Context()); err == nil {
		t.Error("ready without a schema")
	}
	var before string
	for range 2 {
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		after := schemaOf(t, s)
		if before != "" && before != after {
			t.Errorf("the second run changed the schema:\n%s", cmp.Diff(before, after))
		}
		before = after
	}
	var n uint64
	if err := s.conn.QueryRow(t.Context(), "SELECT count() FROM schema_migrations").Scan(&n); err != nil || n != uint64(latestMigration()) {
		t.Errorf("%d migrations on record, %v", n, err)
	}
}

func TestUpgradeKeepsData(t *testing.T) {
	t.Parallel()
	s := openEmpty(t)
	list, err := renderMigrations(s.cfg.Database, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.migrate(t.Context(), list[:1]); err != nil {
		t.Fatal(err)
	}
	old := fullEvent()
	if err := s.Insert(t.Context(), "old", append(typicalEvents(200, 3), old)); err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Insert(t.Context(), "new", typicalEvents(100, 4)); err != nil {
		t.Fatal(err)
	}
	requireSame(t, s, old)
	var rows, counted uint64
	if err := s.conn.QueryRow(t.Context(), "SELECT (SELECT count() FROM events), (SELECT sum(events) FROM issue_totals)").Scan(&rows, &counted); err != nil {
		t.Fatal(err)
	}
	if rows != 301 || counted != 301 {
		t.Errorf("%d events, %d in the roll-up, want 301", rows, counted)
	}
	if !strings.Contains(schemaOf(t, s), "ix_trace_id") {
		t.Error("the second migration did not run")
	}
}

// schemaOf is how all tables were created.
func schemaOf(t *testing.T, s *Store) string {
	t.Helper()
	rows, err := s.conn.Query(t.Context(), "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}
