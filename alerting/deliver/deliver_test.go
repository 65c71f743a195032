package deliver

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/faultline-dev/faultline/alerting/notify"
	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/embedded/natstest"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/store/meta"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inbox is a channel that keeps what it was given and fails as told.
type inbox struct {
	mu     sync.Mutex
	alerts []notify.Alert
	fail   func(n int) error // asked with the number of the attempt, from 1
	tries  int
}

func (i *inbox) Send(_ context.Context, a notify.Alert) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.tries++
	if i.fail != nil {
		if err := i.fail(i.tries); err != nil {
			return err
		}
	}
	i.alerts = append(i.alerts, a)
	return nil
}

func (i *inbox) got() (alerts, tries int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.alerts), i.tries
}

// plain describes a delivery by what it holds itself.
type plain struct{}

func (plain) Describe(_ context.Context, d rule.Delivery) notify.Alert {
	return notify.Alert{DeliveryID: d.ID, Recipient: d.Recipient, ShortID: d.ShortID, Event: d.Event}
}

type world struct {
	t    *testing.T
	bus  *bus.Bus
	meta *meta.Store
	mail *inbox
	cfg  Config
}

func newWorld(t *testing.T) *world {
	t.Helper()
	_, conn := natstest.Start(t)
	cfg := bus.DefaultConfig()
	cfg.Backoff, cfg.Logger = []time.Duration{time.Millisecond}, slog.New(slog.DiscardHandler)
	b, err := bus.Open(t.Context(), conn, cfg)
	if err != nil {
		t.Fatal(err)
	}
	m, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	if err := m.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.EnsureOrganization(t.Context(), project.Organization{ID: "org", Name: "Acme"}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.CreateProject(t.Context(), project.Project{ID: 7, OrganizationID: "org", Slug: "web", Name: "Web"}); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, bus: b, meta: m, mail: &inbox{}, cfg: DefaultConfig()}
	w.cfg.FirstWait, w.cfg.MaxWait, w.cfg.SweepEvery = 10*time.Millisecond, 40*time.Millisecond, 10*time.Millisecond
	return w
}

func (w *world) service() *Service {
	w.t.Helper()
	s, err := New(w.cfg, Parts{
		Log: w.meta, Due: w.meta, Queue: w.bus, Describer: plain{}, Channels: map[string]Channel{rule.Email: w.mail},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) run(s *Service) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	stop = func() { cancel(); <-done }
	w.t.Cleanup(stop)
	return stop
}

func delivery(id string) rule.Delivery {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return rule.Delivery{
		ID: id, ProjectID: 7, RuleID: "crash", RuleName: "Crashes", IssueID: issue.ID{ProjectID: 7, Fingerprint: event.Fingerprint{1}},
		ShortID: "WEB-1", Trigger: rule.OnEvent, Event: event.Summary{EventID: event.ID{1}, Title: "Error: x", Timestamp: now, ReceivedAt: now},
		Channel: rule.Email, Recipient: "oncall@example.com", EventReceivedAt: now,
	}
}

// until waits until the delivery log says what it should, and returns the row.
func (w *world) until(id string, what string, done func(rule.Delivery) bool) rule.Delivery {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		d, err := w.meta.Delivery(w.t.Context(), id)
		if err == nil && done(d) {
			return d
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("not reached: %s: %+v %v", what, d, err)
		}
	}
}

func final(d rule.Delivery) bool { return d.Final() }

func TestADeliveryIsSentOnceHoweverOftenItIsAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service()
	for range 3 {
		if err := s.Add(t.Context(), delivery("d1")); err != nil {
			t.Fatal(err)
		}
	}
	w.run(s)
	w.run(w.service())
	d := w.until("d1", "sent", final)
	if d.Status != rule.Sent || d.Attempts != 1 || d.SentAt.IsZero() || d.Reason != "" {
		t.Fatalf("%+v", d)
	}
	if err := s.Add(t.Context(), delivery("d1")); err != nil {
		t.Fatal(err)
	}
	want := []notify.Alert{plain{}.Describe(t.Context(), delivery("d1"))}
	if diff := cmp.Diff(want, w.mail.alerts, cmpopts.IgnoreTypes(time.Time{})); diff != "" {
		t.Fatal(diff)
	}
	if n := testutil.CollectAndCount(s.metrics.latency); n > 1 {
		t.Fatalf("%d latencies", n)
	}
}

func TestAFailureIsTriedAgainAndInTheEndGivenUp(t *testing.T) {
	t.Parallel()
	busy := func(int) error { return &notify.Failure{Reason: "smtp_error", Err: errors.New("try again later")} }
	f := func(name string, fail func(int) error, attempts int, status rule.Status, reason string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.cfg.MaxAttempts = 4
			w.mail.fail = fail
			s := w.service()
			if err := s.Add(t.Context(), delivery("d1")); err != nil {
				t.Fatal(err)
			}
			w.run(s)
			d := w.until("d1", "final", final)
			if d.Status != status || d.Attempts != attempts || d.Reason != reason {
				t.Fatalf("%+v", d)
			}
			if (d.Error == "") != (status == rule.Sent) {
				t.Fatalf("error %q", d.Error)
			}
			if alerts, _ := w.mail.got(); alerts != map[rule.Status]int{rule.Sent: 1}[status] {
				t.Fatalf("%d alerts", alerts)
			}
		})
	}
	f("busy three times", func(n int) error {
		if n <= 3 {
			return busy(n)
		}
		return nil
	}, 4, rule.Sent, "")
	f("busy for ever", busy, 4, rule.GaveUp, "smtp_error")
	f("refused", func(int) error {
		return &notify.Failure{Reason: "smtp_error", Permanent: true, Err: errors.New("no such mailbox")}
	}, 1, rule.GaveUp, "smtp_error")
	f("an error without a name", func(n int) error {
		if n == 1 {
			return errors.New("what is this")
		}
		return nil
	}, 2, rule.Sent, "")
}

