//go:build e2e

package torture

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/faultline-dev/faultline/e2e/instance"
	"github.com/faultline-dev/faultline/internal/embedded"
)

// settleLimit is how long a healed product may take until all is well.
const settleLimit = 90 * time.Second

// settle waits until everything that was acknowledged can be seen and told of.
func (w *world) settle(l *ledger) {
	t := w.t
	all, _ := l.counts()
	soon(t, settleLimit, fmt.Sprintf("%d events can be found", all), func() error {
		var answer struct{ Series []struct{ Total string } }
		if err := w.call("POST", ":explore", map[string]any{"query": "", "measure": "count"}, &answer); err != nil {
			return err
		}
		if len(answer.Series) != 1 || answer.Series[0].Total != strconv.Itoa(all) {
			return fmt.Errorf("found %+v", answer.Series)
		}
		return nil
	})
	soon(t, settleLimit, fmt.Sprintf("%d fingerprints have issues", len(l.kinds)), func() error {
		db, err := w.meta()
		if err != nil {
			return err
		}
		defer db.Close()
		var n int
		if err := db.QueryRow("SELECT count(*) FROM issues").Scan(&n); err != nil || n < len(l.kinds) {
			return fmt.Errorf("%d have, %w", n, err)
		}
		return nil
	})
	soon(t, settleLimit, fmt.Sprintf("%d alerts have arrived", len(l.alarms)), func() error {
		if missing := missingAlarms(w, l); len(missing) > 0 {
			return fmt.Errorf("%d did not: %.300s", len(missing), strings.Join(missing, " "))
		}
		return nil
	})
	var since time.Time // when all was well first; what is measured may be two seconds old
	back := soon(t, settleLimit, "memory comes back, and nothing waits in the spill", func() error {
		m, err := w.metrics()
		if err == nil && (m["faultline_ingest_queue_bytes"] != 0 || m["go_goroutines"] > float64(400+w.crowd) || m["process_resident_memory_bytes"] > 400<<20 ||
			m["faultline_ingest_store_away"] != 0 || m["faultline_ingest_spill_messages"] != 0) {
			err = fmt.Errorf("queue %v bytes, %v goroutines, %v MB, store away: %v, spill %v messages", m["faultline_ingest_queue_bytes"], m["go_goroutines"],
				m["process_resident_memory_bytes"]/(1<<20), m["faultline_ingest_store_away"], m["faultline_ingest_spill_messages"])
		}
		switch {
		case err != nil:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		}
		if err == nil && time.Since(since) < 3*time.Second {
			err = errors.New("it has just begun")
		}
		return err
	})
	if !back {
		t.Logf("what the server is doing:\n%s", w.goroutines())
	}
}

// goroutines lists those of the server by where they are.
func (w *world) goroutines() string {
	r, err := http.Get("http://" + w.profiles + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		return err.Error()
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(r.Body, 12_000))
	return string(text)
}

// missingAlarms lists the fatal events of which no mail has come.
func missingAlarms(w *world, l *ledger) (missing []string) {
	told := map[string]bool{}
	for _, m := range w.inbox.Mails() {
		told[l.alarmIn(m.Text)] = true
	}
	for kind := range l.alarms {
		if !told[kind] {
			missing = append(missing, kind)
		}
	}
	return missing
}

