package alerting

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/faultline-dev/faultline/alerting/notify/email/mailtest"
	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/embedded"
	"github.com/faultline-dev/faultline/internal/embedded/natstest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/store/meta"
	"github.com/faultline-dev/faultline/internal/view"
)

// events stands in for ClickHouse.
type events struct {
	mu     sync.Mutex
	away   error
	stored map[event.ID]*event.Occurrence
}

func (e *events) EventOf(_ context.Context, s event.Summary) (*event.Occurrence, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	o, ok := e.stored[s.EventID]
	return o, ok && e.away == nil, e.away
}

func (e *events) IssueCounts(context.Context, issue.ID) (view.IssueCounts, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return view.IssueCounts{Events: 12, Users: 3, FirstSeen: noon}, e.away == nil, e.away
}

func (e *events) store(o *event.Occurrence) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stored == nil {
		e.stored = make(map[event.ID]*event.Occurrence)
	}
	e.stored[o.Event.ID] = o
}

func (e *events) goAway(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.away = err
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// machine is a place where everything can be started and killed: what is on disk stays.
type machine struct {
	t      testing.TB
	dir    string
	events *events
	cfg    Config

	nats    *embedded.NATS
	conn    *nats.Conn
	bus     *bus.Bus
	meta    *meta.Store
	metrics *prometheus.Registry
	stop    func()
}

func newMachine(t testing.TB) *machine {
	t.Helper()
	m := &machine{t: t, dir: t.TempDir(), events: &events{}, cfg: DefaultConfig()}
	m.cfg.BaseURL = "https://faultline.example"
	m.cfg.Email.From = "Faultline <alerts@faultline.example>"
	m.cfg.Deliver.FirstWait, m.cfg.Deliver.MaxWait = 20*time.Millisecond, 50*time.Millisecond
	m.cfg.Deliver.SweepEvery = 20 * time.Millisecond
	m.cfg.Watch.SettingsTTL = time.Millisecond
	m.open()
	if _, err := m.meta.EnsureOrganization(t.Context(), project.Organization{ID: "org", Name: "Acme"}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.meta.CreateProject(t.Context(), project.Project{ID: 7, OrganizationID: "org", Slug: "web", Name: "Web shop"}); err != nil {
		t.Fatal(err)
	}
	return m
}

// toResend makes the machine send through a stand-in for Resend.
func (m *machine) toResend(server *mailtest.Resend) {
	m.cfg.Email.ResendKey, m.cfg.Email.ResendURL = "re_key", server.URL
}

// toSMTP makes the machine send to a mail server.
func (m *machine) toSMTP(server *mailtest.SMTP) {
	m.cfg.Email.SMTPHost, m.cfg.Email.SMTPPort, m.cfg.Email.SMTPCertificates = server.Host, server.Port, server.CA
}

// open starts NATS and opens the stores.
func (m *machine) open() {
	m.t.Helper()
	m.nats = natstest.StartIn(m.t, filepath.Join(m.dir, "nats"))
	m.conn = natstest.Connect(m.t, m.nats)
	cfg := bus.DefaultConfig()
	cfg.Backoff, cfg.AckWait, cfg.CriticalEvery = []time.Duration{5 * time.Millisecond}, time.Second, 0
	cfg.Logger = slog.New(slog.DiscardHandler)
	var err error
	if m.bus, err = bus.Open(m.t.Context(), m.conn, cfg); err != nil {
		m.t.Fatal(err)
	}
	if m.meta, err = meta.Open(m.t.Context(), filepath.Join(m.dir, "meta.db")); err != nil {
		m.t.Fatal(err)
	}
	if err := m.meta.Migrate(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
}

// run starts the alert service.
func (m *machine) run() {
	m.t.Helper()
	m.metrics = prometheus.NewRegistry()
	s, err := New(m.cfg, Parts{Bus: m.bus, Meta: m.meta, Stored: m.events, Metrics: m.metrics, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		m.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(m.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	m.stop = func() { cancel(); <-done }
	m.t.Cleanup(m.stop)
}

// restart kills everything and opens it again on the same disk, without the alert service.
func (m *machine) restart() {
	m.t.Helper()
	if m.stop != nil {
		m.stop()
	}
	m.conn.Close()
	if err := m.nats.Stop(); err != nil {
		m.t.Fatal(err)
	}
	if err := m.meta.Close(); err != nil {
		m.t.Fatal(err)
	}
	m.open()
}

func (m *machine) rules(rules ...rule.Rule) {
	m.t.Helper()
	for _, r := range rules {
		if _, err := m.meta.PutRule(m.t.Context(), r); err != nil {
			m.t.Fatal(err)
		}
	}
}

// crash tells of every fatal or unhandled event.
func crash(to ...string) rule.Rule {
	return rule.Rule{
		ID: "crash", ProjectID: 7, Name: "Crashes", Enabled: true, Triggers: []rule.Trigger{rule.OnEvent},
		Query: "level:fatal OR handled:false", Emails: to, Throttle: 30 * time.Minute,
	}
}

// fresh tells of what is new or came back in production.
func fresh(to ...string) rule.Rule {
	return rule.Rule{
		ID: "fresh", ProjectID: 7, Name: "New in production", Enabled: true, Triggers: []rule.Trigger{rule.OnNewIssue, rule.OnRegression},
		Query: "environment:production", Emails: to, Throttle: 30 * time.Minute,
	}
}

// number makes the issue of an event, as triage does, and tells of it.
func (m *machine) number(e event.Summary, tell bool) issue.Record {
	m.t.Helper()
	rec, _, err := m.meta.EnsureIssue(m.t.Context(), issue.Record{
		ID:    issue.ID{ProjectID: 7, Fingerprint: e.Fingerprint},
		State: issue.State{Status: issue.Unresolved, Substatus: issue.SubNew, Reason: issue.ReasonFirstSeen, Since: e.ReceivedAt},
		Title: e.Title, FirstSeen: e.Timestamp,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	if tell {
		if err := m.bus.IssueChanged(m.t.Context(), issue.Change{Record: rec, Time: e.ReceivedAt}, issue.ShortID("web", rec.Number), &e); err != nil {
			m.t.Fatal(err)
		}
	}
	return rec
}

func (m *machine) critical(e event.Summary, rules ...string) {
	m.t.Helper()
	if err := m.bus.Critical(m.t.Context(), e, rules); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) until(what string, done func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("not reached: %s; the log has %+v", what, m.log())
		}
	}
}

func (m *machine) log() []rule.Delivery {
	m.t.Helper()
	all, err := m.meta.Deliveries(m.t.Context(), rule.DeliveryFilter{ProjectID: 7}, 100, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	return all
}

// decided waits until a number of decisions with a reason were made.
func (m *machine) decided(trigger rule.Trigger, reason string, n float64) {
	m.t.Helper()
	m.until(fmt.Sprintf("%v decisions %s %s", n, trigger, reason), func() bool {
		families, err := m.metrics.Gather()
		if err != nil {
			m.t.Fatal(err)
		}
		for _, f := range families {
			for _, metric := range f.GetMetric() {
				var labels []string
				for _, l := range metric.GetLabel() {
					labels = append(labels, l.GetValue())
				}
				if f.GetName() == "faultline_alert_decisions_total" && slices.Equal(labels, []string{reason, string(trigger)}) {
					return metric.GetCounter().GetValue() >= n
				}
			}
		}
		return false
	})
}

func fatal(id, fingerprint byte) event.Summary {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return event.Summary{
		EventID: event.ID{id}, ProjectID: 7, Fingerprint: event.Fingerprint{fingerprint}, Timestamp: now, ReceivedAt: now,
		Title: "TypeError: x is undefined", Culprit: "POST /pay", Level: event.LevelFatal, Platform: "node", Release: "web@1.2.3", Environment: "production",
	}
}
