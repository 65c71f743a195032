package chdb_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
)

// answer is what came back from one plain request.
type answer struct {
	status int
	header http.Header
	body   string
}

// post sends a request the way any HTTP client would; pairs are URL parameters.
func post(t testing.TB, db *enginetest.DB, body io.Reader, pairs ...string) answer {
	t.Helper()
	values := url.Values{"database": {db.Name}}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+db.Addr+"/?"+values.Encode(), body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-ClickHouse-Key", db.Secret)
	return do(t, req)
}

func do(t testing.TB, req *http.Request) answer {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

func TestErrorsCarryTheirCode(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	exec(t, db.Conn, "CREATE TABLE t (n UInt64, CONSTRAINT small CHECK n < 10) ENGINE = MergeTree ORDER BY n")
	f := func(code int32, sql string, settings clickhouse.Settings) {
		t.Helper()
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(settings))
		rows, err := db.Conn.Query(ctx, sql)
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			rows.Close()
		}
		var e *clickhouse.Exception
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%s: got %v, want code %d", sql, err, code)
		}
	}
	f(60, "SELECT * FROM nowhere", nil)
	f(81, "SELECT * FROM nowhere.t", nil)
	f(62, "SELEC 1", nil)
	f(62, "SELECT 1; SELECT 2", nil)
	f(115, "SELECT 1", clickhouse.Settings{"no_such_setting": 1})
	f(115, "SELECT 1", clickhouse.Settings{"config-file": "/etc/passwd"})
	f(36, "SELECT 1", clickhouse.Settings{"max_threads": "many"})
	f(497, "SYSTEM SHUTDOWN", nil)
	f(497, "SYSTEM KILL", nil)
	f(164, "CREATE TABLE u (n UInt8) ENGINE = Memory", clickhouse.Settings{"readonly": 1})
	f(164, "SELECT 1 SETTINGS readonly = 0", clickhouse.Settings{"readonly": 1})
	f(158, "SELECT count() FROM numbers(1000000) WHERE number % 3 = 0", clickhouse.Settings{"max_rows_to_read": 1000})
	f(396, "SELECT number FROM numbers(100)", clickhouse.Settings{"max_result_rows": 10})
	f(241, "SELECT groupArray(number) FROM numbers(10000000)", clickhouse.Settings{"max_memory_usage": 10_000_000})
	f(159, "SELECT sum(sleepEachRow(0.05)) FROM numbers(1000) SETTINGS max_block_size = 1", clickhouse.Settings{"max_execution_time": 0.2, "function_sleep_max_microseconds_per_block": 60_000_000})
	f(395, "SELECT throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_block_size = 1000", nil)

	err := numbers(t, db.Conn, t.Context(), 20)
	var e *clickhouse.Exception
	if !errors.As(err, &e) || e.Code != 469 {
		t.Errorf("insert against a constraint: got %v, want code 469", err)
	}
	if n := count(t, db.Conn, "SELECT count() FROM t"); n != 0 {
		t.Errorf("a refused insert left %d rows", n)
	}
}

func TestNobodyIsAnsweredWithoutTheSecret(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	f := func(set func(*http.Request), want int) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+db.Addr+"/", strings.NewReader("SELECT 1"))
		if err != nil {
			t.Fatal(err)
		}
		set(req)
		if got := do(t, req); got.status != want {
			t.Errorf("got %d %s, want %d", got.status, got.body, want)
		}
	}
	f(func(*http.Request) {}, 401)
	f(func(r *http.Request) { r.SetBasicAuth("faultline", "") }, 401)
	f(func(r *http.Request) { r.SetBasicAuth("faultline", db.Secret+"x") }, 401)
	f(func(r *http.Request) { r.Header.Set("X-ClickHouse-Key", "guess") }, 401)
	f(func(r *http.Request) { r.URL.RawQuery = "password=" + db.Secret }, 401)
	f(func(r *http.Request) { r.SetBasicAuth("anybody", db.Secret) }, 200)
	f(func(r *http.Request) { r.Header.Set("X-ClickHouse-Key", db.Secret) }, 200)
	f(func(r *http.Request) { r.URL.Path = "/ping" }, 200)
}