// audit stops the server and compares everything that was stored with the ledger.
func (w *world) audit(l *ledger) {
	t := w.t
	if took, err := w.server.end(syscall.SIGTERM, 20*time.Second); err != nil {
		t.Errorf("asked to stop, after %v: %v", took, err)
	}
	db := w.clickhouse()
	rows := auditRows(t, db, l)
	none(t, db, "issue_totals and rows differ", `SELECT toString(fingerprint), sum(r) AS rows, sum(c) AS counted FROM (
		SELECT fingerprint, count() AS r, 0 AS c FROM events GROUP BY fingerprint UNION ALL SELECT fingerprint, 0, sum(events) FROM issue_totals GROUP BY fingerprint)
		GROUP BY fingerprint HAVING rows != counted`)
	none(t, db, "issue_hours and rows differ", `SELECT toString(fingerprint) || toString(hour), sum(r) AS rows, sum(c) AS counted FROM (
		SELECT fingerprint, toStartOfHour(toDateTime(timestamp, 'UTC')) AS hour, count() AS r, 0 AS c FROM events GROUP BY fingerprint, hour
		UNION ALL SELECT fingerprint, hour, 0, sum(events) FROM issue_hours GROUP BY fingerprint, hour)
		GROUP BY fingerprint, hour HAVING rows != counted`)
	none(t, db, "outcomes and rows differ", `SELECT key_id || toString(minute), sum(r) AS rows, sum(c) AS counted FROM (
		SELECT key_id, toStartOfMinute(toDateTime(received_at, 'UTC')) AS minute, count() AS r, 0 AS c FROM events GROUP BY key_id, minute
		UNION ALL SELECT key_id, minute, 0, sum(events) FROM outcomes WHERE kind = 1 GROUP BY key_id, minute)
		GROUP BY key_id, minute HAVING rows != counted`)
	none(t, db, "events without a key", "SELECT toString(event_id), toUInt64(1), toUInt64(0) FROM events WHERE key_id = ''")
	var outcomes uint64
	if err := db.QueryRow(context.Background(), "SELECT sum(events) FROM outcomes").Scan(&outcomes); err != nil {
		t.Error(err)
	}
	if outcomes < uint64(rows) || outcomes > uint64(l.sent) {
		t.Errorf("%d outcomes for %d rows and %d events on the wire", outcomes, rows, l.sent)
	}
	w.auditIssues(db)
	w.auditMails(l)
	if w.server.unasked() > 0 {
		t.Logf("why the server ended unasked:\n%s", lastWords(w.server.log))
	}
	t.Logf("%d events on the wire, answers %v, refusals %v, %d outcomes, %d mails, server ended unasked %d times",
		l.sent, l.answered, l.refusals, outcomes, len(w.inbox.Mails()), w.server.unasked())
}

// lastWords are the lines of a log before each start.
func lastWords(path string) string {
	text, _ := os.ReadFile(path)
	var b strings.Builder
	for life := range strings.SplitSeq(string(text), "---- start at ") {
		b.WriteString(life[max(0, len(life)-1500):])
		b.WriteString("\n----\n")
	}
	return b.String()
}

// auditRows looks for every event by its number, and for its id where the client makes it.
func auditRows(t testing.TB, db driver.Conn, l *ledger) (n int) {
	rows, err := db.Query(context.Background(), "SELECT exceptions.value[1], toString(event_id) FROM events")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	type row struct {
		id    string
		count int
	}
	found := map[string]row{}
	for rows.Next() {
		var number, id string
		if err := rows.Scan(&number, &id); err != nil {
			t.Fatal(err)
		}
		found[number] = row{id, found[number].count + 1}
		n++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	lost, doubled, renamed := map[string]int{}, map[string]int{}, 0
	for _, it := range l.items {
		r := found[it.value]
		switch {
		case r.count == 0 && it.stored:
			lost[it.client]++
		case r.count > 1:
			doubled[it.client]++
		case r.count == 1 && !strings.HasPrefix(it.client, "otlp") && strings.ReplaceAll(r.id, "-", "") != hex.EncodeToString(it.id[:]):
			renamed++
		}
		delete(found, it.value)
	}
	if len(lost) > 0 || len(doubled) > 0 || len(found) > 0 || renamed > 0 {
		t.Errorf("acknowledged events that are lost: %v; events that are there more than once: %v; %d were never sent, %d have another id", lost, doubled, len(found), renamed)
	}
	return n
}

// none wants a query that lists differences to find nothing.
func none(t testing.TB, db driver.Conn, what, query string) {
	t.Helper()
	rows, err := db.Query(context.Background(), query)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	defer rows.Close()
	n, list := 0, ""
	for ; rows.Next(); n++ {
		var name string
		var a, b uint64
		if err := rows.Scan(&name, &a, &b); err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		if n < 5 {
			list += fmt.Sprintf("\n%s: %v, %v", name, a, b)
		}
	}
	if n > 0 {
		t.Errorf("%s in %d places:%s", what, n, list)
	}
}

// auditIssues compares the fingerprints of events with the rows of issues.
func (w *world) auditIssues(db driver.Conn) {
	t := w.t
	stored := map[string]bool{}
	rows, err := db.Query(context.Background(), "SELECT DISTINCT lower(replaceAll(toString(fingerprint), '-', '')) FROM events")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var f string
		if err := rows.Scan(&f); err != nil {
			t.Fatal(err)
		}
		stored[f] = true
	}
	meta, err := w.meta()
	if err != nil {
		t.Fatal(err)
	}
	defer meta.Close()
	list, err := meta.Query("SELECT fingerprint FROM issues")
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	without := 0
	n := len(stored)
	for list.Next() {
		var f string
		if err := list.Scan(&f); err != nil {
			t.Fatal(err)
		}
		f = strings.ToLower(strings.ReplaceAll(f, "-", ""))
		if !stored[f] {
			without++
		}
		delete(stored, f)
	}
	if without > 0 || len(stored) > 0 {
		t.Errorf("of %d fingerprints %d have no issue; %d issues have no event", n, len(stored), without)
	}
}

