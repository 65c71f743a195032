package alerting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

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

func (e *events) Event(_ context.Context, _ uint32, id event.ID) (*event.Occurrence, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	o, ok := e.stored[id]
	return o, ok && e.away == nil, e.away
}

func (e *events) Issue(context.Context, issue.ID, int) (view.IssueRow, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return view.IssueRow{Events: 12, Users: 3, FirstSeen: noon, LastSeen: noon}, e.away == nil, e.away
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

func TestANewFatalErrorBringsOneMail(t *testing.T) {
	t.Parallel()
	server := mailtest.StartSMTP(t, mailtest.Options{})
	m := newMachine(t)
	m.toSMTP(server)
	m.rules(crash("oncall@example.com"), fresh("oncall@example.com"))
	m.run()
	e := fatal(1, 1)
	m.events.store(&event.Occurrence{ProjectID: 7, Fingerprint: e.Fingerprint, Title: e.Title, Event: &event.Event{
		ID: e.EventID, Exceptions: []event.Exception{{Type: "TypeError", Value: "x is undefined", Stack: event.Stacktrace{Frames: []event.Frame{
			{Function: "pay", Filename: "src/pay.js", Line: 42, InApp: event.InAppYes, ContextLine: "total(x)"},
		}}}},
	}})
	// The critical event is here before the issue has its number.
	m.critical(e, "crash")
	m.number(e, true)
	m.until("a delivery", func() bool { return len(m.log()) > 0 })
	m.critical(fatal(2, 1), "crash")
	m.decided(rule.OnEvent, "duplicate", 1)
	m.until("the mail", func() bool { return len(server.Mails()) > 0 })
	m.until("both messages handled", func() bool {
		messages := 0
		for _, d := range m.log() {
			if d.Status != rule.Sent {
				return false
			}
			messages++
		}
		return messages == 1
	})
	mails := server.Mails()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	mail := mails[0]
	if mail.Subject() != "[WEB-1] TypeError: x is undefined" || mail.To != "oncall@example.com" {
		t.Fatalf("%q to %s", mail.Subject(), mail.To)
	}
	id := issue.ID{ProjectID: 7, Fingerprint: e.Fingerprint}
	for _, want := range []string{"https://faultline.example/issues/" + id.String(), "src/pay.js:42", "production", "web@1.2.3", "Users affected  3"} {
		if !strings.Contains(mail.Text, want) {
			t.Errorf("the text lacks %q:\n%s", want, mail.Text)
		}
	}
	d := m.log()[0]
	latency := d.SentAt.Sub(d.EventReceivedAt)
	t.Logf("event received to mail handed over: %v", latency)
	if d.ShortID != "WEB-1" || latency <= 0 {
		t.Fatalf("%+v", d)
	}
	if n := testutil.CollectAndCount(m.metrics, "faultline_alert_latency_seconds"); n != 1 {
		t.Fatalf("%d series of latency", n)
	}
}

func TestNothingIsLostOrDoubledWhenEverythingIsKilledBetweenSteps(t *testing.T) {
	t.Parallel()
	server := mailtest.StartResend(t, func(_ int, w http.ResponseWriter) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	})

	m := newMachine(t)
	m.toResend(server)
	m.cfg.Deliver.MaxAttempts = 1000
	m.cfg.Deliver.Timeout, m.cfg.Deliver.Lease = time.Second, 1200*time.Millisecond
	m.rules(crash("ann@example.com", "bob@example.com"), fresh("ann@example.com", "bob@example.com"))

	// An event is published while no alert service runs.
	e := fatal(1, 1)
	m.number(e, true)
	m.critical(e, "crash")
	m.restart()

	// It is decided; Resend is away.
	m.run()
	m.until("two deliveries were attempted", func() bool {
		all := m.log()
		return len(all) == 2 && all[0].Attempts > 0 && all[1].Attempts > 0
	})
	m.restart()

	// It is tried again; Resend is still away.
	m.run()
	before := m.log()
	m.until("further attempts", func() bool {
		all := m.log()
		return all[0].Attempts > before[0].Attempts && all[1].Attempts > before[1].Attempts
	})
	m.restart()

	// Nobody runs, and Resend comes back.
	server.AnswerWith(nil)
	m.restart()
	m.run()
	sent := func() bool {
		all := m.log()
		return len(all) == 2 && all[0].Status == rule.Sent && all[1].Status == rule.Sent
	}
	m.until("both are sent", sent)
	m.restart()

	// The same is told again, as by a client that resends.
	m.run()
	m.critical(e, "crash")
	m.number(e, true)
	m.critical(fatal(2, 1), "crash")
	m.decided(rule.OnEvent, "duplicate", 2)
	m.restart()
	m.run()
	m.until("still sent", sent)

	var to []string
	for _, mail := range server.Mails() {
		to = append(to, mail.To...)
	}
	slices.Sort(to)
	if diff := cmp.Diff([]string{"ann@example.com", "bob@example.com"}, to); diff != "" {
		t.Fatal(diff)
	}
}

