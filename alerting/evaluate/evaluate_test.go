package evaluate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faultline-dev/faultline/internal/event"
	"github.com/faultline-dev/faultline/internal/issue"
	"github.com/faultline-dev/faultline/internal/rule"
	"github.com/faultline-dev/faultline/internal/search"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// timeline plays what happens to one issue against rules.
type timeline struct {
	t      *testing.T
	rules  []rule.Rule
	status issue.Status
	told   []rule.Delivery
}

// step is something that happens at a time after noon.
type step struct {
	at      string
	trigger rule.Trigger
	event   byte          // which event
	lag     time.Duration // since the event arrived
	level   event.Level
	env     string
	handled bool
	matched []string
}

// happens plays a step and compares the decisions, written "rule recipient: reason".
func (l *timeline) happens(s step, want ...string) {
	l.t.Helper()
	after, err := time.ParseDuration(s.at)
	if err != nil {
		l.t.Fatal(err)
	}
	now := noon.Add(after)
	e := event.Summary{EventID: event.ID{s.event}, Level: s.level, Environment: s.env, Handled: s.handled, Timestamp: now.Add(-s.lag), ReceivedAt: now.Add(-s.lag)}
	if s.level == event.LevelUnknown {
		e.Level = event.LevelFatal
	}
	if s.env == "" {
		e.Environment = "production"
	}
	c := Cause{Trigger: s.trigger, Status: l.status, Event: e, Subject: search.OfSummary(&e), Matched: s.matched}
	var got []string
	for _, d := range Decide(l.rules, c, l.told, now) {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s", d.Rule.ID, d.Recipient))+": "+string(d.Reason))
		if d.Reason == Notify {
			l.told = append(l.told, rule.Delivery{RuleID: d.Rule.ID, Recipient: d.Recipient, Trigger: s.trigger, Event: e, CreatedAt: now})
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		l.t.Fatalf("at %s: %s", s.at, diff)
	}
}

func crash(to ...string) rule.Rule {
	return rule.Rule{
		ID: "crash", Enabled: true, Triggers: []rule.Trigger{rule.OnEvent}, Query: "level:fatal OR handled:false",
		Emails: to, Throttle: 30 * time.Minute, CreatedAt: noon,
	}
}

func fresh(to ...string) rule.Rule {
	return rule.Rule{
		ID: "new", Enabled: true, Triggers: []rule.Trigger{rule.OnNewIssue, rule.OnRegression}, Query: "environment:production",
		Emails: to, Throttle: 30 * time.Minute, CreatedAt: noon.Add(time.Second),
	}
}

func TestOneCauseBringsOneNotification(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]rule.Trigger{"critical first": rule.OnEvent, "new issue first": rule.OnNewIssue} {
		t.Run(name, func(t *testing.T) {
			l := &timeline{t: t, rules: []rule.Rule{fresh("ann", "bob"), crash("ann")}}
			if first == rule.OnEvent {
				l.happens(step{at: "0s", trigger: rule.OnEvent, event: 1, matched: []string{"crash"}}, "crash ann: notify", "new: trigger_not_wanted")
				l.happens(step{at: "1s", trigger: rule.OnNewIssue, event: 1}, "crash: trigger_not_wanted", "new ann: duplicate", "new bob: notify")
			} else {
				l.happens(step{at: "0s", trigger: rule.OnNewIssue, event: 1}, "crash: trigger_not_wanted", "new ann: notify", "new bob: notify")
				l.happens(step{at: "1s", trigger: rule.OnEvent, event: 1, matched: []string{"crash"}}, "crash ann: duplicate", "new: trigger_not_wanted")
			}
			// Another event of the same burst, and the same message again.
			l.happens(step{at: "2s", trigger: rule.OnEvent, event: 2}, "crash ann: duplicate", "new: trigger_not_wanted")
			l.happens(step{at: "1h", trigger: rule.OnEvent, event: 1}, "crash ann: duplicate", "new: trigger_not_wanted")
			l.happens(step{at: "25h", trigger: rule.OnNewIssue, event: 1}, "crash: trigger_not_wanted", "new ann: duplicate", "new bob: duplicate")
		})
	}
}

func TestOfTwoRulesTheOldestSpeaks(t *testing.T) {
	t.Parallel()
	old, young := crash("ann", "bob"), crash("ann", "eve")
	young.ID, young.CreatedAt = "young", noon.Add(time.Hour)
	l := &timeline{t: t, rules: []rule.Rule{young, old}}
	l.happens(step{at: "2h", trigger: rule.OnEvent, event: 1},
		"crash ann: notify", "crash bob: notify", "young ann: duplicate", "young eve: notify")
}

