package triage

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/faultline-dev/faultline/internal/bus"
	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/project"
	"github.com/faultline-dev/faultline/internal/rule"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestANewIssueGetsANumberAndIsToldOfOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.background(w.service(nil).Run)
	w.background(w.service(nil).Run) // a second process does the same
	e := seen(1, "1.0.0", time.Now())
	if err := w.bus.FirstSeen(t.Context(), []event.Summary{e}); err != nil {
		t.Fatal(err)
	}
	got := w.change(0)
	want := bus.Changed{
		Project: 7, Fingerprint: e.Fingerprint, ShortID: "WEB-1", To: issue.Unresolved, Reason: issue.ReasonFirstSeen,
		Version: 1, Time: got.Time, Event: &e,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	w.until("the mirror", func() bool { return w.events.record(id(1)).Number == 1 })
	w.until("the first event of the project is written down", func() bool {
		p, err := w.meta.Project(t.Context(), 7)
		return err == nil && p.FirstEventAt.Equal(e.ReceivedAt)
	})
	w.until("an empty outbox", func() bool { rows, err := w.meta.Outbox(t.Context(), 1); return err == nil && len(rows) == 0 })
	if w.mu.Lock(); len(w.changes) != 1 {
		t.Fatalf("told of %d changes", len(w.changes))
	}
	w.mu.Unlock()
}

func TestWhatWasMergedBeforeItWasSeenIsNoNewIssue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(nil)
	w.background(s.Run)
	now := time.Now()
	tell := func(e event.Summary) {
		t.Helper()
		if err := w.bus.FirstSeen(t.Context(), []event.Summary{e}); err != nil {
			t.Fatal(err)
		}
	}
	tell(seen(1, "1.0.0", now))
	w.change(0)
	if _, err := w.meta.Merge(t.Context(), id(1), []issue.ID{id(2)}, false, issue.SystemActor, now); err != nil {
		t.Fatal(err)
	}
	merged := seen(2, "1.0.0", now)
	w.events.store(merged)
	if err := s.sweep(t.Context(), now.Add(-time.Hour), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	tell(merged)
	w.until("the event is taken in", func() bool {
		return testutil.ToFloat64(s.metrics.observed.WithLabelValues(string(issue.ReasonOngoing))) > 0
	})
	tell(seen(3, "1.0.0", now))
	if got := w.change(1); got.Fingerprint != id(3).Fingerprint || got.ShortID != "WEB-2" {
		t.Fatalf("%+v", got)
	}
	if known, err := w.meta.Issues(t.Context(), []issue.ID{id(2)}); err != nil || len(known) != 0 {
		t.Fatalf("%+v, %v", known, err)
	}
}

func TestAResolvedIssueRegressesOnlyByWhatCanHoldTheFix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	settings := make(chan uint32, 8)
	stop, err := w.bus.OnSettingsChanged(func(id uint32) { settings <- id })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	s := w.service(nil)
	w.background(s.Run)
	before := time.Now()
	w.events.store(seen(9, "beef", before), seen(9, "cafe", before))
	if err := w.bus.FirstSeen(t.Context(), []event.Summary{seen(1, "cafe", before)}); err != nil {
		t.Fatal(err)
	}
	w.change(0)
	w.resolve(id(1), "cafe")
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.events.record(id(1)).State.Status; got != issue.Resolved {
		t.Fatalf("the mirror says %s after a flush", got)
	}
	if got := w.change(1); got.From != issue.Unresolved || got.To != issue.Resolved || got.Event != nil {
		t.Fatalf("%+v", got)
	}
	<-settings

	after := time.Now().Add(time.Millisecond)
	late, same, old := seen(1, "f00d", before), seen(1, "cafe", after), seen(1, "beef", after)
	fresh := seen(1, "f00d", after)
	for _, e := range []event.Summary{late, same, old, fresh} {
		if err := w.bus.Hit(t.Context(), []event.Summary{e}); err != nil {
			t.Fatal(err)
		}
	}
	got := w.change(2)
	if got.Reason != issue.ReasonRegressed || got.Event == nil || got.Event.EventID != fresh.EventID {
		t.Fatalf("%+v", got)
	}
	<-settings
	history, err := w.meta.Activities(t.Context(), id(1), 1, 0)
	if err != nil || history[0].Kind != issue.ActivityRegressed || history[0].Detail != "f00d" {
		t.Fatalf("%+v %v", history, err)
	}
	for _, why := range []issue.Reason{issue.ReasonLateEvent, issue.ReasonSameRelease, issue.ReasonRegressed} {
		if testutil.ToFloat64(s.metrics.observed.WithLabelValues(string(why))) == 0 {
			t.Errorf("no event counted as %s", why)
		}
	}
}