// auditMails wants each alarm once. One mail may come twice if the server was killed
// while it was handed over; then its identity is the same, and mail programs show one.
func (w *world) auditMails(l *ledger) {
	mails, again, subject := map[string]map[string]bool{}, 0, map[string]string{}
	for _, m := range w.inbox.Mails() {
		id, kind := m.Header.Get("Message-Id"), l.alarmIn(m.Text)
		if mails[kind] == nil {
			mails[kind] = map[string]bool{}
		}
		if mails[kind][id] {
			again++
		}
		mails[kind][id], subject[kind] = true, m.Header.Get("Subject")
	}
	for kind, ids := range mails {
		if len(ids) != 1 || kind == "" {
			w.t.Errorf("%d different mails about %q, such as %q", len(ids), kind, subject[kind])
		}
	}
	if again > 0 {
		w.t.Logf("%d mails were handed over twice under the same identity", again)
	}
}

// clickhouse connects to the engine; that of a server which has ended is started.
func (w *world) clickhouse() driver.Conn {
	e := w.engine
	if e == nil {
		cfg := embedded.DefaultConfig()
		cfg.Data, cfg.Command, cfg.Logger = filepath.Join(w.dir, "data", "clickhouse"), []string{instance.Binary(w.t), "clickhouse"}, quiet
		var err error
		if e, err = embedded.Start(w.t.Context(), cfg); err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { e.Stop(context.Background()) })
	}
	db, err := driver.Open(&driver.Options{
		Protocol: driver.HTTP, Addr: []string{e.Address()}, ReadTimeout: time.Minute,
		Auth: driver.Auth{Database: "faultline", Username: "faultline", Password: e.Secret()},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { db.Close() })
	return db
}

// meta opens the relational store.
func (w *world) meta() (*sql.DB, error) {
	if w.postgres != nil {
		return sql.Open("pgx", "postgres://faultline@"+w.postgres.address+"/postgres?sslmode=disable")
	}
	return sql.Open("sqlite", filepath.Join(w.dir, "data", "meta.db"))
}

// call calls the API of the project.
func (w *world) call(method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://%s/api/v1/projects/%d%s", w.http, instance.ProjectID, path), bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+instance.Token)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	if text, err = io.ReadAll(got.Body); err != nil {
		return err
	}
	if got.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %.200s", got.Status, text)
	}
	return json.Unmarshal(text, answer)
}

// metrics reads the metrics that have no labels.
func (w *world) metrics() (map[string]float64, error) {
	r, err := http.Get("http://" + w.http + "/metrics")
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	all := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			all[name], _ = strconv.ParseFloat(value, 64)
		}
	}
	return all, nil
}
