package clickhouse

import (
	"strings"
	"testing"
)

func TestInsertsAreForcedToDiskIfToldSo(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	f := func(sync bool) {
		t.Helper()
		s.cfg.SyncInserts = sync
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		var engines []string
		row := s.conn.QueryRow(t.Context(), "SELECT groupArray(engine_full) FROM system.tables WHERE database = currentDatabase() AND name IN ('events', 'issue_totals', 'issue_hours', 'outcomes')")
		if err := row.Scan(&engines); err != nil || len(engines) != 4 {
			t.Fatalf("%v %v", engines, err)
		}
		for _, e := range engines {
			if strings.Contains(e, "fsync_after_insert = 1") != sync {
				t.Errorf("sync %v: %s", sync, e)
			}
		}
	}
	f(false)
	f(true)
	f(true)
	if err := s.Insert(t.Context(), "synced", typicalEvents(10, 1)); err != nil {
		t.Error(err)
	}
	f(false)
}
