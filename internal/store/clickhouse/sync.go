package clickhouse

import (
	"context"
	"fmt"
	"strings"
)

// syncedTables are those that an insert of events writes.
var syncedTables = []string{"events", "issue_totals", "issue_hours", "outcomes"}

// applySync makes inserts wait for the disk, or not, as the configuration says. It
// changes no table that is as it should be.
func (s *Store) applySync(ctx context.Context) error {
	const tried = "set whether inserts are forced to disk"
	suffix, on := "", ""
	if s.cfg.Cluster != "" {
		suffix, on = "_local", " ON CLUSTER '"+s.cfg.Cluster+"'"
	}
	for _, table := range syncedTables {
		name := table + suffix
		st := &statement{}
		var engine string
		row := s.conn.QueryRow(ctx, "SELECT any(engine_full) FROM system.tables WHERE database = "+st.text(s.cfg.Database)+" AND name = "+st.text(name), st.args...)
		if err := row.Scan(&engine); err != nil {
			return explain(tried, err)
		}
		if strings.Contains(engine, "fsync_after_insert = 1") == s.cfg.SyncInserts {
			continue
		}
		change := fmt.Sprintf("ALTER TABLE %s.%s%s MODIFY SETTING fsync_after_insert = %d, fsync_part_directory = %[4]d", s.cfg.Database, name, on, bit(s.cfg.SyncInserts))
		if err := s.conn.Exec(ctx, change); err != nil {
			return explain(tried, err)
		}
	}
	return nil
}