func TestWithoutAChannelADeliveryIsSuppressed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, err := New(w.cfg, Parts{Log: w.meta, Due: w.meta, Queue: w.bus, Describer: plain{}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(t.Context(), delivery("d1")); err != nil {
		t.Fatal(err)
	}
	if d := w.until("d1", "suppressed", final); d.Status != rule.Suppressed || d.Reason != "no_email_configured" {
		t.Fatalf("%+v", d)
	}
	// The service was taken away while a delivery waited.
	if err := w.service().Add(t.Context(), delivery("d2")); err != nil {
		t.Fatal(err)
	}
	w.run(s)
	if d := w.until("d2", "suppressed", final); d.Status != rule.Suppressed || d.Reason != "no_email_configured" {
		t.Fatalf("%+v", d)
	}
}

func TestWhatOnlyTheLogKnowsIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := delivery("d1") // its process ended before it could ask for an attempt
	d.Status, d.CreatedAt, d.NextAttemptAt = rule.Pending, time.Now(), time.Now()
	if _, err := w.meta.AddDelivery(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	begun := delivery("d2") // its process ended during an attempt
	begun.Status, begun.Attempts, begun.CreatedAt, begun.NextAttemptAt = rule.Pending, 1, time.Now(), time.Now().Add(300*time.Millisecond)
	if _, err := w.meta.AddDelivery(t.Context(), begun); err != nil {
		t.Fatal(err)
	}
	s := w.service()
	if err := s.ask(t.Context(), begun); err != nil {
		t.Fatal(err)
	}
	w.run(s)
	w.until("d1", "sent", final)
	if got := w.until("d2", "sent", final); got.SentAt.Before(begun.NextAttemptAt.Truncate(time.Microsecond)) || got.Attempts != 2 {
		t.Fatalf("an attempt of another process was not left alone: %+v", got)
	}
}

func TestAnAttemptThatIsCutOffIsWrittenDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	began := make(chan struct{}, 8)
	w.mail.fail = func(n int) error {
		began <- struct{}{}
		if n == 1 {
			return &notify.Failure{Reason: "smtp_error", Err: context.Canceled}
		}
		return nil
	}
	s := w.service()
	if err := s.Add(t.Context(), delivery("d1")); err != nil {
		t.Fatal(err)
	}
	stop := w.run(s)
	<-began
	stop()
	if d, err := w.meta.Delivery(t.Context(), "d1"); err != nil || d.Attempts < 1 || d.NextAttemptAt.After(time.Now().Add(time.Second)) {
		t.Fatalf("%+v %v", d, err)
	}
	w.run(w.service())
	w.until("d1", "sent", final)
}

func TestWaitsGrowAndDiffer(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	f := func(failures int, want time.Duration) {
		t.Helper()
		seen := map[time.Duration]bool{}
		for range 100 {
			got := cfg.wait(failures)
			if got < want*8/10 || got > want*12/10 {
				t.Fatalf("after %d failures %v, want about %v", failures, got, want)
			}
			seen[got] = true
		}
		if len(seen) < 10 {
			t.Errorf("after %d failures everybody waits equally long", failures)
		}
	}
	f(1, 5*time.Second)
	f(2, 10*time.Second)
	f(5, 80*time.Second)
	f(12, time.Hour)
	f(1000000, time.Hour)

	s := &Service{cfg: cfg}
	asked := s.after(rule.Delivery{Attempts: 1}, &notify.Failure{Reason: "resend_error", RetryAfter: time.Hour, Err: errors.New("slow down")}, time.Now())
	if wait := time.Until(asked.NextAttemptAt); wait < 59*time.Minute {
		t.Fatalf("waits %v where an hour was asked for", wait)
	}
}

func TestWhereIsTheLastOwnCall(t *testing.T) {
	t.Parallel()
	frame := func(name string, own event.InApp) event.Frame {
		return event.Frame{Function: name, Filename: name + ".go", Line: 3, ContextLine: "x()", InApp: own}
	}
	stack := func(frames ...event.Frame) event.Exception {
		return event.Exception{Value: "boom", Stack: event.Stacktrace{Frames: frames}}
	}
	f := func(want string, exceptions ...event.Exception) {
		t.Helper()
		if got := where(&event.Event{Exceptions: exceptions}).Function; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("")
	f("", stack())
	f("lib", stack(frame("main", event.InAppNo), frame("lib", event.InAppNo)))
	f("own", stack(frame("main", event.InAppYes), frame("own", event.InAppYes), frame("lib", event.InAppNo)))
	f("cause", stack(frame("lib", event.InAppNo)), stack(frame("cause", event.InAppYes)))
}

func TestConfigRefusesNonsense(t *testing.T) {
	t.Parallel()
	f := func(change func(*Config)) {
		t.Helper()
		cfg := DefaultConfig()
		change(&cfg)
		if _, err := New(cfg, Parts{}); err == nil {
			t.Errorf("taken: %+v", cfg)
		}
	}
	f(func(c *Config) { c.MaxAttempts = 0 })
	f(func(c *Config) { c.FirstWait = 0 })
	f(func(c *Config) { c.MaxWait = 0 })
	f(func(c *Config) { c.Timeout = 0 })
	f(func(c *Config) { c.Lease = c.Timeout })
	f(func(c *Config) { c.FirstAttempt = -1 })
	f(func(c *Config) { c.SweepEvery = 0 })
	f(func(c *Config) { c.SweepLimit = 0 })
}
