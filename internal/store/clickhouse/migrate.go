package clickhouse

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"text/template"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// dedupWindow is how many recent blocks are remembered by their token. It must outlast the
// longest time between an insert whose answer was lost and its retry, a spill included.
const dedupWindow = 10000

// migration is one numbered file of statements, rendered for one place.
type migration struct {
	version    uint32
	name       string
	statements []string
}

// latestMigration is the number of the newest file.
func latestMigration() uint32 {
	files, _ := migrationFiles.ReadDir("migrations") // sorted by name; embedded, so it is there
	version, _, _ := parseMigrationName(files[len(files)-1].Name())
	return version
}

// parseMigrationName takes "0001_schema.sql" apart.
func parseMigrationName(file string) (version uint32, name string, err error) {
	number, name, ok := strings.Cut(strings.TrimSuffix(file, ".sql"), "_")
	n, err := strconv.ParseUint(number, 10, 32)
	if !ok || err != nil || n == 0 {
		return 0, "", fmt.Errorf("migration %q is not called like 0001_name.sql", file)
	}
	return uint32(n), name, nil
}

// renderMigrations makes the statements of all files for a database, and for a cluster if
// one is named. Both come from the same text.
func renderMigrations(database, cluster string) ([]migration, error) {
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, wrap("list migrations", err)
	}
	var list []migration
	for _, f := range files {
		m := migration{}
		if m.version, m.name, err = parseMigrationName(f.Name()); err != nil {
			return nil, err
		}
		text, err := migrationFiles.ReadFile(path.Join("migrations", f.Name()))
		if err != nil {
			return nil, wrap("read migration "+f.Name(), err)
		}
		if m.statements, err = renderStatements(string(text), database, cluster); err != nil {
			return nil, wrap("render migration "+f.Name(), err)
		}
		list = append(list, m)
	}
	return list, nil
}

// renderStatements fills one file's template and cuts it at semicolons that end a line.
func renderStatements(text, database, cluster string) ([]string, error) {
	t, err := template.New("migration").Option("missingkey=error").Funcs(places(database, cluster)).Parse(text)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	if err := t.Execute(&b, nil); err != nil {
		return nil, err
	}
	var statements []string
	for part := range strings.SplitSeq(b.String()+"\n", ";\n") {
		if part = dropComments(part); part != "" {
			statements = append(statements, part)
		}
	}
	return statements, nil
}

// dropComments removes comment lines and the space around a statement.
func dropComments(statement string) string {
	var b strings.Builder
	for line := range strings.Lines(statement) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			b.WriteString(line)
		}
	}
	return strings.TrimSpace(b.String())
}

// places are the functions of the templates: all that differs between one node and a
// cluster.
func places(database, cluster string) template.FuncMap {
	name := func(table string) string { return database + "." + table }
	if cluster == "" {
		return template.FuncMap{
			"name": name, "local": name,
			"cluster":   func() string { return "" },
			"clustered": func() bool { return false },
			"engine": func(engine string, args ...string) string {
				return engine + arguments(args)
			},
			"window":      func() string { return fmt.Sprintf("non_replicated_deduplication_window = %d", dedupWindow) },
			"distributed": func(string) string { return "" },
		}
	}
	on := " ON CLUSTER '" + cluster + "'"
	return template.FuncMap{
		"name":      name,
		"local":     func(table string) string { return name(table) + "_local" },
		"cluster":   func() string { return on },
		"clustered": func() bool { return true },
		"engine": func(engine string, args ...string) string {
			return "Replicated" + engine + arguments(args)
		},
		"window": func() string { return fmt.Sprintf("replicated_deduplication_window = %d", dedupWindow) },
		"distributed": func(table string) string {
			return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s%s AS %s_local\nENGINE = Distributed('%s', %s, %s_local, project_id);",
				name(table), on, name(table), cluster, database, table)
		},
	}
}

func arguments(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return "(" + strings.Join(args, ", ") + ")"
}

// Migrate brings the schema to what this version needs and keeps all data. It may be
// called again, and by several processes at a time: every statement is idempotent.
func (s *Store) Migrate(ctx context.Context) error {
	list, err := renderMigrations(s.cfg.Database, s.cfg.Cluster)
	if err != nil {
		return err
	}
	if err := s.migrate(ctx, list); err != nil {
		return err
	}
	return s.applySync(ctx)
}

// migrate applies those of the list that are not recorded.
func (s *Store) migrate(ctx context.Context, list []migration) error {
	if err := s.prepareDatabase(ctx); err != nil {
		return err
	}
	done, err := s.appliedMigrations(ctx)
	if err != nil {
		return err
	}
	for _, m := range list {
		if done[m.version] {
			continue
		}
		for i, statement := range m.statements {
			if err := s.conn.Exec(ctx, statement); err != nil {
				return explain(fmt.Sprintf("apply statement %d of migration %d %s", i+1, m.version, m.name), err)
			}
		}
		record := "INSERT INTO schema_migrations (version, name, applied_at) SELECT {version:UInt32}, {name:String}, now()"
		if err := s.conn.Exec(ctx, record, driver.Named("version", m.version), driver.Named("name", m.name)); err != nil {
			return explain(fmt.Sprintf("record migration %d %s", m.version, m.name), err)
		}
	}
	return nil
}

// prepareDatabase makes the database and the table of applied migrations, over a
// connection of its own, because none can be opened to a database that is not there.
func (s *Store) prepareDatabase(ctx context.Context) (err error) {
	options, err := s.cfg.options("")
	if err != nil {
		return err
	}
	options.MaxOpenConns, options.MaxIdleConns = 1, 1
	conn, err := driver.Open(options)
	if err != nil {
		return explain("open clickhouse", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for _, statement := range databaseStatements(s.cfg.Database, s.cfg.Cluster) {
		if err := conn.Exec(ctx, statement); err != nil {
			return explain("make database "+s.cfg.Database, err)
		}
	}
	return nil
}

// databaseStatements come before all migrations.
func databaseStatements(database, cluster string) []string {
	on, engine := "", "MergeTree"
	if cluster != "" {
		on, engine = " ON CLUSTER '"+cluster+"'", "ReplicatedMergeTree"
	}
	return []string{
		fmt.Sprintf("CREATE DATABASE IF NOT EXISTS %s%s ENGINE = Atomic", database, on),
		fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.schema_migrations%s (\n  version UInt32,\n  name String,\n  applied_at DateTime('UTC')\n) ENGINE = %s\nORDER BY version", database, on, engine),
	}
}

// appliedMigrations are the versions on record.
func (s *Store) appliedMigrations(ctx context.Context) (map[uint32]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	rows, err := s.conn.Query(ctx, "SELECT DISTINCT version FROM schema_migrations")
	if err != nil {
		return nil, explain("list applied migrations", err)
	}
	defer rows.Close()
	done := map[uint32]bool{}
	for rows.Next() {
		var version uint32
		if err := rows.Scan(&version); err != nil {
			return nil, explain("list applied migrations", err)
		}
		done[version] = true
	}
	return done, explain("list applied migrations", rows.Err())
}