func TestARegressionIsTold(t *testing.T) {
	t.Parallel()
	server := mailtest.StartSMTP(t, mailtest.Options{})
	m := newMachine(t)
	m.toSMTP(server)
	m.rules(crash("oncall@example.com"), fresh("oncall@example.com"))
	m.run()
	e := fatal(1, 1)
	e.Handled, e.Level = true, event.LevelError
	rec := m.number(e, false)
	rec.State.Reason, rec.Version = issue.ReasonRegressed, 3
	if err := m.bus.IssueChanged(t.Context(), issue.Change{Record: rec, From: issue.Resolved, Time: e.ReceivedAt}, "WEB-1", &e); err != nil {
		t.Fatal(err)
	}
	// What a person did is told to nobody.
	rec.State, rec.Version = issue.State{Status: issue.Resolved, Reason: issue.ReasonByUser}, 4
	if err := m.bus.IssueChanged(t.Context(), issue.Change{Record: rec, From: issue.Unresolved, Time: e.ReceivedAt}, "WEB-1", nil); err != nil {
		t.Fatal(err)
	}
	m.until("a mail", func() bool { return len(server.Mails()) == 1 })
	if text := server.Mails()[0].Text; !strings.Contains(text, "Regression in Web shop") {
		t.Fatal(text)
	}
}

func TestWithoutAMailServiceAlertsAreWrittenDown(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.rules(crash("oncall@example.com"), fresh("oncall@example.com"))
	m.run()
	for i := range byte(5) {
		e := fatal(i+1, 1)
		m.number(e, false)
		m.critical(e, "crash")
	}
	m.decided(rule.OnEvent, "duplicate", 4)
	all := m.log()
	if len(all) != 1 || all[0].Status != rule.Suppressed || all[0].Reason != "no_email_configured" {
		t.Fatalf("%+v", all)
	}
}

func TestARuleThatAsksForMoreThanTheShortFormWaitsForTheEvent(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	r := fresh("oncall@example.com")
	r.Query = "stack.function:pay"
	m.rules(r)
	m.run()
	m.events.goAway(errors.New("ClickHouse is away"))
	for i, function := range []string{"pay", "browse"} {
		e := fatal(byte(i+1), byte(i+1))
		m.events.store(&event.Occurrence{ProjectID: 7, Event: &event.Event{ID: e.EventID, Exceptions: []event.Exception{{
			Stack: event.Stacktrace{Frames: []event.Frame{{Function: function}}},
		}}}})
		m.number(e, true)
	}
	m.events.goAway(nil)
	m.decided(rule.OnNewIssue, "not_matching", 1)
	m.until("a delivery", func() bool { return len(m.log()) > 0 })
	if all := m.log(); len(all) != 1 || all[0].Event.EventID != (event.ID{1}) {
		t.Fatalf("%+v", all)
	}
}

func TestAnEventOfAMergedIssueSpeaksOfItsTarget(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.rules(crash("oncall@example.com"), fresh("oncall@example.com"))
	into, from := m.number(fatal(1, 1), false), m.number(fatal(2, 2), false)
	if _, err := m.meta.Merge(t.Context(), into.ID, []issue.ID{from.ID}, false, "ann@example.com", time.Now()); err != nil {
		t.Fatal(err)
	}
	m.run()
	m.critical(fatal(3, 2), "crash")
	m.until("a delivery", func() bool { return len(m.log()) > 0 })
	if all := m.log(); len(all) != 1 || all[0].ShortID != "WEB-1" || all[0].IssueID != into.ID {
		t.Fatalf("%+v", all)
	}
}

func TestConfigNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	cfg.Email.SMTPHost = "mail.example.com"
	if _, err := New(cfg, Parts{}); err == nil {
		t.Fatal("mail without a sender was taken")
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Fatal(err)
	}
}