func TestAHitOfAMergedFingerprintReopensItsTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.background(w.service(nil).Run)
	if err := w.bus.FirstSeen(t.Context(), []event.Summary{seen(1, "", time.Now()), seen(2, "", time.Now())}); err != nil {
		t.Fatal(err)
	}
	w.change(1)
	if _, err := w.meta.Merge(t.Context(), id(1), []issue.ID{id(2)}, false, "ann@example.com", time.Now()); err != nil {
		t.Fatal(err)
	}
	w.resolve(id(1), "")
	if err := w.bus.Hit(t.Context(), []event.Summary{seen(2, "", time.Now().Add(time.Millisecond))}); err != nil {
		t.Fatal(err)
	}
	w.until("the target is open again", func() bool {
		r, err := w.meta.Issue(t.Context(), id(1))
		return err == nil && r.State.Substatus == issue.SubRegressed
	})
}

func TestTheSweeperFindsWhatNobodyToldOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lost, onItsWay := seen(1, "", time.Now().Add(-time.Minute)), seen(2, "", time.Now().Add(time.Hour))
	w.events.store(lost, onItsWay)
	w.background(w.service(nil).Run)
	if got := w.change(0); got.Event == nil || got.Event.EventID != lost.EventID {
		t.Fatalf("%+v", got)
	}
	w.until("alerting is told", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.critical) == 1 && w.critical[0].Event.EventID == lost.EventID && w.critical[0].RuleIDs == nil
	})
	if _, err := w.meta.Issue(t.Context(), id(2)); !errors.Is(err, project.ErrNotFound) {
		t.Fatalf("an event that is on its way was swept: %v", err)
	}
	w.events.mu.Lock()
	defer w.events.mu.Unlock()
	if w.events.reads != 1 {
		t.Errorf("%d events were read to find one", w.events.reads)
	}
}

func TestIssuesThatSeeNoEventAgeToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := firstRecord(id(1), seen(1, "", time.Now().Add(-8*24*time.Hour)), time.Now().UTC())
	young := firstRecord(id(2), seen(2, "", time.Now()), time.Now().UTC())
	for _, r := range []issue.Record{old, young} {
		if _, _, err := w.meta.EnsureIssue(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	w.background(w.service(nil).Run)
	w.until("the old issue is ongoing", func() bool { return w.events.record(id(1)).State.Substatus == issue.SubOngoing })
	if r, err := w.meta.Issue(t.Context(), id(2)); err != nil || r.State.Substatus != issue.SubNew {
		t.Fatalf("%+v %v", r.State, err)
	}
}

func TestAnAlertDoesNotWaitForClickHouseAndIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.background(w.service(nil).Run)
	w.events.goAway(errors.New("ClickHouse is away"))
	if err := w.bus.FirstSeen(t.Context(), []event.Summary{seen(1, "", time.Now())}); err != nil {
		t.Fatal(err)
	}
	w.change(0)
	w.events.goAway(nil)
	w.until("the mirror", func() bool { return w.events.record(id(1)).Version == 1 })
	w.until("an empty outbox", func() bool { rows, err := w.meta.Outbox(t.Context(), 1); return err == nil && len(rows) == 0 })
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.changes) != 1 {
		t.Fatalf("told %d times", len(w.changes))
	}
}

