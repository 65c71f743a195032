package clickhouse

import (
	"context"
	"fmt"
	"strings"
)

// syncedTables are those that an insert of events writes.
var syncedTables = []string{"events", "issue_totals", "issue_hours", "outcomes"}

// reserveBytes are left free on the disk by inserts of events, which are refused before:
// one that runs out of space on its way may have stored the rows and not told their
// roll-ups, or leave files behind that cannot be read.
const reserveBytes = 32 << 20

// applySync makes inserts wait for the disk, or not, as the configuration says, and
// keeps those of events from filling it. It changes no table that is as it should be.
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
		var changes []string
		if strings.Contains(engine, "fsync_after_insert = 1") != s.cfg.SyncInserts {
			changes = append(changes, fmt.Sprintf("fsync_after_insert = %d, fsync_part_directory = %[1]d", bit(s.cfg.SyncInserts)))
		}
		if reserve := fmt.Sprintf("min_free_disk_bytes_to_perform_insert = %d", reserveBytes); table == syncedTables[0] && !strings.Contains(engine, reserve) {
			changes = append(changes, reserve)
		}
		if len(changes) == 0 {
			continue
		}
		if err := s.conn.Exec(ctx, fmt.Sprintf("ALTER TABLE %s.%s%s MODIFY SETTING %s", s.cfg.Database, name, on, strings.Join(changes, ", "))); err != nil {
			return explain(tried, err)
		}
	}
	return nil
}
