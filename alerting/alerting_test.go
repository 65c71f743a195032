package alerting

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/faultline-dev/faultline/alerting/notify/email/mailtest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/rule"
)

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
	m.until("the latency is counted", func() bool {
		n, err := testutil.GatherAndCount(m.metrics, "faultline_alert_latency_seconds")
		return err == nil && n == 1
	})
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

func TestAnEventThatNobodyKnowsIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	r := fresh("oncall@example.com")
	r.Query = `!stack.function:pay`
	m.rules(r)
	m.run()
	e := fatal(1, 1)
	rec, _, err := m.meta.EnsureIssue(t.Context(), issue.Record{
		ID:    issue.ID{ProjectID: 7, Fingerprint: e.Fingerprint},
		State: issue.State{Status: issue.Unresolved, Reason: issue.ReasonFirstSeen}, Title: e.Title, FirstSeen: e.Timestamp, UpdatedAt: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.bus.IssueChanged(t.Context(), issue.Change{Record: rec, Time: e.ReceivedAt}, "WEB-1", nil); err != nil {
		t.Fatal(err)
	}
	m.until("a delivery", func() bool { return len(m.log()) > 0 })
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
