package query_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faultline-dev/faultline/internal/embedded/enginetest"
	"github.com/faultline-dev/faultline/internal/health"
	"github.com/faultline-dev/faultline/internal/outcome"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/store/clickhouse"
	"github.com/faultline-dev/faultline/server/pulse"
	"github.com/faultline-dev/faultline/server/query"
	"github.com/faultline-dev/faultline/server/receive"
	"github.com/faultline-dev/faultline/server/receive/sentry"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

// keyring lets everybody into one project.
type keyring uint32

func (k keyring) Key(context.Context, string, uint32) (project.Access, error) {
	return project.Access{ProjectID: uint32(k), KeyID: "key", Scopes: []project.Scope{project.ScopeEventWrite}}, nil
}

// drain takes batches, of which these clients send none with an event.
type drain struct{}

func (drain) Receive(_ context.Context, b *receive.Batch) (wait func() []outcome.Result) {
	return func() []outcome.Result {
		return make([]outcome.Result, len(b.Events))
	}
}

// openStore is a store on an engine of its own.
func openStore(t *testing.T) *clickhouse.Store {
	t.Helper()
	db := enginetest.Start(t)
	cfg := clickhouse.DefaultConfig()
	cfg.Address, cfg.Secret, cfg.Database = db.Addr, db.Secret, db.Name
	store, err := clickhouse.Open(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	must(t, store.Migrate(t.Context()))
	return store
}

// What a client says in an envelope becomes a monitor, which is missed when its time and
// its margin are over, and times out when a run lasts longer than it may.
func TestACheckInLeadsToAMissedRun(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	store := openStore(t)
	said, err := pulse.New(pulse.DefaultConfig(), pulse.Parts{Store: store, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	intake, err := sentry.New(sentry.DefaultConfig(), sentry.Parts{
		Sink: drain{}, Keys: keyring(f.web.ID), Pulse: said, Metrics: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	door := intake.Wrap(http.NotFoundHandler())
	say := func(payload string) {
		t.Helper()
		w := httptest.NewRecorder()
		body := "{\"dsn\":\"https://0123456789abcdef0123456789abcdef@errors.example/1\"}\n{\"type\":\"check_in\"}\n" + strings.ReplaceAll(payload, "\n", "") + "\n"
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/1/envelope/?sentry_key=0123456789abcdef0123456789abcdef", strings.NewReader(body))
		if door.ServeHTTP(w, r); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	began := time.Now()
	say(`{"check_in_id":"0123456789abcdef0123456789abcdef","monitor_slug":"import","status":"in_progress","environment":"staging",
"monitor_config":{"schedule":{"type":"interval","value":1,"unit":"day"},"max_runtime":20}}`)
	say(`{"monitor_slug":"nightly","status":"ok","duration":2,
"monitor_config":{"schedule":{"type":"crontab","value":"30 3 * * *"},"timezone":"Europe/Berlin","checkin_margin":5}}`)
	say(`{"monitor_slug":"unknown","status":"error"}`)
	must(t, said.Flush(ctx))

	clock := began
	asked := query.New(query.Parts{Events: f.events, Issues: f.meta, Health: store, Now: func() time.Time { return clock }})
	monitor := func(at time.Time, name, environment string) query.Monitor {
		t.Helper()
		clock = at
		found, err := asked.ListMonitors(ctx, f.ada, f.web.ID, environment, name)
		must(t, err)
		if len(found.Monitors) != 1 || found.More || strings.Join(found.Environments, " ") != "production staging" {
			t.Fatalf("%+v", found)
		}
		return found.Monitors[0]
	}
	m := monitor(began.Add(time.Second), "NIGHT", "")
	due := m.Expected
	if berlin := due.Format("15:04"); m.State != health.StateOK || berlin != "03:30" || due.Before(began) || due.After(began.Add(25*time.Hour)) || m.Standing.Schedule != "every day at 03:30, Europe/Berlin" {
		t.Fatalf("%+v", m)
	}
	if m = monitor(due.Add(5*time.Minute), "night", "production"); m.State != health.StateOK || m.Late != 5*time.Minute {
		t.Errorf("within the margin: %+v", m)
	}
	if m = monitor(due.Add(5*time.Minute+time.Second), "night", ""); m.State != health.StateMissed || m.Missed != 1 || !m.Expected.Equal(due) || !m.Next.After(clock) {
		t.Errorf("beyond it: %+v", m)
	}
	if m = monitor(due.Add(100*time.Hour), "unknown", ""); m.State != health.StateError || !m.Expected.IsZero() {
		t.Errorf("without a schedule: %+v", m)
	}
	if m = monitor(began.Add(19*time.Minute), "import", "staging"); m.State != health.StateInProgress {
		t.Errorf("while it may run: %+v", m)
	}
	if m = monitor(began.Add(21*time.Minute), "import", ""); m.State != health.StateTimeout || m.Missed != 0 {
		t.Errorf("beyond that: %+v", m)
	}
	say(`{"check_in_id":"0123456789abcdef0123456789abcdef","monitor_slug":"import","status":"ok","environment":"staging"}`)
	must(t, said.Flush(ctx))
	if m = monitor(began.Add(21*time.Minute), "import", ""); m.State != health.StateOK || m.OK24 != 1 {
		t.Errorf("when it has ended: %+v", m)
	}
	if _, err := asked.ListMonitors(ctx, f.ada, f.foreign.ID, "", ""); !errors.Is(err, project.ErrNotFound) && !errors.Is(err, project.ErrForbidden) {
		t.Errorf("of another organization: %v", err)
	}
}