func TestFormatsAndParameters(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	f := func(want, sql string, pairs ...string) {
		t.Helper()
		if got := post(t, db, strings.NewReader(sql), pairs...); got.status != 200 || got.body != want {
			t.Errorf("%s: got %d %q, want %q", sql, got.status, got.body, want)
		}
	}
	f("1\n", "SELECT 1")
	f("{\"n\":1}\n", "SELECT 1 AS n", "default_format", "JSONEachRow")
	f("1\n", "SELECT 1 AS n FORMAT CSV", "default_format", "JSONEachRow")
	f("a\\'b\\nc\t7\n", "SELECT {s:String}, {n:UInt8}", "param_s", "a'b\\nc", "param_n", "7")
	f("['x','y']\n", "SELECT {a:Array(String)}", "param_a", "['x','y']")
	f(db.Name+"\t3\n", "SELECT currentDatabase(), getSetting('max_threads')", "max_threads", "3")
	f("", "CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
	f("", "INSERT INTO t VALUES (1, 'x;')")
	f("", "2,\"y\"\n", "query", "INSERT INTO t FORMAT CSV")
	f("", "(3, 'z')", "query", "INSERT INTO t VALUES")
	f("", "", "query", "INSERT INTO t SELECT 4, 'w'")
	f("", "WITH 5 AS n INSERT INTO t SELECT n, 'v'")
	f("[1,2,3,4,5]\n", "SELECT groupArray(a) FROM (SELECT a FROM t ORDER BY a)")
	f("", "SYSTEM DROP MARK CACHE")
	f("", "SELECT a FROM t WHERE a > 100")
}

func TestEveryCompressionWorks(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	exec(t, db.Conn, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	for i, method := range []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionLZ4, clickhouse.CompressionZSTD, clickhouse.CompressionGZIP} {
		conn := connect(t, db, func(o *clickhouse.Options) {
			o.Compression = &clickhouse.Compression{Method: method, Level: 3}
			if method == clickhouse.CompressionGZIP {
				o.Settings = clickhouse.Settings{"enable_http_compression": 1}
			}
		})
		if err := numbers(t, conn, t.Context(), 10_000); err != nil {
			t.Fatalf("%v: %v", method, err)
		}
		want := uint64(i+1) * 10_000
		if n := count(t, conn, "SELECT count() FROM t"); n != want {
			t.Errorf("%v: %d rows, want %d", method, n, want)
		}
		rows, err := conn.Query(t.Context(), "SELECT number, toString(number) FROM numbers(200000)")
		if err != nil {
			t.Fatalf("%v: %v", method, err)
		}
		n := uint64(0)
		for ; rows.Next(); n++ {
		}
		if err := rows.Err(); err != nil || n != 200_000 {
			t.Errorf("%v: read %d rows, %v", method, n, err)
		}
		rows.Close()
		if _, err := conn.Query(t.Context(), "SELECT * FROM nowhere"); err == nil {
			t.Errorf("%v: no error from a missing table", method)
		}
	}
	refused := post(t, db, strings.NewReader("SELECT 1"))
	if refused.status != 200 {
		t.Error(refused)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+db.Addr+"/", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("", db.Secret)
	req.Header.Set("Content-Encoding", "br")
	if got := do(t, req); got.status != 400 || !strings.Contains(got.body, `"br" is not supported`) {
		t.Errorf("brotli body: got %d %s", got.status, got.body)
	}
}

// TestErrorInTheMiddleOfAnAnswerIsFramed looks at the bytes, since clients tell a broken
// answer from an error by them.
func TestErrorInTheMiddleOfAnAnswerIsFramed(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	got := post(t, db, strings.NewReader("SELECT throwIf(number = 500000) FROM numbers(1000000) SETTINGS max_block_size = 1000"))
	tag := got.header.Get("X-ClickHouse-Exception-Tag")
	_, frame, ok := strings.Cut(got.body, "\r\n__exception__\r\n"+tag+"\r\n")
	if got.status != 200 || len(tag) != 16 || !ok {
		t.Fatalf("status %d, tag %q, no frame in %d bytes", got.status, tag, len(got.body))
	}
	text, ok := strings.CutSuffix(frame, " "+tag+"\r\n__exception__\r\n")
	end := strings.LastIndexByte(text, '\n')
	if !ok || !strings.HasPrefix(text, "Code: 395.") || text[end+1:] != fmt.Sprint(end+1) {
		t.Errorf("frame %q", frame)
	}
}

// TestInsertCutShortStoresNothing sends one and a half blocks and breaks the connection.
func TestInsertCutShortStoresNothing(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	exec(t, db.Conn, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	block := nativeBlock(50_000)
	ctx, cancel := context.WithCancel(t.Context())
	body, feed := io.Pipe()
	values := url.Values{"database": {db.Name}, "query": {"INSERT INTO t (n) FORMAT Native"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+db.Addr+"/?"+values.Encode(), body)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("", db.Secret)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
		}
	}()
	feed.Write(block)
	feed.Write(block[:len(block)/2])
	cancel()
	feed.CloseWithError(context.Canceled)
	<-done

	// A body that ends in the middle of a block, on a connection that stays up.
	got := post(t, db, bytes.NewReader(block[:len(block)/2]), "query", "INSERT INTO t (n) FORMAT Native")
	if got.status == 200 {
		t.Errorf("half a block was accepted")
	}
	waitUntil(t, func() bool {
		return count(t, db.Conn, "SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO t %' AND current_database = {d:String}", clickhouse.Named("d", db.Name)) == 0
	})
	if n := count(t, db.Conn, "SELECT count() FROM t"); n != 0 {
		t.Errorf("%d rows of broken inserts are stored", n)
	}
	if got := post(t, db, bytes.NewReader(block), "query", "INSERT INTO t (n) FORMAT Native"); got.status != 200 {
		t.Errorf("a whole block was refused: %s", got.body)
	}
	if n := count(t, db.Conn, "SELECT count() FROM t"); n != 50_000 {
		t.Errorf("%d rows, want 50000", n)
	}
}

// TestStatementOfAClientThatLeftIsKilled covers aggregations, which give nothing to fetch
// until they end, and streams.
func TestStatementOfAClientThatLeftIsKilled(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	f := func(sql string) {
		t.Helper()
		running := func() uint64 {
			return count(t, db.Conn, "SELECT count() FROM system.processes WHERE current_database = {d:String} AND query NOT LIKE '%system.processes%'", clickhouse.Named("d", db.Name))
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if rows, err := db.Conn.Query(ctx, sql); err == nil {
				for rows.Next() {
				}
				rows.Close()
			}
		}()
		waitUntil(t, func() bool { return running() == 1 })
		cancel()
		<-done
		waitUntil(t, func() bool { return running() == 0 })
	}
	f("SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))")
	f("SELECT number, sleepEachRow(0.01) FROM numbers(1000000) SETTINGS max_block_size = 10")
}

func TestStatementsRunInParallel(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	long := make(chan error, 1)
	go func() {
		long <- db.Conn.Exec(ctx, "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number)) SETTINGS max_threads = 1")
	}()
	exec(t, db.Conn, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if err := numbers(t, connect(t, db, nil), t.Context(), 100); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	select {
	case err := <-long:
		t.Errorf("the long statement ended: %v", err)
	default:
	}
	cancel()
	<-long
	if n := count(t, db.Conn, "SELECT count() FROM t"); n != 1600 {
		t.Errorf("%d rows, want 1600", n)
	}
}

func TestSettingsOfOneStatementDoNotReachAnother(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	exec(t, db.Conn, "SET max_threads = 61")
	if n := count(t, db.Conn, "SELECT toUInt64(getSetting('max_threads'))"); n == 61 {
		t.Error("a SET outlived its statement")
	}
	ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"readonly": 1}))
	if err := db.Conn.Exec(ctx, "SELECT 1"); err != nil {
		t.Error(err)
	}
	exec(t, db.Conn, "CREATE TABLE t (n UInt64) ENGINE = Memory")
}

