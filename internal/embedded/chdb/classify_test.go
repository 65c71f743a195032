package chdb

import (
	"strings"
	"testing"
)

func TestClassifySendsEachStatementTheRightWay(t *testing.T) {
	t.Parallel()
	f := func(sql string, want kind) {
		t.Helper()
		if got := classify(sql); got.kind != want {
			t.Errorf("%q: got kind %d (%s), want %d", sql, got.kind, got.reason, want)
		}
	}
	f("SYSTEM SHUTDOWN", kindRefused)
	f(" system\n kill", kindRefused)
	f("/* x */ -- y\n SYSTEM /* DROP */ SHUTDOWN", kindRefused)
	f("SYSTEM", kindRefused)
	f("SYSTEM RELOAD CONFIG", kindRefused)
	f("SYSTEM STOP FETCHES", kindRefused)
	f("(SYSTEM SHUTDOWN)", kindRefused)
	f("#! x\nSYSTEM SHUTDOWN", kindRefused)
	f("CREATE TABLE a (b UInt8) ENGINE = Memory PARALLEL WITH SYSTEM SHUTDOWN", kindRefused)
	f("\u00a0SYSTEM SHUTDOWN", kindRefused)
	f("\u2212\u2212 SELECT\nSYSTEM SHUTDOWN", kindRefused)
	f("DROP TABLE t PARALLEL\u00a0WITH SYSTEM SHUTDOWN", kindRefused)
	f("ALTER TABLE t MODIFY COMMENT '\u00fc\u00a0' /* \u00fc */", kindRows)
	f("SYSTEM DROP MARK CACHE", kindRows)
	f("SYSTEM STOP MERGES t", kindRows)
	f("system flush logs", kindRows)
	f("SELECT 1", kindRead)
	f("select 'SYSTEM SHUTDOWN'", kindRead)
	f("((SELECT 1) UNION ALL (SELECT 2))", kindRead)
	f("-- SYSTEM SHUTDOWN\nWITH 1 AS x SELECT x", kindRead)
	f("FROM t SELECT x", kindRead)
	f("DESCRIBE TABLE t", kindRows)
	f("CREATE TABLE t (`PARALLEL WITH` String, b String DEFAULT 'PARALLEL WITH') ENGINE = Memory", kindRows)
	f("INSERT INTO t VALUES (1)", kindInsert)
	f("", kindRows)
	f("'", kindRows)
}

func TestClassifyFindsTheFormatOfRowsThatFollow(t *testing.T) {
	t.Parallel()
	f := func(sql, wantSQL, wantFormat string) {
		t.Helper()
		got := classify(sql)
		if got.kind != kindInsert || strings.TrimSpace(got.sql) != wantSQL || got.format != wantFormat {
			t.Errorf("%q: got %q in format %q, want %q in %q", sql, got.sql, got.format, wantSQL, wantFormat)
		}
	}
	f("INSERT INTO t (a, b) FORMAT Native", "INSERT INTO t (a, b)", "Native")
	f("insert into t format native ;\n", "insert into t", "native")
	f("INSERT INTO t FORMAT Values", "INSERT INTO t", "Values")
	f("INSERT INTO t (a) VALUES", "INSERT INTO t (a)", "Values")
	f("INSERT INTO `FORMAT Native` FORMAT JSONEachRow -- x", "INSERT INTO `FORMAT Native`", "JSONEachRow")
	f("INSERT INTO t SETTINGS async_insert = 0 FORMAT Native", "INSERT INTO t SETTINGS async_insert = 0", "Native")
	f("INSERT INTO t SELECT 1", "INSERT INTO t SELECT 1", "")
	f("INSERT INTO t VALUES (1, 'FORMAT Native')", "INSERT INTO t VALUES (1, 'FORMAT Native')", "")
	f("INSERT INTO t SELECT 'a' AS x FROM s WHERE x = 'FORMAT Native'", "INSERT INTO t SELECT 'a' AS x FROM s WHERE x = 'FORMAT Native'", "")
	f("INSERT INTO t SELECT 'FORMAT' 'Native'", "INSERT INTO t SELECT 'FORMAT' 'Native'", "")
}

func FuzzClassify(f *testing.F) {
	for _, seed := range []string{"SELECT 1", "SYSTEM SHUTDOWN", "INSERT INTO t FORMAT Native", "/* /* */ */ x", "$a$ SYSTEM $a$", "'\\'' -- \n(", "INSERT INTO t VALUES", "#!x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		end := 0
		words(sql, func(w word) bool {
			if w.start < end || w.end <= w.start || w.end > len(sql) || sql[w.start:w.end] != w.text {
				t.Fatalf("word %+v does not stand in %q after %d", w, sql, end)
			}
			end = w.end
			return true
		})
		st := classify(sql)
		if st.kind != kindRefused && !strings.HasPrefix(sql, st.sql) {
			t.Fatalf("%q became %q", sql, st.sql)
		}
		// White space and comments in front change nothing.
		if got := classify("/* SELECT */ -- x\n\t" + sql); got.kind != st.kind || got.format != st.format {
			t.Fatalf("%q is kind %d, behind a comment %d", sql, st.kind, got.kind)
		}
	})
}