func TestAChangeOfAProcessThatEndedIsToldByTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := seen(1, "", time.Now())
	w.events.store(e)
	if _, err := w.service(nil).place(t.Context(), bus.Observed{Event: e, First: true}); err != nil {
		t.Fatal(err)
	}
	patient := w.service(nil)
	if err := patient.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows, err := w.meta.Outbox(t.Context(), 1); err != nil || len(rows) != 1 {
		t.Fatal("the change was not left to the process that has its event", err)
	}
	if err := w.service(func(c *Config) { c.OutboxGrace = 0 }).Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.change(0); got.ShortID != "WEB-1" || got.Event == nil || got.Event.EventID != e.EventID {
		t.Fatalf("%+v", got)
	}
}

func TestAChangeWhoseEventCannotBeFoundHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.service(nil).place(t.Context(), bus.Observed{Event: seen(1, "", time.Now()), First: true}); err != nil {
		t.Fatal(err)
	}
	next := w.service(func(c *Config) { c.OutboxGrace = 0 })
	e := seen(2, "", time.Now())
	if _, err := next.place(t.Context(), bus.Observed{Event: e, First: true}); err != nil {
		t.Fatal(err)
	}
	away := errors.New("ClickHouse is away")
	w.events.goAway(away)
	if err := next.Flush(t.Context()); !errors.Is(err, away) {
		t.Fatal(err)
	}
	if got := w.change(0); got.Event == nil || got.Event.EventID != e.EventID {
		t.Fatalf("%+v", got)
	}
}

func TestACriticalEventOfAnOldIssueThatNobodyToldOfIsToldAfterAStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, err := w.meta.PutRule(t.Context(), rule.Rule{ProjectID: 7, Name: "Fatal", Enabled: true, Triggers: []rule.Trigger{rule.OnEvent}, Query: "level:fatal"})
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []rule.Rule{
		{ProjectID: 7, Name: "Off", Triggers: []rule.Trigger{rule.OnEvent}},
		{ProjectID: 7, Name: "New", Enabled: true, Triggers: []rule.Trigger{rule.OnNewIssue}},
	} {
		if _, err := w.meta.PutRule(t.Context(), other); err != nil {
			t.Fatal(err)
		}
	}
	old, harmless, late := seen(1, "", time.Now().Add(-time.Minute)), seen(2, "", time.Now().Add(-time.Minute)), seen(1, "", time.Now().Add(-time.Second))
	old.Level, late.Level, harmless.Level = event.LevelFatal, event.LevelFatal, event.LevelError
	w.events.store(old, harmless, late)
	for _, e := range []event.Summary{old, harmless} { // the issues are known: no sweep tells of them
		if _, err := w.service(nil).place(t.Context(), bus.Observed{Event: e, First: true}); err != nil {
			t.Fatal(err)
		}
	}
	w.background(w.service(nil).Run)
	w.until("alerting hears of it", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.critical) > 0
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.critical[0]; len(w.critical) != 1 || c.Event.EventID != old.EventID || !slices.Equal(c.RuleIDs, []string{r.ID}) {
		t.Fatalf("told of %+v", w.critical)
	}
}

func TestAnEventOfNoProjectIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := seen(1, "", time.Now())
	e.ProjectID = 99
	if err := w.service(nil).observe(t.Context(), bus.Observed{Event: e, First: true}); err != nil {
		t.Fatal(err)
	}
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
	f(func(c *Config) { c.OutboxEvery = 0 })
	f(func(c *Config) { c.OutboxGrace = -1 })
	f(func(c *Config) { c.SweepEvery = 0 })
	f(func(c *Config) { c.SweepWindow = time.Second })
	f(func(c *Config) { c.SweepStart = time.Minute })
	f(func(c *Config) { c.SweepGrace = time.Hour })
	f(func(c *Config) { c.SweepLimit = 0 })
}