// TestInsertIsDeduplicatedByToken is what makes a retried flush safe, dependent views
// included.
func TestInsertIsDeduplicatedByToken(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	exec(t, db.Conn, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100")
	exec(t, db.Conn, "CREATE TABLE r (n UInt64) ENGINE = SummingMergeTree ORDER BY tuple() SETTINGS non_replicated_deduplication_window = 100")
	exec(t, db.Conn, "CREATE MATERIALIZED VIEW v TO r AS SELECT count() AS n FROM t")
	f := func(token string, rows, want uint64) {
		t.Helper()
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": token, "deduplicate_blocks_in_dependent_materialized_views": 1}))
		if err := numbers(t, db.Conn, ctx, rows); err != nil {
			t.Fatal(err)
		}
		if n, sum := count(t, db.Conn, "SELECT count() FROM t"), count(t, db.Conn, "SELECT sum(n) FROM r"); n != want || sum != want {
			t.Errorf("after token %s: %d rows and %d in the view, want %d", token, n, sum, want)
		}
	}
	f("a", 10, 10)
	f("a", 10, 10)
	f("b", 10, 20)
	f("a", 10, 20)
}

func TestGzipBodiesAreRead(t *testing.T) {
	t.Parallel()
	db := enginetest.Start(t)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, "SELECT 41 + 1")
	z.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+db.Addr+"/", &b)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("", db.Secret)
	req.Header.Set("Content-Encoding", "gzip")
	if got := do(t, req); got.body != "42\n" {
		t.Errorf("got %d %q", got.status, got.body)
	}
}