func TestAThrottleHoldsForOnePersonAndIssue(t *testing.T) {
	t.Parallel()
	l := &timeline{t: t, rules: []rule.Rule{crash("ann")}}
	l.happens(step{at: "0s", trigger: rule.OnEvent, event: 1}, "crash ann: notify")
	l.happens(step{at: "30s", trigger: rule.OnEvent, event: 2}, "crash ann: duplicate")
	l.happens(step{at: "5m", trigger: rule.OnEvent, event: 3}, "crash ann: throttled")
	l.happens(step{at: "29m59s", trigger: rule.OnEvent, event: 4}, "crash ann: throttled")
	l.happens(step{at: "30m", trigger: rule.OnEvent, event: 5}, "crash ann: notify")
	l.happens(step{at: "45m", trigger: rule.OnEvent, event: 6}, "crash ann: throttled")

	// A process ended after telling ann and before telling bob: bob is told when the message
	// comes again.
	l = &timeline{t: t, rules: []rule.Rule{crash("ann", "bob")}}
	l.told = []rule.Delivery{{RuleID: "crash", Recipient: "ann", Trigger: rule.OnEvent, Event: event.Summary{EventID: event.ID{1}}, CreatedAt: noon}}
	l.happens(step{at: "10s", trigger: rule.OnEvent, event: 1}, "crash ann: duplicate", "crash bob: notify")
}

func TestRulesWithOneTriggerShareTheirThrottle(t *testing.T) {
	t.Parallel()
	hasty := crash("ann")
	hasty.ID, hasty.Throttle, hasty.CreatedAt = "hasty", 5*time.Minute, noon.Add(time.Second)
	l := &timeline{t: t, rules: []rule.Rule{crash("ann"), hasty}}
	l.happens(step{at: "0s", trigger: rule.OnEvent, event: 1}, "crash ann: notify", "hasty ann: duplicate")
	l.happens(step{at: "2m", trigger: rule.OnEvent, event: 2}, "crash ann: throttled", "hasty ann: throttled")
	l.happens(step{at: "6m", trigger: rule.OnEvent, event: 3}, "crash ann: throttled", "hasty ann: notify")
}

func TestARegressionIsNewsToThoseWhoWereJustTold(t *testing.T) {
	t.Parallel()
	all := fresh("ann")
	all.Triggers = []rule.Trigger{rule.OnNewIssue, rule.OnRegression, rule.OnEvent}
	l := &timeline{t: t, rules: []rule.Rule{all}}
	l.happens(step{at: "0s", trigger: rule.OnNewIssue, event: 1}, "new ann: notify")
	// Resolved at 5 min; an event at 10 min is throttled, but the issue is open again.
	l.happens(step{at: "10m", trigger: rule.OnEvent, event: 2}, "new ann: throttled")
	l.happens(step{at: "10m1s", trigger: rule.OnRegression, event: 2}, "new ann: notify")
	l.happens(step{at: "15m", trigger: rule.OnRegression, event: 3}, "new ann: throttled")
	l.happens(step{at: "40m1s", trigger: rule.OnRegression, event: 4}, "new ann: notify")

	// The event was told as critical; that it reopened the issue is the same cause, even if
	// triage was slow.
	l = &timeline{t: t, rules: []rule.Rule{crash("ann"), fresh("ann")}}
	l.happens(step{at: "0s", trigger: rule.OnEvent, event: 1}, "crash ann: notify", "new: trigger_not_wanted")
	l.happens(step{at: "20m", trigger: rule.OnRegression, event: 2, lag: 20 * time.Minute}, "crash: trigger_not_wanted", "new ann: duplicate")
}

func TestRulesSaySilentlyNo(t *testing.T) {
	t.Parallel()
	off, bad := crash("ann"), crash("ann")
	off.Enabled, bad.Query = false, `level:"`
	f := func(r rule.Rule, status issue.Status, s step, want string) {
		t.Helper()
		s.at = "0s"
		l := &timeline{t: t, rules: []rule.Rule{r}, status: status}
		l.happens(s, want)
	}
	f(off, "", step{trigger: rule.OnEvent}, "crash: rule_disabled")
	f(bad, "", step{trigger: rule.OnEvent}, "crash: invalid_query")
	f(crash("ann"), "", step{trigger: rule.OnNewIssue}, "crash: trigger_not_wanted")
	f(crash("ann"), issue.Archived, step{trigger: rule.OnEvent}, "crash: archived")
	f(crash("ann"), "", step{trigger: rule.OnEvent, level: event.LevelError, handled: true}, "crash: not_matching")
	f(crash("ann"), "", step{trigger: rule.OnEvent, matched: []string{"another"}}, "crash: not_matching")
	f(fresh("ann"), "", step{trigger: rule.OnNewIssue, env: "dev"}, "new: not_matching")
	f(crash("ann"), "", step{trigger: rule.OnEvent, level: event.LevelError}, "crash ann: notify")
	f(crash("ann"), "", step{trigger: rule.OnEvent, handled: true}, "crash ann: notify")
	f(fresh("ann"), "", step{trigger: rule.OnNewIssue, level: event.LevelInfo, handled: true}, "new ann: notify")
}
